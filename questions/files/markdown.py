"""Reads Markdown documents of questions.

They have numbered headings in groups, an answer under each, and an address after each group.

The format and the reasons for its rules stand in docs/decisions/0005-the-seed-documents-format.md.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from questions.chinese import has_han
from questions.files.document import (
    SLUG,
    BankFileError,
    Document,
    Problem,
    QuestionRecord,
    checked_text,
    is_web_address,
    key_point,
)
from questions.files.key_points import split_answer
from questions.files.limits import MAX_KEY_POINTS, MAX_QUESTIONS, MAX_TEXT, MAX_URL

HEADING = re.compile(r"(#{1,6})[ \t]*([0-9０-９]{1,4})[ \t]*[、.．)）:：](?![0-9])[ \t]*(.*)")
ANY_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|[0-9０-９]|$)")
ADDRESS = re.compile(r"<?(https?://[^\s<>]+)>?")
RULE = re.compile(r"-{3,}|\*{3,}|_{3,}")
FENCE = re.compile(r"(?:```|~~~)")
SEED_PREFIX = "seed"
MAX_PREFIX = 60


@dataclass(slots=True)
class Section:
    """One question while it is being read."""

    line: int
    group: int
    number: int
    title: str
    lines: list[str] = field(default_factory=list)
    source: str = ""


def is_prefix(text: str) -> bool:
    """Whether slugs may begin so."""
    return len(text) <= MAX_PREFIX and SLUG.fullmatch(text) is not None


def parse_markdown(text: str, *, path: str, prefix: str = SEED_PREFIX) -> Document:
    """The document's questions, word for word.

    `prefix` begins their slugs. Raises BankFileError with every mistake found.
    """
    lines = checked_text(text, path).split("\n")
    reader = MarkdownReader(lines, path)
    reader.read()
    if reader.problems:
        raise BankFileError(reader.problems)
    records = [record(section, path, prefix, reader.problems) for section in reader.sections]
    if reader.problems:
        raise BankFileError(reader.problems)
    return Document(tuple(records), tuple(reader.warnings))


class MarkdownReader:
    def __init__(self, lines: list[str], path: str) -> None:
        self.lines = [line.rstrip() for line in lines]
        self.path = path
        self.sections: list[Section] = []
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.group = 1
        self.seen: dict[int, int] = {}  # number in this group -> line
        # An address, a rule or a title came since the last question: a new group may begin at any
        # number
        self.closed = False
        self.unsourced: list[Section] = []
        self.fenced = self.find_fenced()
        self.level = self.question_level()

    def problem(self, line: int, what: str) -> None:
        self.problems.append(Problem(self.path, line, what))

    def warn(self, line: int, what: str) -> None:
        self.warnings.append(Problem(self.path, line, what))

    def find_fenced(self) -> list[bool]:
        """For each line whether it is code, where marks mean nothing."""
        inside, opened, fenced = False, 0, []
        for number, line in enumerate(self.lines, 1):
            fence = FENCE.match(line.lstrip()) is not None
            fenced.append(inside or fence)
            if fence:
                inside, opened = not inside, number
        if inside:
            self.problem(
                opened,
                _(
                    "a block of code begins here and never ends. Close it with ``` on "
                    "its own line, as it was opened."
                ),
            )
        return fenced

    def question_level(self) -> int:
        """How many # the questions' headings have: what most of the numbered headings have."""
        headings = (
            HEADING.match(line)
            for line, fenced in zip(self.lines, self.fenced, strict=True)
            if not fenced
        )
        levels = Counter(len(found[1]) for found in headings if found)
        return max(levels, key=lambda level: (levels[level], level), default=0)

    def read(self) -> None:
        if not self.level:
            first = next((number for number, line in enumerate(self.lines, 1) if line.strip()), 1)
            self.problem(
                first,
                _("there is no question. Put a heading like “### 1. Why …?” before each answer."),
            )
            return
        for number, line in enumerate(self.lines, 1):
            if self.problems and len(self.problems) >= 50:
                return
            self.read_line(number, line)
        if len(self.sections) > MAX_QUESTIONS:
            self.problem(
                self.sections[MAX_QUESTIONS].line,
                _("there are more than %(most)s questions. Split the file.")
                % {"most": MAX_QUESTIONS},
            )
        for section in self.sections:
            if not any(line.strip() for line in section.lines):
                self.problem(
                    section.line,
                    _(
                        "question %(number)s has no answer. Write one under the heading or "
                        "remove the heading."
                    )
                    % {"number": section.number},
                )

    def read_line(self, number: int, line: str) -> None:
        words = line.strip()
        fenced = self.fenced[number - 1]
        heading = None if fenced else ANY_HEADING.match(line)
        if heading and len(heading[1]) <= self.level:
            self.read_heading(number, line)
        elif not fenced and RULE.fullmatch(words):
            self.closed = True
        elif not fenced and self.sections and ADDRESS.fullmatch(words) and self.ends_answer(number):
            self.read_address(number, words)
        elif self.sections and not (self.closed and self.is_title_before(number)):
            self.sections[-1].lines.append(line)
        elif words:
            self.problem(
                number,
                _(
                    "there is text before the first question of its part. Put it under a "
                    "heading like “### 1. …” or remove it."
                ),
            )

    def is_title_before(self, number: int) -> bool:
        """Whether the last heading above the line is a title, under which no answer can stand."""
        return self.title_line > self.sections[-1].line if self.sections else False

    title_line = 0

    def read_heading(self, number: int, line: str) -> None:
        found = HEADING.match(line)
        if found is None or len(found[1]) < self.level:
            if line.count("#", 0, self.level) == self.level:
                self.problem(
                    number,
                    _(
                        "this heading has no number. Write it like “### 1. Why …?”, with a "
                        "space before a digit."
                    ),
                )
            else:
                self.title_line, self.closed = number, True
                self.unsourced = []
            return
        place = int(found[2])
        title = found[3].strip()
        if (opened := title.rstrip("#")) != title and opened.endswith((" ", "\t")):
            title = opened.rstrip()  # a heading may be closed with the marks it was opened with
        if not title:
            self.problem(
                number,
                _("question %(place)s has no text. Write it after the number.") % {"place": place},
            )
        self.place_in_group(number, place)
        section = Section(number, self.group, place, title)
        self.sections.append(section)
        self.unsourced.append(section)

    def place_in_group(self, line: int, place: int) -> None:
        last = max(self.seen, default=0)
        if self.seen and place <= last:
            restarts = self.closed or (place == 1 and last > 1)
            if not restarts and place in self.seen:
                self.problem(
                    line,
                    _(
                        "number %(place)s is already in line %(seen)s of this group. Change "
                        "the number, or end the previous group with its source address or a "
                        "line ---."
                    )
                    % {"place": place, "seen": self.seen[place]},
                )
            elif not restarts:
                self.problem(
                    line,
                    _(
                        "number %(place)s comes after number %(last)s. Within a group numbers "
                        "go up; put the questions in order."
                    )
                    % {"place": place, "last": last},
                )
            else:
                self.group += 1
                self.seen = {}
                self.unsourced = []
                last = 0
        if place != last + 1 and not self.problems:
            self.warn(
                line,
                _(
                    "number %(place)s follows number %(last)s: if a question is missing "
                    "here, its place stays free."
                )
                % {"place": place, "last": last},
            )
        self.closed = False
        self.seen[place] = line

    def ends_answer(self, number: int) -> bool:
        """Whether only addresses and rules are between the line and the next heading.

        Then the line closes what is above it.
        """
        for place in range(number, min(number + 200, len(self.lines))):
            words = self.lines[place].strip()
            if words and not RULE.fullmatch(words) and not ADDRESS.fullmatch(words):
                found = ANY_HEADING.match(words)
                return found is not None and len(found[1]) <= self.level
        return True

    def read_address(self, number: int, words: str) -> None:
        found = ADDRESS.fullmatch(words)
        address = found[1] if found else words
        if not is_web_address(address):
            self.problem(
                number,
                _(
                    "this source address is not a web address (%(most)s characters at most). "
                    "Fix or remove it."
                )
                % {"most": MAX_URL},
            )
        if self.closed and not self.unsourced:
            self.warn(number, _("this group already has its source address; this one is left out."))
        for section in self.unsourced:
            section.source = address
        self.unsourced = []
        self.closed = True


