"""What is due to be said, to whom, by which channel; delivery, replies, opt-outs."""
