"""What the outbox does: enqueue and cancel, drain, sweep, take in receipts and replies."""
