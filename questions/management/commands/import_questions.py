from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rapidfuzz.fuzz import ratio

from questions.bank_files import read_questions
from questions.importing.documents import SLUG, BankFileError, Document, Problem, QuestionRecord
from questions.importing.markdown import SEED_PREFIX
from questions.models import Question, Topic
from questions.services import ImportedQuestion, Outcome, import_questions

MAX_PREFIX = 60
ALIKE = 50  # of 100: a prompt that was reworded stays above, another question's falls below


class Command(BaseCommand):
    help = "Import questions with their key points from Markdown or YAML files: all or nothing. A second import changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help=".md in the source document's format, .yaml as in questions/bank/")
        parser.add_argument("--dry-run", action="store_true", help="show what would be created and changed, and change nothing")
        parser.add_argument("--publish", action="store_true", help="publish the rubrics and open the questions for answers")
        parser.add_argument(
            "--prefix",
            help="first part of the slugs made for a Markdown document, like course-2 for course-2-1-1: give each document its own "
            f"(the source document's is {SEED_PREFIX}, taken where none is given)",
        )

    def handle(self, *, files: list[str], dry_run: bool, publish: bool, prefix: str | None, **options: Any) -> None:
        if prefix is not None and not (SLUG.fullmatch(prefix) and len(prefix) <= MAX_PREFIX):
            raise CommandError(f"--prefix must be {MAX_PREFIX} lower-case letters, digits and hyphens at most; it is {prefix!r}.")
        documents = read_all([Path(name) for name in files], SEED_PREFIX if prefix is None else prefix)
        if prefix is None:
            refuse_another_document(documents)
        for note in notes(documents):
            self.stderr.write(f"{note.path}:{note.line}: note: {note.what}")
        with transaction.atomic():
            done = import_questions(documents, publish=publish)
            if dry_run:
                transaction.set_rollback(True)
        for question in done:
            self.report(question, in_full=dry_run)
        if any(question.outcome == Outcome.KEPT for question in done):
            self.stderr.write("note: questions marked “kept” were edited in the dashboard, so the file does not overwrite them.")
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


def refuse_another_document(documents: list[Document]) -> None:
    """Raise CommandError if Markdown without a prefix of its own would overwrite the questions of a document imported before."""
    placed = {record.slug: record for document in documents for record in document.questions if record.topics is None}
    stored = list(Question.objects.filter(slug__in=placed).order_by("pk"))
    others = [question for question in stored if not is_alike(question, placed[question.slug])]
    if len(others) * 2 > len(stored):
        other, record = others[0], placed[others[0].slug]
        raise CommandError(
            f"{record.path}:{record.line}: {other.slug} is another question here, “{other.prompt[:60]}”, and so are {len(others)} of "
            f"{len(stored)}. If this is another document, give it a --prefix of its own; to overwrite, give --prefix {SEED_PREFIX}.\n"
            "Nothing was imported."
        )


def is_alike(question: Question, record: QuestionRecord) -> bool:
    stated = record.prompt["zh"] + record.prompt["en"]
    return ratio(question.prompt_zh + question.prompt_en, stated, score_cutoff=ALIKE) > 0


def notes(documents: list[Document]) -> Iterator[Problem]:
    """What its author may want to look at again, though the import takes it."""
    known = set(Topic.objects.values_list("slug", flat=True))
    for document in documents:
        yield from document.warnings
        unknown = {slug: record for record in reversed(document.questions) for slug in record.topics or () if slug not in known}
        for slug, record in unknown.items():
            yield Problem(
                record.path, record.line, f"there is no topic “{slug}”, so its questions come without one. Add it in the dashboard."
            )


def summary(done: list[ImportedQuestion], *, dry_run: bool) -> str:
    counts = {outcome: sum(question.outcome == outcome for question in done) for outcome in Outcome}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    points = sum(len(question.record.key_points) for question in done)
    return f"{len(done)} questions, {points} key points: {said}{' (dry run, nothing was changed)' if dry_run else ''}"
