"""Each insecure setting is found, told in one line of its own, and told without a secret."""

import base64

import pytest

from config.faults import production_faults, startup_faults
from config.faults.given import SECRETS, read
from tests.config.production import SECRET_WORDS, SOUND, but, key

SHORT = base64.b64encode(bytes(range(16))).decode()
LOOSE = SOUND["BLIND_INDEX_KEY"].replace("=", "\n=")
ZEROS = base64.b64encode(bytes(32)).decode()
APP = SOUND["DATABASE_URL"]
OWNER = SOUND["MIGRATION_DATABASE_URL"]
PLAIN = "postgres://casework_app:serving-word@db.example.org/casework"

# (what is changed) → the one setting that is named, and a piece of what is said about it
FAULTS = [
    ({"CASEWORK_ENV": "prod"}, "CASEWORK_ENV", "is none of production, development, test"),
    ({"DEBUG": "true"}, "DEBUG", "is on"),
    ({"DEBUG": "maybe"}, "DEBUG", "is neither true nor false"),
    ({"LOG_LEVEL": "DEBUG"}, "LOG_LEVEL", "use INFO"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL", "is none of"),
    ({"SECRET_KEY": None}, "SECRET_KEY", "is not set (nor SECRET_KEY_FILE)"),
    ({"SECRET_KEY": ""}, "SECRET_KEY", "is not set"),
    ({"SECRET_KEY": SOUND["SECRET_KEY"][:49]}, "SECRET_KEY", "is shorter than 50 characters"),
    ({"SECRET_KEY": "abc" * 20}, "SECRET_KEY", "has fewer than 16 different characters"),
    ({"SECRET_KEY": "django-insecure-" + SOUND["SECRET_KEY"]}, "SECRET_KEY", "django-insecure"),
    ({"FIELD_KEYS": None}, "FIELD_KEYS", "is not set"),
    ({"FIELD_KEYS": key("first")}, "FIELD_KEYS", "is not written as id:key,id:key"),
    ({"FIELD_KEYS": f"k1:{key('first')},"}, "FIELD_KEYS", "is not written as id:key,id:key"),
    ({"FIELD_KEYS": f"k 1:{key('first')}"}, "FIELD_KEYS", "is not written as id:key,id:key"),
    ({"FIELD_KEYS": f"k1:{SHORT}"}, "FIELD_KEYS", "(key 1) has 16 bytes instead of 32"),
    ({"FIELD_KEYS": f"k1:{key('first')}, k2:x"}, "FIELD_KEYS", "is not written as"),
    ({"FIELD_KEYS": f"k1:{key('first')},k2:x!"}, "FIELD_KEYS", "(key 2) is not base64"),
    ({"FIELD_KEYS": f"k1:{ZEROS}"}, "FIELD_KEYS", "(key 1) is not random"),
    ({"FIELD_KEYS": f"k:{key('first')},k:{key('b')}"}, "FIELD_KEYS", "two keys of one id"),
    ({"BLIND_INDEX_KEY": None}, "BLIND_INDEX_KEY", "is not set"),
    ({"BLIND_INDEX_KEY": SHORT}, "BLIND_INDEX_KEY", "has 16 bytes instead of 32"),
    ({"BLIND_INDEX_KEY": LOOSE}, "BLIND_INDEX_KEY", "is not base64"),
    ({"BLIND_INDEX_KEY": "é" * 44}, "BLIND_INDEX_KEY", "is not base64"),
    ({"BLIND_INDEX_KEY": key("first")}, "BLIND_INDEX_KEY", "is also one of FIELD_KEYS"),
    ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS", "is not set"),
    ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS", "is not set"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS", "has a *"),
    ({"ALLOWED_HOSTS": "casework.example.org,*"}, "ALLOWED_HOSTS", "has a *"),
    ({"ALLOWED_HOSTS": "https://casework.example.org"}, "ALLOWED_HOSTS", "no https://"),
    ({"ALLOWED_HOSTS": "casework.example.org,a.example:8000"}, "ALLOWED_HOSTS", "no port"),
    ({"PUBLIC_URL": None}, "PUBLIC_URL", "is not set"),
    ({"PUBLIC_URL": "http://casework.example.org"}, "PUBLIC_URL", "does not begin with https://"),
    ({"PUBLIC_URL": "https://casework.example.org/app"}, "PUBLIC_URL", "a host alone"),
    ({"PUBLIC_URL": "https://casework.example.org:x"}, "PUBLIC_URL", "is not an address"),
    ({"PUBLIC_URL": "https://other.example.org"}, "PUBLIC_URL", "is not in ALLOWED_HOSTS"),
    ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES", "is not a whole number from 0 to 10"),
    ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES", "is not a whole number from 0 to 10"),
    ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT", "is not a whole number from 1 to 65535"),
    (
        {"SECURE_SSL_REDIRECT": "off", "TRUSTED_PROXIES": "0"},
        "SECURE_SSL_REDIRECT",
        "nobody would turn plain HTTP away",
    ),
    ({"SECURE_SSL_REDIRECT": "ture"}, "SECURE_SSL_REDIRECT", "is neither true nor false"),
    ({"DATABASE_URL": None}, "DATABASE_URL", "is not set"),
    ({"DATABASE_URL": "mysql://a:b@127.0.0.1/c"}, "DATABASE_URL", "is not an address"),
    ({"DATABASE_URL": "postgres://a:b@db:x/c"}, "DATABASE_URL", "is not an address"),
    ({"DATABASE_URL": "postgres://db.example.org/c"}, "DATABASE_URL", "is not an address"),
    ({"DATABASE_URL": APP.replace(":serving-word", "")}, "DATABASE_URL", "has no password"),
    ({"DATABASE_URL": PLAIN}, "DATABASE_URL", "has no ?sslmode=verify-full"),
    ({"DATABASE_URL": f"{PLAIN}?sslmode=prefer"}, "DATABASE_URL", "has no ?sslmode=verify-full"),
    ({"MIGRATION_DATABASE_URL": APP}, "MIGRATION_DATABASE_URL", "same role as DATABASE_URL"),
    (
        {"MIGRATION_DATABASE_URL": None, "CASEWORK_DATABASE_ROLE": "owner"},
        "MIGRATION_DATABASE_URL",
        "another role than the one that serves",
    ),
    ({"ADMIN_DATABASE_URL": OWNER}, "ADMIN_DATABASE_URL", "same role as MIGRATION_DATABASE_URL"),
    ({"REDIS_URL": None}, "REDIS_URL", "is not set"),
    ({"REDIS_URL": "amqp://a:b@redis.example.org"}, "REDIS_URL", "is not an address"),
    ({"REDIS_URL": "rediss://redis.example.org:6380/0"}, "REDIS_URL", "has no password"),
    ({"REDIS_URL": "redis://:broker-word@redis.example.org"}, "REDIS_URL", "is not rediss://"),
    ({"REDIS_URL": SOUND["REDIS_URL"] + "?ssl_cert_reqs=none"}, "REDIS_URL", "ssl_cert_reqs"),
    ({"EMAIL_HOST": None}, "EMAIL_HOST", "is not set"),
    ({"EMAIL_USE_TLS": None}, "EMAIL_USE_TLS", "password could be heard"),
    (
        {"EMAIL_USE_TLS": None, "EMAIL_HOST_USER": None, "EMAIL_HOST_PASSWORD": None},
        "EMAIL_USE_TLS",
        "mail could be read on its way",
    ),
    (
        {"EMAIL_USE_TLS": None, "EMAIL_HOST": "mail", "PRIVATE_HOSTS": "mail"},
        "EMAIL_USE_TLS",
        "password could be heard",
    ),
    ({"EMAIL_USE_SSL": "1"}, "EMAIL_USE_SSL", "is on with EMAIL_USE_TLS"),
    ({"EMAIL_HOST_USER": None}, "EMAIL_HOST_USER", "the other half"),
    ({"EMAIL_SERVICE": "postmark"}, "EMAIL_SERVICE_TOKEN", "is not set"),
    (
        {"EMAIL_SERVICE": "postmark", "SENDS_MESSAGES": "true"},
        "EMAIL_SERVICE_TOKEN",
        "is not set",
    ),
    ({"EMAIL_SERVICE_TOKEN": "t"}, "EMAIL_SERVICE", "is not set"),
    ({"EMAIL_SERVICE": "pigeon", "EMAIL_SERVICE_TOKEN": "t"}, "EMAIL_SERVICE", "is none of"),
    (
        {
            "EMAIL_SERVICE": "postmark",
            "EMAIL_SERVICE_TOKEN": "t",
            "EMAIL_SERVICE_URL": "http://elsewhere.example",
        },
        "EMAIL_SERVICE_URL",
        "https",
    ),
    ({"EMAIL_HOST_PASSWORD": None}, "EMAIL_HOST_PASSWORD", "the other half"),
    ({"DEFAULT_FROM_EMAIL": "visits@recovery-house.org"}, "DEFAULT_FROM_EMAIL", "“recovery”"),
    (
        {"PUBLIC_URL": "https://rehab.example.org", "ALLOWED_HOSTS": "rehab.example.org"},
        "PUBLIC_URL",
        "“rehab”",
    ),
    ({"DEFAULT_FROM_EMAIL": None}, "DEFAULT_FROM_EMAIL", "is not set"),
    ({"DEFAULT_FROM_EMAIL": "appointments@localhost"}, "DEFAULT_FROM_EMAIL", "is not a mail"),
    ({"DEFAULT_FROM_EMAIL": "Casework"}, "DEFAULT_FROM_EMAIL", "is not a mail"),
    ({"TWILIO_ACCOUNT_SID": None}, "TWILIO_ACCOUNT_SID", "all three, or none"),
    ({"TWILIO_AUTH_TOKEN": None}, "TWILIO_AUTH_TOKEN", "all three, or none"),
    ({"TWILIO_FROM_NUMBER": None}, "TWILIO_FROM_NUMBER", "all three, or none"),
    ({"TWILIO_API_URL": "http://api.example.org"}, "TWILIO_API_URL", "begin with https://"),
    ({"DEV_MAILBOX_URL": "http://127.0.0.1:9"}, "DEV_MAILBOX_URL", "is for development"),
    ({"DEV_SMS_URL": "http://127.0.0.1:9"}, "DEV_SMS_URL", "is for development"),
]


