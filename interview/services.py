"""What candidates and reviewers do. Pages and API call these and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.services import record_change
from grading import engine
from grading.models import Grade, KeyPointMatch, Verdict
from grading.proposals import propose_changes
from grading.services import published_rubric, queue_grade, queue_grades
from interview.models import (
    MAX_ANSWER_LENGTH,
    Answer,
    InterviewSession,
    QuestionSet,
    Review,
    ReviewVerdict,
    SetQuestion,
)
from questions.models import KeyPoint, Question, Rubric, Sample, Topic
from questions.samples import write_sample

SET_SIZE = 5
LATE_GRACE = timedelta(seconds=15)  # for what was sent in time and arrived after

CREDIT_OF = {
    Verdict.COVERED: 1.0,
    Verdict.PARTIAL: engine.PARTIAL_CREDIT,
    Verdict.MISSED: 0.0,
    Verdict.CONTRADICTED: 0.0,
}


class RefusedError(Exception):
    """What was asked for can't be done. `code` is for programs, the message says to people what is wrong and how to mend it.

    `index` is the place, counted from 0, of the item refused where several were sent.
    """

    def __init__(self, code: str, message: str, *, index: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.index = index


class DraftConflictError(RefusedError):
    """The draft was saved elsewhere since the sender last read it. `answer` holds what is stored."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(
            "draft_conflict", _("This answer was changed in another window or on another device.")
        )
        self.answer = answer


# The text of an answer ----------------------------------------------------------------------------------------------


def checked_text(text: str, *, may_be_blank: bool) -> str:
    """The text with one kind of line end, or RefusedError saying what can't be stored or graded."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise RefusedError(
            "unreadable_characters",
            _(
                "The text contains invalid characters (NUL or a lone surrogate). Remove "
                "them and send again."
            ),
        )
    if len(text) > MAX_ANSWER_LENGTH:
        over = len(text) - MAX_ANSWER_LENGTH
        raise RefusedError(
            "too_long",
            ngettext(
                "The answer is %(over)d character over the limit of %(limit)d. Shorten it and send again.",
                "The answer is %(over)d characters over the limit of %(limit)d. Shorten it and send again.",
                over,
            )
            % {"over": over, "limit": MAX_ANSWER_LENGTH},
        )
    if not may_be_blank and not text.strip():
        raise RefusedError("empty", _("The answer is empty. Write something before you submit it."))
    return text


# Candidates ---------------------------------------------------------------------------------------------------------


def pick_questions(topic: Topic, *, seed: int, candidate: User | None = None) -> list[Question]:
    """Up to five published questions of a topic, none of an interview the candidate is sitting. The same seed picks the same ones."""
    ids = list(
        Question.objects.published().in_topic(topic).order_by("pk").values_list("pk", flat=True)
    )
    if candidate is not None:
        asked = questions_in_interview(candidate, ids)
        ids = [pk for pk in ids if pk not in asked]
    chosen = random.Random(seed).sample(ids, min(SET_SIZE, len(ids)))  # noqa: S311 - a choice of exercises, not a secret
    found = Question.objects.in_bulk(chosen)
    return [found[pk] for pk in chosen]


@transaction.atomic
def start_practice(
    *, candidate: User, questions: Sequence[Question], topic: Topic | None = None
) -> InterviewSession:
    """A session over these questions, results shown as soon as they are graded. Refused for a question of an interview not yet finished."""
    if not questions:
        raise RefusedError(
            "no_questions", _("There is no open question here yet. Choose another topic.")
        )
    asked = questions_in_interview(candidate, [question.pk for question in questions])
    for question in questions:
        if question.pk in asked:
            raise RefusedError(
                "question_in_interview",
                _(
                    "The question “%(slug)s” is part of an interview you are taking. "
                    "Finish the interview first."
                )
                % {"slug": question.slug},
            )
    practice = QuestionSet.objects.create(
        mode=QuestionSet.Mode.PRACTICE,
        release_policy=QuestionSet.ReleasePolicy.WHEN_GRADED,
        title_zh=topic.name_zh if topic else "",
        title_en=topic.name_en if topic else "",
        created_by_id=candidate.pk,
    )
    SetQuestion.objects.bulk_create(
        SetQuestion(question_set=practice, question=question, order=order)
        for order, question in enumerate(questions)
    )
    return start_session(candidate=candidate, question_set=practice)


@transaction.atomic
def start_session(*, candidate: User, question_set: QuestionSet) -> InterviewSession:
    """Open a session with one empty draft for each question of the set, its deadline counted from now."""
    entries = list(question_set.set_questions.select_related("question"))
    for entry in entries:
        check_open(entry.question)
    if not entries:
        raise RefusedError("no_questions", _("This question set is empty. Ask your interviewer."))
    now = timezone.now()
    session = InterviewSession.objects.create(
        candidate_id=candidate.pk,
        question_set=question_set,
        started_at=now,
        deadline=now + timedelta(minutes=question_set.minutes) if question_set.minutes else None,
    )
    Answer.objects.bulk_create(
        Answer(session=session, question=entry.question, order=entry.order) for entry in entries
    )
    return session


def start_interview(*, candidate: User, question_set: QuestionSet) -> InterviewSession:
    """The candidate's sitting of an interview set: the unfinished one if there is one. Each set is sat once."""
    with transaction.atomic():
        # The lock makes two starts at once one.
        locked = QuestionSet.objects.select_for_update().get(pk=question_set.pk)
        former = InterviewSession.objects.of(candidate).filter(question_set=locked).first()
        if former is not None:
            return former
        if not locked.is_open:
            raise RefusedError(
                "set_closed", _("This interview is no longer open. Ask your interviewer.")
            )
        return start_session(candidate=candidate, question_set=locked)


