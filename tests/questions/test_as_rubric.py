"""Rubrics as the engine reads them are prepared once for what they say."""

import pytest

from grading.services.queue import published_rubric
from questions.as_rubric import compiled_rubric
from questions.models import Term
from questions.services.glossary import write_term
from questions.services.rubrics import start_draft
from tests import factories

pytestmark = pytest.mark.django_db


def test_rubrics_that_say_the_same_are_prepared_once():
    one, same = (published_rubric(factories.published_question()) for _ in range(2))
    other = published_rubric(factories.published_question(prompt_en="What is softmax?"))
    assert compiled_rubric(same) is compiled_rubric(one)
    assert compiled_rubric(other) is not compiled_rubric(one)


def test_rubric_is_prepared_again_for_another_glossary():
    rubric = published_rubric(factories.published_question())
    before = compiled_rubric(rubric)
    write_term(Term(), kind="same", words=["方差", "variance"])
    assert compiled_rubric(rubric) is not before


def test_draft_is_refused_since_it_may_still_change():
    question = factories.published_question()
    with pytest.raises(ValueError, match="is a draft"):
        compiled_rubric(start_draft(question))
