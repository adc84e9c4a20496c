"""How is this installation set up? From the environment alone; `.env.example` explains each name."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from checkout.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# Fernet keys, newest first: the first encrypts, all decrypt. Two are alive during a rotation.
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
# Where shoppers, shops and providers reach this site; goes into return and notification addresses.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
DEMO = env.bool("DEMO", default=False)
DEMO_SHOP_URL = env.str("DEMO_SHOP_URL", default=f"{SITE_URL}/shop/")
DEMO_API_KEY = env.str("DEMO_API_KEY", default="")
DEMO_WEBHOOK_SECRET = env.str("DEMO_WEBHOOK_SECRET", default="")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Set by a proxy that is ours; without one, these headers are a visitor's and must not be believed.
TRUSTED_PROXY = env.bool("TRUSTED_PROXY", default=False)

HTTPS = SITE_URL.startswith("https://")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "checkout.merchant.site_config.CounterConfig",  # django.contrib.admin, with a site of ours
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "checkout",
    *(["checkout.demo"] if DEMO else []),
]

MIDDLEWARE = [
    "checkout.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "checkout.merchant.policy.AdminPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "checkout.urls"
WSGI_APPLICATION = "checkout.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'guichet.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Without IMMEDIATE two writers that both began by reading fail instead of waiting for one another.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Whoever guesses is made to wait: by name and address, so that nobody can lock out another by their name alone.
LOGIN_TRIES = env.int("LOGIN_TRIES", default=5)
LOGIN_WAIT_MINUTES = env.int("LOGIN_WAIT_MINUTES", default=15)
# off: never asked for. optional: of whoever has set one up. required: whoever has none is led to set one up first.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="optional")
AUTHENTICATION_BACKENDS = ["checkout.merchant.throttle.Throttle", "django.contrib.auth.backends.ModelBackend"]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = LOGIN_TRIES
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_WAIT_MINUTES)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the wait that the page names is the wait there is
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "checkout.merchant.audit.address_of"
AXES_LOCKOUT_CALLABLE = "checkout.merchant.login.too_many_tries"
AXES_DISABLE_ACCESS_LOG = True  # logins are in the audit log
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or DEMO

# Every page starts from nothing and is given only what it needs; the page with a provider's widget adds that
# provider's origin, and no other's (checkout.shopper.views).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

SECURE_CONTENT_TYPE_NOSNIFF = True
# The address of a payment page is a secret; it is not told to the provider it links to.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LOGGING_CONFIG = None
logging_config(level=env.str("LOG_LEVEL", default="INFO"), form=env.str("LOG_FORMAT", default="json"))

# E-mails of ours: smtp+tls://user:password@host:587. Without a server the demo prints them, and nobody else sends any.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
# Or by a mail service's API: EMAIL_BACKEND=anymail.backends.mailgun.EmailBackend, and its keys in ANYMAIL, as JSON.
if env.str("EMAIL_BACKEND", default=""):
    EMAIL_BACKEND = env.str("EMAIL_BACKEND")
ANYMAIL = env.json("ANYMAIL", default={})
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="checkout@localhost")
EMAIL_TIMEOUT = 20

# Payment rules; seconds.
RETURN_PATIENCE_SECONDS = env.int("RETURN_PATIENCE_SECONDS", default=8)
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=10)
# How often one key may ask the shop API in a minute; 0: as often as it likes.
API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", default=600)

UNFOLD = {
    "SITE_TITLE": "Guichet",
    "SITE_HEADER": "Guichet",
    "SITE_SUBHEADER": _("The counter for your payments"),
    "SITE_SYMBOL": "point_of_sale",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "checkout.merchant.navigation.favicon"}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["checkout.merchant.navigation.stylesheet"],
    "SCRIPTS": ["checkout.merchant.navigation.script"],
    "ACCOUNT": {"navigation": "checkout.merchant.navigation.own_account"},
    "DASHBOARD_CALLBACK": "checkout.merchant.first_page.first_page",
    "SIDEBAR": {"navigation": "checkout.merchant.navigation.sidebar"},
}
