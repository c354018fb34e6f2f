"""Two workers, or a worker and the sweeper, at one grade: who holds the lease gives it, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grading import tasks
from grading.models import Grade
from grading.services.queue import GRADES, published_rubric, queue_grade
from grading.services.run import Reading, read_answer, run_grade, save_result
from tests import factories
from tests.threads import overlapping

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """The ids of the messages sent, in place of a broker."""
    ids: list[int] = []
    monkeypatch.setattr(tasks.grade_answer, "delay", ids.append)
    return ids


def queued() -> Grade:
    answer = factories.submitted_answer()
    return queue_grade(answer.pk, rubric=published_rubric(answer.question))


def left_by_a_slow_worker(*, tries: int) -> tuple[Grade, Reading]:
    """A grade whose lease ran out while its worker still reads, and what that worker will bring."""
    grade = queued()
    Grade.objects.claim(grade.pk)
    lease_until = timezone.now() - timedelta(seconds=1)
    Grade.objects.update(attempts=tries, lease_until=lease_until)
    grade.refresh_from_db()
    return grade, read_answer(grade.answer.text, grade.rubric)


def test_an_answer_queued_twice_at_once_waits_for_one_grade(sent):
    answer = factories.submitted_answer()
    rubric = published_rubric(answer.question)

    one, other = overlapping(*[lambda: queue_grade(answer.pk, rubric=rubric)] * 2)

    assert one == other == Grade.objects.get()
    assert sent == [one.pk]


def test_a_message_that_two_workers_get_is_graded_by_one():
    grade = queued()

    assert overlapping(*[lambda: run_grade(grade.pk)] * 2) == [True, False]
    grade.refresh_from_db()
    assert (grade.status, grade.attempts) == (Grade.Status.GRADED, 1)
    assert grade.matches.count() == 2


def test_a_result_that_comes_when_another_worker_has_taken_over_is_dropped():
    grade, reading = left_by_a_slow_worker(tries=1)

    token, saved = overlapping(
        lambda: Grade.objects.claim(grade.pk),
        lambda: save_result(grade, grade.lease_token, reading),
    )

    assert (saved, grade.matches.count()) == (False, 0)
    assert save_result(grade, token, reading)


def test_a_result_saved_late_leaves_nothing_for_another_worker_to_take():
    grade, reading = left_by_a_slow_worker(tries=1)

    outcomes = overlapping(
        lambda: save_result(grade, grade.lease_token, reading),
        lambda: Grade.objects.claim(grade.pk),
    )

    assert outcomes == [True, None]
    assert grade.matches.count() == 2


def test_a_grade_that_the_sweeper_gives_up_is_not_finished_any_more():
    grade, reading = left_by_a_slow_worker(tries=3)

    swept, saved = overlapping(GRADES.sweep, lambda: save_result(grade, grade.lease_token, reading))

    assert (swept.failed, saved) == (1, False)
    grade.refresh_from_db()
    assert (grade.status, grade.score) == (Grade.Status.FAILED, None)


def test_a_grade_that_is_just_being_finished_is_not_given_up_by_the_sweeper():
    grade, reading = left_by_a_slow_worker(tries=3)

    saved, swept = overlapping(lambda: save_result(grade, grade.lease_token, reading), GRADES.sweep)

    assert (saved, swept.failed) == (True, 0)
    grade.refresh_from_db()
    assert grade.status == Grade.Status.GRADED


def test_of_two_sweepers_one_gives_a_grade_up():
    left_by_a_slow_worker(tries=3)

    assert sorted(swept.failed for swept in overlapping(*[GRADES.sweep] * 2)) == [0, 1]
