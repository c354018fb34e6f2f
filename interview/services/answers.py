"""The text of an answer: check it, keep the draft, submit it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grading.engine import MAX_ANSWER_LENGTH
from grading.services.queue import published_rubric, queue_grade
from interview.models import Answer, InterviewSession
from interview.services.errors import AnswerConflictError, RefusedError
from interview.services.reserved import refuse_reserved_practice
from interview.services.sessions import check_in_time, check_open, close_session, lock_candidate


def checked_text(text: str, *, may_be_blank: bool) -> str:
    """The text with one kind of line end. Raises RefusedError for what can't be stored."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise RefusedError(
            "unreadable_characters",
            _(
                "The text contains invalid characters (NUL or a lone surrogate). Remove them and "
                "send again."
            ),
        )
    if len(text) > MAX_ANSWER_LENGTH:
        over = len(text) - MAX_ANSWER_LENGTH
        raise RefusedError(
            "too_long",
            ngettext(
                "The answer is %(over)d character over the limit of %(limit)d. Shorten it and send "
                "again.",
                "The answer is %(over)d characters over the limit of %(limit)d. Shorten it and "
                "send again.",
                over,
            )
            % {"over": over, "limit": MAX_ANSWER_LENGTH},
        )
    if not may_be_blank and not text.strip():
        raise RefusedError("empty", _("The answer is empty. Write something before you submit it."))
    return text


@transaction.atomic
def save_draft(answer: Answer, *, text: str, revision: int) -> Answer:
    """Keep what is typed so far. `revision` is the one the writer started from.

    Raises AnswerConflictError if the stored revision is newer.
    """
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
        raise AnswerConflictError(stored)
    stored.text = text
    stored.revision += 1
    stored.saved_at = timezone.now()
    stored.save(update_fields=["text", "revision", "saved_at"])
    return stored


@transaction.atomic
def submit_answer(answer: Answer, *, text: str, revision: int | None = None) -> Answer:
    """Freeze the answer and queue its grade. The last answer of a session ends the session.

    A second submit changes nothing and returns the same answer. Where `revision`, the one the
    writer started from, is given, raises AnswerConflictError if another text was saved since.
    A practice of a question that is reserved by now is refused, and its draft stays.
    """
    text = checked_text(text, may_be_blank=False)
    if answer.session.candidate is not None and answer.session.is_practice:
        lock_candidate(answer.session.candidate)  # before the session, as in `start_interview`
    stored = _locked(answer)
    if stored.is_submitted:
        return stored
    check_in_time(stored.session)
    check_open(stored.question)
    if revision is not None and stored.revision != revision and stored.text != text:
        raise AnswerConflictError(stored)
    refuse_reserved_practice(stored.session, [stored.question])
    return freeze_and_queue(stored, text)


def _locked(answer: Answer) -> Answer:
    """The stored answer, with first its session and then itself locked.

    The session's lock puts the submits of one session one after the other. Each then sees what the
    one before it submitted, so that the last one knows that it is the last.
    """
    sessions = InterviewSession.objects.select_for_update(of=("self",))
    session = sessions.filter(pk=answer.session_id).first()
    answers = Answer.objects.select_for_update(of=("self",)).select_related("question")
    stored = answers.filter(pk=answer.pk).first()
    if session is None or stored is None:
        raise RefusedError("session_over", discarded_message())
    stored.session = session
    return stored


def discarded_message() -> str:
    return _("This practice was discarded. Copy what you typed if you still need it.")


def freeze_and_queue(answer: Answer, text: str) -> Answer:
    """Submit the answer. Its session must be locked by the caller; the last answer ends it."""
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
        close_session(session)
    return answer
