"""The text of an answer: check it, keep the draft, submit it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grading.engine import MAX_ANSWER_LENGTH
from grading.services.queue import published_rubric, queue_grade
from interview.models import Answer, DraftRevision, InterviewSession
from interview.services.errors import AnswerConflictError, RefusedError
from interview.services.reserved import refuse_reserved_practice
from interview.services.revisions import NOBODY, Writer, drop_contained, keep_overwritten, set_aside
from interview.services.sessions import check_in_time, check_open, close_session, lock_candidate

UNDO_FOR = timedelta(seconds=5)  # an interview's answer can be taken back so long


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


def save_draft(
    answer: Answer,
    *,
    text: str,
    revision: int,
    writer: Writer = NOBODY,
    insist: bool = False,
) -> Answer:
    """Keep what is typed so far. `revision` is the one the writer started from.

    Raises AnswerConflictError if the stored revision is newer, and sets the text aside, so that it
    is safe here too. With `insist` it becomes the draft all the same; the other text is kept.
    """
    text = checked_text(text, may_be_blank=True)
    with transaction.atomic():
        stored = locked_answer(answer)
        if stored.is_submitted:
            raise RefusedError(
                "answer_submitted",
                _("This answer has already been submitted and can't be changed."),
            )
        check_in_time(stored.session)
        if stored.text == text:
            return stored  # a repeated send of the same text
        if stored.revision == revision or insist:
            _write(stored, text, writer)
            return stored
        set_aside(stored, text, revision=revision, writer=writer)
    raise AnswerConflictError(stored)


def _write(stored: Answer, text: str, writer: Writer) -> None:
    keep_overwritten(stored, text, writer)
    stored.text = text
    stored.revision += 1
    stored.saved_at = timezone.now()
    stored.saved_from, stored.saved_by = writer.device, writer.key
    stored.save(update_fields=["text", "revision", "saved_at", "saved_from", "saved_by"])
    drop_contained(stored, writer)


@transaction.atomic
def take_version_back(answer: Answer, version_id: int, *, writer: Writer = NOBODY) -> Answer:
    """Make an earlier version the draft again. The text that it replaces is kept.

    Raises RefusedError if the version is gone, or the answer can't be changed any more.
    """
    version = DraftRevision.objects.filter(answer=answer, pk=version_id).first()
    if version is None:
        raise RefusedError("version_gone", _("This version is no longer kept."))
    return save_draft(answer, text=version.text, revision=0, writer=writer, insist=True)


def submit_answer(
    answer: Answer,
    *,
    text: str,
    revision: int | None = None,
    writer: Writer = NOBODY,
    insist: bool = False,
    undo_for: timedelta = timedelta(0),
) -> Answer:
    """Freeze the answer and queue its grade. The last answer of a session ends the session.

    A second submit changes nothing and returns the same answer. Where `revision`, the one the
    writer started from, is given, raises AnswerConflictError if another text was saved since, and
    sets this one aside; with `insist` it counts, and the other is kept. The grade falls due after
    `undo_for`; until then `undo_submit` takes the answer back. A practice of a question that is
    reserved by now is refused, and its draft stays.
    """
    text = checked_text(text, may_be_blank=False)
    with transaction.atomic():
        if answer.session.candidate is not None and answer.session.is_practice:
            lock_candidate(answer.session.candidate)  # before the session, as in `start_interview`
        stored = locked_answer(answer)
        if stored.is_submitted:
            return stored
        check_in_time(stored.session)
        check_open(stored.question)
        outdated = revision is not None and stored.revision != revision and stored.text != text
        if insist or not outdated:
            refuse_reserved_practice(stored.session, [stored.question])
            keep_overwritten(stored, text, writer)
            return freeze_and_queue(stored, text, writer=writer, undo_for=undo_for)
        set_aside(stored, text, revision=revision or 0, writer=writer)
    raise AnswerConflictError(stored)


def locked_answer(answer: Answer) -> Answer:
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


def freeze_and_queue(
    answer: Answer,
    text: str,
    *,
    writer: Writer | None = None,
    undo_for: timedelta = timedelta(0),
) -> Answer:
    """Submit the answer. Its session must be locked by the caller; the last answer ends it."""
    now = timezone.now()
    answer.text, answer.status, answer.saved_at, answer.submitted_at = (
        text,
        Answer.Status.SUBMITTED,
        now,
        now,
    )
    answer.revision += 1
    if writer is not None:
        answer.saved_from, answer.saved_by = writer.device, writer.key
    answer.save(
        update_fields=[
            "text",
            "status",
            "revision",
            "saved_at",
            "saved_from",
            "saved_by",
            "submitted_at",
        ]
    )
    queue_grade(answer.pk, rubric=published_rubric(answer.question), due_in=undo_for)
    session = answer.session
    if not session.answers.filter(status=Answer.Status.DRAFT).exists():
        close_session(session)
    return answer
