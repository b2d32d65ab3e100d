"""HTTP: find, parse, call one service, answer."""
