"""What is stored about interviews."""

from __future__ import annotations

import uuid
import zlib
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.engine import MAX_ANSWER_LENGTH
from grading.models import Grade, Verdict

# Django looks for models here.
from interview.regrades.models import Regrade, RegradeRow  # noqa: F401
from questions.models import Question, in_language

models.TextField.register_lookup(Length)


def checksum_of(text: str) -> str:
    """Length and CRC-32 of a text. By it a browser knows whether its own copy is that text."""
    return f"{len(text)}-{zlib.crc32(text.encode())}"


class QuestionSet(models.Model):
    """Questions in an order, and the rules they are answered under.

    Every practice makes a set of its own.
    """

    class Mode(models.TextChoices):
        PRACTICE = "practice", _("practice")
        INTERVIEW = "interview", _("interview")

    class ReleasePolicy(models.TextChoices):
        WHEN_GRADED = "when_graded", _("as soon as it is graded")
        ON_RELEASE = "on_release", _("when an interviewer releases it")

    title_zh = models.CharField(_("title (Chinese)"), max_length=120, blank=True)
    title_en = models.CharField(_("title (English)"), max_length=120, blank=True)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.INTERVIEW)
    release_policy = models.CharField(
        _("candidate sees the result"),
        max_length=12,
        choices=ReleasePolicy,
        default=ReleasePolicy.ON_RELEASE,
    )
    minutes = models.PositiveSmallIntegerField(
        _("total minutes"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    is_open = models.BooleanField(
        _("open to candidates"),
        default=False,
        help_text=_("Every candidate may start it from the home page."),
    )
    starts_at = models.DateTimeField(
        _("can be started from"), null=True, blank=True, help_text=_("Empty: at once.")
    )
    ends_at = models.DateTimeField(
        _("can be started until"), null=True, blank=True, help_text=_("Empty: no end.")
    )
    is_open_book = models.BooleanField(
        _("open-book"),
        default=False,
        help_text=_(
            "Candidates may practise its questions until they begin. Otherwise nobody who may "
            "still take it can practise them."
        ),
    )
    questions = models.ManyToManyField(
        Question, verbose_name=_("questions"), through="SetQuestion", related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("question set")
        verbose_name_plural = _("question sets")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="question_set_ends_after_it_starts",
                violation_error_message=_("The end must be later than the start."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_language(self, "title") or str(self.get_mode_display())

    @property
    def is_running(self) -> bool:
        """Whether now is between its dates."""
        now = timezone.now()
        return (self.starts_at is None or self.starts_at <= now) and (
            self.ends_at is None or now < self.ends_at
        )


# What a set says of its sessions. Each session keeps a copy from its start, so that a later change
# of the set shows nothing that was held back.
POLICY_FIELDS = ("mode", "release_policy", "minutes")


def policy_of(question_set: QuestionSet) -> dict[str, Any]:
    return {name: getattr(question_set, name) for name in POLICY_FIELDS}


class SetQuestion(models.Model):
    question_set = models.ForeignKey(
        QuestionSet, on_delete=models.CASCADE, related_name="set_questions"
    )
    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.PROTECT, related_name="+"
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("question of the set")
        verbose_name_plural = _("questions of the set")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["question_set", "question"], name="set_question_once")
        ]

    def __str__(self) -> str:
        return str(self.question)


class SessionQuerySet(models.QuerySet["InterviewSession"]):
    def of(self, user: User | AnonymousUser) -> SessionQuerySet:
        """The sessions this candidate answered.

        Every candidate page starts here, so that nobody reads another's.
        """
        return self.filter(candidate_id=user.pk) if user.pk else self.none()


class InterviewSession(models.Model):
    """One candidate's run through a set, on our pages or sent in by another program."""

    class Status(models.TextChoices):
        OPEN = "open", _("in progress")
        SUBMITTED = "submitted", _("submitted")

    class Channel(models.TextChoices):
        PAGES = "pages", _("pages")
        API = "api", _("API")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    candidate = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("candidate"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
    )
    question_set = models.ForeignKey(
        QuestionSet,
        verbose_name=_("question set"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
    )
    # The set's policy at the start; the defaults are those of a lone practice.
    mode = models.CharField(
        _("mode"), max_length=10, choices=QuestionSet.Mode, default=QuestionSet.Mode.PRACTICE
    )
    release_policy = models.CharField(
        _("candidate sees the result"),
        max_length=12,
        choices=QuestionSet.ReleasePolicy,
        default=QuestionSet.ReleasePolicy.WHEN_GRADED,
    )
    minutes = models.PositiveSmallIntegerField(_("total minutes"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=5, choices=Channel, default=Channel.PAGES)
    integrator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sent by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    external_candidate = models.CharField(_("sender's candidate id"), max_length=200, blank=True)
    external_reference = models.CharField(_("sender's reference"), max_length=200, blank=True)
    client_key = models.CharField(  # noqa: DJ001 - NULL is no key, and may occur many times
        _("idempotency key"),
        max_length=255,
        null=True,
        blank=True,
        editable=False,
        help_text=_("Sending the same key again returns the same row."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)
    close_retry_at = models.DateTimeField(
        _("ended by the sweep not before"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Set when the sweep could not end the session."),
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("released by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("interview session")
        verbose_name_plural = _("interview sessions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(candidate__isnull=False) | Q(integrator__isnull=False),
                name="session_belongs_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="submitted") | Q(submitted_at__isnull=False),
                name="session_submitted_has_time",
            ),
            models.UniqueConstraint(
                fields=["integrator", "client_key"], name="session_client_key_once"
            ),
        ]
        indexes = [models.Index(fields=["candidate", "-id"], name="session_of_candidate")]

    def __str__(self) -> str:
        return f"{self.who} · {timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"

    @property
    def who(self) -> str:
        """The candidate's name, or what the sending program calls them."""
        return (
            self.candidate.get_username()
            if self.candidate
            else self.external_candidate or str(_("unnamed"))
        )

    @property
    def is_practice(self) -> bool:
        return self.mode == QuestionSet.Mode.PRACTICE

    @property
    def is_over(self) -> bool:
        return self.status == self.Status.SUBMITTED or (
            self.deadline is not None and self.deadline <= timezone.now()
        )


class AnswerQuerySet(models.QuerySet["Answer"]):
    def submitted(self) -> AnswerQuerySet:
        return self.filter(status=Answer.Status.SUBMITTED)


class Answer(models.Model):
    """The text as typed: an autosaved draft until submitted, frozen after."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(
        InterviewSession,
        verbose_name=_("session"),
        on_delete=models.PROTECT,
        related_name="answers",
    )
    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.PROTECT, related_name="+"
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    text = models.TextField(_("answer text"), blank=True)
    revision = models.PositiveIntegerField(
        _("revision"), default=0, help_text=_("How often the draft was saved.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)
    saved_from = models.CharField(
        _("device that saved it"), max_length=60, blank=True, editable=False
    )
    saved_by = models.CharField(
        _("sign-in that saved it"),
        max_length=16,
        blank=True,
        editable=False,
        help_text=_("A hash. It tells two sign-ins apart and leads back to neither."),
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["order", "attempt", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "question", "attempt"], name="answer_attempt_once"
            ),
            models.CheckConstraint(
                condition=Q(text__length__lte=MAX_ANSWER_LENGTH), name="answer_length"
            ),
            models.CheckConstraint(
                condition=~Q(status="submitted") | (~Q(text="") & Q(submitted_at__isnull=False)),
                name="answer_submitted_has_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question.slug} #{self.attempt}"

    @property
    def is_submitted(self) -> bool:
        return self.status == self.Status.SUBMITTED

    @property
    def checksum(self) -> str:
        return checksum_of(self.text)

    @property
    def newest_grade(self) -> Grade | None:
        """The last grading, whatever came of it. Uses prefetched grades where there are any."""
        return max(self.grades.all(), key=lambda grade: grade.pk, default=None)

    @property
    def standing_grade(self) -> Grade | None:
        """The newest grading that succeeded: the one that counts."""
        graded = (grade for grade in self.grades.all() if grade.status == Grade.Status.GRADED)
        return max(graded, key=lambda grade: grade.pk, default=None)


class DraftRevision(models.Model):
    """A text of a draft that another one replaced, or that lost to one saved elsewhere.

    Kept for the candidate, who can take it back while the session is open. Reviewers see none.
    """

    answer = models.ForeignKey(
        Answer,
        verbose_name=_("answer"),
        on_delete=models.CASCADE,
        related_name="earlier_versions",
    )
    revision = models.PositiveIntegerField(_("revision"))
    text = models.TextField(_("answer text"))
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    saved_from = models.CharField(_("device that saved it"), max_length=60, blank=True)
    saved_by = models.CharField(_("sign-in that saved it"), max_length=16, blank=True)
    is_aside = models.BooleanField(
        _("set aside"),
        default=False,
        help_text=_("Sent from an older revision, so that it never became the draft."),
    )

    class Meta:
        verbose_name = _("earlier version")
        verbose_name_plural = _("earlier versions")
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(text__length__lte=MAX_ANSWER_LENGTH), name="draft_revision_length"
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer_id}: {self.revision}"


class Review(models.Model):
    """A person's verdicts and comments on an answer.

    They replace the machine's verdicts, also when the answer is graded again.
    """

    answer = models.OneToOneField(
        Answer, verbose_name=_("answer"), on_delete=models.PROTECT, related_name="review"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reviewer"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    comment = models.TextField(_("comment for the candidate"), blank=True)
    note = models.TextField(_("note for reviewers"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reviewer} · {self.answer}"


class ReviewVerdict(models.Model):
    """A reviewer's verdict on one key point.

    It names the key and not the row, so that it stays when the rubric gets a new version.
    """

    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="verdicts"
    )
    key = models.SlugField(_("key point"), max_length=60)
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("reviewer's verdict")
        verbose_name_plural = _("reviewers' verdicts")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "key"], name="review_verdict_once_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.get_verdict_display()}"