@pytest.mark.parametrize(("changes", "name", "piece"), FAULTS)
def test_a_fault_is_told_in_one_line_without_a_secret(changes, name, piece):
    faults = production_faults(but(**changes))
    assert [fault.name for fault in faults] == [name]
    line = str(faults[0])
    assert line.startswith(f"{name} ")
    assert piece in line
    assert "\n" not in line
    assert not [word for word in (*SECRET_WORDS, SHORT, ZEROS) if word in line]


SOUND_TOO = [
    {},
    {"CASEWORK_ENV": None},
    {"DEBUG": "false", "LOG_LEVEL": "INFO"},
    {"MIGRATION_DATABASE_URL": None},
    {"CASEWORK_DATABASE_ROLE": "owner"},
    {"ALLOWED_HOSTS": " .example.org , [::1]"},
    {"PUBLIC_URL": "https://CASEWORK.example.org:8443/"},
    {"ALLOWED_HOSTS": ".casework.example.org"},
    {"TRUSTED_PROXIES": "0"},
    {"SECURE_SSL_REDIRECT": "off"},
    {"DATABASE_URL": "postgres://casework_app:w@127.0.0.1:5432/casework"},
    {"DATABASE_URL": "postgresql://casework_app@%2Frun%2Fpostgresql/casework"},
    {"DATABASE_URL": PLAIN.replace("db.example.org", "db"), "PRIVATE_HOSTS": "redis, db"},
    {"DATABASE_URL": f"{PLAIN}?sslmode=require"},
    {"REDIS_URL": "redis://127.0.0.1:6379/0"},
    {"REDIS_URL": "redis://:w@redis:6379/0", "PRIVATE_HOSTS": "redis,db"},
    {"EMAIL_USE_TLS": None, "EMAIL_USE_SSL": "yes"},
    {"EMAIL_HOST": None, "EMAIL_SERVICE": "postmark", "EMAIL_SERVICE_TOKEN": "a-token"},
    {"EMAIL_HOST": None, "EMAIL_SERVICE": "postmark", "SENDS_MESSAGES": "false"},
    {"EMAIL_USE_TLS": None, "EMAIL_HOST": "localhost"},
    {
        "EMAIL_USE_TLS": None, "EMAIL_HOST": "mail", "PRIVATE_HOSTS": "mail",
        "EMAIL_HOST_USER": None, "EMAIL_HOST_PASSWORD": None,
    },
    {"TWILIO_ACCOUNT_SID": None, "TWILIO_AUTH_TOKEN": None, "TWILIO_FROM_NUMBER": None},
]  # fmt: skip


