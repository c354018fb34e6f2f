"""How much of a phrase an answer has."""

import pytest

from grading import engine

from .conftest import point

GLOSSARY = engine.Glossary(groups=(("variance", "spread"),))
STATEMENT = "The variance of the dot product grows with the dimension."


def graded(text, *phrases):
    rubric = engine.Rubric(("Why is the product scaled?",), (point("k", STATEMENT, *phrases),))
    return engine.grade(text, rubric, glossary=GLOSSARY)


@pytest.mark.parametrize(
    ("said", "with_a_typo"),
    [
        (
            "The spread grows with the dimension.",
            "The spread, the vraince, grows with the dimension.",
        ),
        (
            "The spread of the dot product grows.",
            "The spread, or vriance, of the dot product grows.",
        ),
        (
            "The variance grows with the dimension.",
            "The variance, vraince, grows with the dimension.",
        ),
    ],
)
def test_a_typo_beside_the_right_word_never_lowers_the_score(said, with_a_typo):
    assert graded(with_a_typo).score >= graded(said).score
