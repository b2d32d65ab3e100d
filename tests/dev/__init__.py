"""Tests of what a developer machine needs around the product."""
