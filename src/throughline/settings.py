"""
Settings of the server side, for SQLite in a folder and for PostgreSQL behind a proxy alike.

    THROUGHLINE_DATABASE_URL   sqlite:///file.db or postgres://...;
                               else throughline.db in this folder
    THROUGHLINE_SECRET_KEY     signs sessions; else a key made on first use, in <file.db>.secret
    THROUGHLINE_ALLOWED_HOSTS  host names it answers to, comma separated; else this machine only
    THROUGHLINE_BEHIND_PROXY   1 when a proxy ends TLS and sets X-Forwarded-Proto
    THROUGHLINE_DEBUG          1 shows tracebacks in the browser; never where others reach it
"""

from __future__ import annotations

import os

from django.utils.functional import lazy

from throughline.store.database import (
    DEFAULT_URL,
    URL_VARIABLE,
    as_url,
    database_settings,
    secret_key,
)

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_YEAR_SECONDS = 365 * 24 * 3600


def _listed(name: str, *, otherwise: tuple[str, ...]) -> list[str]:
    given = os.environ.get(name, "")
    return [part.strip() for part in given.split(",") if part.strip()] or list(otherwise)


_URL = as_url(os.environ.get(URL_VARIABLE) or DEFAULT_URL)

DEBUG = os.environ.get("THROUGHLINE_DEBUG") == "1"
SECRET_KEY = lazy(secret_key, str)(_URL)  # made when something is first signed
DATABASES = {"default": database_settings(_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ALLOWED_HOSTS = _listed("THROUGHLINE_ALLOWED_HOSTS", otherwise=_LOOPBACK)
ONLY_THIS_MACHINE = set(ALLOWED_HOSTS) <= set(_LOOPBACK)

ROOT_URLCONF = "throughline.web.urls"
ASGI_APPLICATION = "throughline.web.server.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "throughline.store",
    "throughline.web",
]
MIDDLEWARE = [
    "throughline.web.middleware.SecureHeaders",
    "django.middleware.security.SecurityMiddleware",
    "throughline.web.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "throughline.web.middleware.Access",
    "throughline.web.middleware.Problems",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "throughline.web.shell.shell",
            ],
        },
    }
]

# Served by the application itself and found where the packages keep them: there is no collect step
# to forget.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGIN_URL = "/sign-in"
CSRF_FAILURE_VIEW = "throughline.web.problems.csrf_failed"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Off this machine everything travels over TLS. On it a browser would refuse a Secure cookie over
# plain http.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not ONLY_THIS_MACHINE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 0 if ONLY_THIS_MACHINE else _YEAR_SECONDS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("THROUGHLINE_BEHIND_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host not in _LOOPBACK]

DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
# A file of 1,000 columns is read through a choice for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_200
FILE_UPLOAD_HANDLERS = ["throughline.web.uploads.BoundedUploadHandler"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# A mistake of ours goes to standard error with its traceback; what visitors do wrong does not.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "level": "ERROR"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": True}},
}
