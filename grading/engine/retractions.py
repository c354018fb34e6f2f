"""What a speaker does not stand by.

Clauses are retracted when the speaker corrects them ("no wait, the other way round"), calls them
wrong ("that is a myth"), or tells them as the mistake of others ("many people wrongly believe").
A contrastive negation ("not X but Y") is read as what it affirms ("Y").
"""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum

from . import cues
from .concepts import SUPPOSITION_CUES, CueMatcher
from .text import TokenizedText, is_han, select_tokens

_MAX_OPENING_TOKENS = 3  # before a cue that still opens its clause, as in 但是这种说法不对
_MAX_FILLER_TOKENS = 6  # beside a correction that still fills its clause, as in 我刚才说错了
_MAX_FILLER_CLAUSE_TOKENS = 3  # a clause this short makes no claim, as in 嗯 or "let me see"
# Share of a clause's tokens that must recur after a bare "no" for the clause to be corrected.
_MIN_OVERLAP_AFTER_BARE_NO = 0.25
# Share of an earlier clause's tokens that must recur in the correction for it to be corrected too.
_MIN_OVERLAP_WITH_REPLACEMENT = 0.5
_MAX_RETRACTED_CLAUSES = 3  # by one cue, and as many filler clauses before the cue
_MAX_TOKENS_TO_AFFIRMATION = 3  # from a clause's start to the "but" of "not X but Y"
_MAX_TOKENS_TO_BELIEF = 6  # from "many people" to "wrongly believe"

_CHARACTERS_AFTER_CORRECTION = frozenset("是应要而")  # what may follow 不对 as a correction

_BARE_NO_CUES = CueMatcher(cues.BARE_NOES)
_CORRECTION_CUES = CueMatcher(
    f"{cues.CORRECTIONS}\n{cues.INVERSIONS}", except_for=cues.CORRECTION_EXCEPTIONS
)
_INVERSION_CUES = CueMatcher(cues.INVERSIONS, except_for=cues.CORRECTION_EXCEPTIONS)
_DISMISSAL_CUES = CueMatcher(cues.DISMISSALS)
_DISCLAIMER_CUES = CueMatcher(cues.DISCLAIMERS)
_REJECTION_CUES = CueMatcher(cues.REJECTIONS)
_STRONG_REJECTION_CUES = CueMatcher(cues.STRONG_REJECTIONS)
_REPORTED_OPINION_CUES = CueMatcher(
    cues.REPORTED_OPINIONS, except_for=cues.REPORTED_OPINION_EXCEPTIONS
)
_PEOPLE_CUES = CueMatcher(cues.PEOPLE)
_MISTAKEN_BELIEF_CUES = CueMatcher(
    cues.MISTAKEN_BELIEFS, except_for=cues.MISTAKEN_BELIEF_EXCEPTIONS
)
_MISCONCEPTION_CUES = CueMatcher(cues.MISCONCEPTIONS)
_FACT_OPENER_CUES = CueMatcher(cues.FACT_OPENERS)
_CONTRASTIVE_NEGATION_CUES = CueMatcher(
    cues.CONTRASTIVE_NEGATIONS, except_for=cues.CONTRASTIVE_NEGATION_EXCEPTIONS
)
_CONTRASTIVE_AFFIRMATION_CUES = CueMatcher(cues.CONTRASTIVE_AFFIRMATIONS)


class Retraction(StrEnum):
    """Why a clause does not count."""

    CORRECTED = "corrected"  # "no wait, ...", "I said it the wrong way round"
    DISCLAIMED = "disclaimed"  # "that is wrong", "I disagree"
    REJECTED = "rejected"  # "saying that ... is wrong"
    MISCONCEPTION = "misconception"  # "many people wrongly believe ..."


def retractions_in(tokenized: TokenizedText) -> dict[int, Retraction]:
    """The clauses of an answer that its speaker does not stand by, each with the reason."""
    found: dict[int, Retraction] = {}
    for clauses, reason in (
        (_corrected_clauses(tokenized), Retraction.CORRECTED),
        (_disclaimed_clauses(tokenized), Retraction.DISCLAIMED),
        (_rejected_clauses(tokenized), Retraction.REJECTED),
        (_misconception_clauses(tokenized), Retraction.MISCONCEPTION),
    ):
        for clause in clauses:
            found.setdefault(clause, reason)
    return found


# "Not X but Y" --------------------------------------------------------------------------------


