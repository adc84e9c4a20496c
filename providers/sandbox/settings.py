"""Which settings does the sandbox run with? Everything comes from SANDBOX_* in the environment."""

import os
import secrets
from pathlib import Path

HERE = Path(__file__).parent

# Nothing is signed with it and no session is kept; Django asks for one.
SECRET_KEY = os.environ.get("SANDBOX_SECRET_KEY") or secrets.token_urlsafe(32)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SANDBOX_ALLOWED_HOSTS", "*").split(",")

INSTALLED_APPS = ["providers.sandbox.apps.SandboxConfig"]
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "providers.sandbox.gate.SameOrigin",
    "providers.sandbox.wire.Wire",
]
ROOT_URLCONF = "providers.sandbox.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
STATIC_ROOT = HERE / "static"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SANDBOX_DATABASE", "sandbox.sqlite3"),
        "OPTIONS": {
            "timeout": 20,
            # Read-then-write is what every stand-in does; IMMEDIATE takes the lock before the read.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "sandbox %(levelname)s %(name)s: %(message)s"}},
    # Answers that were asked for (an armed HTTP 500) are no news; an exception is.
    "filters": {
        "exceptions": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: record.name != "django.request" or record.exc_info is not None,
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["exceptions"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django would write a line for every 4xx; here the calls table is the log.
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}

# How many calls are kept, and how much of each body.
CALLS_KEPT = int(os.environ.get("SANDBOX_CALLS_KEPT", "5000"))
BODY_KEPT = 16_000
