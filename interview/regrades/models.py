"""What is stored about regrades."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from grading import leases
from grading.leases import LeasedRow
from grading.models import ENGINE_VERSION_LENGTH, Grade
from questions.models import Question, Rubric


class Regrade(LeasedRow):
    """A dry run over a question's graded answers, and what was then done with it.

    Nothing counts before it is applied. The lease is on the dry run, and a worker that gets on
    with it is forgiven its former tries.
    """

    class Status(models.TextChoices):
        QUEUED = leases.QUEUED, _("queued")
        RUNNING = leases.RUNNING, _("dry run in progress")
        READY = "ready", _("ready to apply")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = leases.FAILED, _("failed")
        SET_ASIDE = "set_aside", _("closed")

    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.PROTECT, related_name="regrades"
    )
    rubric = models.ForeignKey(
        Rubric, verbose_name=_("rubric"), on_delete=models.PROTECT, related_name="regrades"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    total = models.PositiveIntegerField(_("answers"), default=0)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested"), db_default=Now())
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
        """(name, label) of what became of it.

        That is its status until it is applied, at least to some answers, or undone.
        """
        if self.status in (self.Status.READY, self.Status.SET_ASIDE):
            if self.undone_at:
                return "undone", str(_("undone"))
            if self.applied_at:
                return "applied", str(_("applied"))
        return self.status, self.get_status_display()


class RegradeRow(models.Model):
    """One answer of a regrade: the grade it had, and the one it would get.

    The new grade is kept whole, so that applying it grades nothing twice.
    """

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
    engine_version = models.CharField(
        _("engine version"), max_length=ENGINE_VERSION_LENGTH, blank=True
    )
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
