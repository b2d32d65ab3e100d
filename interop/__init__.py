"""The outside world: what comes from other systems, and what goes to them."""
