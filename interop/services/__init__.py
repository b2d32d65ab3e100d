"""Changes: taking files in, and carrying them out."""
