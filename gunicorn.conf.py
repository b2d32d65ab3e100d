"""gunicorn's own log, in the form that leaves out words and tokens; no access log."""

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
