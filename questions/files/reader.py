"""How fields and lists become topics, questions and marked answers, whatever file they are from."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from grading.engine import MAX_ANSWER_LENGTH
from questions.files.document import (
    Document,
    QuestionRecord,
    SampleRecord,
    TopicRecord,
    key_point,
    tidy_line,
)
from questions.files.field_reader import NAME, FieldReader
from questions.files.limits import (
    MAX_KEY,
    MAX_KEY_POINTS,
    MAX_MINUTES,
    MAX_NAME,
    MAX_QUESTIONS,
    MAX_SAMPLE_KIND,
    MAX_SAMPLE_NAME,
    MAX_SAMPLES,
    MAX_SEED,
    MAX_SLUG,
)
from questions.files.nodes import Fields, Items

DIFFICULTIES = ("easy", "medium", "hard")
CREDITS = (0.0, 0.5, 1.0)
SAMPLE_FIELDS = ("question", "name", "kind", "text", "marks")
FILE_FIELDS = ("topic", "topics", "questions", "samples")
QUESTION_FIELDS = (
    "slug",
    "seed",
    "topics",
    "difficulty",
    "minutes",
    "reserved",
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


class Reader(FieldReader):
    """Makes questions of fields, and collects what is wrong, so that a file is fixed in one go."""

    def document(self, root: Any) -> Document:
        """The questions and topics of a whole file.

        Raises BankFileError with every mistake found.
        """
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
        reserved = node.get("reserved")
        if not isinstance(reserved, bool | None):
            self.problem(self.line_of(node, "reserved"), _("“reserved” must be true or false."))
            reserved = None
        if node.get("topics") is not None:
            topics = tuple(dict.fromkeys(self.topic_names(node)))
        # An empty list is a question whose key points nobody has written yet; one that lacks the
        # list forgot it.
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
                _("“seed” can have at most %(most)s characters, like 1.1.") % {"most": MAX_SEED},
            )
        return QuestionRecord(
            path=self.path,
            line=line,
            slug=self.name(node, "slug", "kv-cache", longest=MAX_SLUG),
            seed=seed,
            difficulty=self.choice(node, "difficulty", DIFFICULTIES),
            minutes=minutes,
            reserved=reserved,
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
                        "each of “topics” must be a topic's slug, like position-encoding; it is "
                        "“%(value)s”."
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
                _("“weight” must be a number from 0.01 to 999.99 with at most two decimals."),
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
                        "the wording “%(text)s” of “%(kind)s” is already in line %(first)s. "
                        "One is enough."
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
        node = self.mapping(node, line, _("a marked answer"), SAMPLE_FIELDS)
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
                _("“kind” can have at most %(most)s characters, like strong.")
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
                    _("the topic “%(slug)s” is below itself. Fix its “parent”.")
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
                    line,
                    _("a topic's name can have at most %(most)s characters.") % {"most": MAX_NAME},
                )
            above = (
                parent
                or self.name(topic, "parent", "training", longest=MAX_KEY, required=False)
                or None
            )
            yield TopicRecord(slug, names, above), line
            yield from self.topics_in(topic, "children", slug)
