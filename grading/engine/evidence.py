"""Where in the text as typed the words of a phrase are, for a reader to see."""

from __future__ import annotations

import unicodedata

from .answer import AnswerIndex
from .coverage import coverage_by_clause, matched_weight, positions_in_clause
from .rubric import CompiledPhrase
from .text import is_han
from .types import Span

_MAX_GAP_CHARACTERS = (
    4  # characters between two matched words that still show as one piece of evidence
)
_MAX_SPAN_CHARACTERS = 80  # characters of one piece
_MIN_SINGLE_CLAUSE_SHARE = (
    0.8  # of what two clauses have of a phrase together, for one of them to be shown alone
)
_JOINER = "\u200d"


def evidence_spans(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> tuple[Span, ...]:
    """Where the phrase's words stand in the window, in the text as typed, close ones of a clause joined.

    A clause that has nearly all of it by itself is shown alone, and a single Chinese character only where nothing else is left.
    """
    met, tokenized = coverage_by_clause(phrase, answer), answer.tokenized
    clauses = [clause for clause in (window, window + 1) if clause in met]
    together = (
        matched_weight(phrase, met[clauses[0]].token_bits | met[clauses[-1]].token_bits)
        if clauses
        else 0.0
    )
    single = next(
        (
            clause
            for clause in clauses
            if matched_weight(phrase, met[clause].token_bits) >= _MIN_SINGLE_CLAUSE_SHARE * together
        ),
        None,
    )
    pieces: list[tuple[Span, int]] = []
    for clause in clauses if single is None else [single]:
        positions = positions_in_clause(phrase, clause, answer)
        for index, position in enumerate(positions):
            start, end = tokenized.starts[position], tokenized.ends[position]
            span = (
                pieces[-1][0] if pieces and (index or pieces[-1][0].end >= start) else None
            )  # speech without a pause goes on
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
    """The end of what a reader sees as one character, accents and joiners that are typed after it included."""
    while end < len(text) and (
        unicodedata.category(text[end]) in ("Mn", "Me", "Mc") or text[end] == _JOINER
    ):
        end += 1
    return end
