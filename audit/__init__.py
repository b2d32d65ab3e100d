"""Who did what to which record, and when: an append-only trail."""