def check_open(question: Question) -> None:
    """Raise RefusedError unless the question may be answered now."""
    if not Question.objects.published().filter(pk=question.pk).exists():
        raise RefusedError(
            "question_not_open",
            _("The question “%(slug)s” is not open for answers.") % {"slug": question.slug},
        )


def check_in_time(session: InterviewSession) -> None:
    late = session.deadline is not None and timezone.now() > session.deadline + LATE_GRACE
    if session.status == InterviewSession.Status.SUBMITTED or late:
        raise RefusedError(
            "session_over",
            _("This session is over. What you had written was kept and submitted."),
        )


@transaction.atomic
def save_draft(answer: Answer, *, text: str, revision: int) -> Answer:
    """Keep what is typed so far. `revision` is the one the writer started from; DraftConflictError if the stored one is newer."""
    text = checked_text(text, may_be_blank=True)
    stored = _locked(answer)
    if stored.is_submitted:
        raise RefusedError(
            "answer_submitted", _("This answer has already been submitted and can't be changed.")
        )
    check_in_time(stored.session)
    if stored.text == text:
        return stored  # a repeated send of the same text
    if stored.revision != revision:
        raise DraftConflictError(stored)
    stored.text = text
    stored.revision += 1
    stored.saved_at = timezone.now()
    stored.save(update_fields=["text", "revision", "saved_at"])
    return stored


@transaction.atomic
def submit_answer(answer: Answer, *, text: str, revision: int | None = None) -> Answer:
    """Freeze the answer and queue its grade. A second submit changes nothing and returns the same answer.

    With `revision`, the one the writer started from, DraftConflictError if another text was saved since.
    """
    text = checked_text(text, may_be_blank=False)
    stored = _locked(answer)
    if stored.is_submitted:
        return stored
    check_in_time(stored.session)
    check_open(stored.question)
    if revision is not None and stored.revision != revision and stored.text != text:
        raise DraftConflictError(stored)
    return _submit(stored, text)


def _locked(answer: Answer) -> Answer:
    stored = (
        Answer.objects.select_for_update(of=("self",))
        .select_related("session", "question")
        .filter(pk=answer.pk)
        .first()
    )
    if stored is None:
        raise RefusedError("session_over", discarded_message())
    return stored


