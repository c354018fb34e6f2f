"""What candidates and reviewers do, below the pages and the API."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from grading import engine
from grading.models import Grade
from grading.services.run import run_grade
from interview.models import MAX_ANSWER_LENGTH, Answer, InterviewSession, QuestionSet
from interview.services import finishing
from interview.services.answers import checked_text, save_draft, submit_answer
from interview.services.errors import AnswerConflictError, RefusedError
from interview.services.finishing import close_overdue_sessions, finish_session
from interview.services.grading import grade_again
from interview.services.practice import SET_SIZE, discard_practice, pick_questions, start_practice
from interview.services.release import release_session, withdraw_release
from interview.services.reviews import record_review
from interview.services.sessions import LATE_GRACE, start_interview
from interview.standing import StandingResult, standing_result
from interview.visibility import shows_results
from questions.models import Question, Rubric
from questions.services.questions import set_question_status
from questions.services.rubrics import publish_rubric
from tests import factories

pytestmark = pytest.mark.django_db

GOOD = "点积的方差随维度 d 增大，所以要缩放。"
OPEN, SUBMITTED = InterviewSession.Status.OPEN, InterviewSession.Status.SUBMITTED


@pytest.fixture
def answer(candidate) -> Answer:
    """The draft of a practice session of one question."""
    return start_practice(
        candidate=candidate, questions=[factories.published_question()]
    ).answers.get()


@pytest.fixture
def interview(candidate) -> InterviewSession:
    """Three questions in 30 minutes, held back until released."""
    questions = [factories.published_question() for _ in range(3)]
    return start_interview(
        candidate=candidate, question_set=factories.question_set(*questions, minutes=30)
    )


def stored(answer: Answer) -> Answer:
    return Answer.objects.select_related("session").get(pk=answer.pk)


def time_is_up(session: InterviewSession, *, ago: timedelta = timedelta(minutes=1)) -> None:
    InterviewSession.objects.filter(pk=session.pk).update(deadline=timezone.now() - ago)


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(RefusedError) as refused:
        call(*args, **kwargs)
    assert refused.value.message
    return refused.value.code


# The text of an answer ----------------------------------------------------------------------------


@given(
    text=st.text(
        st.characters(exclude_categories=()) | st.sampled_from("\0\r\n\ud83d\ude00"), max_size=50
    ),
    may_be_blank=st.booleans(),
)
def test_text_is_refused_or_kept_but_for_its_line_ends(text, may_be_blank):
    if re.search("[\0\ud800-\udfff]", text):
        assert refusal(checked_text, text, may_be_blank=may_be_blank) == "unreadable_characters"
    elif not text.strip() and not may_be_blank:
        assert refusal(checked_text, text, may_be_blank=may_be_blank) == "empty"
    else:
        assert checked_text(text, may_be_blank=may_be_blank).split("\n") == re.split(
            "\r\n|\r|\n", text
        )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t\u3000", "empty"),
        ("字" * (MAX_ANSWER_LENGTH + 1), "too_long"),
        ("方差\0", "unreadable_characters"),
        ("half \ud83d of a pair", "unreadable_characters"),
        ("other half \ude00", "unreadable_characters"),
    ],
)
def test_submitting_what_cannot_be_graded_is_refused_and_changes_nothing(answer, text, code):
    save_draft(answer, text="so far", revision=0)
    assert refusal(submit_answer, answer, text=text) == code
    kept = stored(answer)
    assert (kept.text, kept.status, kept.session.status) == ("so far", Answer.Status.DRAFT, OPEN)
    assert not Grade.objects.exists()


@pytest.mark.parametrize("text", ["字" * (MAX_ANSWER_LENGTH + 1), "方差\0", "half \ud83d"])
def test_a_draft_that_cannot_be_stored_leaves_the_stored_one(answer, text):
    save_draft(answer, text="so far", revision=0)
    refusal(save_draft, answer, text=text, revision=1)
    assert (stored(answer).text, stored(answer).revision) == ("so far", 1)


def test_the_longest_answer_is_counted_in_characters_after_line_ends_are_made_one_kind(answer):
    text = "🙂\r\n" * (MAX_ANSWER_LENGTH // 2)
    submit_answer(answer, text=text)
    assert stored(answer).text == text.replace("\r\n", "\n")


# Drafts -------------------------------------------------------------------------------------------


def test_each_save_of_a_draft_raises_its_revision(answer):
    first = save_draft(answer, text="方", revision=0)
    second = save_draft(answer, text="方差", revision=first.revision)
    assert (first.revision, second.revision) == (1, 2)
    kept = stored(answer)
    assert (kept.text, kept.revision, kept.status) == ("方差", 2, Answer.Status.DRAFT)
    assert kept.saved_at is not None


def test_a_draft_may_be_emptied_again(answer):
    save_draft(answer, text="方差", revision=0)
    save_draft(answer, text="", revision=1)
    assert stored(answer).text == ""


def test_a_draft_from_an_old_revision_is_a_conflict_that_hands_over_what_is_stored(answer):
    save_draft(answer, text="on the phone", revision=0)
    with pytest.raises(AnswerConflictError) as conflict:
        save_draft(answer, text="on the desk", revision=0)
    assert conflict.value.code == "draft_conflict"
    assert (conflict.value.answer.text, conflict.value.answer.revision) == ("on the phone", 1)
    assert stored(answer).text == "on the phone"
    save_draft(answer, text="on the desk", revision=1)
    assert stored(answer).text == "on the desk"


def test_a_repeated_save_of_the_same_text_is_no_conflict(answer):
    save_draft(answer, text="方差", revision=0)
    assert save_draft(answer, text="方差", revision=0).revision == 1


def test_a_draft_of_a_submitted_answer_is_refused(answer):
    submit_answer(answer, text=GOOD)
    assert refusal(save_draft, answer, text="better", revision=1) == "answer_submitted"
    assert stored(answer).text == GOOD


# Submitting ---------------------------------------------------------------------------------------


def test_submitting_freezes_the_answer_and_queues_one_grade(answer):
    submit_answer(answer, text=GOOD, revision=0)
    kept = stored(answer)
    assert (kept.text, kept.status) == (GOOD, Answer.Status.SUBMITTED)
    assert kept.submitted_at is not None
    assert [grade.status for grade in kept.grades.all()] == [Grade.Status.QUEUED]


def test_submitting_twice_is_one_grade_and_the_first_text_counts(answer):
    submit_answer(answer, text=GOOD, revision=0)
    again = submit_answer(answer, text="second thoughts", revision=0)
    assert again.text == GOOD
    run_grade(Grade.objects.get().pk)
    submit_answer(answer, text=GOOD, revision=0)
    assert Grade.objects.count() == 1
    assert stored(answer).text == GOOD


def test_submitting_over_another_windows_draft_is_a_conflict(answer):
    save_draft(answer, text="in the other window", revision=0)
    with pytest.raises(AnswerConflictError):
        submit_answer(answer, text=GOOD, revision=0)
    assert not stored(answer).is_submitted
    assert submit_answer(answer, text="in the other window", revision=0).is_submitted


def test_a_question_archived_meanwhile_is_refused_and_the_draft_is_kept_and_submitted_at_the_end(
    answer,
):
    save_draft(answer, text=GOOD, revision=0)
    set_question_status(answer.question, Question.Status.ARCHIVED)
    assert refusal(submit_answer, answer, text=f"{GOOD}!", revision=1) == "question_not_open"
    assert (stored(answer).text, stored(answer).is_submitted) == (GOOD, False)
    finish_session(answer.session)
    assert (stored(answer).text, stored(answer).is_submitted) == (GOOD, True)
    assert Grade.objects.count() == 1


def test_the_last_submitted_answer_ends_the_session(interview):
    statuses = []
    for answer in interview.answers.all():
        submit_answer(answer, text=GOOD)
        statuses.append(stored(answer).session.status)
    assert statuses == [OPEN, OPEN, SUBMITTED]


def test_nothing_is_taken_when_time_is_up_but_what_was_on_its_way_is(interview):
    answer = interview.answers.first()
    time_is_up(interview, ago=LATE_GRACE / 2)
    save_draft(answer, text="in time", revision=0)
    time_is_up(interview)
    assert refusal(save_draft, answer, text="too late", revision=1) == "session_over"
    assert refusal(submit_answer, answer, text="too late", revision=1) == "session_over"
    assert (stored(answer).text, stored(answer).is_submitted) == ("in time", False)


def test_an_answer_left_blank_in_a_finished_session_takes_no_text(interview):
    finish_session(interview)
    answer = interview.answers.first()
    assert refusal(save_draft, answer, text="after all", revision=0) == "session_over"
    assert refusal(submit_answer, answer, text="after all") == "session_over"


# Ending a session ---------------------------------------------------------------------------------


def test_finishing_submits_drafts_with_text_and_leaves_blank_ones_unanswered(interview):
    first, second, third = interview.answers.all()
    submit_answer(first, text=GOOD)
    save_draft(second, text="a draft", revision=0)
    save_draft(third, text=" \n", revision=0)
    ended = finish_session(interview)
    assert (ended.status, ended.submitted_at is not None) == (SUBMITTED, True)
    assert [answer.is_submitted for answer in interview.answers.all()] == [True, True, False]
    assert set(Grade.objects.values_list("answer", flat=True)) == {first.pk, second.pk}


def test_finishing_twice_changes_nothing(interview):
    save_draft(interview.answers.first(), text="a draft", revision=0)
    first = finish_session(interview)
    second = finish_session(interview)
    assert first.submitted_at == second.submitted_at
    assert Grade.objects.count() == 1


def test_discarding_a_practice_with_nothing_submitted_leaves_nothing(answer):
    save_draft(answer, text="half a thought", revision=0)
    assert discard_practice(answer.session) is True
    assert not InterviewSession.objects.exists()
    assert not QuestionSet.objects.exists()
    for late in (
        partial(save_draft, answer, revision=1),
        partial(submit_answer, answer),
    ):
        with pytest.raises(RefusedError) as refused:
            late(text=GOOD)
        assert refused.value.code == "session_over"
    assert discard_practice(answer.session) is True
    assert finish_session(answer.session) == answer.session


def test_discarding_a_practice_keeps_what_was_submitted(candidate):
    questions = [factories.published_question() for _ in range(2)]
    session = start_practice(candidate=candidate, questions=questions)
    first, second = session.answers.all()
    submit_answer(first, text=GOOD)
    save_draft(second, text="half a thought", revision=0)
    assert discard_practice(session) is False
    session.refresh_from_db()
    assert (session.status, [answer.pk for answer in session.answers.all()]) == (
        SUBMITTED,
        [first.pk],
    )
    with pytest.raises(RefusedError) as refused:
        discard_practice(session)
    assert refused.value.code == "session_over"


def test_an_interview_is_not_discarded(interview):
    with pytest.raises(RefusedError) as refused:
        discard_practice(interview)
    assert refused.value.code == "not_practice"
    assert interview.answers.count() == 3


def test_sessions_whose_time_is_up_are_ended_and_their_drafts_graded(interview, answer):
    save_draft(interview.answers.first(), text="a draft", revision=0)
    save_draft(answer, text="no deadline here", revision=0)
    assert close_overdue_sessions() == 0
    time_is_up(interview, ago=LATE_GRACE / 2)
    assert close_overdue_sessions() == 0, "what was sent in time may still arrive"
    time_is_up(interview)
    assert close_overdue_sessions() == 1
    interview.refresh_from_db()
    assert interview.status == SUBMITTED
    assert Grade.objects.get().answer.text == "a draft"
    assert not stored(answer).is_submitted
    assert close_overdue_sessions() == 0


def test_session_that_can_not_be_ended_keeps_no_other_waiting_and_is_tried_again(
    interview, monkeypatch
):
    bad, good = interview, factories.SessionFactory()
    save_draft(bad.answers.first(), text="a draft of a question", revision=0)
    bad.answers.first().question.rubrics.update(status=Rubric.Status.RETIRED)
    time_is_up(bad, ago=timedelta(hours=2))
    time_is_up(good, ago=timedelta(hours=1))
    monkeypatch.setattr(finishing, "CLOSE_LIMIT", 1)

    assert close_overdue_sessions() == 0
    assert close_overdue_sessions() == 1, "the bad one, which is older, is not tried at once again"
    good.refresh_from_db()
    assert good.status == SUBMITTED
    assert not stored(bad.answers.first()).is_submitted

    bad.answers.first().question.rubrics.update(status=Rubric.Status.PUBLISHED)
    InterviewSession.objects.update(close_retry_at=timezone.now())
    assert close_overdue_sessions() == 1
    assert stored(bad.answers.first()).is_submitted


# Starting -----------------------------------------------------------------------------------------


def test_an_interview_is_sat_once_and_starting_it_again_leads_back(candidate, interview):
    again = start_interview(candidate=candidate, question_set=interview.question_set)
    assert again == interview
    finish_session(interview)
    assert start_interview(candidate=candidate, question_set=interview.question_set) == interview
    assert InterviewSession.objects.count() == 1


def test_two_candidates_sit_the_same_interview_apart(candidate, interview):
    other = start_interview(candidate=factories.UserFactory(), question_set=interview.question_set)
    assert other != interview


def test_an_interview_has_its_questions_in_order_and_its_deadline_from_the_start(interview):
    assert [answer.question for answer in interview.answers.all()] == [
        entry.question for entry in interview.question_set.set_questions.all()
    ]
    assert interview.deadline - interview.started_at == timedelta(minutes=30)


def test_a_closed_interview_is_refused_except_to_who_began_it(candidate, interview):
    interview.question_set.is_open = False
    interview.question_set.save()
    assert start_interview(candidate=candidate, question_set=interview.question_set) == interview
    newcomer = factories.UserFactory()
    assert (
        refusal(start_interview, candidate=newcomer, question_set=interview.question_set)
        == "set_closed"
    )


def test_an_empty_set_and_one_with_an_archived_question_are_refused_and_leave_no_session(candidate):
    question = factories.published_question()
    set_question_status(question, Question.Status.ARCHIVED)
    assert (
        refusal(start_interview, candidate=candidate, question_set=factories.question_set())
        == "no_questions"
    )
    assert (
        refusal(
            start_interview,
            candidate=candidate,
            question_set=factories.question_set(question),
        )
        == "question_not_open"
    )
    alone = factories.published_question()
    set_question_status(alone, Question.Status.ARCHIVED)
    assert refusal(start_practice, candidate=candidate, questions=[]) == "no_questions"
    assert refusal(start_practice, candidate=candidate, questions=[alone]) == "question_not_open"
    assert not InterviewSession.objects.exists()


def test_questions_of_an_interview_are_not_practised_until_it_is_released(
    candidate, interview, interviewer
):
    question = interview.answers.first().question
    question.topics.add(topic := factories.TopicFactory())
    assert pick_questions(topic, seed=1, candidate=candidate) == []
    assert refusal(start_practice, candidate=candidate, questions=[question]) == "reserved"
    finish_session(interview)
    assert pick_questions(topic, seed=1, candidate=candidate) == []
    assert refusal(start_practice, candidate=candidate, questions=[question]) == "reserved"
    release_session(interview, actor=interviewer)
    assert pick_questions(topic, seed=1, candidate=candidate) == [question]


def test_the_same_seed_picks_the_same_five_questions():
    topic = factories.TopicFactory()
    for _ in range(8):
        factories.published_question().topics.add(topic)
    picked = pick_questions(topic, seed=7)
    assert len({question.pk for question in picked}) == SET_SIZE
    assert pick_questions(topic, seed=7) == picked
    assert any(pick_questions(topic, seed=seed) != picked for seed in range(5))


# Reviews ------------------------------------------------------------------------------------------


def score_of(answer: Answer, **decided: float) -> Decimal:
    """The score of an answer to `published_question`, whose key points weigh 2 and 1.

    The machine's credits but for those decided.
    """
    credit = {
        match.key_point.key: match.credit for match in answer.standing_grade.matches.all()
    } | decided
    return Decimal(str(round(100 * (2 * credit["variance"] + credit["saturation"]) / 3, 1)))


def result_of(answer: Answer) -> StandingResult:
    return standing_result(Answer.objects.get(pk=answer.pk))


def test_a_review_changes_the_score_and_leaves_the_machines_beside_it(interviewer):
    answer = factories.graded_answer(text=GOOD)
    machine = score_of(answer)
    assert (result_of(answer).score, result_of(answer).review) == (machine, None)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"saturation": ("partial", "hinted at")},
        comment="good",
        note="n",
    )
    result = result_of(answer)
    assert (result.score, result.machine_score) == (
        score_of(answer, saturation=engine.PARTIAL_CREDIT),
        machine,
    )
    assert [(point.verdict, bool(point.reviewed)) for point in result.points] == [
        ("covered", False),
        ("partial", True),
    ]
    assert standing_result(Answer.objects.get(pk=answer.pk), with_review=False).score == machine
    entry = AuditEntry.objects.get(action="review.recorded")
    assert (entry.actor, entry.old["verdicts"], entry.new["verdicts"]) == (
        interviewer,
        {},
        {"saturation": ["partial", "hinted at"]},
    )


def test_a_verdict_is_taken_back_by_an_empty_one(interviewer):
    answer = factories.graded_answer(text=GOOD)
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("contradicted", "")})
    assert result_of(answer).score == score_of(answer, variance=0)
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("", "")})
    assert result_of(answer).score == score_of(answer)


def test_a_review_stands_when_the_answer_is_graded_again(interviewer):
    answer = factories.graded_answer(text=GOOD)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"saturation": ("covered", ""), "variance": ("covered", "")},
    )
    again = grade_again(answer, actor=interviewer)
    assert result_of(answer).grade != again, "the former grade stands until the new one is done"
    run_grade(again.pk)
    result = result_of(answer)
    assert (result.grade, result.score, result.machine_score) == (
        again,
        Decimal(100),
        score_of(answer),
    )


def test_a_verdict_on_a_key_point_that_a_new_rubric_dropped_counts_no_more(interviewer):
    answer = factories.graded_answer(text=GOOD)
    record_review(answer=answer, reviewer=interviewer, verdicts={"saturation": ("covered", "")})
    rubric = factories.RubricFactory(question=answer.question, version=2)
    factories.KeyPointFactory(rubric=rubric, key="variance")
    publish_rubric(rubric)
    run_grade(grade_again(answer, actor=interviewer).pk)
    result = result_of(answer)
    assert [(point.key_point.key, point.reviewed) for point in result.points] == [
        ("variance", None)
    ]
    assert result.score == result.machine_score == Decimal(100)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ({"colour": ("covered", "")}, "unknown_key_point"),
        ({"variance": ("splendid", "")}, "unknown_verdict"),
    ],
)
def test_a_review_with_one_bad_verdict_is_refused_whole(interviewer, verdicts, code):
    answer = factories.graded_answer(text=GOOD)
    both = {"saturation": ("covered", "")} | verdicts
    assert refusal(record_review, answer=answer, reviewer=interviewer, verdicts=both) == code
    assert (result_of(answer).review, result_of(answer).score) == (None, score_of(answer))


def test_a_draft_is_neither_reviewed_nor_graded_again(interviewer, answer):
    assert (
        refusal(record_review, answer=answer, reviewer=interviewer, verdicts={}) == "not_submitted"
    )
    assert refusal(grade_again, answer, actor=interviewer) == "not_submitted"


def test_an_answer_without_a_grade_has_no_result():
    assert standing_result(factories.submitted_answer()) is None


# Release and grading again ------------------------------------------------------------------------


def test_a_release_shows_the_result_and_withdrawing_it_hides_it_again(interview, interviewer):
    finish_session(interview)
    released = release_session(interview, actor=interviewer)
    assert (shows_results(released), released.released_by) == (True, interviewer)
    release_session(interview, actor=interviewer)
    withdrawn = withdraw_release(interview, actor=interviewer, reason="wrong candidate")
    assert (shows_results(withdrawn), withdrawn.released_by) == (False, None)
    withdraw_release(interview, actor=interviewer)
    written = list(
        AuditEntry.objects.filter(action__startswith="session.")
        .order_by("pk")
        .values_list("action", "reason")
    )
    assert written == [("session.released", ""), ("session.release_withdrawn", "wrong candidate")]


def test_a_session_in_progress_is_not_released(interview, interviewer):
    assert refusal(release_session, interview, actor=interviewer) == "session_open"


def test_a_session_is_not_released_while_an_answer_waits_for_its_grade(interview, interviewer):
    save_draft(interview.answers.first(), text=GOOD, revision=0)
    finish_session(interview)
    assert refusal(release_session, interview, actor=interviewer) == "still_grading"
    run_grade(Grade.objects.get().pk)
    assert release_session(interview, actor=interviewer).released_at is not None


def test_grading_again_keeps_the_former_grade_in_the_history(interviewer):
    answer = factories.graded_answer(text=GOOD)
    former = answer.standing_grade
    again = grade_again(answer, actor=interviewer)
    assert (again.requested_by, again.status) == (interviewer, Grade.Status.QUEUED)
    run_grade(again.pk)
    answer = Answer.objects.get(pk=answer.pk)
    assert answer.standing_grade == again
    assert set(answer.grades.all()) == {former, again}
    assert AuditEntry.objects.filter(action="grade.requested").count() == 1


def test_grading_again_while_it_waits_adds_no_second_grade(interviewer):
    answer = factories.graded_answer(text=GOOD)
    first = grade_again(answer, actor=interviewer)
    assert grade_again(answer, actor=interviewer) == first
    assert answer.grades.count() == 2
