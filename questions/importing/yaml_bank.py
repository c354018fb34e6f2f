"""Reads and writes our YAML: one file a topic, as in questions/bank/, or a bank in one file; and the tree of topics."""

from __future__ import annotations

import io
import re
from pathlib import PurePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import ScalarEvent
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.reader import ReaderError

from questions.importing.documents import Document, TopicRecord, checked_text, refuse
from questions.importing.fields import MAX_DEPTH, TOO_DEEP, Fields, Items, Reader
from questions.importing.plain import as_plain

UNFIT_FOR_FOLDING = re.compile("  |[\n\x85\u2028\u2029]")
UNFIT_FOR_BLOCK = re.compile("^ |\n | \n|\n\n\n|[\x85\u2028\u2029]")
NO_SHARING = "anchors and aliases (&name, *name, <<) are not taken. Write the text out."
NO_TAGS = "tags (!name) are not taken. Leave it out, or put the text in quotation marks."
NO_COMPOSED_NAMES = "the name of a field is a list or has fields of its own. Put a text that begins with [ or { in quotation marks."


def parse_bank_yaml(text: str, *, path: str) -> Document:
    """The questions of a file. Raises BankFileError with every mistake found, each with its line."""
    return Reader(path).document(load_yaml(text, path))


def parse_topics(text: str, *, path: str) -> list[TopicRecord]:
    """The tree of topics, parents before their children. Raises BankFileError."""
    reader = Reader(path)
    root = load_yaml(text, path)
    if not isinstance(root, Items):
        raise refuse(path, 1, "the file must be a list of topics: - slug: ...")
    whole = Fields(1)
    whole.put("topics", root)
    topics = list(reader.topics(whole))
    reader.finish()
    return topics


def write_bank_yaml(document: Document) -> bytes:
    yaml = YAML(typ="safe", pure=True)
    yaml.Emitter = FaithfulEmitter
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 130
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # declared as None alone
    stream = io.BytesIO()
    yaml.dump(as_plain(document), stream)
    return stream.getvalue()


class FaithfulEmitter(Emitter):
    """The library's emitter loses spaces where it folds a text that has several together or escapes, and U+0085 outside of quotes.

    Such a text goes into double quotation marks on one line, one of several lines into a block, where that holds it.
    """

    def choose_scalar_style(self) -> Any:
        text = self.event.value
        if "\n" in text and self.analyze_scalar(text).allow_block and not UNFIT_FOR_BLOCK.search(text):
            return "|"
        return '"' if UNFIT_FOR_FOLDING.search(text) else super().choose_scalar_style()

    def write_double_quoted(self, text: Any, split: Any = True) -> None:
        super().write_double_quoted(text, split=False)


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


def load_yaml(text: str, path: str) -> Any:
    """What the text states, as Fields and Items with their lines. Raises BankFileError."""
    text = checked_text(text, path)
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = PlainComposer
    yaml.max_depth = MAX_DEPTH
    try:
        return placed(yaml.load(text), 1)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is not YAML: {error.problem or error.context}."
        if isinstance(error, RefusedNodeError):
            what = str(error.problem)
        elif isinstance(error, MaxDepthExceededError):
            what = TOO_DEEP
        raise refuse(path, mark.line + 1 if mark else None, what) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise refuse(path, line, f"the character U+{error.character:04X} can't stand in YAML. Remove it.") from None
    except (YAMLError, ValueError) as error:
        raise refuse(path, None, f"this is not YAML: {error}.") from None


def placed(node: Any, line: int) -> Any:
    """The library's tree as Fields and Items, which carry no more than their lines."""
    if isinstance(node, CommentedMap):
        fields = Fields(int(node.lc.line or 0) + 1)
        for name, value in node.items():
            place = node.lc.key(name) if value is None else node.lc.value(name)  # nothing written stands nowhere
            fields.put(str(name), placed(value, int(place[0]) + 1), int(place[0]) + 1)
        return fields
    if isinstance(node, CommentedSeq):
        items = Items()
        for number, value in enumerate(node):
            place = int(node.lc.item(number)[0]) + 1
            items.put(placed(value, place), place)
        return items
    return node


def is_question_file(name: str) -> bool:
    """Whether a YAML file of the bank's folder holds questions."""
    return PurePath(name).name not in ("topics.yaml", "glossary.yaml")