def record(section: Section, path: str, prefix: str, problems: list[Problem]) -> QuestionRecord:
    answer = "\n".join(section.lines).strip("\n")
    if len(answer) > MAX_TEXT:
        problems.append(
            Problem(
                path,
                section.line,
                _("the answer of question %(number)s has more than %(most)s characters. Split it.")
                % {"number": section.number, "most": MAX_TEXT},
            )
        )
        answer = ""
    language = "zh" if has_han(section.title) or has_han(answer) else "en"
    points = split_answer(answer)
    if answer and not points:
        problems.append(
            Problem(
                path,
                section.line,
                _("the answer of question %(number)s has no words. Write one.")
                % {"number": section.number},
            )
        )
    if len(points) > MAX_KEY_POINTS:
        problems.append(
            Problem(
                path,
                section.line,
                _("the answer of question %(number)s has more than %(most)s key points. Split it.")
                % {"number": section.number, "most": MAX_KEY_POINTS},
            )
        )
    return QuestionRecord(
        path=path,
        line=section.line,
        slug=f"{prefix}-{section.group}-{section.number}",
        seed=f"{section.group}.{section.number}" if prefix == SEED_PREFIX else "",
        prompt=in_one(language, section.title),
        model_answer=in_one(language, answer),
        source_url=section.source,
        key_points=[
            key_point(f"k{place}", in_one(language, text)) for place, text in enumerate(points, 1)
        ],
    )


def in_one(language: str, text: str) -> dict[str, str]:
    return {"zh": "", "en": ""} | {language: text}
