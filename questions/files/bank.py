"""The shipped bank's files, and files of questions in general: which reader takes which."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePath

from django.utils.translation import gettext as _

from questions.files.csv_table import parse_csv, write_csv
from questions.files.document import (
    BankFileError,
    Document,
    Problem,
    SampleRecord,
    TopicRecord,
    read_document,
    read_file,
    refuse,
    refuse_too_large,
    text_of,
)
from questions.files.json_bank import parse_json, write_json
from questions.files.limits import MAX_BYTES, MAX_FILE_BYTES
from questions.files.markdown import SEED_PREFIX, parse_markdown
from questions.files.markdown_writer import write_markdown
from questions.files.xlsx_workbook import parse_xlsx
from questions.files.xlsx_writer import write_xlsx
from questions.files.yaml_bank import (
    parse_bank_yaml,
    parse_glossary,
    parse_samples_yaml,
    parse_topics,
    write_bank_yaml,
)

BANK_DIR = Path(__file__).resolve().parent.parent / "bank"
NO_QUESTIONS = ("topics.yaml", "glossary.yaml")
NOT_IN_CSV = (
    "a CSV file has one table: an import drops the topics that it does not find, "
    "and marked answers are not exported."
)


class Format(StrEnum):
    """Kinds of files of questions, named by their endings."""

    YAML = "yaml"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    MARKDOWN = "md"


def load_glossary(
    path: Path = BANK_DIR / "glossary.yaml",
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]:
    """The shared glossary: (groups of terms that mean the same, pairs that exclude each other).

    Raises BankFileError.
    """
    return parse_glossary(read_document(path), path=str(path))


def read_questions(path: Path, *, prefix: str = SEED_PREFIX) -> Document:
    """The questions of a file, by its ending. Raises BankFileError."""
    if not path.is_dir():
        format_of(str(path))  # before anything is read
    return parse_questions(
        read_file(path), name=str(path), prefix=prefix, most_bytes=MAX_FILE_BYTES
    )


def parse_questions(
    content: bytes, *, name: str, prefix: str = SEED_PREFIX, most_bytes: int = MAX_BYTES
) -> Document:
    """The questions in the content of a file of that name.

    `prefix` begins the slugs of Markdown's. Raises BankFileError.
    """
    kind = format_of(name)
    refuse_too_large(len(content), name, most_bytes)
    if kind == Format.XLSX:
        return parse_xlsx(content, path=name)
    text = text_of(content, name)
    if kind == Format.MARKDOWN:
        return parse_markdown(text, path=name, prefix=prefix)
    return {Format.YAML: parse_bank_yaml, Format.JSON: parse_json, Format.CSV: parse_csv}[kind](
        text, path=name
    )


def format_of(name: str) -> Format:
    """By the ending of a file's name. Raises BankFileError."""
    ending = PurePath(name).suffix.lower().removeprefix(".")
    try:
        return Format({"markdown": "md", "yml": "yaml"}.get(ending, ending))
    except ValueError:
        known = ", ".join(f".{kind}" for kind in Format)
        shown = f".{ending}" if ending else ""
        what = _("files that end in “%(ending)s” can't be read. Use one of %(known)s.") % {
            "ending": shown,
            "known": known,
        }
        raise refuse(name, None, what) from None


def write_questions(
    document: Document, kind: Format, *, language: str = "zh"
) -> tuple[bytes, list[str]]:
    """The content of a file, and what its author should know: what of the questions it can't hold.

    Raises UnwritableError.
    """
    if kind == Format.MARKDOWN:
        content, remarks = write_markdown(document, language=language)
    else:
        write = {
            Format.YAML: write_bank_yaml,
            Format.JSON: write_json,
            Format.CSV: write_csv,
            Format.XLSX: write_xlsx,
        }[kind]
        content, remarks = write(document), [NOT_IN_CSV] if kind == Format.CSV else []
    if len(content) > MAX_FILE_BYTES:
        remarks.append(
            f"the file is larger than the {MAX_FILE_BYTES // 1024 // 1024} MB that an import "
            "accepts. Export it topic by topic."
        )
    elif len(content) > MAX_BYTES:
        remarks.append(
            f"the file is larger than the {MAX_BYTES // 1024 // 1024} MB that the dashboard "
            "accepts; import_questions accepts it."
        )
    return content, remarks


def question_files(folder: Path = BANK_DIR) -> list[Path]:
    """The bank's files of questions, in the order they are read."""
    return [path for path in sorted(folder.glob("*.yaml")) if path.name not in NO_QUESTIONS]


def read_bank(folder: Path = BANK_DIR) -> tuple[list[TopicRecord], list[Document]]:
    """A whole bank: its topics and the questions of each file.

    Raises BankFileError with the mistakes of all files.
    """
    topics = parse_topics(read_document(folder / "topics.yaml"), path=str(folder / "topics.yaml"))
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in question_files(folder):
        try:
            documents.append(read_questions(path))
        except BankFileError as error:
            problems += error.problems
    known = {topic.slug for topic in topics}
    first: dict[str, str] = {}
    for record in (record for document in documents for record in document.questions):
        if record.topics is None:
            problems.append(
                Problem(
                    record.path,
                    1,
                    "the file names no topic. Begin it with one, like topic: attention.",
                )
            )
        for slug in record.topics or ():
            if slug not in known:
                problems.append(
                    Problem(record.path, 1, f"there is no topic “{slug}” in topics.yaml.")
                )
        for name, value in (("slug", record.slug), ("seed", record.seed)):
            if (
                value
                and (former := first.setdefault(f"{name} {value}", f"{record.path}:{record.line}"))
                != f"{record.path}:{record.line}"
            ):
                problems.append(
                    Problem(
                        record.path,
                        record.line,
                        f"the {name} “{value}” is already used at {former}.",
                    )
                )
    if problems:
        raise BankFileError(problems)
    return topics, documents


def read_samples(folder: Path, documents: list[Document]) -> list[SampleRecord]:
    """The marked answers of a bank's samples folder, checked against its questions.

    Raises BankFileError with the mistakes of all files.
    """
    keys = {
        record.slug: {point["key"] for point in record.key_points}
        for document in documents
        for record in document.questions
    }
    samples: list[SampleRecord] = []
    problems: list[Problem] = []
    for path in sorted((folder / "samples").glob("*.yaml")):
        try:
            samples += parse_samples_yaml(read_document(path), path=str(path))
        except BankFileError as error:
            problems += error.problems
    first: dict[tuple[str, str], str] = {}
    for sample in samples:
        here = f"{sample.path}:{sample.line}"
        if sample.question not in keys:
            problems.append(
                Problem(sample.path, sample.line, f"the bank has no question “{sample.question}”.")
            )
            continue
        for key in sample.marks.keys() - keys[sample.question]:
            known = ", ".join(sorted(keys[sample.question]))
            problems.append(
                Problem(
                    sample.path,
                    sample.line,
                    f"“{sample.question}” has no key point “{key}”. It has {known}.",
                )
            )
        if (former := first.setdefault((sample.question, sample.name), here)) != here:
            problems.append(
                Problem(
                    sample.path,
                    sample.line,
                    f"the name “{sample.name}” is already used at {former}.",
                )
            )
    if problems:
        raise BankFileError(problems)
    return samples
