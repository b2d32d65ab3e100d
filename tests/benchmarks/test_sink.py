"""The mail sink answers as a mail server does, so that what is sent to it counts."""

import smtplib
import socket
import sys

import pytest

from tests.processes import LoggedChildren

pytestmark = pytest.mark.real


def test_it_takes_several_messages_over_one_connection_and_counts_them(tmp_path):
    with LoggedChildren(tmp_path) as children:
        ports = children.start_double("sink", ["-m", "benchmarks.sink"], {"PATH": sys.exec_prefix})
        with smtplib.SMTP("127.0.0.1", ports["smtp_port"], timeout=10) as smtp:
            for number in range(3):
                refused = smtp.sendmail(
                    "a@example.org", [f"b{number}@example.org"], "Subject: x\r\n\r\n..\r\ndone\r\n"
                )
                assert refused == {}
        with socket.create_connection(("127.0.0.1", ports["count_port"]), 10) as link:
            assert link.recv(16) == b"3"
