from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from questions.bank_files import read_questions
from questions.importing.documents import SLUG, BankFileError, Document, Problem
from questions.importing.markdown import SEED_PREFIX
from questions.services import ImportedQuestion, Outcome, import_questions


class Command(BaseCommand):
    help = "Import questions with their key points from Markdown or YAML files: all or nothing. A second import changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help=".md in the source document's format, .yaml as in questions/bank/")
        parser.add_argument("--dry-run", action="store_true", help="show what would be created and changed, and change nothing")
        parser.add_argument("--publish", action="store_true", help="publish the rubrics and open the questions for answers")
        parser.add_argument(
            "--prefix", default=SEED_PREFIX, help=f"first part of the slugs made for a Markdown document (default {SEED_PREFIX})"
        )

    def handle(self, *, files: list[str], dry_run: bool, publish: bool, prefix: str, **options: Any) -> None:
        if not SLUG.fullmatch(prefix):
            raise CommandError(f"--prefix must be lower-case letters, digits and hyphens; it is {prefix!r}.")
        documents = read_all([Path(name) for name in files], prefix)
        for document in documents:
            for warning in document.warnings:
                self.stderr.write(f"{warning.path}:{warning.line}: note: {warning.what}")
        with transaction.atomic():
            done = import_questions(documents, publish=publish)
            if dry_run:
                transaction.set_rollback(True)
        for question in done:
            self.report(question, in_full=dry_run)
        self.stdout.write(summary(done, dry_run=dry_run))

    def report(self, question: ImportedQuestion, *, in_full: bool) -> None:
        record = question.record
        self.stdout.write(f"{question.outcome:<9} {record.slug}  {record.prompt['zh'] or record.prompt['en']}")
        if in_full:
            for point in record.key_points:
                self.stdout.write(f"            {point['key']}  {point['text']['zh'] or point['text']['en']}")


def read_all(paths: list[Path], prefix: str) -> list[Document]:
    """Every file's questions, or CommandError with the mistakes of all of them."""
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
            problems.append(Problem(record.path, record.line, f"the slug “{record.slug}” is used at {seen[record.slug]} already."))
        seen[record.slug] = f"{record.path}:{record.line}"
    if problems:
        raise CommandError("\n".join([*map(str, problems), "Nothing was imported."]))
    return documents


def summary(done: list[ImportedQuestion], *, dry_run: bool) -> str:
    counts = {outcome: sum(question.outcome == outcome for question in done) for outcome in Outcome}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    points = sum(len(question.record.key_points) for question in done)
    return f"{len(done)} questions, {points} key points: {said}{' (dry run, nothing was changed)' if dry_run else ''}"
