"""Reads the bank's files of marked answers: the samples of one topic's questions each. The format stands in questions/bank/README.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap

from questions.importing.documents import MAX_QUESTIONS, MAX_SLUG, SLUG
from questions.importing.yaml_bank import MAX_KEY, Reader

MAX_SAMPLE_TEXT = 20_000  # characters: the most that is graded
MAX_SAMPLE_NAME = 120
MAX_SAMPLE_KIND = 30
CREDITS = (0.0, 0.5, 1.0)
KIND = re.compile(r"[a-z]+(?:[-_][a-z]+)*")
SAMPLE_FIELDS = ("question", "name", "kind", "text", "marks")


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A marked answer as a file states it. `marks`: credit 0, 0.5 or 1 by the key of the key point."""

    path: str
    line: int
    question: str
    name: str
    kind: str
    text: str
    marks: dict[str, float]


def parse_samples_yaml(text: str, *, path: str) -> list[SampleRecord]:
    """The marked answers of one topic. Raises BankFileError with every mistake found, each with its line."""
    reader = SampleReader(path)
    root = reader.mapping(reader.load(text), 1, "the file", ("topic", "samples"))
    reader.text(root, "topic", required=True)
    records = [reader.sample(item, line) for item, line in reader.items(root, "samples", required=True)]
    if len(records) > MAX_QUESTIONS:
        reader.problem(1, f"there are more than {MAX_QUESTIONS} samples. Divide the file.")
    reader.finish()
    return records


class SampleReader(Reader):
    def sample(self, node: Any, line: int) -> SampleRecord:
        node = self.mapping(node, line, "a sample", SAMPLE_FIELDS)
        text = self.text(node, "text", required=True)
        if len(text) > MAX_SAMPLE_TEXT:
            self.problem(self.line_of(node, "text"), f"“text” has more than {MAX_SAMPLE_TEXT} characters. Shorten it.")
        return SampleRecord(
            path=self.path,
            line=line,
            question=self.pattern(node, "question", SLUG, "kv-cache", longest=MAX_SLUG, required=True),
            name=self.pattern(node, "name", SLUG, "kv-cache-strong-1", longest=MAX_SAMPLE_NAME, required=True),
            kind=self.pattern(node, "kind", KIND, "strong", longest=MAX_SAMPLE_KIND),
            text=text,
            marks=self.marks(node),
        )

    def marks(self, node: CommentedMap) -> dict[str, float]:
        line = self.line_of(node, "marks")
        stated = node.get("marks")
        if not isinstance(stated, CommentedMap) or not stated:
            self.problem(line, "“marks” must give at least one key point its credit, like {variance: 1}.")
            return {}
        found = {}
        for key, credit in stated.items():
            place = self.line_of(stated, key)
            if not isinstance(key, str) or not SLUG.fullmatch(key) or len(key) > MAX_KEY:
                self.problem(place, f"“{str(key)[:60]}” is not the key of a key point.")
            elif type(credit) is bool or not isinstance(credit, int | float) or credit not in CREDITS:
                self.problem(place, f"the credit of “{key}” must be 0, 0.5 or 1.")
            else:
                found[key] = float(credit)
        return found
