"""gunicorn's settings, wherever it is started here. What is adjusted: docs/operations.md.

Threads, so that connections which browsers keep open idle don't each hold a process up (see
docs/decisions/0010-web-threads.md). Loaded once before the workers are forked, so that settings
with a fault end it at once. Its log leaves out words and tokens; there is no access log.
"""

import os

# Before the settings are read: a person doesn't wait longer than this for another's change.
os.environ.setdefault("LOCK_PATIENCE_SECONDS", "5")

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
preload_app = True
timeout = 30
graceful_timeout = 20
control_socket_disable = True
forwarded_allow_ips = ""  # whose headers are believed is TRUSTED_PROXIES' matter, in Django

logconfig_dict = {
    "formatters": {
        "generic": {
            "()": "common.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
