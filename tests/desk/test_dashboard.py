"""The numbers of the admin index."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from desk import dashboard
from grading.models import Grade
from grading.services.queue import published_rubric
from interview.models import Answer, InterviewSession
from interview.services.release import release_session
from interview.services.reviews import record_review
from tests import factories

pytestmark = pytest.mark.django_db

READER = User()  # with no session of their own


def held_back(**fields) -> Answer:
    """A graded answer in a session that waits for its release."""
    return factories.graded_answer(
        question_set=factories.QuestionSetFactory(release_policy="on_release"), **fields
    )


def finish_grade(answer: Answer, **fields) -> Grade:
    """One more grading of the answer, as it came out."""
    plain = {
        "status": "graded",
        "score": Decimal(50),
        "engine_version": "test",
        "finished_at": timezone.now(),
    }
    return Grade.objects.create(
        answer=answer, rubric=published_rubric(answer.question), **(plain | fields)
    )


def fail_grade(answer: Answer) -> Grade:
    return finish_grade(answer, status="failed", score=None, error="The engine gave up.")


def test_nothing_waits_in_an_empty_installation(interviewer_client):
    waiting = dashboard.waiting_now(READER)
    assert waiting.nothing
    assert interviewer_client.get(reverse("admin:index")).status_code == 200


def test_what_waits_is_counted_once_each():
    held_back()
    doubtful = factories.submitted_answer()
    finish_grade(doubtful, needs_review=True)
    fail_grade(factories.submitted_answer())
    queued = Grade.objects.create(
        answer=factories.submitted_answer(), rubric=published_rubric(doubtful.question)
    )
    queued.refresh_from_db()
    Grade.objects.exclude(answer=doubtful).update(needs_review=False)
    assert dashboard.waiting_now(READER) == dashboard.Waiting(
        to_release=1, doubtful=1, failed=1, queued=1, oldest_queued=queued.queued_at
    )


def test_failed_answer_stops_waiting_once_it_is_graded():
    answer = factories.submitted_answer()
    fail_grade(answer)
    assert list(dashboard.failed_answers(READER)) == [answer]
    finish_grade(answer)
    assert list(dashboard.failed_answers(READER)) == []


def test_answer_is_doubtful_by_its_last_good_grade_until_somebody_looked(interviewer):
    answer = factories.submitted_answer()
    finish_grade(answer, needs_review=False)
    finish_grade(answer, needs_review=True)
    fail_grade(answer)
    assert list(dashboard.doubtful_answers(READER)) == [answer]
    record_review(answer=answer, reviewer=interviewer, verdicts={})
    assert list(dashboard.doubtful_answers(READER)) == []


def test_reviewer_is_led_through_all_that_waits_and_back_to_the_first(interviewer):
    first, second, third = (held_back().session for _ in range(3))
    for age, session in ((3, first), (2, second), (1, third)):
        InterviewSession.objects.filter(pk=session.pk).update(
            submitted_at=timezone.now() - timedelta(days=age)
        )
        session.refresh_from_db()
    assert [dashboard.next_to_review(session, READER) for session in (first, second, third)] == [
        second,
        third,
        first,
    ]
    release_session(second, actor=interviewer)
    Grade.objects.update(needs_review=False)
    assert dashboard.next_to_review(first, READER) == third
    release_session(third, actor=interviewer)
    assert dashboard.next_to_review(first, READER) is None


def test_last_days_count_answers_and_average_grades_by_local_day():
    answers = [factories.submitted_answer() for _ in range(3)]
    two_days_ago = timezone.now() - timedelta(days=2)
    for answer, score in zip(answers, (40, 60, 90), strict=True):
        finish_grade(
            answer,
            score=Decimal(score),
            finished_at=two_days_ago if answer != answers[2] else timezone.now(),
        )
    Answer.objects.filter(pk__in=[answers[0].pk, answers[1].pk]).update(submitted_at=two_days_ago)
    days = dashboard.last_days()
    assert (len(days), days[-1].date) == (14, timezone.localdate())
    assert [(day.submitted, day.mean_score, day.height) for day in days[-3:]] == [
        (2, Decimal("50.0"), 100),
        (0, None, 0),
        (1, Decimal("90.0"), 50),
    ]


def test_older_answers_are_left_out_of_the_last_days():
    Answer.objects.filter(pk=factories.submitted_answer().pk).update(
        submitted_at=timezone.now() - timedelta(days=15)
    )
    assert sum(day.submitted for day in dashboard.last_days()) == 0


def test_a_session_summary_adds_up_its_answers():
    answer = factories.graded_answer()
    factories.AnswerFactory(
        session=answer.session, question=factories.published_question(), order=1
    )
    session = dashboard.for_session_lists(InterviewSession.objects.all()).get()
    state = dashboard.summarize_session(session)
    assert (state.answers, state.answered, state.graded, state.unanswered) == (2, 1, 1, 1)
    assert state.mean_score == answer.standing_grade.score


def test_index_takes_as_many_queries_for_three_sessions_as_for_one(
    interviewer_client, django_assert_num_queries
):
    held_back()
    interviewer_client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as one:
        interviewer_client.get(reverse("admin:index"))
    held_back()
    held_back()
    with django_assert_num_queries(len(one)):
        interviewer_client.get(reverse("admin:index"))


def test_tiles_lead_to_lists_that_hold_what_they_count(interviewer_client):
    answer = held_back()
    Grade.objects.update(needs_review=True)
    failed = factories.submitted_answer()
    fail_grade(failed)

    def listed(name: str, query: str) -> list:
        return list(
            interviewer_client.get(reverse(f"admin:{name}_changelist") + query)
            .context["cl"]
            .result_list
        )

    assert listed("interview_interviewsession", "?attention=release") == [answer.session]
    assert listed("interview_interviewsession", "?attention=doubtful") == [answer.session]
    assert listed("interview_interviewsession", "?attention=failed") == [failed.session]
    assert listed("interview_answer", "?state=doubtful") == [answer]
    assert listed("interview_answer", "?state=failed") == [failed]
    assert listed("grading_grade", "?state=failed") == [failed.grades.get()]


def test_author_sees_the_bank_but_no_session_on_the_index(author_client):
    held_back(candidate=factories.UserFactory(username="secret.candidate"))
    page = author_client.get(reverse("admin:index"))
    assert "waiting" not in page.context
    assert "secret.candidate" not in page.content.decode()
    assert page.context["bank"] == {"published": 1, "drafts": 0, "in_work": 0}


def test_own_sessions_wait_for_others_and_are_not_counted_for_oneself(interviewer):
    question = factories.published_question()
    held_back = factories.question_set(question, release_policy="on_release")
    own = factories.graded_answer(question, candidate=interviewer, question_set=held_back)
    own.grades.update(needs_review=True)
    failed = factories.submitted_answer(question, candidate=interviewer)
    Grade.objects.create(
        answer=failed,
        rubric=question.rubrics.get(),
        status="failed",
        error="broken",
        dispatched_at=timezone.now(),
        finished_at=timezone.now(),
    )
    mine, others = dashboard.waiting_now(interviewer), dashboard.waiting_now(READER)
    assert (mine.to_release, mine.doubtful, mine.failed) == (0, 0, 0)
    assert (others.to_release, others.doubtful, others.failed) == (1, 1, 1)
    assert list(dashboard.sessions_to_review(interviewer)) == []
    assert list(dashboard.sessions_to_review(READER)) == [own.session]
