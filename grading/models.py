"""What is stored about grading."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from grading.engine.types import Verdict as EngineVerdict
from questions.models import KeyPoint, Phrase, Question, Rubric


class Verdict(models.TextChoices):
    """What an answer does with a key point, by machine or by person."""

    COVERED = EngineVerdict.COVERED.value, _("covered")
    PARTIAL = EngineVerdict.PARTIAL.value, _("partial")
    MISSED = EngineVerdict.MISSED.value, _("missed")
    CONTRADICTED = EngineVerdict.CONTRADICTED.value, _("contradicted")


class GradeQuerySet(models.QuerySet["Grade"]):
    """The row is the queue. Every step is one conditional UPDATE, on the database's clock, counted by its rows."""

    def unfinished(self) -> GradeQuerySet:
        return self.filter(status__in=[Grade.Status.QUEUED, Grade.Status.RUNNING])

    def claimable(self) -> GradeQuerySet:
        """Queued and due, or running under a lease that ran out, with a try left."""
        return self.filter(
            Q(status=Grade.Status.QUEUED, due_at__lte=Now())
            | Q(status=Grade.Status.RUNNING, lease_until__lt=Now()),
            attempts__lt=settings.GRADE_MAX_ATTEMPTS,
        )

    def claim(self, grade_id: int) -> uuid.UUID | None:
        """Take a grade for this worker: the lease's token, or None if somebody else has it or it is done."""
        token = uuid.uuid4()
        taken = (
            self.claimable()
            .filter(pk=grade_id)
            .update(
                status=Grade.Status.RUNNING,
                lease_token=token,
                lease_until=Now() + timedelta(seconds=settings.GRADE_LEASE_S),
                attempts=F("attempts") + 1,
                started_at=Now(),
            )
        )
        return token if taken else None

    def held(self, grade_id: int, token: uuid.UUID) -> GradeQuerySet:
        """The row, if this worker's lease on it still stands."""
        return self.filter(pk=grade_id, status=Grade.Status.RUNNING, lease_token=token)


