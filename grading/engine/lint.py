"""What an author should mend in a rubric before it grades anyone."""

from __future__ import annotations

from dataclasses import dataclass

from .grader import compile_rubric, grade
from .matching import CompiledRubric, base_weight, cover_whole, index_answer
from .text import read
from .types import Glossary, PhraseKind, Rubric

OVERLAP_FROM = 0.75  # coverage of one key point's text by another's
ASKED_FROM = 0.75  # share of a key point's weight that stands in the question
ANYONE_FROM = 0.6  # coverage by an answer that only repeats question and siblings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: `code` for the interface, the key points it is about, the phrase if it is about one, and what to do."""

    code: str
    keys: tuple[str, ...]
    phrase: str
    suggestion: str


def lint(rubric: Rubric, *, glossary: Glossary | None = None) -> list[Finding]:
    """All findings, in the rubric's order. Raises EngineError for a rubric that can't grade anything."""
    compiled = compile_rubric(rubric, glossary=glossary or Glossary())
    return [
        *_overlaps(compiled),
        *_asked(compiled),
        *_met_by_anyone(compiled),
        *_same_phrases(rubric),
        *_self_contradictions(rubric, compiled),
    ]


def _overlaps(compiled: CompiledRubric) -> list[Finding]:
    findings = []
    plain = [{s.unit: s.weight for s in point.own[0].slots} if point.own else {} for point in compiled.points]
    for first, one in enumerate(plain):
        for second in range(first + 1, len(plain)):
            other = plain[second]
            common = one.keys() & other.keys()
            share = min(sum(one[u] for u in common), sum(other[u] for u in common))
            if share >= OVERLAP_FROM:
                keys = (compiled.points[first].point.key, compiled.points[second].point.key)
                findings.append(Finding("overlap", keys, "", "These two say nearly the same. Merge them, or name what sets them apart."))
    return findings


def _asked(compiled: CompiledRubric) -> list[Finding]:
    return [
        Finding("in_question", (point.point.key,), "", "Nearly all of its words stand in the question. Say what the answer adds.")
        for point in compiled.points
        if point.own and sum(slot.weight for slot in point.own[0].slots if slot.unit in compiled.prompt_units) >= ASKED_FROM
    ]


def _met_by_anyone(compiled: CompiledRubric) -> list[Finding]:
    findings = []
    for point in compiled.points:
        others = [text for other in compiled.rubric.key_points if other.key != point.point.key for text in other.texts]
        chatter = index_answer("\n".join([*compiled.rubric.prompts, *others]), compiled)
        if point.own and len(compiled.points) > 1 and min(cover_whole(phrase, chatter) for phrase in point.own) >= ANYONE_FROM:
            text = "An answer that only talks about the other key points would meet it. Add a word of its own."
            findings.append(Finding("met_by_anyone", (point.point.key,), "", text))
    return findings


def _same_phrases(rubric: Rubric) -> list[Finding]:
    findings = []
    for point in rubric.key_points:
        seen: dict[tuple[PhraseKind | None, tuple[str, ...]], str] = {}
        texts: list[tuple[PhraseKind, str]] = [(PhraseKind.SAYS_IT, text) for text in point.texts]
        texts += [(phrase.kind, phrase.text) for phrase in point.phrases if phrase.kind is not PhraseKind.TERM_GROUP]
        for kind, text in texts:
            units = tuple(unit for unit in read(text).units if base_weight(unit) > 0)
            if not units:
                findings.append(Finding("empty_phrase", (point.key,), text, "It has no word that could be matched. Remove it."))
            elif (kind, units) in seen:
                findings.append(Finding("same_phrase", (point.key,), text, f"It reads the same as “{seen[kind, units]}”. Remove one."))
            else:
                seen[kind, units] = text
    return findings


def _self_contradictions(rubric: Rubric, compiled: CompiledRubric) -> list[Finding]:
    findings = []
    for number, point in enumerate(rubric.key_points):
        for phrase in point.phrases:
            if phrase.kind is PhraseKind.CONTRADICTS and grade(phrase.text, compiled).key_points[number].credit >= 0.5:
                text = "The engine takes this wrong statement for a right one. Word it so that the decisive word differs."
                findings.append(Finding("contradiction_matches", (point.key,), phrase.text, text))
    return findings
