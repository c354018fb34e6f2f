"""A regrade applied by two people while others review and grade the same answers: each act stands, and none is lost."""

import pytest

from grading.services.run import run_grade
from interview.models import Answer
from interview.regrades.apply import RegradeOutcome, apply_regrade, undo_regrade
from interview.regrades.queue import start_regrade
from interview.services.grading import grade_again
from interview.services.reviews import record_review
from interview.standing import standing_result
from tests import factories
from tests.interview.test_regrades import previewed, publish_next, sent  # noqa: F401  # the last is a fixture
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_apply_pressed_twice_while_answers_are_reviewed_and_graded_again():
    question = factories.published_question()
    answers = [factories.graded_answer(question) for _ in range(6)]
    one, two, reviewer = (factories.UserFactory() for _ in range(3))
    publish_next(question)
    regrade = previewed(question)

    outcomes = at_once(
        lambda: apply_regrade(regrade, actor=one),
        lambda: apply_regrade(regrade, actor=two),
        lambda: record_review(
            answer=answers[0], reviewer=reviewer, verdicts={"variance": ("missed", "")}
        ),
        lambda: run_grade(grade_again(answers[1], actor=reviewer).pk),
    )

    applied = [outcome for outcome in outcomes if isinstance(outcome, RegradeOutcome)]
    assert sum(outcome.done + outcome.overtaken for outcome in applied) == 6
    assert {row.answer_id for row in regrade.rows.filter(status="overtaken")} <= {answers[1].pk}
    for row in regrade.rows.filter(status="applied"):
        assert row.answer.grades.filter(regrade=regrade).count() == 1
    reviewed = standing_result(Answer.objects.get(pk=answers[0].pk))
    assert {point.key_point.key: point.verdict.value for point in reviewed.points}[
        "variance"
    ] == "missed"
    assert undo_regrade(regrade, actor=one).done >= 5


def test_applied_and_undone_at_once_ends_in_one_of_the_two_for_all_answers():
    question = factories.published_question()
    for _ in range(4):
        factories.graded_answer(question)
    publish_next(question)
    regrade, actor = previewed(question), factories.UserFactory()

    at_once(
        lambda: apply_regrade(regrade, actor=actor),
        lambda: undo_regrade(regrade, actor=actor),
    )

    assert len(set(regrade.rows.values_list("status", flat=True))) == 1


def test_dry_run_asked_for_at_once_is_one_dry_run():
    question = factories.published_question()
    factories.graded_answer(question)
    actor = factories.UserFactory()
    regrades = at_once(*[lambda: start_regrade(question, actor=actor)] * 4)
    assert len({regrade.pk for regrade in regrades}) == 1
