"""What every reader of structured files shares: fields and lists that know their lines, and how they become questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grading.engine import MAX_ANSWER_LENGTH
from questions.files.document import (
    MAX_KEY_POINTS,
    MAX_QUESTIONS,
    MAX_SAMPLES,
    MAX_SLUG,
    MAX_TEXT,
    SURROGATE,
    BankFileError,
    Document,
    Problem,
    QuestionRecord,
    SampleRecord,
    TopicRecord,
    is_source_address,
    key_point,
    tidy,
    tidy_line,
)
from questions.languages import LANGUAGES

MAX_DEPTH = 20
MAX_PROBLEMS = 50  # shown; ten times as many end the reading
MAX_WARNINGS = 500
MAX_KEY = 60  # characters of a key point's key or a topic's slug
MAX_NAME = 80
MAX_SEED = 10
MAX_MINUTES = 32_767  # what the question's field holds
DIFFICULTIES = ("easy", "medium", "hard")
NAME = re.compile(
    r"[-a-zA-Z0-9_]+"
)  # what the dashboard takes as a slug, so that all it holds can be exported and come back
MAX_DIGITS = 30
TOO_MANY = gettext_lazy(
    "there are more values up to here than a bank of this length has. Leave out what belongs to no question, or divide the file."
)
TOO_DEEP = gettext_lazy("lists or mappings are nested deeper than 20. Flatten them.")
MAX_ITEMS = 2_000  # wordings of one kind, words of a term group, topics
MAX_SAMPLE_NAME = 120
MAX_SAMPLE_KIND = 30
CREDITS = (0.0, 0.5, 1.0)
SAMPLE_FIELDS = ("question", "name", "kind", "text", "marks")
FILE_FIELDS = ("topic", "topics", "questions", "samples")
QUESTION_FIELDS = (
    "slug",
    "seed",
    "topics",
    "difficulty",
    "minutes",
    "source",
    "prompt",
    "model_answer",
    "key_points",
)
KEY_POINT_FIELDS = (
    "key",
    "text",
    "weight",
    "required",
    "hint",
    "feedback",
    "says_it",
    "term_groups",
    "contradicts",
)


def most_values(text: str) -> int:
    """How many values, names and brackets a file of that text may have, so that none takes minutes to read."""
    return 50_000 + len(text) // 10


def number(digits: str) -> int | Decimal | str:
    """What is longer stays a text: no field of ours takes it, and its reader says so, with the line."""
    if len(digits) > MAX_DIGITS:
        return digits
    return int(digits) if digits.lstrip("+-").isdigit() else Decimal(digits)


class Fields(dict[str, Any]):
    """Named values, as a file states them, with the line each stands in."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, name: str, value: Any, line: int | None = None) -> None:
        self[name] = value
        self.lines[name] = self.line if line is None else line


