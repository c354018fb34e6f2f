"""The only settings file, and the only place that reads the environment.

Every variable begins with TOUCHSTONE_ and stands in .env.example. A malformed value stops the
start.
"""

import os
import re
import secrets
import sqlite3
import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError, ValidationError, validate

from ops.broker import celery_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env(prefix="TOUCHSTONE_")


def is_time_zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise ValidationError(f"there is no time zone {name!r}; Asia/Shanghai is one") from None


def are_origins(names: list[str]) -> None:
    for name in names:
        if not re.fullmatch(r"https?://[^/\s]+", name):
            raise ValidationError(f"must look like https://grading.example.org; it is {name!r}")


try:
    DATA_DIR = Path(env.str("DATA", str(BASE_DIR / "var"))).expanduser().resolve()
    DEBUG = env.bool("DEBUG", False)
    SECRET_KEY = env.str(
        "SECRET_KEY",
        "",
        validate=validate.Regexp("$|.{32}", error="Must have at least 32 characters."),
    )
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [], validate=are_origins)
    HTTPS = env.bool("HTTPS", False)
    BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
    DATABASE = env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'touchstone.sqlite3'}")
    SQLITE_JOURNAL = env.str(
        "SQLITE_JOURNAL", "auto", validate=validate.OneOf(["auto", "wal", "delete"])
    )
    BROKER_URL = env.str(
        "BROKER_URL",
        "",
        validate=validate.Regexp(
            r"$|(rediss?|redis\+socket|sentinel)://.|(filesystem|memory)://",
            error="Must look like redis://HOST:6379/0.",
        ),
    )
    LANGUAGE_CODE = env.str("LANGUAGE", "zh-hans", validate=validate.OneOf(["zh-hans", "en"]))
    TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai", validate=is_time_zone)
    LOG_LEVEL = env.str(
        "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
    )
    API_SUBMISSIONS_PER_MINUTE = env.int(
        "API_SUBMISSIONS_PER_MINUTE", 600, validate=validate.Range(min=1)
    )
    DRAFT_DAYS = env.int("DRAFT_DAYS", 30, validate=validate.Range(min=1))
    ACCEPT_OWN_SAMPLES = env.bool("ACCEPT_OWN_SAMPLES", False)
    SECOND_READER = env.str(
        "SECOND_READER",
        "",
        validate=validate.Regexp(r"^(|[\w.]+:.+)$", error="must be package.module:name"),
    )
except EnvError as error:
    raise ImproperlyConfigured(
        f"{str(error).rstrip('.')}. Fix the environment variable; .env.example explains each one."
    ) from error
if DATABASE["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
    raise ImproperlyConfigured(
        "TOUCHSTONE_DATABASE_URL must begin with postgres:// or sqlite:///; .env.example "
        "explains it."
    )


def secret_key_of(data_dir: Path) -> str:
    """The data folder's random key, written at the first start and readable by its owner only."""
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            # Written aside and then linked: processes that start at once all read one whole key.
            fresh = data_dir / f"secret_key.{os.getpid()}"
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
            ) as file:
                file.write(secrets.token_urlsafe(50))
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {data_dir} can't be used: {error.strerror}. Free some space or set "
            "TOUCHSTONE_DATA to another folder."
        ) from error
    if len(key) < 50:
        raise ImproperlyConfigured(
            f"{path} contains no usable key. Delete it to have a new one written "
            "(everybody must then sign in again)."
        )
    return key


SECRET_KEY = SECRET_KEY or secret_key_of(DATA_DIR)

# Applications -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "ops",
    "audit",
    "questions",
    "grading",
    "interview",
    "desk",
]

MIDDLEWARE = [
    "ops.health.HealthMiddleware",
    "ops.unavailable.DatabaseUnavailableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "desk.middleware.AdminContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.TimeZoneMiddleware",
    "desk.middleware.SignedOutMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
            ],
        },
    },
]

# Database -----------------------------------------------------------------------------------------


def sqlite_journal(choice: str) -> str:
    """WAL where SQLite has the fix of the WAL-reset bug, else DELETE.

    The fix is in 3.51.3 and two backports.
    """
    if choice != "auto":
        return choice.upper()
    version = sqlite3.sqlite_version_info
    fixed = (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    )
    return "WAL" if fixed else "DELETE"


if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, so that the time-out below is honoured; FULL keeps
    # what was answered "accepted" through a power cut. No mmap_size: it widens the WAL-reset bug.
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            f"PRAGMA journal_mode={sqlite_journal(SQLITE_JOURNAL)};PRAGMA "
            "synchronous=FULL;PRAGMA cache_size=-16000;"
            "PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=67108864;"
        ),
    }
    DATABASE["CONN_MAX_AGE"] = None
else:
    DATABASE["CONN_MAX_AGE"] = 60
    DATABASE["CONN_HEALTH_CHECKS"] = True
    if DATABASE["ENGINE"] == "django.db.backends.postgresql":
        DATABASE.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

DATABASES = {"default": DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Throttles and log-in lock-outs are shared by all web processes through the database. Room for the
# bench's figures, of which there is an entry for each state of a draft: at 300 they would crowd out
# what limits requests.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# People -------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "api.passwords.RevokeTokensOnPasswordChange"},
]
LOGIN_URL = "interview:login"
LOGIN_REDIRECT_URL = "interview:home"
LOGOUT_REDIRECT_URL = "interview:login"

AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "interview/locked_out.html"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # it keeps the address of every sign-in, and no page shows it

# Language and time --------------------------------------------------------------------------------

LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 31_536_000  # the choice outlives the browser's session
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True

# Static files -------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False

# Browser security ---------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# The admin theme's Alpine needs eval and inline styles. Answers are therefore shown there through
# one escaping renderer only.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000  # a rubric of 100 key points on one page
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_097_152

# Celery: research and reasons in docs/decisions/0002-the-row-is-the-queue.md ----------------------

CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 20
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_DEFAULT_QUEUE = "touchstone"
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
for _name, _value in celery_settings(BROKER_URL, DATA_DIR).items():
    globals()[f"CELERY_{_name.upper()}"] = _value
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "ops.tasks.sweep", "schedule": 10.0}}
CELERY_TIMEZONE = "UTC"

GRADE_LEASE_S = (
    60  # beyond the hard time limit, so that a lease never runs out under a living worker
)
GRADE_MAX_ATTEMPTS = 3
GRADE_REDISPATCH_AFTER_S = 60

# REST ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parser.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {
        "submissions": f"{API_SUBMISSIONS_PER_MINUTE}/min",
        "tokens": "10/min",
    },
    "NUM_PROXIES": 1
    if BEHIND_PROXY
    else 0,  # else a caller's own X-Forwarded-For would make them a new caller each time
    "DEFAULT_METADATA_CLASS": None,
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "EXCEPTION_HANDLER": "api.problems.problem_response",
}
REST_KNOX = {"TOKEN_PREFIX": "tst_", "TOKEN_TTL": timedelta(hours=10), "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Touchstone",
    "DESCRIPTION": (
        "Submit interview answers and read their grades, with the words that earned each key point."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "VerdictEnum": "grading.models.Verdict",
        "GradeStatusEnum": "grading.models.Grade.Status",
        "DifficultyEnum": "questions.models.Question.Difficulty",
    },
}

# Logs: one line each, never an answer or a token --------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.server": {"propagate": True}, "axes": {"level": "WARNING"}},
}

# Admin --------------------------------------------------------------------------------------------


def when_allowed(permission: str) -> Callable[[HttpRequest], bool]:
    """Whether a menu entry is shown: each page checks again for itself."""
    return lambda request: request.user.has_perm(permission)


def menu_entry(title: str | Promise, icon: str, model: str) -> dict[str, object]:
    app_label, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app_label}_{name}_changelist"),
        "permission": when_allowed(f"{app_label}.view_{name}"),
    }


UNFOLD = {
    "SITE_TITLE": "Touchstone",
    "SITE_HEADER": "Touchstone",
    "SITE_SUBHEADER": _("Interviewer dashboard"),
    "SITE_SYMBOL": "fact_check",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("touchstone.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("admin-touchstone.css")],
    "SCRIPTS": [
        lambda request: static("common.js"),
        lambda request: static("admin-touchstone.js"),
    ],
    "DASHBOARD_CALLBACK": "desk.dashboard.dashboard_callback",
    "COLORS": {
        "primary": {
            "50": "oklch(98% .014 181)",
            "100": "oklch(95% .045 181)",
            "200": "oklch(90% .08 181)",
            "300": "oklch(84% .11 182)",
            "400": "oklch(76% .12 182)",
            "500": "oklch(65% .11 183)",
            "600": "oklch(54% .095 184)",
            "700": "oklch(47% .083 186)",
            "800": "oklch(40% .068 188)",
            "900": "oklch(36% .055 189)",
            "950": "oklch(26% .044 190)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "items": [
                    {
                        "title": _("Overview"),
                        "icon": "space_dashboard",
                        "link": reverse_lazy("admin:index"),
                    }
                ],
            },
            {
                "title": _("Review"),
                "items": [
                    menu_entry(_("Sessions"), "rate_review", "interview.interviewsession"),
                    menu_entry(_("Answers"), "chat", "interview.answer"),
                    menu_entry(_("Grades"), "grading", "grading.grade"),
                    menu_entry(_("Regrades"), "published_with_changes", "interview.regrade"),
                ],
            },
            {
                "title": _("Question bank"),
                "items": [
                    menu_entry(_("Questions"), "quiz", "questions.question"),
                    menu_entry(_("Rubrics"), "checklist", "questions.rubric"),
                    menu_entry(_("Topics"), "sell", "questions.topic"),
                    menu_entry(_("Glossary"), "translate", "questions.term"),
                    menu_entry(_("Marked answers"), "science", "questions.sample"),
                    menu_entry(_("Question sets"), "playlist_add_check", "interview.questionset"),
                ],
            },
            {
                "title": _("Administration"),
                "items": [
                    menu_entry(_("Audit log"), "history", "audit.auditentry"),
                    menu_entry(_("Users"), "person", "auth.user"),
                    menu_entry(_("Roles"), "group", "auth.group"),
                    menu_entry(_("API tokens"), "key", "knox.authtoken"),
                    menu_entry(_("Sign-in attempts"), "lock", "axes.accessattempt"),
                ],
            },
        ],
    },
}