def resolve_contrastive_negation(tokenized: TokenizedText) -> TokenizedText:
    """The text with "not X but Y" read as "Y".

    "Q 不是来自编码器，而是来自解码器" becomes "Q 来自解码器": X and the words of the contrast are
    dropped, and both clauses become one.
    """
    dropped: set[int] = set()
    joined: set[int] = set()
    for start, end in _CONTRASTIVE_NEGATION_CUES.find(tokenized.tokens):
        clause = tokenized.clause_of_token[start]
        last = _bounds(tokenized, clause)[1]
        affirmations = (
            _CONTRASTIVE_AFFIRMATION_CUES.find(
                _tokens_of(tokenized, clause + 1)[:_MAX_TOKENS_TO_AFFIRMATION]
            )
            if clause + 1 < tokenized.clause_count
            else []
        )
        if (
            end < last
            and affirmations
            and affirmations[0][0] == 0
            and not SUPPOSITION_CUES.find(_tokens_of(tokenized, clause))
            and not _is_no_affirmation(tokenized, clause + 1)
        ):
            dropped.update(range(start, last + affirmations[0][1]))
            joined.add(clause + 1)
    if not dropped:
        return tokenized
    kept = [position for position in range(len(tokenized.tokens)) if position not in dropped]
    return select_tokens(tokenized, kept, joined)


def _is_no_affirmation(tokenized: TokenizedText, clause: int) -> bool:
    """Whether a clause opens with 是 and yet affirms nothing: 是不能用的, 是因为."""
    tokens = _tokens_of(tokenized, clause)
    return tokens[0] == "是" and len(tokens) > 1 and tokens[1] in "不没否因可能会"


# Corrected ------------------------------------------------------------------------------------


def _corrected_clauses(tokenized: TokenizedText) -> set[int]:
    """Clauses that the speaker takes back.

    - A correction retracts its own clause and the clause right before it. Of the rest of that
      sentence it retracts the clauses that recur in other words: "A first, B second. No wait, A
      second, B first" retracts both.
    - An inversion ("I said it the wrong way round") retracts the whole sentence before it.
    - A bare "no" retracts only a clause that recurs in other words, for the speaker may as well
      go on: "Softmax saturates, no, scaling is not optional" retracts nothing.
    """
    retracted: set[int] = set()
    inversions = {start for start, _ in _INVERSION_CUES.find(tokenized.tokens)}
    bare = set(_BARE_NO_CUES.find(tokenized.tokens))
    for start, end in sorted([*_corrections(tokenized, inversions), *_dismissals(tokenized)]):
        clause = tokenized.clause_of_token[start]
        fills_clause = _are_fillers(tokenized.tokens[end : _bounds(tokenized, clause)[1]])
        previous = clause - 1
        fillers = [clause] if fills_clause else []
        while (
            previous >= max(0, clause - _MAX_RETRACTED_CLAUSES)
            and len(_tokens_of(tokenized, previous)) <= _MAX_FILLER_CLAUSE_TOKENS
        ):
            fillers.append(previous)
            previous -= 1
        if start not in inversions and previous in retracted:
            retracted.update(fillers)
            continue  # the claim before is retracted already
        sentence = _back_to_start(tokenized, previous)
        retracts_all = start in inversions or _is_reported_opinion(tokenized, sentence)
        replacement = (
            frozenset()
            if retracts_all or not sentence
            else _replacement_tokens(tokenized, clause + 1 if fills_clause else clause)
        )
        if (start, end) in bare and not retracts_all:
            claim = _tokens_of(tokenized, previous) if sentence else ()
            if not sentence or not _overlaps(claim, replacement, _MIN_OVERLAP_AFTER_BARE_NO):
                continue
        retracted.update(fillers)
        retracted.update(
            other
            for other in sentence
            if retracts_all
            or other == previous
            or _overlaps(_tokens_of(tokenized, other), replacement, _MIN_OVERLAP_WITH_REPLACEMENT)
        )
    return retracted


def _corrections(tokenized: TokenizedText, inversions: set[int]) -> list[tuple[int, int]]:
    """Corrections that open their clause, after an 嗯, 我刚才 or "oh" at most.

    An inversion must be all that its clause says: "L2 does the opposite" corrects nothing.
    """
    found = []
    for start, end in _CORRECTION_CUES.find(tokenized.tokens):
        first, last = _bounds(tokenized, tokenized.clause_of_token[start])
        after = tokenized.tokens[end:last]
        if not _are_fillers(tokenized.tokens[first:start]) or (
            start in inversions and not _are_fillers(after)
        ):
            continue
        if (
            tokenized.tokens[start:end] == ("不", "对")
            and after
            and after[0] not in _CHARACTERS_AFTER_CORRECTION
        ):
            continue  # 不对 batch 求统计量
        found.append((start, end))
    return found


def _dismissals(tokenized: TokenizedText) -> list[tuple[int, int]]:
    """Where a clause is no more than "no", after an 嗯 at most, and more is said after it."""
    found = []
    for start, end in _DISMISSAL_CUES.find(tokenized.tokens):
        first, last = _bounds(tokenized, tokenized.clause_of_token[start])
        if last == end < len(tokenized.tokens) and start <= first + is_han(tokenized.tokens[first]):
            found.append((start, end))
    return found


def _are_fillers(tokens: tuple[str, ...]) -> bool:
    return len(tokens) <= _MAX_FILLER_TOKENS and all(token in cues.FILLERS for token in tokens)


