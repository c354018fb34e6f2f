"""What an author should mend in a rubric before it grades anyone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .grader import NO_GLOSSARY, compile_rubric
from .matching import CompiledPhrase, CompiledRubric, CompiledView, cover_whole, index_answer
from .text import base_weight, read
from .types import Glossary, KeyPoint, PhraseKind, Rubric

OVERLAP_FROM = 0.75  # share of the shorter key point's weight that the other has too
ASKED_FROM = 0.75  # share of a key point's weight that stands in the question
ANYONE_FROM = 0.95  # coverage by a text that only repeats the question and the other key points
LEAST_CONTENT = 2.0  # weight of a phrase's units below which it would match by chance


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: `code` for the interface, the key points it is about, the phrase if it is about one, and what to do."""

    code: str
    keys: tuple[str, ...]
    phrase: str
    suggestion: str


def lint(rubric: Rubric, *, glossary: Glossary = NO_GLOSSARY) -> list[Finding]:
    """All findings, in the rubric's order. Raises EngineError for a rubric that can't grade anything."""
    compiled = compile_rubric(rubric, glossary=glossary)
    views = [compiled.chinese] if compiled.chinese is compiled.other else [compiled.chinese, compiled.other]
    found = [
        finding
        for view in views
        for finding in (
            *_overlaps(view),
            *_asked(view),
            *_met_by_anyone(view, compiled),
            *_phrases(view.rubric),
            *_self_contradictions(view),
        )
    ]
    order = {point.key: number for number, point in enumerate(rubric.key_points)}
    return sorted(dict.fromkeys(found), key=lambda finding: order[finding.keys[0]])


def _weights(phrase: CompiledPhrase) -> dict[str, float]:
    return {slot.unit: slot.weight for slot in phrase.slots}


def _overlaps(view: CompiledView) -> Iterable[Finding]:
    texts = [(point.point.key, point.own[0], _weights(point.own[0])) for point in view.points if point.own]
    for number, (key, phrase, one) in enumerate(texts):
        for other_key, other_phrase, other in texts[number + 1 :]:
            common = one.keys() & other.keys()
            shared = min(sum(one[unit] for unit in common), sum(other[unit] for unit in common))
            if shared >= OVERLAP_FROM and not _opposed(phrase, other_phrase):
                yield Finding("overlap", (key, other_key), "", "These two say nearly the same. Merge them, or name what sets them apart.")


def _opposed(one: CompiledPhrase, other: CompiledPhrase) -> bool:
    """Whether a word of one excludes a word of the other, as in a pair of key points on forward and backward."""
    excluded = {concept for slot in one.slots for concept in slot.opposites}
    return any(concept in excluded for slot in other.slots for concept in slot.concepts)


def _asked(view: CompiledView) -> Iterable[Finding]:
    for point in view.points:
        if point.own and sum(slot.weight for slot in point.own[0].slots if slot.unit in view.prompt_units) >= ASKED_FROM:
            yield Finding("in_question", (point.point.key,), "", "Nearly all of its words stand in the question. Say what the answer adds.")


def _met_by_anyone(view: CompiledView, compiled: CompiledRubric) -> Iterable[Finding]:
    points = view.rubric.key_points
    for point in view.points if len(points) > 1 else ():
        opposed = {other.point.key for other in view.points if point.own and other.own and _opposed(point.own[0], other.own[0])}
        others = [text for other in points if other.key not in {point.point.key, *opposed} for text in other.texts]
        chatter = index_answer("\n".join([*view.rubric.prompts, *others]), compiled)
        if chatter.compiled is view and point.own and min(cover_whole(phrase, chatter) for phrase in point.own) >= ANYONE_FROM:
            text = "An answer that only talks about the question and the other key points would meet it. Add a word of its own."
            yield Finding("met_by_anyone", (point.point.key,), "", text)


def _phrases(rubric: Rubric) -> Iterable[Finding]:
    for point in rubric.key_points:
        seen: dict[tuple[str, ...], tuple[PhraseKind, str]] = {}
        for kind, text in _statements(point):
            units = tuple(unit for unit in read(text).units if base_weight(unit) > 0)
            known_kind, known = seen.setdefault(units, (kind, text))
            if not units:
                yield Finding("empty_phrase", (point.key,), text, "It has no word that could be matched. Remove it.")
            elif sum(map(base_weight, units)) < LEAST_CONTENT:
                yield Finding("short_phrase", (point.key,), text, "So few words are met by chance. Write a whole statement.")
            elif known_kind != kind:
                yield Finding(
                    "said_and_denied", (point.key,), text, f"It reads the same as “{known}”, which means the opposite. Remove one."
                )
            elif known is not text:
                yield Finding("same_phrase", (point.key,), text, f"It reads the same as “{known}”. Remove one.")


def _statements(point: KeyPoint) -> Iterable[tuple[PhraseKind, str]]:
    yield from ((PhraseKind.SAYS_IT, text) for text in point.texts)
    yield from ((phrase.kind, phrase.text) for phrase in point.phrases if phrase.kind != PhraseKind.TERM_GROUP)


def _self_contradictions(view: CompiledView) -> Iterable[Finding]:
    """Wrong statements made of the same words as a right one: nothing but their order could tell them apart."""
    for point in view.points:
        for phrase in point.against:
            same = next(
                (right for right in point.says if sorted(right.units) == sorted(phrase.units) and right.units != phrase.units), None
            )
            if same is not None:
                text = f"It has the same words as “{same.text}” in another order. Let a decisive word differ."
                yield Finding("contradiction_matches", (point.point.key,), phrase.text, text)
