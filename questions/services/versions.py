"""What differs between two versions of a rubric, key point by key point, down to the characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from questions.languages import LANGUAGES
from questions.models import Phrase
from questions.services.drafts import Content

# A Latin word or number changes as a whole; of Chinese, every character counts.
TOKEN = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
MAX_TOKENS = 3_000  # beyond that a text is shown as replaced: comparing takes its square
ALIKE_FROM = 0.5  # share of common tokens from which two texts are one, changed

IMPORTED = "import: "  # begins the note of a version that came from a file, before the file's name


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: `state` is same, gone or new."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text in one language, before and after."""

    name: str
    language: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class PhraseChange:
    kind: str
    state: str  # added, removed or changed
    pieces: tuple[Piece, ...]

    @property
    def kind_label(self) -> str:
        return str(Phrase.Kind(self.kind).label)


@dataclass(slots=True)
class PointChange:
    """One key point.

    `place` and `former_place` count from 1; None where the version has no such point.
    """

    key: str
    content: dict[str, Any]
    former_place: int | None
    place: int | None
    moved: bool = False
    texts: list[TextChange] = field(default_factory=list)
    phrases: list[PhraseChange] = field(default_factory=list)
    weight: tuple[str, str] | None = None
    required: bool | None = None  # what it became

    @property
    def state(self) -> str:
        if self.former_place is None:
            return "added"
        if self.place is None:
            return "removed"
        return (
            "changed"
            if self.texts or self.phrases or self.weight or self.required is not None
            else "same"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    words: tuple[TextChange, ...]
    points: tuple[PointChange, ...]

    @property
    def is_empty(self) -> bool:
        return not self.words and all(
            point.state == "same" and not point.moved for point in self.points
        )

    @property
    def changes(self) -> list[PointChange]:
        return [point for point in self.points if point.state != "same" or point.moved]

    @property
    def unchanged(self) -> int:
        return len(self.points) - len(self.changes)


def reason(note: str) -> str:
    """Why a version came about: what its author wrote, or from which file it was imported."""
    if not note.startswith(IMPORTED):
        return _("imported from a file") if note == "import" else note
    return _("imported from %(file)s") % {"file": note.removeprefix(IMPORTED)}


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


def pieces_of(old: str, new: str) -> tuple[Piece, ...]:
    """The new text with what is gone and what is new in it.

    Two texts with little in common one behind the other.
    """
    whole = tuple(piece for piece in (Piece("gone", old), Piece("new", new)) if piece.text)
    before, after = tokens(old), tokens(new)
    if max(len(before), len(after)) > MAX_TOKENS:
        return whole
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE_FROM:
        return whole
    found = []
    for operation, i, j, k, m in matcher.get_opcodes():
        if operation == "equal":
            found.append(Piece("same", "".join(before[i:j])))
        else:
            found += [Piece("gone", "".join(before[i:j])), Piece("new", "".join(after[k:m]))]
    return tuple(piece for piece in found if piece.text)


def text_changes(
    old: dict[str, Any], new: dict[str, Any], names: Sequence[str]
) -> list[TextChange]:
    return [
        TextChange(name, language, pieces_of(old[name][language], new[name][language]))
        for name in names
        for language in LANGUAGES
        if old[name][language] != new[name][language]
    ]


def phrase_changes(old: list[list[str]], new: list[list[str]]) -> list[PhraseChange]:
    """Phrases that came, went, or were reworded.

    A phrase that went is paired with the most similar one that came.
    """
    changes = []
    for kind in Phrase.Kind.values:
        before = [text for k, text in old if k == kind]
        after = [text for k, text in new if k == kind]
        gone = [text for text in before if text not in after]
        came = [text for text in after if text not in before]
        for text in gone:
            alike, best = max(
                (
                    (SequenceMatcher(None, tokens(text), tokens(other)).ratio(), other)
                    for other in came
                ),
                default=(0.0, ""),
            )
            if alike >= ALIKE_FROM:
                came.remove(best)
                changes.append(PhraseChange(kind, "changed", pieces_of(text, best)))
            else:
                changes.append(PhraseChange(kind, "removed", (Piece("gone", text),)))
        changes += [PhraseChange(kind, "added", (Piece("new", text),)) for text in came]
    return changes


def difference(old: Content, new: Content) -> Difference:
    """The changes from one content to the other, in the new one's order, removals last."""
    before = {point["key"]: (place, point) for place, point in enumerate(old["key_points"], 1)}
    kept = {point["key"] for point in new["key_points"]} & before.keys()
    matcher = SequenceMatcher(
        None,
        [point["key"] for point in old["key_points"] if point["key"] in kept],
        order := [point["key"] for point in new["key_points"] if point["key"] in kept],
        autojunk=False,
    )
    stayed = {
        order[block.b + offset]
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }
    points = []
    for place, point in enumerate(new["key_points"], 1):
        key = point["key"]
        if key not in kept:
            points.append(PointChange(key, point, None, place))
            continue
        former_place, former = before[key]
        change = PointChange(key, point, former_place, place, moved=key not in stayed)
        change.texts = text_changes(former, point, ("text", "hint", "feedback"))
        change.phrases = phrase_changes(former["phrases"], point["phrases"])
        change.weight = (
            (former["weight"], point["weight"]) if former["weight"] != point["weight"] else None
        )
        change.required = point["required"] if former["required"] != point["required"] else None
        points.append(change)
    points += [
        PointChange(key, point, place, None)
        for key, (place, point) in before.items()
        if key not in kept
    ]
    return Difference(tuple(text_changes(old, new, ("prompt", "model_answer"))), tuple(points))
