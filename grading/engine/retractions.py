"""What a speaker does not stand by: what a claim is only set against ("not X but Y"), claims taken back later ("no wait, the other way round"), called wrong, or told as others' mistakes."""

from __future__ import annotations

from bisect import bisect_right

from . import cues
from .concepts import SUPPOSITION_CUES, CueMatcher
from .text import TokenizedText, is_han, select_tokens

_MAX_OPENING_TOKENS = (
    3  # tokens, at most, before a cue that opens its clause, as in 但是这种说法不对
)
_MAX_FILLER_TOKENS = (
    6  # tokens, at most, beside a correction that fills its clause, as in 我刚才说错了
)
_MAX_FILLER_CLAUSE_TOKENS = 3  # tokens; a clause no longer makes no claim, as in 嗯 or "let me see"
_MIN_OVERLAP_AFTER_BARE_NO = 0.25  # of its tokens, for a mere "no" to be of it
_MIN_OVERLAP_WITH_REPLACEMENT = (
    0.5  # of a clause's tokens stand in what is said instead, from which it is taken back too
)
_MAX_RETRACTED_CLAUSES = (
    3  # clauses that one cue takes back, at most, and as many short ones before it
)
_MAX_TOKENS_TO_AFFIRMATION = (
    3  # tokens of a clause, within which it turns from what is not so to what is
)
_MAX_TOKENS_TO_BELIEF = 6  # tokens from 很多人 to its 以为

_CHARACTERS_AFTER_CORRECTION = frozenset("是应要而")  # what follows 不对 where it is a correction
_BARE_NO_CUES = CueMatcher(cues.BARE_NOES)
_CORRECTION_CUES = CueMatcher(
    f"{cues.CORRECTIONS}\n{cues.INVERSIONS}", except_for=cues.CORRECTION_EXCEPTIONS
)
_INVERSION_CUES = CueMatcher(cues.INVERSIONS, except_for=cues.CORRECTION_EXCEPTIONS)
_DISCLAIMER_CUES = CueMatcher(cues.DISCLAIMERS)
_DISMISSAL_CUES = CueMatcher(cues.DISMISSALS)
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


def resolve_contrastive_negation(tokenized: TokenizedText) -> TokenizedText:
    """The text with "not X, but Y" read as "Y": what is only set against the claim goes, and both clauses are one."""
    drop: set[int] = set()
    joined: set[int] = set()
    for start, end in _CONTRASTIVE_NEGATION_CUES.find(tokenized.tokens):
        clause = tokenized.clause_of_token[start]
        last = _bounds(tokenized, clause)[1]
        turn = (
            _CONTRASTIVE_AFFIRMATION_CUES.find(
                _tokens(tokenized, clause + 1)[:_MAX_TOKENS_TO_AFFIRMATION]
            )
            if clause + 1 < tokenized.clause_count
            else []
        )
        if (
            end < last
            and turn
            and turn[0][0] == 0
            and not (
                SUPPOSITION_CUES.find(_tokens(tokenized, clause))
                or _does_not_affirm(tokenized, clause + 1)
            )
        ):
            drop.update(range(start, last + turn[0][1]))
            joined.add(clause + 1)
    return (
        select_tokens(
            tokenized,
            [position for position in range(len(tokenized.tokens)) if position not in drop],
            joined,
        )
        if drop
        else tokenized
    )


def _does_not_affirm(tokenized: TokenizedText, clause: int) -> bool:
    """Whether a clause that opens with 是 says no more of what is: 是不能用的, 是因为."""
    tokens = _tokens(tokenized, clause)
    return tokens[0] == "是" and len(tokens) > 1 and tokens[1] in "不没否因可能会"


def retracted_clauses(tokenized: TokenizedText) -> frozenset[int]:
    """The clauses of an answer that its speaker does not stand by."""
    retracted: set[int] = set()
    _retract_corrected(tokenized, retracted)
    _retract_disclaimed(tokenized, retracted)
    _retract_rejected_opinions(tokenized, retracted)
    _retract_misconceptions(tokenized, retracted)
    return frozenset(retracted)


def _retract_corrected(tokenized: TokenizedText, retracted: set[int]) -> None:
    """A correction takes back itself and the claim right before it, and of that sentence what is then said again otherwise; a reversal all of it.

    A mere "no" does so only where the claim is said again otherwise: it may as well go on.
    """
    inversion_starts = {start for start, _ in _INVERSION_CUES.find(tokenized.tokens)}
    mere = set(_BARE_NO_CUES.find(tokenized.tokens))
    for start, end in sorted([*_corrections(tokenized, inversion_starts), *_dismissals(tokenized)]):
        clause = tokenized.clause_of_token[start]
        fills = _fillers_only(tokenized.tokens[end : _bounds(tokenized, clause)[1]])
        previous = clause - 1
        passed = [clause] if fills else []
        while (
            previous >= max(0, clause - _MAX_RETRACTED_CLAUSES)
            and len(_tokens(tokenized, previous)) <= _MAX_FILLER_CLAUSE_TOKENS
        ):
            passed.append(previous)
            previous -= 1
        if start not in inversion_starts and previous in retracted:
            retracted.update(passed)
            continue  # that claim is taken back already
        said = _back_to_start(tokenized, previous)
        whole = start in inversion_starts or _is_reported_opinion(tokenized, said)
        instead = (
            frozenset()
            if whole or not said
            else _replacement_tokens(tokenized, clause + 1 if fills else clause)
        )
        if (
            (start, end) in mere
            and not whole
            and not (
                said
                and _overlaps(_tokens(tokenized, previous), instead, _MIN_OVERLAP_AFTER_BARE_NO)
            )
        ):
            continue
        retracted.update(passed)
        retracted.update(
            position
            for position in said
            if whole or position == previous or _overlaps(_tokens(tokenized, position), instead)
        )


