"""
Django's settings, made of the environment's variables (environment.py).

Every process of the product starts from here. `make run` sets what it needs; docs/operations.md lists the variables.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from chatapp.environment import Environment
from chatapp.task_table import beat_schedule

_env = Environment.read(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = (_env.chatapp_data_dir or BASE_DIR / "var").resolve()
MODELS_DIR = (_env.chatapp_models_dir or DATA_DIR / "models").resolve()
SECRET_KEY_FILE = _env.chatapp_secret_key_file or DATA_DIR / "secret_key"


def _secret_key() -> str:
    if _env.chatapp_secret_key:
        return _env.chatapp_secret_key
    if SECRET_KEY_FILE.is_file():
        return SECRET_KEY_FILE.read_text().strip()
    raise ImproperlyConfigured(f"no secret key: set CHATAPP_SECRET_KEY, or let `make run` write {SECRET_KEY_FILE}")


SECRET_KEY = _secret_key()
# Earlier keys, after a change: what they signed and encrypted stays readable.
SECRET_KEY_FALLBACKS = list(_env.chatapp_secret_key_fallbacks)
DEBUG = _env.debug

HOST = _env.host
PORT = _env.port
# An open bind address names no host that a browser would ask for: then ALLOWED_HOSTS says which do.
_OPEN_ADDRESSES = {"0.0.0.0", "::", "[::]"}  # noqa: S104  # compared with, not bound to
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *_env.allowed_hosts]
if HOST in _OPEN_ADDRESSES:
    ALLOWED_HOSTS = ALLOWED_HOSTS if _env.allowed_hosts else ["*"]
elif HOST not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(HOST)
CSRF_TRUSTED_ORIGINS = [*_env.csrf_trusted_origins] + [
    f"{scheme}://{name.lstrip('.')}{port}"
    for name in ALLOWED_HOSTS
    if name != "*"
    for scheme in ("http", "https")
    for port in ("", f":{PORT}")
]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "ninja",  # its page of the API, from here and not from another host
    "chatapp.core",
    "chatapp.accounts",
    "chatapp.catalog",
    "chatapp.moderation",
    "chatapp.prompts",
    "chatapp.feed",
    "chatapp.conversations",
    "chatapp.review",
    "chatapp.generations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "chatapp.core.static.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "chatapp.api.middleware.ApiAnswersMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chatapp.accounts.middleware.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "chatapp.urls"
ASGI_APPLICATION = "chatapp.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Where things are kept -----------------------------------------------------------------------------------------

DATABASES = {
    "default": dj_database_url.parse(
        _env.database_url or f"sqlite:///{DATA_DIR / 'db.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A deferred transaction that turns to writing fails at once when another wrote meanwhile; an immediate one waits.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }

REDIS_URL = _env.redis_url
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- Workers -------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = False  # a lost message costs nothing: the reaper tops the queue up from the rows
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = beat_schedule()
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "beat-schedule")
MODEL_SLUG = _env.chatapp_model_slug  # which model this model worker serves

# --- Moderation ----------------------------------------------------------------------------------------------------

# Block rules of severity 3 and 4 wait for a second person before they are published; "off" where one person keeps them.
MODERATION_SECOND_APPROVAL = _env.chatapp_moderation_second_approval
# Rules whose dry run took text from a greater part of past messages need an administrator's override to be published.
MODERATION_DRY_RUN_SHARE_LIMIT = _env.chatapp_moderation_dry_run_share_limit
# Processes that judge load a new ruleset beside their work; off: when it is first asked for, which tests like.
MODERATION_FOLLOW_RULESETS = True
# Services that score sentences, by the name that rules use: {"guard": {"url": "https://…", "timeout_s": 2.0}}.
MODERATION_REMOTE_CLASSIFIERS = _env.moderation_remote_classifiers
# Models that judge, in model workers: {"guard": {"kind": "qwen3guard-gen", "path": "qwen3guard-gen-0.6b"}}.
MODERATION_MODELS = _env.moderation_models
# For how many days withheld text is kept, by the severity of what it was withheld for (1 to 4).
EVIDENCE_KEPT_DAYS = dict(enumerate(_env.evidence_kept_days, start=1))

# --- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = _env.account_email_verification
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"signup": _env.sign_up_rate}
SIGN_UP_IS_OPEN = _env.sign_up == "open"
# How many proxies of the operator's own stand in front: limits per address then count people, not the proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = _env.trusted_proxy_count
ACCOUNT_ADAPTER = "chatapp.accounts.adapter.AccountAdapter"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Behind TLS, HTTPS=1 marks the cookies and trusts the proxy's header; without TLS it would lock people out.
HTTPS = _env.https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The admin's own scripts evaluate expressions (Alpine); the product's pages need none of that.
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/", "/api/v1/docs"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],  # KaTeX and the virtual list set style attributes
        "img-src": ["'self'", "data:"],  # an image of a foreign host in an answer would tell it who reads
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- Mail: into a folder until EMAIL_URL names a server --------------------------------------------------------------

if _env.email_url:
    _email = urlsplit(_env.email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _email.hostname or "localhost", _email.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_email.username or ""), unquote(_email.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _email.scheme == "smtps", _email.scheme == "smtp+tls"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = _env.default_from_email

if _env.email_url and HOST in _OPEN_ADDRESSES and ALLOWED_HOSTS == ["*"]:
    # A password-reset link would lead to whatever host the request named.
    raise ImproperlyConfigured("mail is sent and HOST is open: name the product's own hosts in ALLOWED_HOSTS")

# --- Language ------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "chatapp" / "locale"]
USE_TZ = True
TIME_ZONE = _env.time_zone

# --- Static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [("app", FRONTEND_DIST)] if FRONTEND_DIST.is_dir() else []
WHITENOISE_USE_FINDERS = True  # nothing to collect: files are served from where packages keep them
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/.+-[\w-]{8}\.\w+$"  # Vite writes the content's hash

# --- Logs: one line of JSON an event, no message text, no secret ---------------------------------------------------

LOGGING_CONFIG = "chatapp.core.logs.configure"
LOGGING = {"level": _env.log_level}

UNFOLD = {
    "SITE_TITLE": "chatapp",
    "SITE_HEADER": "chatapp",
    "SITE_URL": "/",
    "SHOW_LANGUAGES": True,
    "COLORS": {
        "primary": {
            "50": "oklch(0.98 0.012 190)",
            "100": "oklch(0.95 0.03 190)",
            "200": "oklch(0.90 0.055 190)",
            "300": "oklch(0.83 0.08 190)",
            "400": "oklch(0.72 0.095 190)",
            "500": "oklch(0.66 0.095 190)",
            "600": "oklch(0.48 0.085 190)",
            "700": "oklch(0.42 0.075 190)",
            "800": "oklch(0.36 0.06 190)",
            "900": "oklch(0.30 0.05 190)",
            "950": "oklch(0.22 0.04 190)",
        }
    },
    "SIDEBAR": {"navigation": "chatapp.pages.admin_navigation.navigation", "show_search": True},
}