def discarded_message() -> str:
    return _("This practice was discarded. Copy what you typed if you still need it.")


def _submit(answer: Answer, text: str) -> Answer:
    now = timezone.now()
    answer.text, answer.status, answer.saved_at, answer.submitted_at = (
        text,
        Answer.Status.SUBMITTED,
        now,
        now,
    )
    answer.revision += 1
    answer.save(update_fields=["text", "status", "revision", "saved_at", "submitted_at"])
    queue_grade(answer.pk, rubric=published_rubric(answer.question))
    session = answer.session
    if not session.answers.filter(status=Answer.Status.DRAFT).exists():
        _close(session)
    return answer


def _close(session: InterviewSession) -> None:
    session.status = InterviewSession.Status.SUBMITTED
    session.submitted_at = timezone.now()
    session.save(update_fields=["status", "submitted_at"])


@transaction.atomic
def finish_session(session: InterviewSession) -> InterviewSession:
    """End a session: drafts with text are submitted, blank ones stay unanswered. Ending it twice changes nothing.

    A draft whose question was archived meanwhile is submitted too: it was open when the candidate wrote it.
    """
    stored = InterviewSession.objects.select_for_update(of=("self",)).filter(pk=session.pk).first()
    if stored is None:  # discarded at the same moment
        return session
    if stored.status == InterviewSession.Status.SUBMITTED:
        return stored
    drafts = Answer.objects.select_for_update(of=("self",)).filter(
        session=stored, status=Answer.Status.DRAFT
    )
    for draft in drafts.select_related("question", "session"):
        if draft.text.strip():
            _submit(draft, draft.text)
    stored.refresh_from_db()
    if stored.status != InterviewSession.Status.SUBMITTED:
        _close(stored)
    return stored


@transaction.atomic
def discard_practice(session: InterviewSession) -> bool:
    """End a practice without its drafts: what was submitted stays, and a practice with nothing submitted is gone. Whether it is gone."""
    stored = (
        InterviewSession.objects.select_for_update(of=("self",))
        .select_related("question_set")
        .filter(pk=session.pk)
        .first()
    )
    if stored is None:  # by a second click
        return True
    if not stored.is_practice:
        raise RefusedError("not_practice", _("An interview can't be discarded. Finish it instead."))
    if stored.status == InterviewSession.Status.SUBMITTED:
        raise RefusedError(
            "session_over", _("This practice is already finished, so there is nothing to discard.")
        )
    stored.answers.filter(status=Answer.Status.DRAFT).delete()
    if stored.answers.exists():
        _close(stored)
        return False
    stored.delete()
    if stored.question_set is not None:
        stored.question_set.delete()  # made for this practice alone
    return True


def close_overdue_sessions() -> int:
    """End the sessions whose time is up, so that what was written is graded even if nobody comes back. Returns how many."""
    overdue = InterviewSession.objects.filter(
        status=InterviewSession.Status.OPEN, deadline__lt=timezone.now() - LATE_GRACE
    )
    sessions = list(overdue[:100])
    for session in sessions:
        finish_session(session)
    return len(sessions)


# Programs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer sent in by a program. `client_key` makes a repeated send return the same session."""

    question: Question
    text: str
    candidate: str = ""
    reference: str = ""
    client_key: str | None = None


def submit_from_program(
    *, integrator: User, submissions: Sequence[Submission], candidate: User | None = None
) -> list[Answer]:
    """Store the answers, each in a session of its own, and queue their grades: all or none. In the order given.

    `candidate` is the sender itself where a candidate's own program sends in practice. A repeated send is answered with what was stored
    the first time, also when its question is closed by now. Raises RefusedError, naming the first bad one by `index` (counted from 0).
    """
    texts = []
    for index, submission in enumerate(submissions):
        try:
            texts.append(checked_text(submission.text, may_be_blank=False))
        except RefusedError as error:
            error.index = index
            raise
    try:
        return _store_submissions(integrator, submissions, texts, candidate)
    except IntegrityError:
        # The same keys came in at the same moment and the other one won: now they are there to be found.
        return _store_submissions(integrator, submissions, texts, candidate)