class Items(list[Any]):
    """A list, as a file states it, with the line each item stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []

    def put(self, value: Any, line: int) -> None:
        self.append(value)
        self.lines.append(line)


class Reader:
    """Makes questions of fields, and collects what is wrong meanwhile, so that an author mends a file in one go."""

    def __init__(self, path: str, *, columns: bool = False) -> None:
        self.path = path
        self.columns = columns  # the fields are a table's columns, where a text's language belongs to the column's name
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def problem(self, line: int | None, what: str) -> None:
        self.problems.append(Problem(self.path, line, what))
        if len(self.problems) > 10 * MAX_PROBLEMS:
            self.finish()

    def warn(self, line: int | None, what: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Problem(self.path, line, what))

    def finish(self) -> None:
        """Raise BankFileError with the mistakes found so far, if any."""
        found = sorted(self.problems, key=lambda problem: problem.line or 0)
        if len(found) > MAX_PROBLEMS:
            found = [
                *found[:MAX_PROBLEMS],
                Problem(
                    self.path,
                    None,
                    _("there are more mistakes than these %(most)s. Mend these first.")
                    % {"most": MAX_PROBLEMS},
                ),
            ]
        if found:
            raise BankFileError(found)

    # Fields -----------------------------------------------------------------------------------------------------------

    def mapping(self, node: Any, line: int, what: str, known: tuple[str, ...]) -> Fields:
        if not isinstance(node, Fields):
            self.problem(
                line,
                _("%(what)s must be written as fields: %(known)s.")
                % {"what": what, "known": ", ".join(known)},
            )
            return Fields(line)  # what its reader misses in it is reported where it should stand
        for name in node:
            if name not in known:
                self.problem(
                    node.lines[name],
                    _("%(what)s has no field “%(name)s”. Known are %(known)s.")
                    % {"what": what, "name": name[:60], "known": ", ".join(known)},
                )
        return node

    def line_of(self, node: Fields, name: str) -> int:
        return node.lines.get(name, node.line)

    def text(self, node: Fields, name: str, *, required: bool = False, called: str = "") -> str:
        value = node.get(name)
        if value is None or value == "":
            if required:
                self.problem(
                    self.line_of(node, name),
                    _("the field “%(name)s” is missing or empty.") % {"name": name},
                )
            return ""
        if not isinstance(value, str):
            self.problem(
                self.line_of(node, name),
                _("“%(called)s” must be text. Put it in quotation marks.")
                % {"called": called or name},
            )
            return ""
        return self.storable(value, self.line_of(node, name), f"“{called or name}”")

    def storable(self, value: str, line: int, what: str) -> str:
        """The text without space around it and with plain line ends, or nothing where no database keeps it: escapes can write any
        character.
        """
        if "\0" in value or SURROGATE.search(value):
            self.problem(
                line,
                _("%(what)s has a NUL character or half of one (a lone surrogate). Remove it.")
                % {"what": what},
            )
        elif len(value) > MAX_TEXT:
            self.problem(
                line,
                _("%(what)s has more than %(most)s characters. Shorten it.")
                % {"what": what, "most": MAX_TEXT},
            )
        else:
            return tidy(value)
        return ""

    def texts(self, node: Fields, name: str, *, required: bool = False) -> dict[str, str]:
        """A text in one or both languages."""
        if name not in node and not required:
            return dict.fromkeys(LANGUAGES, "")
        line = self.line_of(node, name)
        both = (
            self.mapping(node[name], line, f"“{name}”", LANGUAGES) if name in node else Fields(line)
        )
        found = {
            language: self.text(
                both, language, called=f"{name}_{language}" if self.columns else language
            )
            for language in LANGUAGES
        }
        if required and not any(found.values()):
            where = (f"{name}_zh", f"{name}_en") if self.columns else LANGUAGES
            self.problem(
                line,
                _("“%(name)s” needs a text under %(chinese)s or %(english)s.")
                % {"name": name, "chinese": where[0], "english": where[1]},
            )
        return found

    def items(
        self, node: Fields, name: str, *, required: bool = False, most: int = MAX_ITEMS
    ) -> Iterator[tuple[Any, int]]:
        """The items of a list with their lines; none of a list that has too many."""
        values = node.get(name)
        if values is None or values == []:
            if required:
                self.problem(
                    self.line_of(node, name),
                    _("the list “%(name)s” is missing or empty.") % {"name": name},
                )
            return
        if not isinstance(values, Items):
            self.problem(self.line_of(node, name), _("“%(name)s” must be a list.") % {"name": name})
            return
        if len(values) > most:
            self.problem(
                values.lines[most],
                _("“%(name)s” has more than %(most)s items. Shorten it, or divide the file.")
                % {"name": name, "most": most},
            )
            return
        yield from zip(values, values.lines, strict=True)

    def choice(self, node: Fields, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.text(node, name)
        if value and value not in allowed:
            self.problem(
                self.line_of(node, name),
                _("“%(name)s” must be one of %(allowed)s; it is “%(value)s”.")
                % {"name": name, "allowed": ", ".join(allowed), "value": value[:60]},
            )
        return value or None

    def name(
        self, node: Fields, field: str, example: str, *, longest: int, required: bool = True
    ) -> str:
        """A slug or a key."""
        value = self.text(node, field, required=required)
        if value and not NAME.fullmatch(value):
            self.problem(
                self.line_of(node, field),
                _("“%(field)s” must look like %(example)s; it is “%(value)s”.")
                % {"field": field, "example": example, "value": value[:60]},
            )
        if len(value) > longest:
            self.problem(
                self.line_of(node, field),
                _("“%(field)s” has %(longest)s characters at most. Shorten it.")
                % {"field": field, "longest": longest},
            )
        return value

    def address(self, node: Fields, name: str) -> str:
        value = self.text(node, name)
        if value and not is_source_address(value):
            self.problem(
                self.line_of(node, name),
                _("“%(name)s” must look like https://example.org/page; it is “%(value)s”.")
                % {"name": name, "value": value[:60]},
            )
        return value

    def refuse_repeated(self, name: str, values: list[tuple[str, int]]) -> None:
        first: dict[str, int] = {}
        for value, line in values:
            if value in first:
                self.problem(
                    line,
                    _(
                        "the %(name)s “%(value)s” stands in line %(first)s already. Each needs its own."
                    )
                    % {"name": name, "value": value[:80], "first": first[value]},
                )
            first.setdefault(value, line)

    # What a file holds ------------------------------------------------------------------------------------------------

    def document(self, root: Any) -> Document:
        """The questions and topics of a whole file. Raises BankFileError with every mistake found."""
        root = self.mapping(root, 1, _("the file"), FILE_FIELDS)
        own = (self.text(root, "topic", required=True),) if "topic" in root else None
        topics = list(self.topics(root))
        questions = [
            self.question(item, line, own)
            for item, line in self.items(root, "questions", required=True, most=MAX_QUESTIONS)
        ]
        samples = [
            self.sample(item, line) for item, line in self.items(root, "samples", most=MAX_SAMPLES)
        ]
        self.refuse_repeated(
            "sample", [(f"{sample.question} {sample.name}", sample.line) for sample in samples]
        )
        self.refuse_repeated(
            "slug", [(record.slug, record.line) for record in questions if record.slug]
        )
        self.finish()
        return Document(tuple(questions), tuple(self.warnings), tuple(topics), tuple(samples))

    def question(self, node: Any, line: int, topics: tuple[str, ...] | None) -> QuestionRecord:
        """A question; `topics` are the file's, for one that names none itself."""
        node = self.mapping(node, line, _("a question"), QUESTION_FIELDS)
        minutes = node.get("minutes")
        if minutes is not None and not (type(minutes) is int and 1 <= minutes <= MAX_MINUTES):
            self.problem(
                self.line_of(node, "minutes"),
                _("“minutes” must be a whole number from 1 to %(most)s.") % {"most": MAX_MINUTES},
            )
            minutes = None
        if node.get("topics") is not None:
            topics = tuple(dict.fromkeys(self.topic_names(node)))
        # An empty list is a question whose key points nobody has written yet; one that lacks the list forgot it.
        stated = self.items(
            node, "key_points", required=node.get("key_points") != [], most=MAX_KEY_POINTS
        )
        points = [self.point(item, place) for item, place in stated]
        self.refuse_repeated(
            "key", [(point["key"], place) for point, place in points if point["key"]]
        )
        seed = self.text(node, "seed")
        if len(seed) > MAX_SEED:
            self.problem(
                self.line_of(node, "seed"),
                _("“seed” has %(most)s characters at most, like 1.1.") % {"most": MAX_SEED},
            )
        return QuestionRecord(
            path=self.path,
            line=line,
            slug=self.name(node, "slug", "kv-cache", longest=MAX_SLUG),
            seed=seed,
            difficulty=self.choice(node, "difficulty", DIFFICULTIES),
            minutes=minutes,
            source_url=self.address(node, "source"),
            prompt=self.texts(node, "prompt", required=True),
            model_answer=self.texts(node, "model_answer"),
            key_points=[point for point, _place in points],
            topics=topics,
        )

    def topic_names(self, node: Fields) -> Iterator[str]:
        for value, line in self.items(node, "topics"):
            if isinstance(value, str) and NAME.fullmatch(value) and len(value) <= MAX_KEY:
                yield value
            else:
                self.problem(
                    line,
                    _(
                        "each of “topics” must be a topic's slug, like position-encoding; it is “%(value)s”."
                    )
                    % {"value": str(value)[:60]},
                )

    def point(self, node: Any, line: int) -> tuple[dict[str, Any], int]:
        node = self.mapping(node, line, _("a key point"), KEY_POINT_FIELDS)
        required = node.get("required", False)
        if not isinstance(required, bool):
            self.problem(self.line_of(node, "required"), _("“required” must be true or false."))
        content = key_point(
            self.name(node, "key", "variance-grows", longest=MAX_KEY),
            self.texts(node, "text", required=True),
            weight=self.weight(node),
            required=bool(required),
            hint=self.texts(node, "hint"),
            feedback=self.texts(node, "feedback"),
            phrases=[
                *self.statements(node, "says_it"),
                *self.term_groups(node),
                *self.statements(node, "contradicts"),
            ],
        )
        return content, line

    def weight(self, node: Fields) -> str:
        value = node.get("weight", 1)
        try:
            weight = Decimal(str(value)) if type(value) is not bool else Decimal(0)
        except InvalidOperation:
            weight = Decimal(0)
        if not (
            weight.is_finite() and Decimal("0.01") <= weight < 1000 and weight == round(weight, 2)
        ):
            self.problem(
                self.line_of(node, "weight"),
                _("“weight” must be a number from 0.01 to 999.99 with two decimals at most."),
            )
            return "1.00"
        return f"{weight:.2f}"

    def statements(self, node: Fields, kind: str) -> list[list[str]]:
        found = []
        first: dict[str, int] = {}
        for value, line in self.items(node, kind):
            if not isinstance(value, str) or not value.strip():
                self.problem(
                    line,
                    _("each of “%(kind)s” must be a text. Put it in quotation marks.")
                    % {"kind": kind},
                )
                continue
            text = tidy_line(
                self.storable(value, line, _("a wording of “%(kind)s”") % {"kind": kind})
            )
            if text in first:
                self.warn(
                    line,
                    _(
                        "the wording “%(text)s” of “%(kind)s” stands in line %(first)s already. One is enough."
                    )
                    % {"text": text[:80], "kind": kind, "first": first[text]},
                )
            first.setdefault(text, line)
            found.append([kind, text])
        return found

    def term_groups(self, node: Fields) -> list[list[str]]:
        # A term group is stored one term per line.
        return [
            ["term_group", "\n".join(words)]
            for words, _line in self.word_lists(node, "term_groups")
        ]

    def word_lists(self, node: Fields, name: str) -> Iterator[tuple[list[str], int]]:
        """The lists of words in a list, with their lines. A word or a term is on one line."""
        for group, line in self.items(node, name):
            terms = group if isinstance(group, Items) else []
            if not terms or not all(
                isinstance(term, str | int | float | Decimal) and str(term).strip()
                for term in terms
            ):
                self.problem(line, _("a term group is a list of words, like [方差, variance]."))
                continue
            yield (
                [tidy_line(self.storable(str(term), line, _("a term group"))) for term in terms],
                line,
            )

    def sample(self, node: Any, line: int) -> SampleRecord:
        node = self.mapping(node, line, _("a sample"), SAMPLE_FIELDS)
        text, kind = self.text(node, "text", required=True), self.text(node, "kind")
        if len(text) > MAX_ANSWER_LENGTH:
            self.problem(
                self.line_of(node, "text"),
                _("“text” has more than %(most)s characters. Shorten it.")
                % {"most": MAX_ANSWER_LENGTH},
            )
        if len(kind) > MAX_SAMPLE_KIND:
            self.problem(
                self.line_of(node, "kind"),
                _("“kind” has %(most)s characters at most, like strong.")
                % {"most": MAX_SAMPLE_KIND},
            )
        return SampleRecord(
            path=self.path,
            line=line,
            question=self.name(node, "question", "kv-cache", longest=MAX_SLUG),
            name=self.name(node, "name", "kv-cache-strong-1", longest=MAX_SAMPLE_NAME),
            kind=kind,
            text=text,
            marks=self.marks(node),
        )

    def marks(self, node: Fields) -> dict[str, float]:
        stated = node.get("marks")
        if not isinstance(stated, Fields) or not stated:
            self.problem(
                self.line_of(node, "marks"),
                _("“marks” must give at least one key point its credit, like {variance: 1}."),
            )
            return {}
        found = {}
        for key, credit in stated.items():
            place = self.line_of(stated, key)
            if not NAME.fullmatch(key) or len(key) > MAX_KEY:
                self.problem(
                    place, _("“%(key)s” is not the key of a key point.") % {"key": key[:60]}
                )
            elif (
                type(credit) is bool
                or not isinstance(credit, int | float | Decimal)
                or credit not in CREDITS
            ):
                self.problem(
                    place, _("the credit of “%(key)s” must be 0, 0.5 or 1.") % {"key": key}
                )
            else:
                found[key] = float(credit)
        return found

    def topics(self, node: Fields) -> Iterator[TopicRecord]:
        """The topics a file describes, parents before their children."""
        waiting = list(self.topics_in(node, "topics", None))
        described = {topic.slug for topic, _line in waiting}
        self.refuse_repeated("topic", [(topic.slug, line) for topic, line in waiting])
        while waiting:
            left = []
            for topic, line in waiting:
                if topic.parent in described:
                    left.append((topic, line))
                else:
                    described.discard(topic.slug)
                    yield topic
            if len(left) == len(waiting):
                self.problem(
                    left[0][1],
                    _("the topic “%(slug)s” stands under itself. Mend its “parent”.")
                    % {"slug": left[0][0].slug},
                )
                return
            waiting = left

    def topics_in(
        self, node: Fields, name: str, parent: str | None
    ) -> Iterator[tuple[TopicRecord, int]]:
        for item, line in self.items(node, name):
            topic = self.mapping(item, line, _("a topic"), ("slug", "name", "parent", "children"))
            slug = self.name(topic, "slug", "position-encoding", longest=MAX_KEY)
            names = self.texts(topic, "name", required=True)
            if not all(names.values()):
                self.problem(line, _("a topic needs its name in both languages."))
            if any(len(text) > MAX_NAME for text in names.values()):
                self.problem(
                    line, _("a topic's name has %(most)s characters at most.") % {"most": MAX_NAME}
                )
            above = (
                parent
                or self.name(topic, "parent", "training", longest=MAX_KEY, required=False)
                or None
            )
            yield TopicRecord(slug, names, above), line
            yield from self.topics_in(topic, "children", slug)
