"""Reads the bank's YAML files: one topic's questions each, and the tree of topics. The format stands in questions/bank/README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import ScalarEvent
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.reader import ReaderError

from questions.importing.documents import (
    MAX_KEY_POINTS,
    MAX_QUESTIONS,
    MAX_SLUG,
    MAX_TEXT,
    SLUG,
    SURROGATE,
    BankFileError,
    Document,
    Problem,
    QuestionRecord,
    TopicRecord,
    checked_text,
    is_web_address,
    key_point,
    refuse,
)

MAX_DEPTH = 20
MAX_PROBLEMS = 50
LANGUAGES = ("zh", "en")
DIFFICULTIES = ("easy", "medium", "hard")
SEED = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")
MAX_KEY = 60  # characters of a key point's key or a topic's slug
MAX_NAME = 80
NO_SHARING = "anchors and aliases (&name, *name, <<) are not taken. Write the text out."
NO_TAGS = "tags (!name) are not taken. Leave it out, or put the text in quotation marks."
NO_COMPOSED_NAMES = "the name of a field is a list or has fields of its own. Put a text that begins with [ or { in quotation marks."
QUESTION_FIELDS = ("slug", "seed", "difficulty", "minutes", "source", "prompt", "model_answer", "key_points")
KEY_POINT_FIELDS = ("key", "text", "weight", "required", "hint", "feedback", "says_it", "term_groups", "contradicts")


def parse_bank_yaml(text: str, *, path: str) -> Document:
    """One topic's questions. Raises BankFileError with every mistake found, each with its line."""
    reader = Reader(path)
    root = reader.mapping(reader.load(text), 1, "the file", ("topic", "questions"))
    topic = reader.text(root, "topic", required=True)
    records = [reader.question(item, line, topic) for item, line in reader.items(root, "questions", required=True)]
    if len(records) > MAX_QUESTIONS:
        reader.problem(1, f"there are more than {MAX_QUESTIONS} questions. Divide the file.")
    for field in ("slug", "seed"):
        reader.refuse_repeated(field, [(getattr(record, field), record.line) for record in records if getattr(record, field)])
    reader.finish()
    return Document(tuple(records))


def parse_topics(text: str, *, path: str) -> list[TopicRecord]:
    """The tree of topics, parents before their children. Raises BankFileError."""
    reader = Reader(path)
    root = reader.load(text)
    if not isinstance(root, CommentedSeq):
        raise refuse(path, 1, "the file must be a list of topics: - slug: ...")
    topics = list(reader.topics(root, None))
    reader.refuse_repeated("slug", [(topic.slug, line) for topic, line in topics])
    reader.finish()
    return [topic for topic, _line in topics]


class RefusedNodeError(MarkedYAMLError):
    """YAML that a file of ours has no use for."""


