#!/usr/bin/env python3
"""Touchstone's commands: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit("Django is not installed in this environment. Run `make setup`, then use .venv/bin/python manage.py.") from error
    try:
        _ = settings.DATA_DIR  # reads the settings, so that a bad one is one line and not a traceback
    except ImproperlyConfigured as error:
        raise SystemExit(f"Touchstone can't start: {error}") from None
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
