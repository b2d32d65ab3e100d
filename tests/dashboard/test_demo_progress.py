"""How far the demo is: told to a person as a bar, to a log in tenths."""

from io import StringIO

from django.core.management.base import OutputWrapper

from dashboard.demo.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def told(out: StringIO, *shares: float) -> str:
    progress = Progress(OutputWrapper(out))
    for share in shares:
        progress.tell(share)
    return out.getvalue()


def test_a_log_gets_a_line_for_each_tenth_that_was_reached():
    assert told(StringIO(), 0.04, 0.12, 0.15, 0.37, 1) == "10 %\n30 %\n100 %\n"


def test_a_terminal_gets_a_bar_that_grows_in_its_place():
    assert told(Terminal(), 0.004, 0.25) == "\r" + "█" * 10 + "·" * 30 + "  25 %"


def test_a_full_bar_ends_its_line():
    assert told(Terminal(), 1) == "\r" + "█" * 40 + " 100 %\n"


def test_what_falls_back_is_not_told_again():
    assert told(StringIO(), 0.5, 0.45, 0.5) == "50 %\n"
