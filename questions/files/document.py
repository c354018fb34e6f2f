"""What a file of questions has once it is read, how it is opened, how mistakes are reported."""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from questions.files.limits import MAX_BYTES, MAX_FILE_BYTES, MAX_URL

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

SURROGATE = re.compile("[\ud800-\udfff]")
UNSHOWABLE = re.compile("[\0\ud800-\udfff]")
WIDER_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where, what, and how to mend it.

    `line` counts from 1; None where no line is to blame.
    """

    path: str
    line: int | None
    what: str

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.what}"
            if self.line is None
            else f"{self.path}:{self.line}: {self.what}"
        )


class BankFileError(Exception):
    """A file of questions can't be taken as it is. Nothing of it is."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # What is wrong may be the very characters that no page and no terminal can show.
        self.problems = tuple(
            replace(problem, what=UNSHOWABLE.sub("\ufffd", problem.what)) for problem in problems
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(path: str, line: int | None, what: str) -> BankFileError:
    return BankFileError([Problem(path, line, what)])


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """A question as a file states it.

    None stands for what the file doesn't say and an import must leave alone.

    `key_points` has the shape of `questions.services.rubric_content`.
    """

    path: str
    line: int
    slug: str
    prompt: dict[str, str]
    model_answer: dict[str, str]
    key_points: list[dict[str, Any]]
    source_url: str = ""
    seed: str = ""
    difficulty: str | None = None
    minutes: int | None = None
    reserved: bool | None = None
    topics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A marked answer as a file states it.

    `marks`: credit 0, 0.5 or 1 by the key of the key point.
    """

    path: str
    line: int
    question: str
    name: str
    kind: str
    text: str
    marks: dict[str, float]


@dataclass(frozen=True, slots=True)
class TopicRecord:
    slug: str
    name: dict[str, str]
    parent: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """The questions of one file, and what its author may want to look at again."""

    questions: tuple[QuestionRecord, ...]
    warnings: tuple[Problem, ...] = field(default=())
    topics: tuple[TopicRecord, ...] = field(default=())
    samples: tuple[SampleRecord, ...] = field(default=())


def key_point(key: str, text: dict[str, str], **more: Any) -> dict[str, Any]:
    """A key point in the shape of `rubric_content`, with nothing in it but its text unless told."""
    nothing = {"zh": "", "en": ""}
    plain = {
        "key": key,
        "text": text,
        "weight": "1.00",
        "required": False,
        "hint": nothing,
        "feedback": nothing,
        "phrases": [],
    }
    return plain | more


def tidy(text: str) -> str:
    """The text as it is stored: plain line ends, no space around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def tidy_line(text: str) -> str:
    """The text on one line: a wording or a term has no more, as in the dashboard's editor."""
    return " ".join(part.strip() for part in tidy(text).split("\n"))


def is_web_address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and is_source_address(text)


def is_source_address(text: str) -> bool:
    """Whether the question's source field takes it."""
    try:
        URLValidator()(text)
    except ValidationError:
        return False
    return len(text) <= MAX_URL


def read_document(path: Path) -> str:
    """The file's text with plain line ends. Raises BankFileError."""
    return text_of(read_file(path), str(path))


def read_file(path: Path) -> bytes:
    """What the file holds. Raises BankFileError where it can't be read or is too large."""
    name = str(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise refuse(name, None, _("this is a folder. Name the files in it one by one."))
        if not stat.S_ISREG(found.st_mode):
            raise refuse(
                name, None, _("this is not a regular file. Save its content to a file first.")
            )
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise refuse(name, None, _("there is no such file. Check the path.")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(
            name,
            None,
            _("the file can't be read (%(reason)s). Check its path and permissions.")
            % {"reason": reason},
        ) from None
    refuse_too_large(len(content), name, MAX_FILE_BYTES)
    return content


def refuse_too_large(size: int, name: str, most: int = MAX_BYTES) -> None:
    if size > most:
        raise refuse(
            name,
            None,
            _("the file is larger than %(most)s MB. Split it into smaller files.")
            % {"most": most // 1024 // 1024},
        )


def text_of(content: bytes, name: str) -> str:
    """The text with plain line ends.

    Reads UTF-8, and UTF-16 with a byte order mark. Raises BankFileError.
    """
    return checked_text(decoded(content, name), name)


def decoded(content: bytes, name: str) -> str:
    encoding = "utf-8-sig"
    if content.startswith(WIDER_MARKS):
        raise refuse(name, None, _("the file is in UTF-32. Save it as UTF-8."))
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        # utf-8-sig counts from behind the mark, so the place in the file is found from the bytes it
        # was given.
        place = error.start + len(content) - len(error.object)
        line = content[:place].count(b"\n") + 1 if encoding == "utf-8-sig" else None
        what = _("byte %(place)s (counted from 0) is not %(encoding)s. Save the file as UTF-8.") % {
            "place": place,
            "encoding": "UTF-16" if encoding == "utf-16" else "UTF-8",
        }
        raise refuse(name, line, what) from None


def checked_text(text: str, name: str) -> str:
    """The text with plain line ends.

    Raises BankFileError for characters no database keeps, and for an empty text.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if "\0" in text:
        raise refuse(
            name,
            text.count("\n", 0, text.index("\0")) + 1,
            _("there is a NUL character. Remove it."),
        )
    broken = SURROGATE.search(text)
    if broken:
        raise refuse(
            name,
            text.count("\n", 0, broken.start()) + 1,
            _("there is half a character (a lone surrogate). Type it again."),
        )
    if not text.strip():
        raise refuse(name, None, _("the file is empty. There is nothing to import."))
    return text
