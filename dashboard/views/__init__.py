"""Web pages: find, parse, call one service, answer."""
