"""Evidence: the words of an answer that a reader is shown for a key point."""

from __future__ import annotations

import unicodedata

from .answer import AnswerIndex
from .coverage import coverage_by_clause, matched_weight, positions_in_clause
from .rubric import CompiledPhrase
from .text import is_han
from .types import Span

_MAX_GAP_CHARACTERS = 4  # between two matched words that are shown as one piece
_MAX_SPAN_CHARACTERS = 80  # of a piece that another word is joined to
# Share of what two clauses together have of a phrase, for one of them to be shown alone.
_MIN_SINGLE_CLAUSE_SHARE = 0.8
_JOINER = "\u200d"


def evidence_spans(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> tuple[Span, ...]:
    """Where the answer as typed has the words of a phrase, within one window.

    Words of a clause that are close together become one span. A clause that has nearly all by
    itself is shown alone. A single Chinese character is shown only where there is nothing else.
    """
    by_clause, tokenized = coverage_by_clause(phrase, answer), answer.tokenized
    clauses = [clause for clause in (window, window + 1) if clause in by_clause]
    together = (
        matched_weight(phrase, by_clause[clauses[0]].token_bits | by_clause[clauses[-1]].token_bits)
        if clauses
        else 0.0
    )
    single = next(
        (
            clause
            for clause in clauses
            if matched_weight(phrase, by_clause[clause].token_bits)
            >= _MIN_SINGLE_CLAUSE_SHARE * together
        ),
        None,
    )
    pieces: list[tuple[Span, int]] = []  # each with its number of tokens
    for clause in clauses if single is None else [single]:
        positions = positions_in_clause(phrase, clause, answer)
        for index, position in enumerate(positions):
            start, end = tokenized.starts[position], tokenized.ends[position]
            # A new clause begins a new piece, unless nothing was typed between the two clauses.
            span = pieces[-1][0] if pieces and (index or pieces[-1][0].end >= start) else None
            if (
                span
                and start - span.end <= _MAX_GAP_CHARACTERS
                and end - span.start <= _MAX_SPAN_CHARACTERS
            ):
                pieces[-1] = Span(span.start, max(end, span.end)), pieces[-1][1] + 1
            elif not span or end > span.end:
                pieces.append((Span(start, end), 1))
    shown = [
        span
        for span, token_count in pieces
        if token_count > 1 or not is_han(answer.text[span.start])
    ] or [span for span, _ in pieces]
    return tuple(Span(span.start, _end_of_character(answer.text, span.end)) for span in shown)


def _end_of_character(text: str, end: int) -> int:
    """The end of what a reader sees as one character, with the accents and joiners after it."""
    while end < len(text) and (
        unicodedata.category(text[end]) in ("Mn", "Me", "Mc") or text[end] == _JOINER
    ):
        end += 1
    return end
