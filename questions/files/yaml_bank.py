"""Reads and writes our YAML: one file a topic, as in questions/bank/, or a bank in one file.

And the tree of topics.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from questions.files.document import (
    BankFileError,
    Document,
    SampleRecord,
    TopicRecord,
    checked_text,
    refuse,
)
from questions.files.limits import MAX_DEPTH, MAX_QUESTIONS
from questions.files.nodes import TOO_DEEP, TOO_MANY, Fields, Items, most_values, number, twice
from questions.files.plain import as_plain
from questions.files.reader import Reader

UNFIT_FOR_FOLDING = re.compile("  |[\n\x85\u2028\u2029]")
UNFIT_FOR_BLOCK = re.compile("^ |\n | \n|\n\n\n|[\x85\u2028\u2029]")
NOTHING = ("", "~", "null", "Null", "NULL")
BOOLEANS = {"true": True, "false": False}
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
NO_SHARING = gettext_lazy(
    "anchors and aliases (&name, *name, <<) are not accepted. Write the text out."
)
NO_TAGS = gettext_lazy(
    "tags (!name) are not accepted. Leave it out, or put the text in quotation marks."
)
SECOND_DOCUMENT = gettext_lazy("a second document begins here (---). Put it in a file of its own.")
NO_COMPOSED_NAMES = gettext_lazy(
    "the name of a field is a list or has fields of its own. Put a text that begins with [ or { "
    "in quotation marks."
)


def parse_bank_yaml(text: str, *, path: str) -> Document:
    """The questions of a file.

    Raises BankFileError with every mistake found, each with its line.
    """
    return Reader(path).document(load_yaml(text, path))


def parse_topics(text: str, *, path: str) -> list[TopicRecord]:
    """The tree of topics, parents before their children. Raises BankFileError."""
    reader = Reader(path)
    root = load_yaml(text, path)
    if not isinstance(root, Items):
        raise refuse(path, 1, _("the file must be a list of topics: - slug: ..."))
    whole = Fields(1)
    whole.put("topics", root)
    topics = list(reader.topics(whole))
    reader.finish()
    return topics


def parse_samples_yaml(text: str, *, path: str) -> list[SampleRecord]:
    """The marked answers to one topic's questions, in the format of questions/bank/README.md.

    Raises BankFileError with every mistake found, each with its line.
    """
    reader = Reader(path)
    root = reader.mapping(load_yaml(text, path), 1, _("the file"), ("topic", "samples"))
    reader.text(root, "topic", required=True)
    records = [
        reader.sample(item, line) for item, line in reader.items(root, "samples", required=True)
    ]
    if len(records) > MAX_QUESTIONS:
        reader.problem(
            1,
            _("there are more than %(most)s marked answers. Split the file.")
            % {"most": MAX_QUESTIONS},
        )
    reader.finish()
    return records


def parse_glossary(
    text: str, *, path: str
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]:
    """(groups of terms that mean the same, pairs that exclude each other).

    Raises BankFileError with every mistake found, each with its line.
    """
    reader = Reader(path)
    root = reader.mapping(load_yaml(text, path), 1, _("the file"), ("groups", "opposites"))
    groups = [words for words, _line in reader.word_lists(root, "groups")]
    opposites = []
    for words, line in reader.word_lists(root, "opposites"):
        if len(words) == 2:
            opposites.append((words[0], words[1]))
        else:
            reader.problem(
                line, _("words that exclude each other come in pairs, like [前向, 反向].")
            )
    reader.finish()
    return tuple(map(tuple, groups)), tuple(opposites)


def write_bank_yaml(document: Document) -> bytes:
    yaml = YAML(typ="safe", pure=True)
    yaml.Emitter = FaithfulEmitter
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 130
    # Declared as None alone
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.BytesIO()
    yaml.dump(as_plain(document), stream)
    return stream.getvalue()


class FaithfulEmitter(Emitter):
    """Writes what the library's emitter would lose.

    That is spaces, where it folds a text that has several together or escapes, and U+0085 outside
    of quotes.

    Such a text goes into double quotation marks on one line, one of several lines into a block,
    where that holds it.
    """

    def choose_scalar_style(self) -> Any:
        text = self.event.value
        if (
            "\n" in text
            and self.analyze_scalar(text).allow_block
            and not UNFIT_FOR_BLOCK.search(text)
        ):
            return "|"
        return '"' if UNFIT_FOR_FOLDING.search(text) else super().choose_scalar_style()

    def write_double_quoted(self, text: Any, split: Any = True) -> None:  # noqa: FBT002 - ruamel's
        super().write_double_quoted(text, split=False)


def load_yaml(text: str, path: str) -> Any:
    """What the text states, as Fields and Items with their lines. Raises BankFileError."""
    text = checked_text(text, path)
    try:
        return Tree(YAML(typ="safe", pure=True).parse(text), path, most_values(text)).root()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise refuse(
            path,
            mark.line + 1 if mark else None,
            _("this is not YAML: %(problem)s.") % {"problem": error.problem or error.context},
        ) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise refuse(
            path,
            line,
            _("the character U+%(character)s is not allowed in YAML. Remove it.")
            % {"character": format(error.character, "04X")},
        ) from None
    except (YAMLError, ValueError) as error:
        raise refuse(path, None, _("this is not YAML: %(error)s.") % {"error": error}) from None


class Tree:
    """Takes mappings with plain names, lists and texts from the parser.

    It refuses the rest of YAML before anything is built from it.

    Aliases can make a small file endless, and tags run code of the YAML library that we don't
    answer for.
    """

    def __init__(self, events: Iterator[Any], path: str, most: int) -> None:
        self.events = events
        self.path = path
        self.most = most

    def refuse(self, event: Any, what: str) -> BankFileError:
        return refuse(self.path, line_of(event), what)

    def next(self, *expected: type) -> Any:
        event = next(event for event in self.events if not isinstance(event, expected))
        if getattr(event, "anchor", None) is not None:
            raise self.refuse(event, str(NO_SHARING))
        if getattr(event, "ctag", None) is not None:
            raise self.refuse(event, str(NO_TAGS))
        self.most -= 1
        if self.most < 0:
            raise self.refuse(event, str(TOO_MANY))
        return event

    def root(self) -> Any:
        event = self.next(StreamStartEvent, DocumentStartEvent)
        if isinstance(event, StreamEndEvent):
            return None
        root = self.value(event, 1)
        after = self.next(DocumentEndEvent)
        if not isinstance(after, StreamEndEvent):
            raise self.refuse(after, str(SECOND_DOCUMENT))
        return root

    def value(self, event: Any, depth: int) -> Any:
        if isinstance(event, ScalarEvent):
            return event.value if event.style else plain_value(event.value)
        if depth > MAX_DEPTH:
            raise self.refuse(event, str(TOO_DEEP))
        if isinstance(event, MappingStartEvent):
            return self.fields(event, depth)
        items = Items()
        while not isinstance(item := self.next(), SequenceEndEvent):
            items.put(self.value(item, depth + 1), line_of(item))
        return items

    def fields(self, event: Any, depth: int) -> Fields:
        fields = Fields(line_of(event))
        while not isinstance(name := self.next(), MappingEndEvent):
            if not isinstance(name, ScalarEvent):
                raise self.refuse(name, str(NO_COMPOSED_NAMES))
            if name.value == "<<" and not name.style:
                raise self.refuse(name, str(NO_SHARING))
            if name.value in fields:
                raise self.refuse(name, twice(name.value))
            stated = self.next()
            value = self.value(stated, depth + 1)
            fields.put(
                name.value, value, line_of(name if value is None else stated)
            )  # nothing written stands nowhere
        return fields


def line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1


def plain_value(text: str) -> str | int | Decimal | bool | None:
    """What a text without quotation marks stands for in YAML 1.2; a date is a text."""
    if text in NOTHING:
        return None
    if (word := text.lower()) in BOOLEANS and text in (word, word.capitalize(), word.upper()):
        return BOOLEANS[word]
    return number(text) if NUMBER.fullmatch(text) else text