@transaction.atomic
def _store_submissions(
    integrator: User, submissions: Sequence[Submission], texts: list[str], candidate: User | None
) -> list[Answer]:
    keys = [submission.client_key for submission in submissions if submission.client_key]
    known = {
        answer.session.client_key: answer
        for answer in Answer.objects.filter(
            session__integrator_id=integrator.pk, session__client_key__in=keys
        ).select_related("session", "question")
    }
    question_ids = {submission.question.pk for submission in submissions}
    rubrics = {
        rubric.question_id: rubric
        for rubric in Rubric.objects.filter(
            question__in=question_ids,
            question__status=Question.Status.PUBLISHED,
            status=Rubric.Status.PUBLISHED,
        )
    }
    in_interview = questions_in_interview(candidate, question_ids) if candidate else set()
    now = timezone.now()
    answers: list[Answer] = []
    new: list[Answer] = []
    for index, (submission, text) in enumerate(zip(submissions, texts, strict=True)):
        question = submission.question
        former = known.get(submission.client_key) if submission.client_key else None
        if former is not None:
            if (
                former.text != text
                or former.question_id != question.pk
                or former.session.external_candidate != submission.candidate
                or former.session.external_reference != submission.reference
            ):
                raise RefusedError(
                    "key_reused",
                    _(
                        "This idempotency key has already been used for another answer. "
                        "Use a new key for a new answer."
                    ),
                    index=index,
                )
            answers.append(former)
            continue
        if question.pk not in rubrics:
            raise RefusedError(
                "question_not_open",
                _("The question “%(slug)s” is not open for answers.") % {"slug": question.slug},
                index=index,
            )
        if question.pk in in_interview:
            raise RefusedError(
                "question_in_interview",
                _(
                    "The question “%(slug)s” is part of an interview you are taking. "
                    "Finish the interview first."
                )
                % {"slug": question.slug},
                index=index,
            )
        session = InterviewSession(
            candidate=candidate,
            integrator_id=integrator.pk,
            channel=InterviewSession.Channel.API,
            external_candidate=submission.candidate,
            external_reference=submission.reference,
            client_key=submission.client_key,
            status=InterviewSession.Status.SUBMITTED,
            started_at=now,
            submitted_at=now,
        )
        answer = Answer(
            session=session,
            question=question,
            text=text,
            revision=1,
            status=Answer.Status.SUBMITTED,
            saved_at=now,
            submitted_at=now,
        )
        if submission.client_key:
            known[submission.client_key] = answer
        new.append(answer)
        answers.append(answer)
    InterviewSession.objects.bulk_create(answer.session for answer in new)
    for answer in new:
        answer.session = (
            answer.session
        )  # takes over the id it has now; setting session_id would drop the fetched row
    Answer.objects.bulk_create(new)
    queue_grades([(answer.pk, rubrics[answer.question_id]) for answer in new])
    return answers


def questions_in_interview(candidate: User, question_ids: Iterable[int]) -> set[int]:
    """Which of the questions the candidate is being asked in an open interview: practising them now would show their key points."""
    asked = Answer.objects.filter(
        session__candidate_id=candidate.pk,
        session__status=InterviewSession.Status.OPEN,
        session__question_set__mode=QuestionSet.Mode.INTERVIEW,
        question__in=question_ids,
    )
    return set(asked.values_list("question_id", flat=True))


# Results ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StandingPoint:
    """One key point as it stands: the machine's match, and the person's verdict where it differs."""

    key_point: KeyPoint
    match: KeyPointMatch
    verdict: Verdict
    credit: float
    reviewed: ReviewVerdict | None


@dataclass(frozen=True, slots=True)
class StandingResult:
    """An answer's grade with the reviewer's word over the machine's. Scores are points, 0-100."""

    grade: Grade
    points: tuple[StandingPoint, ...]
    score: Decimal
    machine_score: Decimal
    review: Review | None


