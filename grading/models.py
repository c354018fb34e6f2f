"""What is stored about grading."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from grading import leases
from grading.engine.types import Verdict as EngineVerdict
from grading.leases import LeasedRow
from questions.models import KeyPoint, Phrase, Rubric

ENGINE_VERSION_LENGTH = 40  # the version of the engine, and the name of a second reader


class Verdict(models.TextChoices):
    """What an answer does with a key point, by machine or by person."""

    COVERED = EngineVerdict.COVERED.value, _("covered")
    PARTIAL = EngineVerdict.PARTIAL.value, _("partial")
    MISSED = EngineVerdict.MISSED.value, _("missed")
    CONTRADICTED = EngineVerdict.CONTRADICTED.value, _("contradicted")


class Grade(LeasedRow):
    """One grading of one answer. Append-only history: grading again adds a row.

    The newest graded row counts.
    """

    class Status(models.TextChoices):
        QUEUED = leases.QUEUED, _("queued")
        RUNNING = leases.RUNNING, _("being graded")
        GRADED = "graded", _("graded")
        FAILED = leases.FAILED, _("failed")

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

    engine_version = models.CharField(
        _("engine version"), max_length=ENGINE_VERSION_LENGTH, blank=True
    )
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

    queued_at = models.DateTimeField(_("queued"), db_default=Now())
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    regrade = models.ForeignKey(
        "interview.Regrade",
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
    chance = models.FloatField(
        _("chance"), help_text=_("0 to 1: how likely a person would credit the key point")
    )
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
    rule = models.CharField(
        _("rule that decided"),
        max_length=30,
        blank=True,
        help_text=_("Empty where no rule decided and the probability alone did."),
    )

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
                condition=Q(chance__gte=0, chance__lte=1), name="match_chance_in_range"
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