class PlainComposer(Composer):
    """Takes mappings with plain names, lists and texts, and refuses the rest of YAML before anything is built from it.

    Aliases can make a small file endless, tags and composed names run code of the YAML library that we don't answer for.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        merges = isinstance(event, ScalarEvent) and event.value == "<<" and not event.style
        if event.anchor is not None or merges:
            raise RefusedNodeError(problem_mark=event.start_mark, problem=NO_SHARING)
        if event.ctag is not None:
            raise RefusedNodeError(problem_mark=event.start_mark, problem=NO_TAGS)
        if isinstance(parent, MappingNode) and index is None and not isinstance(event, ScalarEvent):
            raise RefusedNodeError(problem_mark=event.start_mark, problem=NO_COMPOSED_NAMES)
        return super().compose_node(parent, index)


class Reader:
    """Collects what is wrong while it reads, so that an author mends a file in one go."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def problem(self, line: int, what: str) -> None:
        self.problems.append(Problem(self.path, line, what))

    def finish(self) -> None:
        if self.problems:
            raise BankFileError(sorted(self.problems, key=lambda problem: problem.line or 0)[:MAX_PROBLEMS])

    def load(self, text: str) -> Any:
        text = checked_text(text, self.path)
        yaml = YAML(typ="rt", pure=True)
        yaml.Composer = PlainComposer
        yaml.max_depth = MAX_DEPTH
        try:
            return yaml.load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = f"this is not YAML: {error.problem or error.context}."
            if isinstance(error, RefusedNodeError):
                what = str(error.problem)
            elif isinstance(error, MaxDepthExceededError):
                what = f"lists or mappings are nested deeper than {MAX_DEPTH}. Flatten them."
            raise refuse(self.path, mark.line + 1 if mark else None, what) from None
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise refuse(self.path, line, f"the character U+{error.character:04X} can't stand in YAML. Remove it.") from None
        except (YAMLError, ValueError) as error:
            raise refuse(self.path, None, f"this is not YAML: {error}.") from None

    # Fields -----------------------------------------------------------------------------------------------------------

    def mapping(self, node: Any, line: int, what: str, known: tuple[str, ...]) -> CommentedMap:
        if not isinstance(node, CommentedMap):
            self.problem(line, f"{what} must be written as fields: {', '.join(known)}.")
            missing = CommentedMap()
            missing.lc.line = line - 1  # what its reader misses in it is reported where it should stand
            return missing
        for name in node:
            if name not in known:
                self.problem(node.lc.key(name)[0] + 1, f"{what} has no field “{name}”. Known are {', '.join(known)}.")
        return node

    def line_of(self, node: CommentedMap, name: str) -> int:
        if name not in node:
            return int(node.lc.line or 0) + 1
        place = node.lc.key(name) if node[name] is None else node.lc.value(name)  # nothing written stands nowhere
        return int(place[0]) + 1

    def text(self, node: CommentedMap, name: str, *, required: bool = False) -> str:
        value = node.get(name)
        if value is None or value == "":
            if required:
                self.problem(self.line_of(node, name), f"the field “{name}” is missing or empty.")
            return ""
        if not isinstance(value, str):
            self.problem(self.line_of(node, name), f"“{name}” must be text. Put it in quotation marks.")
            return ""
        return self.storable(value, self.line_of(node, name), f"“{name}”")

    def storable(self, value: str, line: int, what: str) -> str:
        """The text without space around it, or nothing where no database keeps it: escapes in quotation marks can write any character."""
        if "\0" in value or SURROGATE.search(value):
            self.problem(line, f"{what} has a NUL character or half of one (a lone surrogate). Remove it.")
        elif len(value) > MAX_TEXT:
            self.problem(line, f"{what} has more than {MAX_TEXT} characters. Shorten it.")
        else:
            return value.strip()
        return ""

    def texts(self, node: CommentedMap, name: str, *, required: bool = False) -> dict[str, str]:
        """A text in one or both languages."""
        if name not in node and not required:
            return dict.fromkeys(LANGUAGES, "")
        line = self.line_of(node, name)
        both = self.mapping(node.get(name), line, f"“{name}”", LANGUAGES)
        found = {language: self.text(both, language) for language in LANGUAGES}
        if required and not any(found.values()):
            self.problem(line, f"“{name}” needs a text under zh or en.")
        return found

    def items(self, node: CommentedMap, name: str, *, required: bool = False) -> Iterator[tuple[Any, int]]:
        """The items of a list with their lines."""
        values = node.get(name)
        if values is None or values == []:
            if required:
                self.problem(self.line_of(node, name), f"the list “{name}” is missing or empty.")
            return
        if not isinstance(values, CommentedSeq):
            self.problem(self.line_of(node, name), f"“{name}” must be a list.")
            return
        for place, value in enumerate(values):
            yield value, int(values.lc.item(place)[0]) + 1

    def choice(self, node: CommentedMap, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.text(node, name)
        if value and value not in allowed:
            self.problem(self.line_of(node, name), f"“{name}” must be one of {', '.join(allowed)}; it is “{value}”.")
        return value or None

    def pattern(
        self, node: CommentedMap, name: str, pattern: re.Pattern[str], example: str, *, longest: int, required: bool = False
    ) -> str:
        value = self.text(node, name, required=required)
        if value and not pattern.fullmatch(value):
            self.problem(self.line_of(node, name), f"“{name}” must look like {example}; it is “{value[:60]}”.")
        if len(value) > longest:
            self.problem(self.line_of(node, name), f"“{name}” has {longest} characters at most. Shorten it.")
        return value

    def address(self, node: CommentedMap, name: str) -> str:
        value = self.text(node, name)
        if value and not is_web_address(value):
            self.problem(self.line_of(node, name), f"“{name}” must look like https://example.org/page; it is “{value[:60]}”.")
        return value

    def refuse_repeated(self, name: str, values: list[tuple[str, int]]) -> None:
        first: dict[str, int] = {}
        for value, line in values:
            if value in first:
                self.problem(line, f"the {name} “{value}” stands in line {first[value]} already. Each needs its own.")
            first.setdefault(value, line)

    # What a file holds ------------------------------------------------------------------------------------------------

    def question(self, node: Any, line: int, topic: str) -> QuestionRecord:
        node = self.mapping(node, line, "a question", QUESTION_FIELDS)
        minutes = node.get("minutes")
        if minutes is not None and not (type(minutes) is int and 1 <= minutes <= 240):
            self.problem(self.line_of(node, "minutes"), "“minutes” must be a whole number from 1 to 240.")
            minutes = None
        points = [self.point(item, place) for item, place in self.items(node, "key_points", required=True)]
        if len(points) > MAX_KEY_POINTS:
            self.problem(line, f"a question has {MAX_KEY_POINTS} key points at most. Divide it.")
        self.refuse_repeated("key", [(point["key"], place) for point, place in points if point["key"]])
        return QuestionRecord(
            path=self.path,
            line=line,
            slug=self.pattern(node, "slug", SLUG, "kv-cache", longest=MAX_SLUG, required=True),
            seed=self.pattern(node, "seed", SEED, '"1.1"', longest=10),
            difficulty=self.choice(node, "difficulty", DIFFICULTIES),
            minutes=minutes,
            source_url=self.address(node, "source"),
            prompt=self.texts(node, "prompt", required=True),
            model_answer=self.texts(node, "model_answer"),
            key_points=[point for point, _place in points],
            topics=(topic,),
        )

    def point(self, node: Any, line: int) -> tuple[dict[str, Any], int]:
        node = self.mapping(node, line, "a key point", KEY_POINT_FIELDS)
        required = node.get("required", False)
        if not isinstance(required, bool):
            self.problem(self.line_of(node, "required"), "“required” must be true or false.")
        content = key_point(
            self.pattern(node, "key", SLUG, "variance-grows", longest=MAX_KEY, required=True),
            self.texts(node, "text", required=True),
            weight=self.weight(node),
            required=bool(required),
            hint=self.texts(node, "hint"),
            feedback=self.texts(node, "feedback"),
            phrases=[*self.statements(node, "says_it"), *self.term_groups(node), *self.statements(node, "contradicts")],
        )
        return content, line

    def weight(self, node: CommentedMap) -> str:
        value = node.get("weight", 1)
        try:
            weight = Decimal(str(value)) if type(value) is not bool else Decimal(0)
        except InvalidOperation:
            weight = Decimal(0)
        if not (weight.is_finite() and Decimal("0.01") <= weight <= 100 and weight == round(weight, 2)):
            self.problem(self.line_of(node, "weight"), "“weight” must be a number from 0.01 to 100 with two decimals at most.")
            return "1.00"
        return f"{weight:.2f}"

    def statements(self, node: CommentedMap, kind: str) -> list[list[str]]:
        found = []
        for value, line in self.items(node, kind):
            if isinstance(value, str) and value.strip():
                found.append([kind, self.storable(value, line, f"a wording of “{kind}”")])
            else:
                self.problem(line, f"each of “{kind}” must be a text. Put it in quotation marks.")
        self.refuse_repeated(f"wording of “{kind}”", [(text, self.line_of(node, kind)) for _kind, text in found])
        return found

    def term_groups(self, node: CommentedMap) -> list[list[str]]:
        groups = []
        for group, line in self.items(node, "term_groups"):
            terms = group if isinstance(group, CommentedSeq) else []
            if not terms or not all(isinstance(term, str | int | float) and str(term).strip() for term in terms):
                self.problem(line, "a term group is a list of words, like [方差, variance].")
                continue
            # A term group is stored one term per line, so a term has none of its own.
            words = [" ".join(str(term).split()) for term in terms]
            groups.append(["term_group", self.storable("\n".join(words), line, "a term group")])
        return groups

    def topics(self, nodes: CommentedSeq, parent: str | None) -> Iterator[tuple[TopicRecord, int]]:
        for place, item in enumerate(nodes):
            line = int(nodes.lc.item(place)[0]) + 1
            node = self.mapping(item, line, "a topic", ("slug", "name", "children"))
            slug = self.pattern(node, "slug", SLUG, "position-encoding", longest=MAX_KEY, required=True)
            name = self.texts(node, "name", required=True)
            if not all(name.values()):
                self.problem(line, "a topic needs its name in both languages.")
            if any(len(text) > MAX_NAME for text in name.values()):
                self.problem(line, f"a topic's name has {MAX_NAME} characters at most.")
            yield TopicRecord(slug, name, parent), line
            children = node.get("children")
            if isinstance(children, CommentedSeq):
                yield from self.topics(children, slug)
            elif children is not None:
                self.problem(line, "“children” must be a list of topics.")


def is_question_file(name: str) -> bool:
    """Whether a YAML file of the bank's folder holds questions."""
    return PurePath(name).name not in ("topics.yaml", "glossary.yaml")
