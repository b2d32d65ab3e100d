"""Commands: the demo data."""
