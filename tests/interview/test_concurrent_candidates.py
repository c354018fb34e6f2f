"""One session in two windows, or one key sent twice: an answer stands once, and no text is lost."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from grading.models import Grade
from interview.models import Answer, InterviewSession, QuestionSet
from interview.services.answers import save_draft, submit_answer
from interview.services.errors import AnswerConflictError, RefusedError
from interview.services.finishing import close_overdue_sessions, finish_session
from interview.services.practice import discard_practice, start_practice
from interview.services.revisions import Writer
from interview.services.sessions import start_interview
from interview.services.submissions import Submission, submit_from_program
from interview.services.undo import undo_submit
from interview.visibility import may_read_result
from questions.models import Question
from tests import factories
from tests.threads import Act, at_once, overlapping

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session() -> InterviewSession:
    """A practice of two questions."""
    questions = [factories.published_question() for _ in range(2)]
    return start_practice(candidate=factories.UserFactory(), questions=questions)


@pytest.fixture
def answers(session) -> list[Answer]:
    return list(session.answers.order_by("order"))


def in_candidates_words(*acts: Act, run: Callable = overlapping) -> list[object]:
    """The outcomes, a refusal as its code."""
    outcomes = run(*acts, refusals=(RefusedError,))
    return [outcome.code if isinstance(outcome, RefusedError) else outcome for outcome in outcomes]


def now(row):
    """The row as it is stored now."""
    return type(row).objects.get(pk=row.pk)


# Submit -------------------------------------------------------------------------------------------


def test_two_last_answers_submitted_at_once_end_the_session(session, answers):
    overlapping(*(lambda answer=answer: submit_answer(answer, text="a") for answer in answers))

    assert now(session).status == InterviewSession.Status.SUBMITTED


def test_an_answer_submitted_twice_at_once_is_graded_once_as_it_was_sent_first(answers):
    first, second = overlapping(
        lambda: submit_answer(answers[0], text="sent first"),
        lambda: submit_answer(answers[0], text="sent second"),
    )

    assert (first.text, second.text) == ("sent first", "sent first")
    assert Grade.objects.count() == 1


def test_a_draft_that_meets_its_submission_changes_nothing(answers):
    outcomes = in_candidates_words(
        lambda: submit_answer(answers[0], text="submitted"),
        lambda: save_draft(answers[0], text="typed before", revision=0),
    )

    assert outcomes[1] == "answer_submitted"
    assert now(answers[0]).text == "submitted"


def test_a_submission_that_meets_another_windows_draft_asks_which_of_them_counts(answers):
    outcomes = in_candidates_words(
        lambda: save_draft(answers[0], text="other window", revision=0),
        lambda: submit_answer(answers[0], text="this window", revision=0),
    )

    assert outcomes[1] == "draft_conflict"
    assert now(answers[0]).text == "other window"


def test_of_drafts_saved_at_once_in_many_windows_one_is_stored_and_the_others_are_told(answers):
    texts = [f"window {n}" for n in range(4)]
    outcomes = at_once(
        *(lambda text=text: save_draft(answers[0], text=text, revision=0) for text in texts),
        refusals=(AnswerConflictError,),
    )

    (stored,) = (outcome for outcome in outcomes if isinstance(outcome, Answer))
    told = [outcome.answer for outcome in outcomes if isinstance(outcome, AnswerConflictError)]
    assert [answer.text for answer in told] == [stored.text] * 3


# Undo ---------------------------------------------------------------------------------------------


@pytest.fixture
def undoable_answer(answers) -> Answer:
    submit_answer(answers[1], text="b")
    return submit_answer(answers[0], text="my answer", undo_for=timedelta(minutes=5))


def its_grade(answer: Answer) -> Grade:
    return Grade.objects.get(answer=answer)


def test_an_undo_that_meets_the_worker_leaves_it_nothing_to_claim(undoable_answer):
    grade = its_grade(undoable_answer)

    def claim() -> object:
        Grade.objects.filter(pk=grade.pk).update(due_at=Now())
        return Grade.objects.claim(grade.pk)

    _, claimed = overlapping(lambda: undo_submit(undoable_answer), claim)

    assert claimed is None
    assert not Grade.objects.filter(answer=undoable_answer).exists()
    assert now(undoable_answer).status == Answer.Status.DRAFT


def test_a_worker_that_meets_an_undo_keeps_the_grade_it_has_claimed(undoable_answer):
    grade, token = its_grade(undoable_answer), uuid.uuid4()

    def claim() -> object:  # as a worker does whose clock is ahead, in one statement
        fields = {"status": "running", "lease_token": token, "attempts": 1}
        return Grade.objects.filter(pk=grade.pk).update(**fields)

    claimed, undone = in_candidates_words(claim, lambda: undo_submit(undoable_answer))

    assert (claimed, undone) == (1, "undo_too_late")
    assert its_grade(undoable_answer).lease_token == token
    assert now(undoable_answer).status == Answer.Status.SUBMITTED


def test_an_answer_undone_twice_at_once_is_one_draft(undoable_answer):
    one, other = overlapping(*[lambda: undo_submit(undoable_answer)] * 2)

    assert one.revision == other.revision
    assert now(undoable_answer).status == Answer.Status.DRAFT


def test_an_undo_that_meets_finishing_leaves_a_session_finished_with_what_was_written(
    session, undoable_answer
):
    overlapping(lambda: undo_submit(undoable_answer), lambda: finish_session(session))

    assert now(session).status == InterviewSession.Status.SUBMITTED
    assert now(undoable_answer).text == "my answer"
    assert Grade.objects.filter(answer=undoable_answer).count() == 1


# Earlier versions ---------------------------------------------------------------------------------


def test_of_texts_that_insist_at_once_every_one_is_the_draft_or_kept(answers):
    texts = {f"window {n} says this" for n in range(4)}
    at_once(
        *(
            lambda text=text: save_draft(
                answers[0], text=text, revision=0, writer=Writer("", text[:8]), insist=True
            )
            for text in texts
        )
    )

    kept = set(answers[0].earlier_versions.values_list("text", flat=True))
    assert kept | {now(answers[0]).text} == texts


def test_of_drafts_saved_at_once_every_one_is_the_draft_or_kept(answers):
    texts = {f"window {n} says this" for n in range(4)}
    at_once(
        *(
            lambda text=text: save_draft(
                answers[0], text=text, revision=0, writer=Writer("", text[:8])
            )
            for text in texts
        ),
        refusals=(AnswerConflictError,),
    )

    kept = set(answers[0].earlier_versions.values_list("text", flat=True))
    assert kept | {now(answers[0]).text} == texts


# Finish -------------------------------------------------------------------------------------------


def test_a_session_finished_twice_at_once_submits_its_drafts_once(session, answers):
    save_draft(answers[0], text="typed", revision=0)

    overlapping(lambda: finish_session(session), lambda: finish_session(session))

    assert now(session).status == InterviewSession.Status.SUBMITTED
    assert Grade.objects.count() == 1


def test_what_is_saved_while_the_session_ends_is_submitted(session, answers):
    overlapping(
        lambda: save_draft(answers[0], text="just in time", revision=0),
        lambda: finish_session(session),
    )

    stored = now(answers[0])
    assert (stored.status, stored.text) == (Answer.Status.SUBMITTED, "just in time")
    assert Grade.objects.get().answer == stored


def test_a_draft_that_comes_when_its_session_has_just_ended_is_refused(session, answers):
    outcomes = in_candidates_words(
        lambda: finish_session(session),
        lambda: save_draft(answers[0], text="too late", revision=0),
    )

    assert outcomes[1] == "session_over"
    assert now(answers[0]).text == ""


def test_an_answer_that_comes_when_its_session_has_just_ended_is_refused(session, answers):
    outcomes = in_candidates_words(
        lambda: finish_session(session), lambda: submit_answer(answers[0], text="too late")
    )

    assert outcomes[1] == "session_over"
    assert not Grade.objects.exists()


@pytest.mark.parametrize("is_last", [True, False], ids=["last answer", "answer before the last"])
def test_an_answer_submitted_while_its_session_is_finished_is_graded_once(
    session, answers, is_last
):
    if is_last:
        submit_answer(answers[1], text="a")

    overlapping(lambda: submit_answer(answers[0], text="a"), lambda: finish_session(session))

    assert now(session).status == InterviewSession.Status.SUBMITTED
    assert answers[0].grades.count() == 1


def test_two_sweepers_end_an_overdue_session_once(session, answers):
    save_draft(answers[0], text="typed", revision=0)
    InterviewSession.objects.update(deadline="2020-01-01T00:00Z")

    overlapping(close_overdue_sessions, close_overdue_sessions)

    assert now(session).status == InterviewSession.Status.SUBMITTED
    assert Grade.objects.count() == 1


# Discard ------------------------------------------------------------------------------------------


def test_a_practice_discarded_twice_at_once_is_gone(session):
    assert overlapping(lambda: discard_practice(session), lambda: discard_practice(session)) == [
        True,
        True,
    ]
    assert not InterviewSession.objects.exists()
    assert not QuestionSet.objects.exists()


def test_a_practice_finished_while_it_is_discarded_is_finished_or_gone(session, answers):
    save_draft(answers[0], text="typed", revision=0)

    outcomes = in_candidates_words(
        lambda: finish_session(session), lambda: discard_practice(session)
    )

    assert outcomes[1] == "session_over"
    assert now(answers[0]).status == Answer.Status.SUBMITTED


def test_an_answer_submitted_while_its_practice_is_discarded_stays(session, answers):
    overlapping(lambda: submit_answer(answers[0], text="a"), lambda: discard_practice(session))

    assert now(session).status == InterviewSession.Status.SUBMITTED
    assert list(session.answers.all()) == [answers[0]]


def test_an_answer_to_a_practice_just_discarded_is_refused(session, answers):
    outcomes = in_candidates_words(
        lambda: discard_practice(session), lambda: submit_answer(answers[0], text="a")
    )

    assert outcomes == [True, "session_over"]


# Start --------------------------------------------------------------------------------------------


def test_an_interview_started_twice_at_once_is_one_sitting():
    candidate = factories.UserFactory()
    interview = factories.question_set(factories.published_question())

    one, other = overlapping(
        *[lambda: start_interview(candidate=candidate, question_set=interview)] * 2
    )

    assert one == other


def test_a_question_of_an_interview_just_started_is_not_practised_in_another_window():
    candidate, question = factories.UserFactory(), factories.published_question()
    interview = factories.question_set(question)
    sent = [Submission(question=question, text="a")]

    for practise in (
        lambda: start_practice(candidate=candidate, questions=[question]),
        lambda: submit_from_program(integrator=candidate, submissions=sent, candidate=candidate),
    ):
        outcomes = in_candidates_words(
            lambda: start_interview(candidate=candidate, question_set=interview), practise
        )
        assert outcomes[1] == "reserved"
        Answer.objects.all().delete()
        InterviewSession.objects.all().delete()


def test_a_practice_that_meets_the_reservation_of_its_question_is_not_submitted():
    candidate, question = factories.UserFactory(), factories.published_question()
    practices = []

    def practise():
        practices.append(start_practice(candidate=candidate, questions=[question]))

    def reserve():
        Question.objects.filter(pk=question.pk).update(is_reserved=True)

    for acts in ((practise, reserve), (reserve, practise)):
        Question.objects.update(is_reserved=False)
        practices.clear()
        in_candidates_words(*acts)
        for practice in practices:
            answer = practice.answers.get()
            outcomes = in_candidates_words(
                lambda answer=answer: save_draft(answer, text="kept", revision=0),
                lambda answer=answer: submit_answer(answer, text="kept"),
            )
            assert outcomes[1] == "reserved"
            assert (now(answer).status, now(answer).text) == ("draft", "kept")
    assert Grade.objects.count() == 0


@pytest.mark.parametrize("started_first", [True, False])
def test_an_old_practice_submitted_while_the_interview_starts_shows_nothing(started_first):
    candidate, question = factories.UserFactory(), factories.published_question()
    interview = factories.question_set(question, is_open_book=True)
    practice = start_practice(candidate=candidate, questions=[question])
    answer = practice.answers.get()
    acts = [
        lambda: start_interview(candidate=candidate, question_set=interview),
        lambda: submit_answer(answer, text="a"),
    ]
    outcomes = in_candidates_words(*(acts if started_first else reversed(acts)))
    assert ("reserved" in outcomes) is started_first
    assert may_read_result(candidate, now(answer)) is False


# Programs -----------------------------------------------------------------------------------------


def test_an_answer_sent_twice_at_once_under_one_key_is_stored_once():
    program, question = factories.UserFactory(), factories.published_question()
    sent = [Submission(question=question, text="a", client_key="k")]

    one, other = overlapping(
        *[lambda: submit_from_program(integrator=program, submissions=sent)] * 2
    )

    assert one == other
    assert Grade.objects.count() == 1


def test_of_two_answers_sent_at_once_under_one_key_the_second_is_refused():
    program, question = factories.UserFactory(), factories.published_question()

    outcomes = in_candidates_words(
        *(
            lambda text=text: submit_from_program(
                integrator=program,
                submissions=[Submission(question=question, text=text, client_key="k")],
            )
            for text in ("one", "other")
        )
    )

    assert outcomes[1] == "key_reused"
    assert Answer.objects.get().text == "one"
