"""The lists of the dashboard.

Django's autodiscovery imports this package. Each module registers its models.
"""

from desk.admin import (
    answers,
    audit,
    glossary,
    grades,
    people,
    questions,
    regrades,
    rubrics,
    samples,
    sessions,
    sets,
)

__all__ = [
    "answers",
    "audit",
    "glossary",
    "grades",
    "people",
    "questions",
    "regrades",
    "rubrics",
    "samples",
    "sessions",
    "sets",
]