class Grade(models.Model):
    """One grading of one answer. Append-only history: grading again adds a row, the newest graded one counts."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("being graded")
        GRADED = "graded", _("graded")
        FAILED = "failed", _("failed")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    answer = models.ForeignKey(
        "interview.Answer",
        verbose_name=_("answer"),
        on_delete=models.PROTECT,
        related_name="grades",
    )
    rubric = models.ForeignKey(
        Rubric, verbose_name=_("rubric"), on_delete=models.PROTECT, related_name="grades"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)

    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    lease_token = models.UUIDField(_("lease token"), null=True, blank=True)
    due_at = models.DateTimeField(_("not before"), db_default=Now())
    dispatched_at = models.DateTimeField(_("message sent"), null=True, blank=True)
    dispatches = models.PositiveIntegerField(_("messages sent"), default=0)

    engine_version = models.CharField(_("engine version"), max_length=40, blank=True)
    glossary_hash = models.CharField(_("hash of the glossary"), max_length=64, blank=True)
    samples_hash = models.CharField(_("hash of the marked answers used"), max_length=64, blank=True)
    score = models.DecimalField(
        _("score"),
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    needs_review = models.BooleanField(_("needs review"), default=False)
    reasons = models.JSONField(_("reasons for review"), default=list, blank=True)
    error = models.TextField(_("error"), blank=True)

    queued_at = models.DateTimeField(_("queued"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    regrade = models.ForeignKey(
        "Regrade",
        verbose_name=_("regrade it came from"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="grades",
    )
    restores = models.ForeignKey(
        "self",
        verbose_name=_("previous grade it restores"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_(
            "Set where a regrade was undone: a copy of that grade, so that it counts again."
        ),
    )

    objects = GradeQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["answer"],
                condition=Q(status__in=["queued", "running"]),
                name="grade_one_unfinished",
            ),
            models.CheckConstraint(
                condition=~Q(status="graded")
                | (Q(score__isnull=False) & Q(finished_at__isnull=False) & ~Q(engine_version="")),
                name="grade_graded_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | (~Q(error="") & Q(score__isnull=True)),
                name="grade_failed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100),
                name="grade_score_in_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["dispatched_at"],
                condition=Q(status__in=["queued", "running"]),
                name="grade_unfinished",
            ),
            models.Index(fields=["answer", "-id"], name="grade_newest_of_answer"),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.public_id}"

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.GRADED, self.Status.FAILED)


class KeyPointMatch(models.Model):
    """The machine's verdict on one key point, with the words that led to it."""

    grade = models.ForeignKey(
        Grade, verbose_name=_("grade"), on_delete=models.CASCADE, related_name="matches"
    )
    key_point = models.ForeignKey(
        KeyPoint, verbose_name=_("key point"), on_delete=models.PROTECT, related_name="+"
    )
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict)
    credit = models.FloatField(_("credit"))
    confidence = models.FloatField(_("confidence"))
    evidence = models.JSONField(
        _("evidence"),
        default=list,
        help_text=_("[start, end) in characters of the answer as typed"),
    )
    matched = models.TextField(_("matched wording"), blank=True)
    matched_kind = models.CharField(
        _("kind of wording"), max_length=12, choices=Phrase.Kind, blank=True
    )
    sample = models.CharField(_("similar marked answer"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("key point match")
        verbose_name_plural = _("key point matches")
        ordering = ["key_point__order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["grade", "key_point"], name="match_once_per_key_point"),
            models.CheckConstraint(
                condition=Q(credit__gte=0, credit__lte=1), name="match_credit_in_range"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="match_confidence_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_point.key}: {self.get_verdict_display()}"

    @property
    def spans(self) -> list[tuple[int, int]]:
        evidence: list[Any] = self.evidence
        return [(int(start), int(end)) for start, end in evidence]


class RegradeQuerySet(models.QuerySet["Regrade"]):
    """The row is the queue here too, as with grades. A worker that gets on is forgiven its former tries."""

    def unfinished(self) -> RegradeQuerySet:
        return self.filter(status__in=[Regrade.Status.QUEUED, Regrade.Status.RUNNING])

    def claimable(self) -> RegradeQuerySet:
        return self.filter(
            Q(status=Regrade.Status.QUEUED, due_at__lte=Now())
            | Q(status=Regrade.Status.RUNNING, lease_until__lt=Now()),
            attempts__lt=settings.GRADE_MAX_ATTEMPTS,
        )

    def claim(self, regrade_id: int) -> uuid.UUID | None:
        """Take a dry run for this worker: the lease's token, or None if somebody else has it or it is done."""
        token = uuid.uuid4()
        taken = (
            self.claimable()
            .filter(pk=regrade_id)
            .update(
                status=Regrade.Status.RUNNING,
                lease_token=token,
                lease_until=Now() + timedelta(seconds=settings.GRADE_LEASE_S),
                attempts=F("attempts") + 1,
            )
        )
        return token if taken else None

    def held(self, regrade_id: int, token: uuid.UUID) -> RegradeQuerySet:
        return self.filter(pk=regrade_id, status=Regrade.Status.RUNNING, lease_token=token)


class Regrade(models.Model):
    """A dry run over a question's graded answers, and what was then done with it. Nothing counts before it is applied."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("dry run in progress")
        READY = "ready", _("ready to apply")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")
        SET_ASIDE = "set_aside", _("closed")

    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.PROTECT, related_name="regrades"
    )
    rubric = models.ForeignKey(
        Rubric, verbose_name=_("rubric"), on_delete=models.PROTECT, related_name="regrades"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    total = models.PositiveIntegerField(_("answers"), default=0)
    error = models.TextField(_("error"), blank=True)

    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    lease_token = models.UUIDField(_("lease token"), null=True, blank=True)
    due_at = models.DateTimeField(_("not before"), db_default=Now())
    dispatched_at = models.DateTimeField(_("message sent"), null=True, blank=True)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested"), db_default=Now())
    finished_at = models.DateTimeField(_("dry run finished"), null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("applied by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("undone by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    objects = RegradeQuerySet.as_manager()

    class Meta:
        verbose_name = _("regrade")
        verbose_name_plural = _("regrades")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(status__in=["queued", "running"]),
                name="regrade_one_dry_run",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(error=""), name="regrade_failed_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rubric} #{self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def state(self) -> tuple[str, str]:
        """(name, label) of what became of it: its status until it is applied, at least to some, or undone."""
        if self.status in (self.Status.READY, self.Status.SET_ASIDE):
            if self.undone_at:
                return "undone", str(_("undone"))
            if self.applied_at:
                return "applied", str(_("applied"))
        return self.status, self.get_status_display()


class RegradeRow(models.Model):
    """One answer of a regrade: the grade it had, and the one it would get, kept whole so that applying it grades nothing twice."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        PREVIEWED = "previewed", _("previewed")
        REFUSED = "refused", _("could not be graded")
        APPLIED = "applied", _("applied")
        OVERTAKEN = "overtaken", _("superseded")
        UNDONE = "undone", _("undone")

    regrade = models.ForeignKey(Regrade, on_delete=models.CASCADE, related_name="rows")
    answer = models.ForeignKey(
        "interview.Answer", verbose_name=_("answer"), on_delete=models.PROTECT, related_name="+"
    )
    old_grade = models.ForeignKey(
        Grade, verbose_name=_("previous grade"), on_delete=models.PROTECT, related_name="+"
    )
    new_grade = models.ForeignKey(
        Grade,
        verbose_name=_("grade"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    error = models.TextField(_("error"), blank=True)

    score = models.DecimalField(_("score"), max_digits=4, decimal_places=1, null=True, blank=True)
    needs_review = models.BooleanField(_("needs review"), default=False)
    reasons = models.JSONField(_("reasons for review"), default=list, blank=True)
    engine_version = models.CharField(_("engine version"), max_length=40, blank=True)
    glossary_hash = models.CharField(_("hash of the glossary"), max_length=64, blank=True)
    samples_hash = models.CharField(_("hash of the marked answers used"), max_length=64, blank=True)
    matches = models.JSONField(
        _("key point matches"),
        default=list,
        blank=True,
        help_text=_("The fields of KeyPointMatch, by key"),
    )

    verdict_changes = models.JSONField(
        _("changed verdicts"), default=list, blank=True, help_text=_("[key, before, after]")
    )
    stood = models.DecimalField(
        _("score before"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    stands = models.DecimalField(
        _("score after"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    change = models.DecimalField(_("change"), max_digits=4, decimal_places=1, null=True, blank=True)
    human_verdicts = models.PositiveSmallIntegerField(_("human verdicts kept"), default=0)

    class Meta:
        verbose_name = _("answer of a regrade")
        verbose_name_plural = _("answers of a regrade")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["regrade", "answer"], name="regrade_row_once_per_answer"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["previewed", "applied"])
                | (Q(score__isnull=False) & Q(stands__isnull=False)),
                name="regrade_row_previewed_is_complete",
            ),
        ]
        indexes = [models.Index(fields=["regrade", "status"], name="regrade_row_state")]

    def __str__(self) -> str:
        return f"{self.answer_id}: {self.stood} → {self.stands}"