@pytest.mark.parametrize("changes", SOUND_TOO)
def test_a_sound_environment_has_no_fault(changes):
    assert production_faults(but(**changes)) == []


def test_several_faults_are_told_at_once():
    wrong = but(DEBUG="1", SECRET_KEY=None, PUBLIC_URL="http://x", REDIS_URL="redis://redis")
    assert [fault.name for fault in production_faults(wrong)] == [
        "SECRET_KEY", "DEBUG", "PUBLIC_URL", "REDIS_URL", "REDIS_URL",
    ]  # fmt: skip


def test_development_starts_with_what_is_insecure_but_not_with_what_has_no_sense():
    relaxed = but(CASEWORK_ENV="development", DEBUG="1", SECRET_KEY="short", ALLOWED_HOSTS=None)
    assert startup_faults(relaxed) == []
    senseless = relaxed | {"FIELD_KEYS": "k1:abc", "EMAIL_PORT": "x"}
    assert [fault.name for fault in startup_faults(senseless)] == ["EMAIL_PORT", "FIELD_KEYS"]
    assert len(production_faults(relaxed)) == 3


@pytest.fixture
def with_files(tmp_path):
    """The sound environment with every secret in a file."""
    environ = but()
    for name in SECRETS:
        if name in environ:
            (tmp_path / name).write_text(environ.pop(name) + "\n")
            environ[f"{name}_FILE"] = str(tmp_path / name)
    return environ


