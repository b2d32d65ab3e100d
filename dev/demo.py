"""`make demo`: everything Casework needs, started in order, watched, and stopped without a trace.

python -m dev.demo [--no-data]     PORT sets the web server's port (8000)
"""

import argparse
import hashlib
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from dev.children import Children
from dev.console import Trouble, run_main, say, say_percent, step, undisturbed
from dev.environment import dev_secrets, environment, port_of
from dev.places import LOCAL, LOGS, ROOT, make_local
from dev.services import servers

READY_SECONDS = 90.0
DOUBLES_KEEP = LOCAL / "received"
QUEUES = "ticks,drain-email,drain-sms,planning,imports,upkeep"


def web(port: int) -> list[str]:
    """The web server: one load of the application, shared by two workers."""
    return [
        *("-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *(
            "--workers",
            "2",
            "--worker-class",
            "gthread",
            "--threads",
            "4",
            "--preload",
            "--no-control-socket",
            "--graceful-timeout",
            "5",
        ),
    ]


def worker() -> list[str]:
    """The Celery worker: two children, and no talk with other workers, as there are none."""
    return [
        *("-m", "celery", "--app", "config", "worker", "--queues", QUEUES, "--concurrency", "2"),
        *("--pool", "prefork", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]


def beat(folder: Path) -> list[str]:
    """The clock that sends the ticks."""
    schedule = folder / "beat-schedule"
    return ["-m", "celery", "--app", "config", "beat", "--schedule", str(schedule), "--pidfile="]


def watcher() -> list[str]:
    """Notices that the engine is late or silent."""
    return ["manage.py", "watch_engine"]


def check_port(port: int) -> None:
    """Before anything is started: is the port ours to take?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Trouble(
                f"Port {port} is not for everyone: take one from 1024, PORT=8000."
            ) from None
        except OSError:
            raise Trouble(
                f"Port {port} is taken: stop what uses it, or take another: make demo PORT={port + 1}"
            ) from None


def start_doubles(children: Children, env: Mapping[str, str]) -> dict[str, str]:
    """The mail server and the text gateway; the addresses under which the rest finds them."""
    keep = ["--keep", str(DOUBLES_KEEP)]
    mail = children.start_double("mail server", ["-m", "dev.smtp_server", *keep], env)
    texts = children.start_double("text gateway", ["-m", "dev.sms_gateway", *keep], env)
    addresses = {
        "EMAIL_PORT": str(mail["smtp_port"]),
        "DEV_MAILBOX_URL": f"http://127.0.0.1:{mail['http_port']}",
        "TWILIO_API_URL": f"http://127.0.0.1:{texts['http_port']}",
        "DEV_SMS_URL": f"http://127.0.0.1:{texts['http_port']}",
    }
    # An address given from outside wins, as everywhere.
    return {name: value for name, value in addresses.items() if not os.environ.get(name)}


def static_fingerprint() -> str:
    """Changes with what `collectstatic` would copy: our files, the packages', the settings."""
    digest = hashlib.sha256()
    for path in (ROOT / "requirements" / "dev.txt", ROOT / "config" / "settings.py"):
        digest.update(path.read_bytes())
    for path in sorted(ROOT.glob("[a-z]*/static/**/*")):
        state = path.stat()
        digest.update(f"{path}{state.st_mtime_ns}{state.st_size}".encode())
    return digest.hexdigest()


def prepare(children: Children, env: Mapping[str, str], port: int) -> None:
    """The schema, the static files, the web server: side by side, as each mostly loads the apps.

    The web server reads the list of static files when it starts, so it waits for a fresh one.
    """
    stamp, wanted = LOCAL / "static-files", static_fingerprint()
    fresh = stamp.exists() and stamp.read_text() == wanted and (LOCAL / "static").is_dir()
    with step("migrations" if fresh else "migrations and static files"):
        children.begin("migrate", "--no-input", "--verbosity", "0", env=env)
        if not fresh:
            children.begin("collectstatic", "--no-input", "--verbosity", "0", env=env)
            children.finish("collectstatic")
            stamp.write_text(wanted)
        children.start("web", web(port), env)
        children.finish("migrate")


def start_all(children: Children, env: Mapping[str, str], port: int, *, seed: bool) -> str:
    """The demo's people, then those who would write to them; whom to sign in as."""
    if seed:
        with step("demo data"):
            children.begin("demo_data", env=env)
            children.finish("demo_data", hear=say_percent)
    with step("web server, worker and beat"):
        children.start("worker", worker(), env)
        children.start("beat", beat(LOCAL), env)
        children.start("watch", watcher(), env)
        if seed:
            children.begin("demo_data", "--who", env=env)
        wait_until_ready(children, port)
        return children.finish("demo_data") if seed else ""


def wait_until_ready(children: Children, port: int) -> None:
    """Until the web server says that it and what it needs are ready."""
    url = f"http://127.0.0.1:{port}/health/ready"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline, said = time.monotonic() + READY_SECONDS, "no answer"
    while time.monotonic() < deadline:
        children.check()
        try:
            with direct.open(url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            said = f"{error.code}: {error.read(200).decode(errors='replace')}"
            error.close()
        except OSError as error:
            said = str(error)
        time.sleep(0.1)
    raise Trouble(f"Not ready after {READY_SECONDS:.0f} s ({said}). See {LOGS / 'web.log'}")


def show_where(env: Mapping[str, str], who: str, seconds: float) -> None:
    """Where to look, and whom to sign in as."""
    url = env["PUBLIC_URL"]
    say(f"""
Casework is running (after {seconds:.1f} s).

  Open        {url}/
  Messages    {url}/dev/inbox/       (every e-mail and text that was sent)
  API         {url}/api/v1/docs/
  Logs        {LOGS}
""")
    if who:
        say("\n".join(f"  {line}".rstrip() for line in who.strip().splitlines()) + "\n")
    say("Ctrl-C stops everything.")


def run(*, seed: bool) -> int:
    """Start in order, show where to look, watch until told to stop."""
    begun, port = time.monotonic(), port_of(os.environ)
    check_port(port)
    own = dev_secrets(make_local())
    with ExitStack() as stack:
        with step("PostgreSQL and Valkey"):
            addresses = stack.enter_context(servers(os.environ, own, keep=True))
        children = stack.enter_context(Children())
        env = environment(os.environ, own, more=addresses)
        with step("mail server and text gateway"):
            env |= start_doubles(children, env)
        prepare(children, env, port)
        who = start_all(children, env, port, seed=seed)
        show_where(env, who, time.monotonic() - begun)
        watch(children)
    return 0


def watch(children: Children) -> None:
    """Until Ctrl-C, or until one of them ends, which ends all."""
    try:
        while True:
            children.check()
            time.sleep(0.5)
    except KeyboardInterrupt:
        with undisturbed():
            say("\nStopping …")
            children.stop()


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m dev.demo")
    parser.add_argument("--no-data", action="store_true", help="add no demo data")
    return run(seed=not parser.parse_args().no_data)


if __name__ == "__main__":
    run_main(main)
