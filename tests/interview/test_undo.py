"""For some seconds after it was submitted, an interview's answer can be a draft again."""

from datetime import timedelta

import pytest
from django.utils import timezone

import grading.tasks
from grading.models import Grade
from grading.services.queue import GRADES
from grading.services.run import run_grade
from interview.models import Answer, InterviewSession
from interview.services.answers import UNDO_FOR, save_draft, submit_answer
from interview.services.errors import RefusedError
from interview.services.finishing import finish_session
from interview.services.reviews import record_review
from interview.services.sessions import start_interview
from interview.services.undo import undo_submit, undoable
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(candidate) -> InterviewSession:
    questions = [factories.published_question() for _ in range(2)]
    return start_interview(
        candidate=candidate, question_set=factories.question_set(*questions, minutes=30)
    )


@pytest.fixture
def answers(session) -> list[Answer]:
    return list(session.answers.order_by("order"))


def submit(answer: Answer, text: str = "a") -> Answer:
    return submit_answer(answer, text=text, undo_for=UNDO_FOR)


def refusal_of(answer: Answer) -> str:
    with pytest.raises(RefusedError) as refusal:
        undo_submit(answer)
    return refusal.value.code


def end_the_wait() -> None:
    Grade.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_an_answer_undone_is_a_draft_with_its_text_and_has_no_grade(answers):
    submit(answers[0], "my answer")
    undone = undo_submit(answers[0])
    assert (undone.status, undone.text, undone.submitted_at) == ("draft", "my answer", None)
    assert not Grade.objects.exists()


def test_an_answer_undone_can_be_changed_and_submitted_again(answers):
    submit(answers[0], "my answer")
    undone = undo_submit(answers[0])
    save_draft(answers[0], text="my better answer", revision=undone.revision)
    submit(answers[0], "my best answer")
    assert Grade.objects.get().answer.text == "my best answer"


def test_no_worker_takes_the_grade_before_it_is_due(answers):
    submit(answers[0])
    grade = Grade.objects.get()
    assert run_grade(grade.pk) is False
    end_the_wait()
    assert run_grade(grade.pk) is True


def test_the_message_is_held_back_until_the_grade_is_due(
    answers, monkeypatch, django_capture_on_commit_callbacks
):
    waits = []
    monkeypatch.setattr(
        grading.tasks.grade_answer,
        "apply_async",
        lambda _arguments, countdown: waits.append(countdown),
    )
    with django_capture_on_commit_callbacks(execute=True):
        submit(answers[0])
    assert waits == [5.5]
    assert GRADES.sweep().sent == 0


def test_a_grade_that_is_due_can_not_be_undone(answers):
    submit(answers[0])
    end_the_wait()
    assert refusal_of(answers[0]) == "undo_too_late"
    assert Answer.objects.get(pk=answers[0].pk).is_submitted


def test_a_grade_that_a_worker_gave_back_can_not_be_undone(answers):
    submit(answers[0])
    Grade.objects.update(attempts=1)
    assert refusal_of(answers[0]) == "undo_too_late"


def test_nothing_is_undone_after_the_deadline(session, answers):
    submit(answers[0])
    InterviewSession.objects.update(deadline=timezone.now())
    assert refusal_of(answers[0]) == "undo_too_late"
    session.refresh_from_db()
    assert undoable(session) is None


def test_undoing_the_last_answer_opens_the_session_again(session, answers):
    for answer in answers:
        submit(answer)
    assert InterviewSession.objects.get().status == InterviewSession.Status.SUBMITTED
    undo_submit(answers[1])
    assert InterviewSession.objects.get().status == InterviewSession.Status.OPEN


@pytest.mark.parametrize("other_text", ["", "a draft"], ids=["left blank", "taken as it was"])
def test_a_session_that_was_finished_stays_so(session, answers, other_text):
    submit(answers[0])
    save_draft(answers[1], text=other_text, revision=0)
    finish_session(session)
    assert refusal_of(answers[0]) == "undo_too_late"
    assert InterviewSession.objects.get().status == InterviewSession.Status.SUBMITTED


def test_what_finishing_took_can_not_be_undone(session, answers):
    save_draft(answers[0], text="a draft", revision=0)
    finish_session(session)
    assert refusal_of(answers[0]) == "undo_too_late"


def test_a_reviewed_answer_is_not_undone(answers, interviewer):
    record_review(answer=submit(answers[0]), reviewer=interviewer, verdicts={}, comment="Seen.")
    assert refusal_of(answers[0]) == "undo_too_late"


def test_undoing_twice_changes_nothing(answers):
    submit(answers[0], "my answer")
    once, twice = undo_submit(answers[0]), undo_submit(answers[0])
    assert (once.revision, once.text) == (twice.revision, twice.text)


def test_the_page_learns_which_answer_and_for_how_long(session, answers):
    submit(answers[0])
    answer, left = undoable(session)
    assert answer == answers[0]
    assert timedelta(0) < left <= UNDO_FOR
    end_the_wait()
    assert undoable(session) is None