def with_results(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Fetch what `standing_result` reads, in a fixed number of queries."""
    return answers.select_related(
        "question", "session__question_set", "review__reviewer"
    ).prefetch_related("review__verdicts", "grades__matches__key_point", "grades__rubric")


def answers_readable_by(user: User) -> QuerySet[Answer]:
    """The submitted answers a reader may know of: a candidate's own, what a program sent in, for reviewers all."""
    submitted = Answer.objects.submitted()
    if reviews_grades(user):
        return submitted
    return submitted.filter(
        Q(session__candidate_id=user.pk)
        | Q(session__integrator_id=user.pk, session__candidate__isnull=True)
    )


def shows_result_to(user: User, answer: Answer) -> bool:
    """Whether one who may know of the answer sees its grade: reviewers and the sending program always, the candidate when it is shown."""
    return (
        reviews_grades(user) or answer.session.candidate_id is None or answer.session.shows_results
    )


def shows_review_to(user: User, answer: Answer) -> bool:
    """Whether the reviewer's word stands over the machine's for this reader: for other reviewers at once, for all once released."""
    return reviews_grades(user) or answer.session.released_at is not None


def reviews_grades(user: User) -> bool:
    return user.has_perm("grading.view_grade")


def standing_result(
    answer: Answer, *, with_review: bool = True, grade: Grade | None = None
) -> StandingResult | None:
    """The newest grade, or the given one, under the reviewer's verdicts; None before the first grade.

    `with_review=False` is the machine alone.
    """
    grade = grade or answer.standing_grade
    if grade is None or grade.score is None:
        return None
    review = getattr(answer, "review", None) if with_review else None
    said = {verdict.key: verdict for verdict in review.verdicts.all()} if review else {}
    points = []
    for match in grade.matches.all():
        reviewed = said.get(match.key_point.key)
        verdict = Verdict(reviewed.verdict if reviewed else match.verdict)
        credit = CREDIT_OF[verdict] if reviewed else match.credit
        points.append(StandingPoint(match.key_point, match, verdict, credit, reviewed))
    score = grade.score
    if any(point.reviewed for point in points):
        score = engine.score_points(
            (point.key_point.weight, point.credit, point.key_point.required) for point in points
        )
    return StandingResult(grade, tuple(points), score, grade.score, review)


# Reviewers ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_review(
    *,
    answer: Answer,
    reviewer: User,
    verdicts: dict[str, tuple[str, str]],
    comment: str = "",
    note: str = "",
    pointed: Mapping[str, str] | None = None,
) -> Review:
    """Set the reviewer's word on an answer. `verdicts`: key -> (verdict, comment); an empty verdict takes the override back.

    `pointed`: key -> the words of the answer that the verdict is about; what a wrong verdict of the machine teaches is taken from them.

    A verdict equal to the machine's is kept too: it was looked at, and it stands when the answer is graded again. Raises RefusedError for
    an answer without a grade, and for a key or a verdict that is not there.
    """
    if not answer.is_submitted:
        raise RefusedError("not_submitted", _("The candidate has not submitted this answer yet."))
    grade = answer.standing_grade
    known = (
        {match.key_point.key for match in grade.matches.all()}
        if grade
        else set(_published_keys(answer.question))
    )
    review, _created = Review.objects.select_for_update().get_or_create(
        answer=answer, defaults={"reviewer_id": reviewer.pk}
    )
    before = _as_said(review)
    for key, (verdict, verdict_comment) in verdicts.items():
        if key not in known:
            raise RefusedError(
                "unknown_key_point",
                _("There is no key point “%(key)s” in this rubric.") % {"key": key},
            )
        if not verdict:
            review.verdicts.filter(key=key).delete()
        elif verdict in Verdict.values:
            ReviewVerdict.objects.update_or_create(
                review=review, key=key, defaults={"verdict": verdict, "comment": verdict_comment}
            )
        else:
            raise RefusedError(
                "unknown_verdict", _("“%(verdict)s” is not a verdict.") % {"verdict": verdict}
            )
    review.reviewer_id, review.comment, review.note = reviewer.pk, comment, note
    review.save()
    after = _as_said(review)
    keep_sample_of(review, before=before["verdicts"].keys(), pointed=pointed or {})
    if after != before:
        record_change(
            actor=reviewer, action="review.recorded", target=answer, old=before, new=after
        )
    return review


