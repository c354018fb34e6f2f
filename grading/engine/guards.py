"""Answers that must earn nothing however many right words they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import reasons
from .matching import AnswerIndex, CompiledRubric, base_weight
from .signals import PointReading
from .terms import NEGATION_CUES, NO_ANSWER_CUES
from .text import is_han

STUFFING_FACTOR = 0.05
ECHO_FACTOR = 0.1
NO_ANSWER_FACTOR = 0.1
ECHO_FROM = 0.5  # share of the content's weight that is the question's own
ON_TOPIC_FROM = 0.22  # share of the content's weight that question or rubric know
FEW_FUNCTION_WORDS = 0.1
_SEPARATORS = re.compile(r"[、,，;；/|\n\t。.]+|\s{2,}")
_LONGEST_ITEM = 7  # units of an item in a list of keywords


def look(answer: AnswerIndex, compiled: CompiledRubric, readings: Sequence[PointReading]) -> tuple[float, list[str]]:
    """What to multiply every chance by, and the reasons."""
    values = readings[0].values
    codes: list[str] = []
    factor = 1.0
    if _is_keyword_list(answer, compiled):
        codes.append(reasons.STUFFING)
        factor = STUFFING_FACTOR
    if values["echo"] > ECHO_FROM and values["known"] - values["echo"] < 0.25:
        codes.append(reasons.ECHO)
        factor = min(factor, ECHO_FACTOR)
    if len(answer.reading.units) <= 40 and _gives_up(answer):
        codes.append(reasons.NO_ANSWER)
        factor = min(factor, NO_ANSWER_FACTOR)
    if values["topic"] < ON_TOPIC_FROM:
        codes.append(reasons.OFF_TOPIC)
    if values["all_own"] > 0.9 and values["all_own_pairs"] > 0.8:
        codes.append(reasons.COPIED)
    return factor, codes


def _gives_up(answer: AnswerIndex) -> bool:
    """Whether a short text says that it doesn't know and has hardly anything of the rubric."""
    cues = NO_ANSWER_CUES.find(answer.reading.units)
    return bool(cues) and answer.known < 0.5 * answer.content


def _is_keyword_list(answer: AnswerIndex, compiled: CompiledRubric) -> bool:
    """Whether nearly all of the text is short items without a verb, a negation or a function word between separators."""
    units = answer.reading.units
    if len(units) < 6:
        return False
    function = sum(1 for unit in units if base_weight(unit) == 0)
    if function >= FEW_FUNCTION_WORDS * len(units) or NEGATION_CUES.find(units):
        return False
    said = [found for found in compiled.terms.find(units) if any(concept.startswith("#") for concept in found.concepts)]
    signs = sum(1 for unit in units if not unit[0].isalnum() and not is_han(unit))
    statements = sum(found.end - found.start for found in said) + 2 * signs
    return statements < STATEMENT_SHARE * len(units)


STATEMENT_SHARE = 0.25
