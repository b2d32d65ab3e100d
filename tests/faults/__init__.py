"""Faults on purpose: real servers, workers and providers that fail, and an oracle that compares."""
