"""Writes questions as a Markdown document that markdown.py reads.

It has prompt, key points and source address, in one language.
"""

from __future__ import annotations

from collections.abc import Iterator

from questions.files.document import BankFileError, Document, QuestionRecord
from questions.files.markdown import parse_markdown

NOT_HELD = (
    "Markdown has prompts, key points and source addresses in one language. It leaves out "
    "slugs, the other language, model answers that are not a list of the key points, topics, "
    "difficulty, minutes, the mark as reserved, weights, required, hints, feedback, wordings and "
    "marked answers."
)


def write_markdown(document: Document, *, language: str = "zh") -> tuple[bytes, list[str]]:
    """The document, and what of it would not read back the same, question by question.

    Questions come in the order of their places in the source document, and behind them those
    without one. A model answer whose marks already give the key points is written as it stands;
    otherwise the key points are, as a list.
    """
    document, places = in_order(document)
    lines: list[str] = []
    number, group = 0, ""
    for index, (record, place) in enumerate(zip(document.questions, places, strict=True)):
        own_group = f"seed {place[0]}" if place else record.source_url
        former = document.questions[index - 1] if index else None
        if former is not None and own_group != group:
            lines += [] if former.source_url else ["---", ""]
            number = 0
        elif (
            former is not None and former.source_url != record.source_url and not former.source_url
        ):
            lines += [
                "## …",
                "",
            ]  # or the address below would be the source of the questions above, too
        group = own_group
        number = place[1] if place else number + 1
        lines += [
            f"### {number}、{one_line(said(record.prompt, language))}",
            "",
            *body(record, language),
            "",
        ]
        following = document.questions[index + 1] if index + 1 < len(places) else None
        goes_on = (
            following is not None
            and following.source_url == record.source_url
            and (places[index + 1] or place)[:1] == place[:1]
        )
        if record.source_url and not goes_on:
            lines += [record.source_url, ""]
    text = "\n".join(lines)
    return text.encode(), [NOT_HELD, *differences(document, text, language)]


def in_order(document: Document) -> tuple[Document, list[tuple[int, ...]]]:
    """The questions by their places in the source document, and these places.

    A place is (group, number), or () for a question without one.
    """
    placed: dict[tuple[int, ...], QuestionRecord] = {}
    others: list[QuestionRecord] = []
    for record in document.questions:
        group, _dot, number = record.seed.partition(".")
        place = (int(group), int(number)) if is_number(group) and is_number(number) else ()
        if place and place not in placed:
            placed[place] = record
        else:
            others.append(record)
    places = sorted(placed)
    ordered = [*(placed[place] for place in places), *others]
    return Document(tuple(ordered)), [*places, *(() for _record in others)]


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def said(texts: dict[str, str], language: str) -> str:
    other = "en" if language == "zh" else "zh"
    return texts[language] or texts[other]


def one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def points_of(record: QuestionRecord, language: str) -> list[str]:
    return [one_line(said(point["text"], language)) for point in record.key_points]


def body(record: QuestionRecord, language: str) -> list[str]:
    points = points_of(record, language)
    answer = said(record.model_answer, language)
    if answer and read_points(answer) == points:
        return answer.split("\n")
    return [f"{number}、{point}" for number, point in enumerate(points, 1)] or [answer or "…"]


def read_points(answer: str) -> list[str]:
    try:
        (record,) = parse_markdown(f"### 1、…\n\n{answer}", path="").questions
    except (BankFileError, ValueError):
        return []
    return points_of(record, "zh")


def differences(document: Document, text: str, language: str) -> Iterator[str]:
    """What a reader of the text would take differently."""
    try:
        found = parse_markdown(text, path="").questions
    except BankFileError as error:
        yield from (f"line {problem.line}: {problem.what}" for problem in error.problems)
        return
    if len(found) != len(document.questions):
        yield (
            f"{len(document.questions)} questions read back as {len(found)}: "
            "an answer looks like a heading."
        )
        return
    for record, read in zip(document.questions, found, strict=True):
        if (one_line(said(record.prompt, language)), record.source_url) != (
            said(read.prompt, "zh"),
            read.source_url,
        ):
            yield f"{record.slug}: its prompt or source address reads back differently."
        if points_of(record, language) != points_of(read, "zh"):
            yield (
                f"{record.slug}: its key points read back differently, "
                f"as {len(read.key_points)} points."
            )