def test_every_secret_may_be_in_a_file(with_files):
    assert production_faults(with_files) == []
    assert read(with_files).values == SOUND


@pytest.mark.parametrize("name", [name for name in SECRETS if name in SOUND])
def test_a_secret_given_twice_is_a_fault(with_files, name):
    twice = with_files | {name: SOUND[name]}
    assert [str(fault) for fault in production_faults(twice)] == [
        f"{name} is given twice: as {name} and as {name}_FILE"
    ]


@pytest.mark.parametrize("name", [name for name in SECRETS if name in SOUND])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("missing", "a file that is not there"),
        ("folder", "what can't be opened (Is a directory)"),
        ("empty", "an empty file"),
        ("binary", "a file that is not text"),
    ],
)
def test_a_file_that_holds_no_secret_is_one_line(with_files, tmp_path, name, what, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    faults = production_faults(with_files | {f"{name}_FILE": str(tmp_path / what)})
    assert [str(fault) for fault in faults] == [f"{name} can't be read: {name}_FILE names {words}"]


def test_a_secret_put_where_a_path_belongs_is_not_told():
    (fault,) = production_faults(but(SECRET_KEY=None, SECRET_KEY_FILE=SOUND["SECRET_KEY"]))
    assert str(fault) == "SECRET_KEY can't be read: SECRET_KEY_FILE names a file that is not there"
