"""Invented clients, staff and calendars in bulk, by COPY into the real tables."""
