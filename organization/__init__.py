"""Facilities, programs and rooms; staff, their roles, and what a role may do."""
