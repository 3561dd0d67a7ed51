"""All settings, one by one from the environment; every one has a default that works on a bare
machine.

``docs/configuration.md`` describes each variable for operators.
"""

from pathlib import Path

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from e911portal import environment as env

BASE_DIR = env.BASE_DIR
DEBUG = env.flag("DEBUG")
STATE_DIR = env.state_dir()
PUBLICATIONS_DIR = STATE_DIR / "publications"
KEYS_DIR = STATE_DIR / "keys"
#: Files of publications that are kept: the newest ones, and all of the last days.
PUBLICATIONS_KEPT = env.number("PUBLICATIONS_KEPT", 20, least=1)
PUBLICATIONS_KEPT_DAYS = env.number("PUBLICATIONS_KEPT_DAYS", 30)
STATE_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)  # calls, logins, keys: nobody else's

# ---------------------------------------------------------------- addresses
PORTAL_HOST, PORTAL_PORT = env.address("PORTAL_ADDR", env.PORTAL_ADDR_DEFAULT)
CALLPATH_HOST, CALLPATH_PORT = env.address("CALLPATH_ADDR", env.CALLPATH_ADDR_DEFAULT)
SIP_HOST, SIP_PORT = env.address("SIP_ADDR", env.SIP_ADDR_DEFAULT)
CALLPATH_URL = env.text("CALLPATH_URL", f"http://{CALLPATH_HOST}:{CALLPATH_PORT}")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# ---------------------------------------------------------------- secrets
SECRET_KEY = env.generated_secret("SECRET_KEY")
FIELD_ENCRYPTION_KEY = env.generated_secret("FIELD_ENCRYPTION_KEY")
#: Keys from before a rotation: they open and verify, and nothing new is made with them.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEYS_OLD")
FIELD_ENCRYPTION_KEYS_OLD = env.words("FIELD_ENCRYPTION_KEYS_OLD")

# ---------------------------------------------------------------- applications
INSTALLED_APPS = [
    "e911portal",  # no models: the commands and jobs that tie the apps together
    "e911portal.core",
    "locations",
    "routing",
    "notifications",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_filters",
    "django_tables2",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "e911portal.core.middleware.request_context",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "e911portal.urls"
ASGI_APPLICATION = "e911portal.asgi.application"
WSGI_APPLICATION = "e911portal.wsgi.application"

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
                "e911portal.core.context.page",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
FILTERS_EMPTY_CHOICE_LABEL = "Any"

# ---------------------------------------------------------------- database
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{STATE_DIR / 'e911portal.sqlite3'}")
try:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
except ValueError:  # whose message may show part of a password
    raise ValueError(
        "DATABASE_URL is not usable. Write postgresql://user:password@host:5432/name or "
        "sqlite:////path; what is neither letter nor digit in a password is written as %2F."
    ) from None
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL with IMMEDIATE transactions: readers never wait, a writer never fails half way with
    # "database is locked". FULL, because an acknowledged emergency event must survive power loss.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
            "PRAGMA journal_size_limit=67108864;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- people and rights
AUTHENTICATION_BACKENDS = [
    "e911portal.core.logins.LimitedBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: nobody has rights without logging in
GUARDIAN_RAISE_403 = False
#: Rights on rows hang on these two models: a network site, or its region for all sites in it.
PERMISSION_SITE_MODEL = "locations.NetworkSite"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "e911portal.views.errors.forbidden"

# ---------------------------------------------------------------- transport security
SECURE_TLS = env.flag("SECURE_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TLS
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_TLS else 0
SECURE_SSL_REDIRECT = SECURE_TLS
#: Asked over plain HTTP by what stands next to the portal: monitors, and the call path, whose
#: events of emergency calls follow no redirect.
SECURE_REDIRECT_EXEMPT = [
    r"^(healthz|readyz|metrics)$",
    r"^api/v1/call-events/$",
    r"^api/v1/publications/(active/snapshot|signing-key)/$",
]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MAP_TILE_URL = env.text("MAP_TILE_URL")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"] + ([MAP_TILE_URL.split("/{")[0]] if MAP_TILE_URL else []),
        "connect-src": [SELF],
        "media-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

# ---------------------------------------------------------------- language, time, files
LANGUAGE_CODE = "en-us"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
# Beside the code, not in STATE_DIR: they belong to this version of it, for all instances.
STATIC_ROOT = env.text("STATIC_ROOT") or BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Third-party files name source maps that are not shipped; a missing map is no reason to fail.
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
MEDIA_ROOT = STATE_DIR / "media"
MEDIA_URL = "/media/"

# ---------------------------------------------------------------- REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "e911portal.core.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["e911portal.core.api.ScopedPermission"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "e911portal.core.api.Pagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "e911portal.core.api.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "e911portal",
    "DESCRIPTION": "The E9-1-1 system of record. Changes reach devices only when published.",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none"},
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# ---------------------------------------------------------------- background work
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL")
#: Without a broker the worker polls the job table; the jobs themselves are the same rows.
EMBEDDED_WORKER = not CELERY_BROKER_URL
CELERY = {
    "broker_url": CELERY_BROKER_URL or "memory://localhost",
    "accept_content": ["json"],
    "task_serializer": "json",
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_hijack_root_logger": False,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": (
        {
            "visibility_timeout": 300,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
        }
        if CELERY_BROKER_URL.startswith("redis")
        else {}
    ),
    "task_default_queue": env.text("CELERY_QUEUE", "e911portal"),
}

# ---------------------------------------------------------------- notifications
#: Where people reach the portal; messages about a call link to it.
PORTAL_URL = env.text("PORTAL_URL", f"http://{PORTAL_HOST}:{PORTAL_PORT}")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "e911portal@localhost")
#: Networks that address validators may reach beside the public Internet; at first this machine.
PROVIDER_NETWORKS = env.networks("PROVIDER_NETWORKS", "127.0.0.0/8 ::1/128")
#: Networks that web hooks may reach beside the public Internet, such as 10.20.0.0/16.
WEBHOOK_NETWORKS = env.networks("WEBHOOK_NETWORKS")
SIP_MESSAGE_FROM = env.text("SIP_MESSAGE_FROM", f"sip:e911portal@{SIP_HOST}")
#: SIP proxy for instant messages, host:port[;transport=tcp]; empty: the host of each address.
SIP_MESSAGE_PROXY = env.text("SIP_MESSAGE_PROXY")
#: Account from which XMPP messages are sent; its server is found by SRV records unless named.
XMPP_JID = env.text("XMPP_JID")
XMPP_PASSWORD = env.text("XMPP_PASSWORD")
XMPP_SERVER = env.text("XMPP_SERVER")
XMPP_CA = env.text("XMPP_CA")

# ---------------------------------------------------------------- logs
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.log_level("LOG_LEVEL")},
    # Their debug output carries credentials.
    "loggers": {"zeep": {"level": "WARNING"}, "slixmpp": {"level": "WARNING"}},
}

DJANGO_TABLES2_TEMPLATE = "core/table.html"
VENDOR_DIR: Path = BASE_DIR / "static" / "vendor"
