"""Every route, for every kind of person: one table, and the requests that hold the code to it."""
