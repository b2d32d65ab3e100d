"""A log line tells where and what kind, never who or in which words."""

import logging

from common.logs import DiscreetFormatter


def line(message, *args, error=None):
    record = logging.LogRecord("casework", logging.ERROR, __file__, 1, message, args, None)
    if error:
        record.exc_info = (type(error), error, error.__traceback__)
    return DiscreetFormatter("%(levelname)s %(message)s").format(record)


def test_the_words_of_an_error_are_left_out_and_its_place_is_kept():
    try:
        int("sam@example.org")
    except ValueError as error:
        said = line("recheck.failed rows=%d", 3, error=error)
    assert said.startswith("ERROR recheck.failed rows=3\n")
    assert "test_logs.py" in said
    assert said.endswith("ValueError (its words are left out)")
    assert "sam@example.org" not in said.split("\n")[-1]


def test_the_token_of_a_clients_page_is_left_out():
    assert line("Not Found: %s", "/a/Zk3-_abc123/confirm/") == "ERROR Not Found: /a/…/confirm/"
