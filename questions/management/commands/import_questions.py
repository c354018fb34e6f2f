from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions.exchange.apply import import_questions
from questions.exchange.checks import missing_topics, notes, refuse_another_document
from questions.exchange.plan import ImportedQuestion, Outcome, name_of, plan_import
from questions.files.bank import Format, read_questions
from questions.files.document import BankFileError, Document, Problem
from questions.files.markdown import MAX_PREFIX, SEED_PREFIX, is_prefix

MAX_SHOWN = 100  # characters of a text that differs


class Command(BaseCommand):
    help = (
        "Import questions with their key points from files: all or nothing. "
        "A second import changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        endings = ", ".join(f".{kind}" for kind in Format)
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help=f"{endings}; docs/importing.md shows each"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would be created and changed, and change nothing",
        )
        parser.add_argument(
            "--publish",
            action="store_true",
            help="publish the rubrics and open the questions for answers",
        )
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="also overwrite questions that were edited in the dashboard",
        )
        parser.add_argument(
            "--prefix",
            help="first part of the slugs made for a Markdown document, like course-2 for "
            f"course-2-1-1; give each document its own (default: {SEED_PREFIX}, the source "
            "document's)",
        )

    def handle(
        self,
        *,
        files: list[str],
        dry_run: bool,
        publish: bool,
        overwrite: bool,
        prefix: str | None,
        **options: Any,
    ) -> None:
        if prefix is not None and not is_prefix(prefix):
            raise CommandError(
                f"--prefix must be at most {MAX_PREFIX} lower-case letters, digits and hyphens; "
                f"it is {prefix!r}."
            )
        try:
            documents = read_all(
                [Path(name) for name in files], SEED_PREFIX if prefix is None else prefix
            )
            if prefix is None:
                refuse_another_document(documents)
            noted = [*notes(documents)]
            topics = missing_topics(documents)
            done = (plan_import if dry_run else import_questions)(
                documents, publish=publish, overwrite=overwrite
            )
        except BankFileError as error:
            raise CommandError(f"{error}\nNothing was imported.") from None
        for note in noted:
            place = note.path if note.line is None else f"{note.path}:{note.line}"
            self.stderr.write(f"{place}: note: {note.what}")
        for topic in topics:
            self.stdout.write(f"new topic {topic.slug}  {topic.name['zh']}")
        for question in done:
            self.report(question, in_full=dry_run)
        if any(question.outcome == Outcome.KEPT for question in done):
            self.stderr.write(
                "note: questions marked “kept” were edited in the dashboard, so the file does "
                "not overwrite them; --overwrite does."
            )
        self.stdout.write(summary(done, dry_run=dry_run))

    def report(self, question: ImportedQuestion, *, in_full: bool) -> None:
        record = question.record
        self.stdout.write(
            f"{question.outcome:<9} {record.slug}  {record.prompt['zh'] or record.prompt['en']}"
        )
        if not in_full:
            return
        for change in question.changes:
            self.stdout.write(
                f"          ~ {name_of(change)}: {shown(change.old)} -> {shown(change.new)}"
            )
        for point in record.key_points:
            self.stdout.write(
                f"            {point['key']}  {point['text']['zh'] or point['text']['en']}"
            )


def read_all(paths: list[Path], prefix: str) -> list[Document]:
    """Every file's questions. Raises BankFileError with the mistakes of all of them."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            documents.append(read_questions(path, prefix=prefix))
        except BankFileError as error:
            problems += error.problems
    seen: dict[str, str] = {}
    for record in (record for document in documents for record in document.questions):
        if record.slug in seen:
            problems.append(
                Problem(
                    record.path,
                    record.line,
                    f"the slug “{record.slug}” is already used at {seen[record.slug]}.",
                )
            )
        seen[record.slug] = f"{record.path}:{record.line}"
    if problems:
        raise BankFileError(problems)
    return documents


def shown(text: str) -> str:
    one_line = " / ".join(text.split("\n"))
    return f"“{one_line[: MAX_SHOWN - 1]}…”" if len(one_line) > MAX_SHOWN else f"“{one_line}”"


def summary(done: list[ImportedQuestion], *, dry_run: bool) -> str:
    counts = {outcome: sum(question.outcome == outcome for question in done) for outcome in Outcome}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    points = sum(len(question.record.key_points) for question in done)
    note = " (dry run, nothing was changed)" if dry_run else ""
    return f"{len(done)} questions, {points} key points: {said}{note}"
