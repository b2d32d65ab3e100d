"""The course of treatment: episodes, their phases, and the transitions between them."""
