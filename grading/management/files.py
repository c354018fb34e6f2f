"""What the commands on files share.

They read answers and samples, may ask a second reader, and write output that no terminal or pipe
can break.
"""

import codecs
import os
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from grading.engine.second_reader import SecondReader
from grading.evaluation.types import InputError
from grading.services.run import reader_named

STOPPED_BY_PIPE = 141  # 128 + SIGPIPE: what a shell reports of a command whose reader went away


class FileCommand(BaseCommand, ABC):
    requires_system_checks = []
    needs_answers = True  # whether --answers must be given

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--answers",
            type=Path,
            metavar="A.jsonl",
            required=self.needs_answers,
            help="answers, one a line",
        )
        parser.add_argument(
            "--samples",
            type=Path,
            metavar="FILE",
            help="marked answers to learn from; none learns from itself",
        )
        parser.add_argument(
            "--reader",
            metavar="MODULE:NAME",
            default=settings.SECOND_READER,
            help="second reader to ask as well (default: what TOUCHSTONE_SECOND_READER names); "
            "empty for none",
        )

    def handle(self, **options: Any) -> None:
        try:
            self.run(reader=reader_of(options.pop("reader")), **options)
        except InputError as error:
            raise CommandError(str(error)) from error

    @abstractmethod
    def run(self, *, reader: SecondReader | None, **options: Any) -> None:
        """Do the command's work. Raises InputError for what it can't use."""

    @property
    def is_utf8(self) -> bool:
        """Whether standard output takes any character.

        JSON for one that doesn't is written in ASCII, which every reader takes.
        """
        encoding = getattr(self.stdout, "encoding", None)
        return not encoding or codecs.lookup(encoding).name == "utf-8"

    def print_lines(self, lines: Iterable[str]) -> None:
        """Write to standard output, escaping what its encoding lacks.

        Says so in one line where it takes no more; ends quietly where nobody reads on.
        """
        if sys.stdout is None:
            raise CommandError("standard output is closed; use --output or open it")
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        try:
            for line in lines:
                self.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding))
            self.stdout.flush()
        except OSError as error:
            # What is still buffered would fail once more, with a traceback, when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise SystemExit(STOPPED_BY_PIPE) from None
            raise CommandError(f"standard output: {error.strerror or error}") from error


def reader_of(setting: str) -> SecondReader | None:
    if not setting:
        return None
    try:
        return reader_named(setting)
    except (
        ImportError,
        LookupError,
        ValueError,
    ) as error:  # ValueError: no module before the colon
        raise CommandError(f"--reader {setting}: {error}") from error
