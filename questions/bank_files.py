"""The shipped bank's files, and files of questions in general: which reader takes which."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from questions.importing.documents import BankFileError, Document, Problem, TopicRecord, read_document, refuse
from questions.importing.markdown import SEED_PREFIX, parse_markdown
from questions.importing.yaml_bank import is_question_file, parse_bank_yaml, parse_topics
from questions.importing.yaml_samples import SampleRecord, parse_samples_yaml

BANK_DIR = Path(__file__).resolve().parent / "bank"


def load_glossary(path: Path = BANK_DIR / "glossary.yaml") -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]:
    """The shared glossary: (groups of terms that mean the same, pairs that exclude each other)."""
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    groups = tuple(tuple(str(term) for term in group) for group in content["groups"])
    opposites = tuple((str(first), str(second)) for first, second in content["opposites"])
    return groups, opposites


def read_questions(path: Path, *, prefix: str = SEED_PREFIX) -> Document:
    """The questions of a file, by its ending: .md as in the source document, .yaml as in our bank. Raises BankFileError."""
    ending = path.suffix.lower()
    if path.is_dir():
        read_document(path)  # says that it is a folder
    if ending in (".md", ".markdown"):
        return parse_markdown(read_document(path), path=str(path), prefix=prefix)
    if ending in (".yaml", ".yml"):
        return parse_bank_yaml(read_document(path), path=str(path))
    raise refuse(str(path), None, f"files that end in “{ending}” can't be read. Give a .md or a .yaml file.")


def read_bank(folder: Path = BANK_DIR) -> tuple[list[TopicRecord], list[Document]]:
    """A whole bank: its topics and the questions of each file. Raises BankFileError with the mistakes of all files."""
    topics = parse_topics(read_document(folder / "topics.yaml"), path=str(folder / "topics.yaml"))
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        if is_question_file(path.name):
            try:
                documents.append(read_questions(path))
            except BankFileError as error:
                problems += error.problems
    known = {topic.slug for topic in topics}
    first: dict[str, str] = {}
    for record in (record for document in documents for record in document.questions):
        for slug in record.topics or ():
            if slug not in known:
                problems.append(Problem(record.path, 1, f"there is no topic “{slug}” in topics.yaml."))
        for name, value in (("slug", record.slug), ("seed", record.seed)):
            if value and (former := first.setdefault(f"{name} {value}", f"{record.path}:{record.line}")) != f"{record.path}:{record.line}":
                problems.append(Problem(record.path, record.line, f"the {name} “{value}” is used at {former} already."))
    if problems:
        raise BankFileError(problems)
    return topics, documents


def read_samples(folder: Path, documents: list[Document]) -> list[SampleRecord]:
    """The marked answers of a bank's samples folder, checked against its questions. Raises BankFileError with the mistakes of all files."""
    keys = {record.slug: {point["key"] for point in record.key_points} for document in documents for record in document.questions}
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
            problems.append(Problem(sample.path, sample.line, f"the bank has no question “{sample.question}”."))
            continue
        for key in sample.marks.keys() - keys[sample.question]:
            known = ", ".join(sorted(keys[sample.question]))
            problems.append(Problem(sample.path, sample.line, f"“{sample.question}” has no key point “{key}”. It has {known}."))
        if (former := first.setdefault((sample.question, sample.name), here)) != here:
            problems.append(Problem(sample.path, sample.line, f"the name “{sample.name}” is used at {former} already."))
    if problems:
        raise BankFileError(problems)
    return samples
