"""Looking at the demo, made once for all modules here."""
