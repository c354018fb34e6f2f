"""A regrade applied by two people while others review and grade the same answers.

Each act stands, and none is lost.
"""

import pytest

from grading.models import Grade
from grading.services.run import run_grade
from interview.models import Answer
from interview.regrades.apply import RegradeOutcome, apply_regrade, undo_regrade
from interview.regrades.models import Regrade, RegradeRow
from interview.regrades.preview import preview_row, run_preview, save_chunk, with_answers
from interview.regrades.queue import cancel_regrade, resume_regrade, set_aside, start_regrade
from interview.services.errors import RefusedError
from interview.services.grading import grade_again
from interview.services.reviews import record_review
from interview.standing import standing_result
from tests import factories

# The last is a fixture
from tests.interview.test_regrades import previewed, publish_next, sent  # noqa: F401
from tests.threads import at_once, overlapping

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


def test_a_dry_run_that_two_workers_are_told_of_is_made_by_one():
    question = factories.published_question()
    factories.graded_answer(question)
    regrade = start_regrade(question, actor=factories.UserFactory())

    assert overlapping(*[lambda: run_preview(regrade.pk)] * 2) == [True, False]
    assert regrade.rows.get().status == RegradeRow.Status.PREVIEWED


def test_a_dry_run_cancelled_while_its_worker_saves_stays_cancelled():
    question = factories.published_question()
    factories.graded_answer(question)
    regrade = start_regrade(question, actor=factories.UserFactory())
    token = Regrade.objects.claim(regrade.pk)
    rows = [preview_row(row, regrade.rubric) for row in with_answers(regrade.rows.all())]

    outcomes = overlapping(
        lambda: cancel_regrade(regrade, actor=regrade.requested_by),
        lambda: save_chunk(regrade, token, rows),
    )

    assert outcomes == [True, False]
    assert regrade.rows.get().status == RegradeRow.Status.WAITING


def test_a_dry_run_resumed_by_two_is_queued_once(sent):  # noqa: F811  # the fixture
    question = factories.published_question()
    factories.graded_answer(question)
    regrade, actor = previewed(question), factories.UserFactory()
    set_aside(regrade, actor=actor)
    sent.clear()

    overlapping(*[lambda: resume_regrade(regrade, actor=actor)] * 2)

    assert sent == [regrade.pk]


def test_what_is_being_set_aside_is_not_applied():
    question = factories.published_question()
    factories.graded_answer(question)
    regrade, actor = previewed(question), factories.UserFactory()

    _aside, refusal = overlapping(
        lambda: set_aside(regrade, actor=actor),
        lambda: apply_regrade(regrade, actor=actor),
        refusals=(RefusedError,),
    )

    assert refusal.code == "not_ready"
    assert not Grade.objects.filter(regrade=regrade).exists()


def test_an_answer_graded_again_while_a_regrade_is_applied_is_left_alone():
    question = factories.published_question()
    answer = factories.graded_answer(question)
    publish_next(question)
    regrade, actor = previewed(question), factories.UserFactory()

    grade, outcome = overlapping(
        lambda: grade_again(answer, actor=actor), lambda: apply_regrade(regrade, actor=actor)
    )

    assert (outcome.done, outcome.overtaken) == (0, 1)
    assert Grade.objects.unfinished().get() == grade
