"""A charset that is none answers 415, by every door, and nothing raises."""

import encodings
import io
import json

import pytest

from config.wsgi import application


def ask(content_type, path="/health/live"):
    started = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "2", "wsgi.input": io.BytesIO(b"{}"), "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "wsgi.url_scheme": "http", "HTTP_HOST": "testserver",
    }  # fmt: skip
    answer = application(environ, lambda status, headers: started.append(status))
    return started[0], b"".join(answer)


@pytest.mark.parametrize(
    "charset",
    ["zlib", "bz2_codec", "rot13", "hex", "base64", "punycode", "undefined", "uu", "quopri", "ZLIB",
     '"zlib"', "idna", "unicode_escape", "nonsense", "x" * 4000, 'utf-8; charset="zlib"'],
)  # fmt: skip
def test_what_is_no_encoding_of_text_is_refused(charset):
    status, body = ask(f"application/json; charset={charset}")
    assert status == "415 Unsupported Media Type"
    assert json.loads(body)["code"] == "unknown_charset"


def test_an_extended_name_is_refused():
    status, _ = ask("application/json; charset*=utf-8''zlib")
    assert status == "415 Unsupported Media Type"


def test_names_that_nobody_knows_are_not_kept():
    kept = len(encodings._cache)
    for number in range(50):
        ask(f"application/json; charset=unknown{number}")
    assert len(encodings._cache) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/json; charset=utf-8", "text/csv; charset=latin-1",
     'application/json; charset="UTF-8"', "application/json; charset=", "multipart/form-data; boundary=x"],
)  # fmt: skip
def test_everything_else_reaches_the_application(content_type):
    status, _ = ask(content_type)
    assert status == "200 OK"
