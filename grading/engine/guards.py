"""Answers that must earn nothing however many right words they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .answer import AnswerIndex
from .concepts import NEGATION_CUES, NO_ANSWER_CUES
from .features import PointFeatures
from .rubric import NGRAM_TOKENS
from .text import is_han, token_weight
from .types import Reason

STUFFING_FACTOR = 0.05
ECHO_FACTOR = 0.1
NO_ANSWER_FACTOR = 0.1
OFF_TOPIC_FACTOR = 0.2
MAX_OFF_TOPIC_COVERAGE = 0.2  # coverage of the best covered key point
MIN_ECHO_PROMPT_SHARE = 0.5  # share of the content's weight that is the question's own
MAX_ECHO_OWN_COVERAGE = (
    0.12  # mean coverage of the key points, the question's words hardly counting
)
MIN_PROMPT_REPEATS = (
    1.2  # of the question's weight; from there an echo's few other words don't save it
)
MIN_ON_TOPIC_SHARE = 0.22  # share of the content's weight that question or rubric know
MAX_LIST_FUNCTION_SHARE = 0.15  # share of tokens
MAX_LIST_ITEM_TOKENS = 3.2  # tokens an item of a keyword list has, on average, at most
MIN_PASTED_SHARE = 0.8  # share of an answer's content that a model answer has in the same runs
_MIN_PASTED_TOKENS = 20  # tokens of content; fewer may come out the same by chance
_MAX_SPACED_LIST_FUNCTION_SHARE = (
    0.1  # share of tokens, of a list with only blanks between its items
)
_MAX_SHORT_CUE_TOKENS = 2  # tokens
_MAX_REFUSAL_TOKENS = 6  # tokens of a clause that is no more than a refusal, as in 这个我真不会
_MIN_LIST_TOKENS = 6  # tokens
_MIN_LIST_ITEMS = 4
_LIST_SEPARATORS = re.compile(r"[、,，;；/|\n\t。.]+")
_RELATION_SIGNS = re.compile(r"[=<>≈≠≤≥→⇒:：?？]")


def check(
    answer: AnswerIndex, features: Sequence[PointFeatures], *, is_reference: bool
) -> tuple[float, list[Reason]]:
    """What to multiply every chance by, and the reasons.

    Against a whole model answer (`reference`) a list may be the right answer and the question's words already earn next to nothing,
    so that lists and echoes are left to the coverage there.
    """
    values = features[0].values
    reasons: list[Reason] = []
    factor = 1.0
    if not is_reference and _is_keyword_list(answer.text, answer):
        reasons.append(Reason.STUFFING)
        factor = STUFFING_FACTOR
    makes_no_claim = values["answer_mean_coverage_own_text"] < MAX_ECHO_OWN_COVERAGE and not any(
        point_features.makes_claim for point_features in features
    )
    if (
        not is_reference
        and values["answer_prompt_share"] > MIN_ECHO_PROMPT_SHARE
        and (makes_no_claim or _repeats_prompt(answer))
    ):
        reasons.append(Reason.ECHO)
        factor = min(factor, ECHO_FACTOR)
    if len(answer.tokenized.tokens) <= 40 and _gives_up(answer):
        reasons.append(Reason.NO_ANSWER)
        factor = min(factor, NO_ANSWER_FACTOR)
    if values["answer_on_topic_share"] < MIN_ON_TOPIC_SHARE:
        reasons.append(Reason.OFF_TOPIC)
        if (
            not is_reference
            and values["answer_max_coverage_discounted_max"] < MAX_OFF_TOPIC_COVERAGE
        ):
            factor = min(factor, OFF_TOPIC_FACTOR)
    if (
        values["answer_mean_coverage_own_text"] > 0.9
        and values["answer_mean_bigram_coverage_own_text"] > 0.8
    ) or _is_pasted(answer):
        reasons.append(Reason.COPIED)
    return factor, reasons


def _is_pasted(answer: AnswerIndex) -> bool:
    """Whether nearly all of the content stands in a model answer in the same order. Stops at the first words too many of its own."""
    ngrams, content = answer.view.model_answer_ngrams, answer.content_text.split()
    if not ngrams or len(content) < _MIN_PASTED_TOKENS:
        return False
    new_tokens, max_new_tokens, copied_to = 0, (1 - MIN_PASTED_SHARE) * len(content), 0
    for position in range(len(content)):
        if tuple(content[position : position + NGRAM_TOKENS]) in ngrams:
            copied_to = position + NGRAM_TOKENS
        elif position >= copied_to:
            new_tokens += 1
            if new_tokens > max_new_tokens:
                return False
    return True


def _repeats_prompt(answer: AnswerIndex) -> bool:
    """Whether the answer says the question's words more often than the question itself."""
    return answer.prompt_weight > MIN_PROMPT_REPEATS * sum(
        map(token_weight, answer.view.prompt_tokens)
    )


def _gives_up(answer: AnswerIndex) -> bool:
    """Whether a short text says that it doesn't know and has hardly anything of the rubric.

    A short cue, like 不会 or "skip", is an ordinary word unless it ends a clause of a few words.
    """
    if answer.known_weight >= 0.5 * answer.content_weight:
        return False
    tokenized = answer.tokenized
    for start, end in NO_ANSWER_CUES.find(tokenized.tokens):
        clause = tokenized.clause_of_token[start]
        first, last = tokenized.clause_starts[clause], tokenized.clause_starts[clause + 1]
        alone = last - first <= _MAX_REFUSAL_TOKENS and all(
            token_weight(token) == 0 for token in tokenized.tokens[end:last]
        )
        if (
            alone
            or end - start > _MAX_SHORT_CUE_TOKENS
            or (end - start > 1 and not is_han(tokenized.tokens[start]))
        ):
            return True
    return False


def _is_keyword_list(text: str, answer: AnswerIndex) -> bool:
    """Whether the text is short items between separators with no verb, negation, function word or sign to relate them."""
    tokens = answer.tokenized.tokens
    if len(tokens) < _MIN_LIST_TOKENS or NEGATION_CUES.find(tokens):
        return False
    function = sum(1 for token in tokens if token_weight(token) == 0) / len(tokens)
    if function > MAX_LIST_FUNCTION_SHARE or len(_RELATION_SIGNS.findall(text)) > len(tokens) / 30:
        return False
    items = [item for item in _LIST_SEPARATORS.split(text) if item.strip()]
    if len(items) < _MIN_LIST_ITEMS:
        if len(items) > 1 or function > _MAX_SPACED_LIST_FUNCTION_SHARE:
            return False
        items = text.split()
    return len(items) >= _MIN_LIST_ITEMS and len(tokens) / len(items) <= MAX_LIST_ITEM_TOKENS