def _corrections(tokenized: TokenizedText, inversion_starts: set[int]) -> list[tuple[int, int]]:
    """Corrections that open their clause, but for an 嗯, 我刚才 or "oh"; a reversal must be all that its clause says, or else it tells of something."""
    found = []
    for start, end in _CORRECTION_CUES.find(tokenized.tokens):
        first, last = _bounds(tokenized, tokenized.clause_of_token[start])
        after = tokenized.tokens[end:last]
        if not _fillers_only(tokenized.tokens[first:start]) or (
            start in inversion_starts and not _fillers_only(after)
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


def _fillers_only(tokens: tuple[str, ...]) -> bool:
    return len(tokens) <= _MAX_FILLER_TOKENS and all(token in cues.FILLERS for token in tokens)


def _dismissals(tokenized: TokenizedText) -> list[tuple[int, int]]:
    """Where a clause is no more than "no", with an 嗯 before it at most, and something is said instead."""
    found = []
    for start, end in _DISMISSAL_CUES.find(tokenized.tokens):
        first, last = _bounds(tokenized, tokenized.clause_of_token[start])
        if last == end < len(tokenized.tokens) and start <= first + is_han(tokenized.tokens[first]):
            found.append((start, end))
    return found


def _retract_disclaimed(tokenized: TokenizedText, retracted: set[int]) -> None:
    """A clause that opens with "that is wrong": what its sentence says before, or else the sentence before."""
    for start, _ in _DISCLAIMER_CUES.find(tokenized.tokens):
        clause = tokenized.clause_of_token[start]
        if clause and start - tokenized.clause_starts[clause] <= _MAX_OPENING_TOKENS:
            retracted.add(clause)
            retracted.update(_back_to_start(tokenized, clause - 1))


def _retract_rejected_opinions(tokenized: TokenizedText, retracted: set[int]) -> None:
    """ "Saying that ... is wrong": from the opinion on; "simply wrong" needs no one of that opinion."""
    for matcher, outright in ((_REJECTION_CUES, False), (_STRONG_REJECTION_CUES, True)):
        for start, end in matcher.find(tokenized.tokens):
            clause = tokenized.clause_of_token[start]
            if end < _bounds(tokenized, clause)[1]:
                continue  # "is wrong about ..."
            said = _back_to_start(tokenized, clause)
            if _is_reported_opinion(tokenized, said):
                retracted.update(said)
            elif outright:
                retracted.add(clause)


def _retract_misconceptions(tokenized: TokenizedText, retracted: set[int]) -> None:
    """What "a common misconception is", or "many people believe" in words that say they are wrong, up to the turn or the sentence's end."""
    people = [end for _, end in _PEOPLE_CUES.find(tokenized.tokens)]
    told = {
        tokenized.clause_of_token[start] for start, _ in _MISCONCEPTION_CUES.find(tokenized.tokens)
    }
    for start, _ in _MISTAKEN_BELIEF_CUES.find(tokenized.tokens):
        nearest = bisect_right(people, start) - 1
        if (
            nearest >= 0
            and start - people[nearest] <= _MAX_TOKENS_TO_BELIEF
            and tokenized.clause_of_token[people[nearest] - 1] == tokenized.clause_of_token[start]
        ):
            told.add(tokenized.clause_of_token[start])
    telling = -1  # the sentence that goes on telling
    for clause, sentence in enumerate(tokenized.sentence_of_clause):
        if clause in told:
            telling = sentence
        elif sentence != telling or any(
            at <= 1 for at, _ in _FACT_OPENER_CUES.find(_tokens(tokenized, clause))
        ):
            telling = -1
        if telling == sentence:
            retracted.add(clause)


def _bounds(tokenized: TokenizedText, clause: int) -> tuple[int, int]:
    return tokenized.clause_starts[clause], tokenized.clause_starts[clause + 1]


def _tokens(tokenized: TokenizedText, clause: int) -> tuple[str, ...]:
    first, last = _bounds(tokenized, clause)
    return tokenized.tokens[first:last]


def _back_to_start(tokenized: TokenizedText, clause: int) -> list[int]:
    """From `clause` back to the sentence's beginning or to where an opinion is brought up; speech in one long sentence is cut off."""
    said: list[int] = []
    while (
        clause >= 0
        and tokenized.sentence_of_clause[clause]
        == tokenized.sentence_of_clause[said[0] if said else clause]
    ):
        said.append(clause)
        if len(said) == _MAX_RETRACTED_CLAUSES or _REPORTED_OPINION_CUES.find(
            _tokens(tokenized, clause)
        ):
            break
        clause -= 1
    return said


def _is_reported_opinion(tokenized: TokenizedText, said: list[int]) -> bool:
    """Whether what is said begins as an opinion told."""
    return bool(said) and bool(_REPORTED_OPINION_CUES.find(_tokens(tokenized, said[-1])))


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
    return frozenset(
        tokenized.tokens[tokenized.clause_starts[clause] : tokenized.clause_starts[last]]
    )


def _overlaps(
    tokens: tuple[str, ...], instead: frozenset[str], share: float = _MIN_OVERLAP_WITH_REPLACEMENT
) -> bool:
    return sum(token in instead for token in tokens) >= share * len(tokens)
