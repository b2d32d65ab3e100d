"""The web pages: staff's Today, sign-in, and the discreet page behind a reminder's link."""
