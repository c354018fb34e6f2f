"""Denied: the answer negates the statement, in its clause or at the start of its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .. import cues
from ..answer import ClauseCoverage
from ..concepts import NEGATING_CONCEPTS, SUPPOSITION_CUES, CueMatcher
from ..coverage import match_keys, matched_weight, positions_in_clause
from ..formulas import number_of
from ..rubric import CompiledPhrase
from ..text import token_weight
from ..types import Rule
from .clauses import (
    MIN_STATEMENT_COVERAGE,
    ClauseReader,
    Reversal,
    bits_in,
    missing_tokens,
    names_of,
)

MIN_DENIED_SHARE = 0.3  # of the matched words that must stand behind the negation
MAX_TOKENS_TO_DENIED = 5  # tokens behind a negation within which what it denies must begin
MIN_SENTENCE_COVERAGE = 0.8  # of a statement's weight in several clauses of one sentence
MAX_DENIAL_OPENING_TOKENS = 6  # a denial that ends within so many denies the whole sentence

_SENTENCE_DENIAL_CUES = CueMatcher(cues.SENTENCE_DENIALS)


def is_denied(
    reader: ClauseReader, phrase: CompiledPhrase, clause: int, covered: ClauseCoverage
) -> bool:
    """Whether the clause negates the statement.

    An odd number of negations must stand before its words. The statement itself has none, and
    nothing else in the clause may turn it back.

    - Fires: "lookup does not take constant time" for "lookup takes constant time".
    - Does not: "if lookup does not take constant time ..." only supposes it, and "does not
      saturate" says "avoids saturation".
    """
    ends = reader.negation_ends(clause)
    if (
        not ends
        or phrase.negation_count
        or reader.cue_ends(SUPPOSITION_CUES, clause)
        or reader.says_opposite(phrase, clause, covered)
    ):
        return False
    missing = missing_tokens(phrase, covered)
    if any(not NEGATING_CONCEPTS.isdisjoint(token.concepts) for token in missing):
        return False  # "does not saturate" is "avoids saturation", "has no such task" is "drops it"
    if _speaks_of_another(reader, phrase, clause, covered):
        return False
    said_before = _weight_before(reader, phrase, clause, ends[0])
    if said_before >= MIN_STATEMENT_COVERAGE and not _denies_predicate(
        reader, ends[0], clause, phrase
    ):
        return False  # what is denied comes after the statement: "two over n instead of one over n"
    positions = positions_in_clause(phrase, clause, reader.answer)
    behind = [[position for position in positions if position >= end] for end in ends]
    in_scope = sum(
        bool(denied)
        and (
            _denies_predicate(reader, end, clause, phrase)
            or len(denied) >= max(2, MIN_DENIED_SHARE * len(positions))
        )
        and denied[0] < end + MAX_TOKENS_TO_DENIED
        for denied, end in zip(behind, ends, strict=True)
    )
    return in_scope % 2 == 1 and in_scope == sum(map(bool, behind))


def denied_sentences(reader: ClauseReader) -> frozenset[int]:
    """Sentences that open by denying what follows.

    - Fires: "It is not true that K is stored."
    - Does not: "It is not that K is not stored", which denies twice.
    """
    denied = []
    for clause, sentence in enumerate(reader.sentences):
        if clause == 0 or reader.sentences[clause - 1] != sentence:
            ends = [
                end
                for end in reader.cue_ends(_SENTENCE_DENIAL_CUES, clause)
                if end <= reader.starts[clause] + MAX_DENIAL_OPENING_TOKENS
            ]
            if ends and not any(end > ends[0] for end in reader.negation_ends(clause)):
                denied.append(sentence)
    return frozenset(denied)


def denied_at_length(
    reader: ClauseReader,
    phrase: CompiledPhrase,
    by_clause: Mapping[int, ClauseCoverage],
    denied: frozenset[int],
) -> Iterator[Reversal]:
    """Where a sentence denies a statement that is spread over its clauses.

    - Fires: "It is not the case that its height, as we saw, grows logarithmically."
    - Does not: "It is not the case that its height matters. It grows logarithmically", where the
      statement's words stand in two sentences.
    """
    spread: dict[int, list[int]] = {}
    for clause in sorted(by_clause) if denied else ():
        if reader.sentences[clause] in denied:
            spread.setdefault(reader.sentences[clause], []).append(clause)
    for clauses in spread.values():
        coverage = matched_weight(phrase, bits_in(by_clause, clauses))
        if coverage >= MIN_SENTENCE_COVERAGE:
            yield Reversal(phrase, clauses[0], Rule.SENTENCE_DENIED, coverage)


def _weight_before(reader: ClauseReader, phrase: CompiledPhrase, clause: int, end: int) -> float:
    """The weight of the phrase that stands in the clause before a position."""
    found = 0.0
    for token in phrase.tokens:
        positions = (reader.position(key, clause) for key, _ in match_keys(token, reader.answer))
        found += token.weight * any(
            position is not None and position < end for position in positions
        )
    return found


def _denies_predicate(reader: ClauseReader, end: int, clause: int, phrase: CompiledPhrase) -> bool:
    """Whether all that stands behind a negation is the statement's last word: 外推能力不差."""
    behind = [
        token for token in reader.tokens[end : reader.starts[clause + 1]] if token_weight(token) > 0
    ]
    before = reader.tokens[reader.starts[clause] : end]
    return (
        behind == [phrase.content_tokens[-1]]
        and behind[0] not in before
        and number_of(behind[0]) is None
    )


def _speaks_of_another(
    reader: ClauseReader, phrase: CompiledPhrase, clause: int, covered: ClauseCoverage
) -> bool:
    """Whether the clause has a name that other statements speak of in place of this one's."""
    subjects = reader.view.subjects
    missing = missing_tokens(phrase, covered)
    if all(subjects.isdisjoint(names_of(token)) for token in missing):
        return False
    own = {name for token in phrase.tokens for name in names_of(token)}
    return any(reader.position(name, clause) is not None for name in subjects - own)