def keep_sample_of(review: Review, *, before: Iterable[str], pointed: Mapping[str, str]) -> None:
    """Make the reviewer's verdicts a marked answer that grading other answers learns from, and propose what the rubric could learn.

    `before`: the keys judged until now.
    """
    answer = review.answer
    said = {verdict.key: CREDIT_OF[Verdict(verdict.verdict)] for verdict in review.verdicts.all()}
    sample = Sample.objects.filter(answer=answer).first()
    if sample is None and not said:
        return
    if sample is None:
        name = f"answer-{answer.public_id.hex[:12]}"
        sample = Sample(
            question_id=answer.question_id, answer=answer, origin=Sample.Origin.OVERRIDE, name=name
        )
    taken_back = set(before) - said.keys()
    marks = {key: credit for key, credit in sample.marks.items() if key not in taken_back} | said
    if not marks:
        sample.delete()
    elif marks != sample.marks:
        changed = [key for key, credit in marks.items() if sample.marks.get(key) != credit]
        write_sample(
            sample, kind=sample.kind, text=answer.text, marks=marks, author=review.reviewer
        )
        said_there = {key: words for key, words in pointed.items() if words in answer.text}
        propose_changes(sample, author=review.reviewer, pointed=said_there, keys=changed)


def _published_keys(question: Question) -> Iterable[str]:
    return published_rubric(question).key_points.values_list("key", flat=True)


def _as_said(review: Review) -> dict[str, Any]:
    return {
        "verdicts": {
            verdict.key: [verdict.verdict, verdict.comment]
            for verdict in review.verdicts.order_by("key")
        },
        "comment": review.comment,
        "note": review.note,
    }


@transaction.atomic
def release_session(session: InterviewSession, *, actor: User) -> InterviewSession:
    """Show the candidate the result with the reviewer's verdicts. Refused while an answer still waits for its grade."""
    stored = InterviewSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if stored.released_at is not None:
        return stored
    if stored.status != InterviewSession.Status.SUBMITTED:
        raise RefusedError(
            "session_open",
            _("The candidate is still answering. Release the session after it is submitted."),
        )
    waiting = Grade.objects.unfinished().filter(answer__session=stored).count()
    if waiting:
        raise RefusedError(
            "still_grading",
            ngettext(
                "%(n)d answer is still being graded. Try again in a moment.",
                "%(n)d answers are still being graded. Try again in a moment.",
                waiting,
            )
            % {"n": waiting},
        )
    stored.released_at, stored.released_by_id = timezone.now(), actor.pk
    stored.save(update_fields=["released_at", "released_by"])
    record_change(actor=actor, action="session.released", target=stored)
    return stored


@transaction.atomic
def withdraw_release(
    session: InterviewSession, *, actor: User, reason: str = ""
) -> InterviewSession:
    """Take a release back: the candidate sees what they saw before it."""
    stored = InterviewSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if stored.released_at is None:
        return stored
    stored.released_at = stored.released_by = None
    stored.save(update_fields=["released_at", "released_by"])
    record_change(actor=actor, action="session.release_withdrawn", target=stored, reason=reason)
    return stored


@transaction.atomic
def grade_again(answer: Answer, *, actor: User) -> Grade:
    """Queue the answer once more under its question's published rubric. The former grades stay in the history."""
    if not answer.is_submitted:
        raise RefusedError("not_submitted", _("The candidate has not submitted this answer yet."))
    grade = queue_grade(answer.pk, rubric=published_rubric(answer.question), requested_by=actor)
    record_change(
        actor=actor, action="grade.requested", target=answer, new={"grade": str(grade.public_id)}
    )
    return grade