def _replacement_tokens(tokenized: TokenizedText, clause: int) -> frozenset[str]:
    """The tokens of a sentence from `clause` on, of its next few clauses."""
    if clause >= tokenized.clause_count:
        return frozenset()
    sentence, last = tokenized.sentence_of_clause[clause], clause
    while (
        last < min(clause + _MAX_RETRACTED_CLAUSES, tokenized.clause_count)
        and tokenized.sentence_of_clause[last] == sentence
    ):
        last += 1
    first_token, last_token = tokenized.clause_starts[clause], tokenized.clause_starts[last]
    return frozenset(tokenized.tokens[first_token:last_token])


def _overlaps(tokens: tuple[str, ...], replacement: frozenset[str], min_share: float) -> bool:
    """Whether at least that share of the tokens recurs in the replacement."""
    return sum(token in replacement for token in tokens) >= min_share * len(tokens)


# Disclaimed and rejected ----------------------------------------------------------------------


def _disclaimed_clauses(tokenized: TokenizedText) -> set[int]:
    """Clauses before one that opens with "that is wrong", and that clause itself.

    They are those of the same sentence, or of the sentence before.
    """
    retracted: set[int] = set()
    for start, _ in _DISCLAIMER_CUES.find(tokenized.tokens):
        clause = tokenized.clause_of_token[start]
        if clause and start - tokenized.clause_starts[clause] <= _MAX_OPENING_TOKENS:
            retracted.add(clause)
            retracted.update(_back_to_start(tokenized, clause - 1))
    return retracted


def _rejected_clauses(tokenized: TokenizedText) -> set[int]:
    """Clauses from "saying that ..." to "... is wrong".

    A strong rejection ("simply wrong") needs no reported opinion and retracts its own clause.
    "It is wrong about ..." rejects nothing, for the rejection must end its clause.
    """
    retracted: set[int] = set()
    for matcher, is_strong in ((_REJECTION_CUES, False), (_STRONG_REJECTION_CUES, True)):
        for start, end in matcher.find(tokenized.tokens):
            clause = tokenized.clause_of_token[start]
            if end < _bounds(tokenized, clause)[1]:
                continue
            sentence = _back_to_start(tokenized, clause)
            if _is_reported_opinion(tokenized, sentence):
                retracted.update(sentence)
            elif is_strong:
                retracted.add(clause)
    return retracted


def _is_reported_opinion(tokenized: TokenizedText, clauses: list[int]) -> bool:
    """Whether the first of some clauses, given last to first, reports an opinion."""
    return bool(clauses) and bool(_REPORTED_OPINION_CUES.find(_tokens_of(tokenized, clauses[-1])))


# Misconceptions -------------------------------------------------------------------------------


def _misconception_clauses(tokenized: TokenizedText) -> set[int]:
    """Clauses that tell what others get wrong.

    They begin with "a common misconception is" or "many people wrongly believe", and go on to the
    sentence's end or to a clause that turns to the facts ("but in fact ...").
    """
    people_ends = [end for _, end in _PEOPLE_CUES.find(tokenized.tokens)]
    openings = {
        tokenized.clause_of_token[start] for start, _ in _MISCONCEPTION_CUES.find(tokenized.tokens)
    }
    for start, _ in _MISTAKEN_BELIEF_CUES.find(tokenized.tokens):
        nearest = bisect_right(people_ends, start) - 1
        if nearest < 0 or start - people_ends[nearest] > _MAX_TOKENS_TO_BELIEF:
            continue
        clause = tokenized.clause_of_token[start]
        if tokenized.clause_of_token[people_ends[nearest] - 1] == clause:
            openings.add(clause)
    retracted: set[int] = set()
    mistaken_sentence = -1
    for clause, sentence in enumerate(tokenized.sentence_of_clause):
        if clause in openings:
            mistaken_sentence = sentence
        elif sentence != mistaken_sentence or any(
            start <= 1 for start, _ in _FACT_OPENER_CUES.find(_tokens_of(tokenized, clause))
        ):
            mistaken_sentence = -1
        if mistaken_sentence == sentence:
            retracted.add(clause)
    return retracted


# Clauses --------------------------------------------------------------------------------------


def _bounds(tokenized: TokenizedText, clause: int) -> tuple[int, int]:
    return tokenized.clause_starts[clause], tokenized.clause_starts[clause + 1]


def _tokens_of(tokenized: TokenizedText, clause: int) -> tuple[str, ...]:
    first, last = _bounds(tokenized, clause)
    return tokenized.tokens[first:last]


def _back_to_start(tokenized: TokenizedText, clause: int) -> list[int]:
    """The clauses from `clause` back to its sentence's start, last to first.

    They stop at a clause that reports an opinion, and after a few clauses: speech may be one long
    sentence.
    """
    clauses: list[int] = []
    while (
        clause >= 0
        and tokenized.sentence_of_clause[clause]
        == tokenized.sentence_of_clause[clauses[0] if clauses else clause]
    ):
        clauses.append(clause)
        if len(clauses) == _MAX_RETRACTED_CLAUSES or _REPORTED_OPINION_CUES.find(
            _tokens_of(tokenized, clause)
        ):
            break
        clause -= 1
    return clauses
