"""Guards: answers that must earn next to nothing, however many right words they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .answer import AnswerIndex
from .concepts import NEGATION_CUES, NO_ANSWER_CUES
from .features import PointFeatures
from .rubric import NGRAM_TOKENS
from .text import is_han, token_weight
from .types import Reason

# What the probabilities are multiplied by.
STUFFING_FACTOR = 0.05
ECHO_FACTOR = 0.1
NO_ANSWER_FACTOR = 0.1
OFF_TOPIC_FACTOR = 0.2

# Shares of the weight of the answer's content.
MIN_ECHO_PROMPT_SHARE = 0.5  # words of the question, for an echo
MIN_ON_TOPIC_SHARE = 0.22  # words that question or rubric know, for an answer on the topic
MAX_GIVING_UP_SHARE = 0.5  # words that the rubric knows, for an answer that gives up
MIN_PASTED_SHARE = 0.8  # of its tokens, in n-grams of a model answer, for a pasted answer
# Mean shares over the key points, from which an answer has the rubric's own wording.
MIN_COPIED_COVERAGE = 0.9
MIN_COPIED_BIGRAMS = 0.8

MAX_ECHO_OWN_COVERAGE = 0.12  # mean discounted coverage of the key points, for an echo
MIN_PROMPT_REPEATS = 1.2  # times the question's weight, from which an answer repeats it
MAX_OFF_TOPIC_COVERAGE = 0.2  # of the best covered key point, for the factor to apply

MAX_LIST_FUNCTION_SHARE = 0.15  # function words among the tokens of a keyword list
MAX_SPACED_LIST_FUNCTION_SHARE = 0.1  # the same where only blanks separate the items
MAX_LIST_ITEM_TOKENS = 3.2  # tokens that an item of a keyword list has on average
MIN_LIST_TOKENS = 6
MIN_LIST_ITEMS = 4
TOKENS_PER_RELATION_SIGN = 30  # a text with more signs of relation than one in so many is no list

MAX_GIVING_UP_TOKENS = 40  # a longer answer does not just give up
MAX_REFUSAL_TOKENS = 6  # of a clause that is no more than a refusal, as in 这个我真不会
MAX_SHORT_CUE_TOKENS = 2
MIN_PASTED_TOKENS = 20  # fewer may come out the same by chance
_LIST_SEPARATORS = re.compile(r"[、,，;；/|\n\t。.]+")
_RELATION_SIGNS = re.compile(r"[=<>≈≠≤≥→⇒:：?？]")


def check(
    answer: AnswerIndex, features: Sequence[PointFeatures], *, is_reference: bool
) -> tuple[float, list[Reason]]:
    """What to multiply every probability by, and the reasons.

    Against a whole model answer (`is_reference`) lists and echoes are left to the coverage: a list
    may be the right answer there, and the question's words earn next to nothing anyway.
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
    if len(answer.tokenized.tokens) <= MAX_GIVING_UP_TOKENS and _gives_up(answer):
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
        values["answer_mean_coverage_own_text"] > MIN_COPIED_COVERAGE
        and values["answer_mean_bigram_coverage_own_text"] > MIN_COPIED_BIGRAMS
    ) or _is_pasted(answer):
        reasons.append(Reason.COPIED)
    return factor, reasons


def _is_pasted(answer: AnswerIndex) -> bool:
    """Whether nearly all of the content is a model answer's, in runs of NGRAM_TOKENS.

    It stops as soon as the answer has too many tokens of its own.
    """
    ngrams, content = answer.view.model_answer_ngrams, answer.content_text.split()
    if not ngrams or len(content) < MIN_PASTED_TOKENS:
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
    """Whether the answer says the question's words more often than the question does."""
    return answer.prompt_weight > MIN_PROMPT_REPEATS * sum(
        map(token_weight, answer.view.prompt_tokens)
    )


def _gives_up(answer: AnswerIndex) -> bool:
    """Whether an answer says that it doesn't know and has little of the rubric.

    A short cue such as 不会 or "skip" counts only at the end of a clause of a few words:
    这个我不会. In 网络不会太狂 it is an ordinary word.
    """
    if answer.known_weight >= MAX_GIVING_UP_SHARE * answer.content_weight:
        return False
    tokenized = answer.tokenized
    for start, end in NO_ANSWER_CUES.find(tokenized.tokens):
        clause = tokenized.clause_of_token[start]
        first, last = tokenized.clause_starts[clause], tokenized.clause_starts[clause + 1]
        alone = last - first <= MAX_REFUSAL_TOKENS and all(
            token_weight(token) == 0 for token in tokenized.tokens[end:last]
        )
        if (
            alone
            or end - start > MAX_SHORT_CUE_TOKENS
            or (end - start > 1 and not is_han(tokenized.tokens[start]))
        ):
            return True
    return False


def _is_keyword_list(text: str, answer: AnswerIndex) -> bool:
    """Whether the text is short items between separators with nothing to relate them.

    A verb makes an item longer. A negation, function words, or signs such as = and → relate words.
    """
    tokens = answer.tokenized.tokens
    if len(tokens) < MIN_LIST_TOKENS or NEGATION_CUES.find(tokens):
        return False
    function = sum(1 for token in tokens if token_weight(token) == 0) / len(tokens)
    if (
        function > MAX_LIST_FUNCTION_SHARE
        or len(_RELATION_SIGNS.findall(text)) > len(tokens) / TOKENS_PER_RELATION_SIGN
    ):
        return False
    items = [item for item in _LIST_SEPARATORS.split(text) if item.strip()]
    if len(items) < MIN_LIST_ITEMS:
        if len(items) > 1 or function > MAX_SPACED_LIST_FUNCTION_SHARE:
            return False
        items = text.split()
    return len(items) >= MIN_LIST_ITEMS and len(tokens) / len(items) <= MAX_LIST_ITEM_TOKENS
