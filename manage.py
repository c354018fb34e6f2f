#!/usr/bin/env python3
"""Touchstone's commands: `python manage.py help` lists them."""

import os
import sys
from argparse import ArgumentParser


def choose_data_folder(arguments: list[str]) -> None:
    """Read `serve --data DIR`: it names the folder that the settings are then read for."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--data", nargs="?")
    folder = parser.parse_known_args(arguments)[0].data
    if folder:
        os.environ["TOUCHSTONE_DATA"] = folder


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["serve"]:
        choose_data_folder(sys.argv[2:])
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.utils import translation
    except ImportError as error:
        raise SystemExit(
            "Django is not installed in this environment. "
            "Run `make setup`, then use .venv/bin/python manage.py."
        ) from error
    try:
        _ = (
            settings.DATA_DIR
        )  # reads the settings, so that a bad one is one line and not a traceback
    except ImproperlyConfigured as error:
        raise SystemExit(f"Touchstone can't start: {error}") from None
    # Commands speak English throughout; pages and endpoints speak their reader's language
    translation.deactivate_all()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
