"""Answers that must earn nothing however many right words they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import reasons
from .answers import AnswerIndex
from .compiled import RUN
from .signals import PointReading
from .terms import NEGATION_CUES, NO_ANSWER_CUES
from .text import base_weight, is_han

STUFFING_FACTOR = 0.05
ECHO_FACTOR = 0.1
NO_ANSWER_FACTOR = 0.1
OFF_TOPIC_FACTOR = 0.2
NOTHING_OF_IT = 0.2  # coverage of the best covered key point
ECHO_FROM = 0.5  # share of the content's weight that is the question's own
LITTLE_OF_ITS_OWN = 0.12  # mean coverage of the key points, the question's words hardly counting
SAID_AGAIN = 1.2  # of the question's weight; from there an echo's few other words don't save it
ON_TOPIC_FROM = 0.22  # share of the content's weight that question or rubric know
FEW_FUNCTION_WORDS = 0.15  # share of units
LONGEST_ITEM = 3.2  # units an item of a keyword list has, on average, at most
PASTED_FROM = 0.8  # share of an answer's content that a model answer has in the same runs
_SHORTEST_PASTE = 20  # units of content; fewer may come out the same by chance
_SPACED_FUNCTION_WORDS = 0.1  # share of units, of a list with only blanks between its items
_SHORT_CUE = 2  # units
_LONGEST_REFUSAL = 6  # units of a clause that is no more than a refusal, as in 这个我真不会
_SHORTEST_LIST = 6  # units
_FEWEST_ITEMS = 4
_SEPARATORS = re.compile(r"[、,，;；/|\n\t。.]+")
_RELATIONS = re.compile(r"[=<>≈≠≤≥→⇒:：?？]")


def look(
    answer: AnswerIndex, readings: Sequence[PointReading], *, reference: bool
) -> tuple[float, list[str]]:
    """What to multiply every chance by, and the reasons.

    Against a whole model answer (`reference`) a list may be the right answer and the question's words already earn next to nothing,
    so that lists and echoes are left to the coverage there.
    """
    values = readings[0].values
    codes: list[str] = []
    factor = 1.0
    if not reference and _is_keyword_list(answer.text, answer):
        codes.append(reasons.STUFFING)
        factor = STUFFING_FACTOR
    says_nothing = values["all_own"] < LITTLE_OF_ITS_OWN and not any(
        reading.claimed for reading in readings
    )
    if not reference and values["echo"] > ECHO_FROM and (says_nothing or _repeats(answer)):
        codes.append(reasons.ECHO)
        factor = min(factor, ECHO_FACTOR)
    if len(answer.reading.units) <= 40 and _gives_up(answer):
        codes.append(reasons.NO_ANSWER)
        factor = min(factor, NO_ANSWER_FACTOR)
    if values["topic"] < ON_TOPIC_FROM:
        codes.append(reasons.OFF_TOPIC)
        if not reference and values["most_best"] < NOTHING_OF_IT:
            factor = min(factor, OFF_TOPIC_FACTOR)
    if (values["all_own"] > 0.9 and values["all_own_pairs"] > 0.8) or _is_pasted(answer):
        codes.append(reasons.COPIED)
    return factor, codes


def _is_pasted(answer: AnswerIndex) -> bool:
    """Whether nearly all of the content stands in a model answer in the same order. Stops at the first words too many of its own."""
    runs, content = answer.compiled.model_runs, answer.said.split()
    if not runs or len(content) < _SHORTEST_PASTE:
        return False
    own, most, copied_to = 0, (1 - PASTED_FROM) * len(content), 0
    for place in range(len(content)):
        if tuple(content[place : place + RUN]) in runs:
            copied_to = place + RUN
        elif place >= copied_to:
            own += 1
            if own > most:
                return False
    return True


def _repeats(answer: AnswerIndex) -> bool:
    """Whether the answer says the question's words more often than the question itself."""
    return answer.asked > SAID_AGAIN * sum(map(base_weight, answer.compiled.prompt_units))


def _gives_up(answer: AnswerIndex) -> bool:
    """Whether a short text says that it doesn't know and has hardly anything of the rubric.

    A short cue, like 不会 or "skip", is an ordinary word unless it ends a clause of a few words.
    """
    if answer.known >= 0.5 * answer.content:
        return False
    reading = answer.reading
    for start, end in NO_ANSWER_CUES.find(reading.units):
        clause = reading.clauses[start]
        first, last = reading.clause_starts[clause], reading.clause_starts[clause + 1]
        alone = last - first <= _LONGEST_REFUSAL and all(
            base_weight(unit) == 0 for unit in reading.units[end:last]
        )
        if (
            alone
            or end - start > _SHORT_CUE
            or (end - start > 1 and not is_han(reading.units[start]))
        ):
            return True
    return False


def _is_keyword_list(text: str, answer: AnswerIndex) -> bool:
    """Whether the text is short items between separators with no verb, negation, function word or sign to relate them."""
    units = answer.reading.units
    if len(units) < _SHORTEST_LIST or NEGATION_CUES.find(units):
        return False
    function = sum(1 for unit in units if base_weight(unit) == 0) / len(units)
    if function > FEW_FUNCTION_WORDS or len(_RELATIONS.findall(text)) > len(units) / 30:
        return False
    items = [item for item in _SEPARATORS.split(text) if item.strip()]
    if len(items) < _FEWEST_ITEMS:
        if len(items) > 1 or function > _SPACED_FUNCTION_WORDS:
            return False
        items = text.split()
    return len(items) >= _FEWEST_ITEMS and len(units) / len(items) <= LONGEST_ITEM
