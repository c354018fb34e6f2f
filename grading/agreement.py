"""When a person and when the machine says yes: the rule by which agreement is counted."""

from __future__ import annotations

from grading import engine

CREDITED_VERDICTS = frozenset({engine.Verdict.COVERED, engine.Verdict.PARTIAL})


def person_says_yes(mark: float) -> bool:
    """Whether a person's credit, 0 to 1, means that the key point was said at least in part."""
    return mark >= engine.PARTIAL_CREDIT


def machine_says_yes(verdict: str) -> bool:
    """Whether a verdict gives credit."""
    return verdict in CREDITED_VERDICTS
