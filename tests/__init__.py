"""The test suite: mirrors the apps; safety, journeys and races beside them."""
