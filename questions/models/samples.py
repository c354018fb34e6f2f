"""Marked answers, and wordings proposed because of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from questions.models.bank import Question

MAX_WORDING_LENGTH = 300  # characters of a sentence that can be a wording of a key point


class SampleQuerySet(models.QuerySet["Sample"]):
    def in_use(self) -> SampleQuerySet:
        """Samples that grading and the bench read, in a stable order."""
        return self.filter(is_set_aside=False).order_by("name")

    def teaching(self) -> SampleQuerySet:
        """Samples that grading other answers learns from. This is the one rule on it.

        They are in use and accepted. Where one holds a candidate's words, its session is released;
        an author's own marks of a real answer teach also where results need no release.
        """
        needs_no_release = Q(origin=Sample.Origin.ANSWER) & ~Q(
            answer__session__release_policy="on_release"
        )
        open_to_its_candidate = (
            Q(answer__isnull=True)
            | Q(answer__session__released_at__isnull=False)
            | needs_no_release
        )
        return self.in_use().filter(open_to_its_candidate, acceptance=Sample.Acceptance.ACCEPTED)

    def of_released_answers(self) -> SampleQuerySet:
        """What people say of real answers that are released: a second person can decide on it."""
        return self.in_use().filter(answer__session__released_at__isnull=False)


class Sample(models.Model):
    """An answer to a question with a person's credit for each key point.

    A rubric is tried on it, and grading learns from it.

    `marks` is {key: 0, 0.5 or 1}; a key point that nobody marked is left out. Keys outlive rubric
    versions.
    """

    class Origin(models.TextChoices):
        BANK = "bank", _("built in")
        AUTHOR = "author", _("written by an author")
        OVERRIDE = "override", _("reviewer's verdicts")
        ANSWER = "answer", _("real answer marked by an author")

    class Acceptance(models.TextChoices):
        PROPOSED = "proposed", _("waiting for a second person")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.CASCADE, related_name="samples"
    )
    name = models.SlugField(_("name"), max_length=120)
    kind = models.CharField(
        _("kind"),
        max_length=30,
        blank=True,
        help_text=_("A short word: strong, partial, wrong, spoken, …"),
    )
    text = models.TextField(_("answer text"))
    marks = models.JSONField(_("credit per key point"), default=dict)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.AUTHOR)
    answer = models.OneToOneField(
        "interview.Answer",
        verbose_name=_("answer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="sample",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("marked by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    content_hash = models.CharField(_("content hash"), max_length=64, editable=False)
    is_edited = models.BooleanField(_("changed here"), default=False, editable=False)
    is_set_aside = models.BooleanField(
        _("excluded"),
        default=False,
        help_text=_("Not used for learning and not counted on the bench."),
    )
    acceptance = models.CharField(
        _("acceptance"),
        max_length=8,
        choices=Acceptance,
        default=Acceptance.ACCEPTED,
        help_text=_("A reviewer's verdicts teach grading once a second person has accepted them."),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = SampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("marked answer")
        verbose_name_plural = _("marked answers")
        ordering = ["question", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "name"], name="sample_name_once_per_question"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="sample_has_text"),
        ]

    def __str__(self) -> str:
        return self.name


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def pending(self) -> ProposalQuerySet:
        return self.filter(status=Proposal.Status.PENDING)


class Proposal(models.Model):
    """A wording or contradiction that a wrongly graded marked answer suggests.

    It changes nothing until an author accepts it.
    """

    class Kind(models.TextChoices):
        SAYS_IT = "says_it", _("says it")
        CONTRADICTS = "contradicts", _("contradicts")

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting for an author")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.CASCADE, related_name="proposals"
    )
    # The proposal quotes the sample, so it goes with it.
    sample = models.ForeignKey(
        Sample, verbose_name=_("marked answer"), on_delete=models.CASCADE, related_name="proposals"
    )
    key = models.SlugField(_("key point"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    text = models.CharField(_("text"), max_length=MAX_WORDING_LENGTH)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "key", "kind", "text"], name="proposal_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["question"], condition=Q(status="pending"), name="proposal_pending"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"
