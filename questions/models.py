from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def in_language(row: models.Model, field: str) -> str:
    """The row's `field` in the reader's language, or in the other one where that is empty."""
    first, second = ("en", "zh") if (get_language() or "").startswith("en") else ("zh", "en")
    return str(getattr(row, f"{field}_{first}") or getattr(row, f"{field}_{second}"))


def worded(row: Any) -> dict[str, dict[str, str]]:
    """The prompt and the model answer of a question, or those a version of its rubric keeps, in both languages."""
    return {
        name: {language: getattr(row, f"{name}_{language}") for language in ("zh", "en")}
        for name in ("prompt", "model_answer")
    }


class RubricFrozenError(Exception):
    """A published rubric is what grades point at: it never changes. Start the next draft instead."""


class Topic(models.Model):
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self, "name")


class QuestionQuerySet(models.QuerySet["Question"]):
    def published(self) -> QuestionQuerySet:
        """Questions a candidate may be asked: published, with a published rubric to be graded by."""
        return self.filter(
            status=Question.Status.PUBLISHED, rubrics__status=Rubric.Status.PUBLISHED
        )

    def in_topic(self, topic: Topic) -> QuestionQuerySet:
        """Questions of the topic itself and of the topics under it."""
        return self.filter(Q(topics=topic) | Q(topics__parent=topic)).distinct()


class Question(models.Model):
    """What is asked. `slug` is its stable id; its key points live in the versions of its rubric."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    class Difficulty(models.TextChoices):
        EASY = "easy", _("easy")
        MEDIUM = "medium", _("medium")
        HARD = "hard", _("hard")

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    prompt_zh = models.TextField(_("prompt (Chinese)"), blank=True)
    prompt_en = models.TextField(_("prompt (English)"), blank=True)
    model_answer_zh = models.TextField(_("model answer (Chinese)"), blank=True)
    model_answer_en = models.TextField(_("model answer (English)"), blank=True)
    topics = models.ManyToManyField(
        Topic, verbose_name=_("topics"), blank=True, related_name="questions"
    )
    difficulty = models.CharField(
        _("difficulty"), max_length=10, choices=Difficulty, default=Difficulty.MEDIUM
    )
    suggested_minutes = models.PositiveSmallIntegerField(
        _("suggested minutes"), default=5, validators=[MinValueValidator(1)]
    )
    source_url = models.URLField(_("source address"), max_length=500, blank=True)
    seed = models.CharField(
        _("place in the source document"), max_length=10, blank=True, db_index=True
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, db_index=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(prompt_zh="", prompt_en=""),
                name="question_has_a_prompt",
                violation_error_message=_("Write the question in at least one language."),
            )
        ]

    def __str__(self) -> str:
        return self.prompt

    @property
    def prompt(self) -> str:
        return in_language(self, "prompt")

    @property
    def model_answer(self) -> str:
        return in_language(self, "model_answer")


class Rubric(models.Model):
    """One version of a question's key points. Never changed once published.

    It keeps the prompt it was published with: grading reads the prompt too, and an old grade must come out the same again.
    A draft that `rewords` has a prompt and a model answer of its own, which its question gets when it is published.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("retired")

    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.PROTECT, related_name="rubrics"
    )
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    prompt_zh = models.TextField(_("prompt when published (Chinese)"), blank=True, editable=False)
    prompt_en = models.TextField(_("prompt when published (English)"), blank=True, editable=False)
    model_answer_zh = models.TextField(
        _("model answer when published (Chinese)"), blank=True, editable=False
    )
    model_answer_en = models.TextField(
        _("model answer when published (English)"), blank=True, editable=False
    )
    rewords = models.BooleanField(
        _("draft with its own prompt and model answer"), default=False, editable=False
    )
    content_hash = models.CharField(_("content hash"), max_length=64, blank=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")
        ordering = ["question", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["question", "version"], name="rubric_version_once"),
            models.UniqueConstraint(
                fields=["question"], condition=Q(status="published"), name="rubric_one_published"
            ),
            models.UniqueConstraint(
                fields=["question"], condition=Q(status="draft"), name="rubric_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | (~Q(content_hash="") & Q(published_at__isnull=False)),
                name="rubric_published_is_hashed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question.slug} v{self.version}"

    @property
    def is_frozen(self) -> bool:
        return self.status != self.Status.DRAFT

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """The prompt and the model answer that go with this version."""
        return worded(self if self.is_frozen or self.rewords else self.question)


class RubricPart(models.Model):
    """Rows that belong to a rubric's content: refuse to change once it is published."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.refuse_if_frozen()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.refuse_if_frozen()
        return super().delete(*args, **kwargs)

    def owning_rubric(self) -> Rubric:
        raise TypeError(f"{type(self).__name__} does not say which rubric it belongs to.")

    def refuse_if_frozen(self) -> None:
        rubric = self.owning_rubric()
        if rubric.is_frozen:
            raise RubricFrozenError(
                f"{rubric} is {rubric.status} and never changes. Start the next draft of its question instead."
            )


class KeyPoint(RubricPart):
    """One idea a good answer contains. `key` is stable across the versions of a rubric."""

    rubric = models.ForeignKey(
        Rubric, verbose_name=_("rubric"), on_delete=models.CASCADE, related_name="key_points"
    )
    key = models.SlugField(_("key"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    text_zh = models.TextField(_("text (Chinese)"), blank=True)
    text_en = models.TextField(_("text (English)"), blank=True)
    weight = models.DecimalField(
        _("weight"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    required = models.BooleanField(
        _("required"), default=False, help_text=_("An answer without it can't pass.")
    )
    hint_zh = models.TextField(_("hint (Chinese)"), blank=True)
    hint_en = models.TextField(_("hint (English)"), blank=True)
    feedback_zh = models.TextField(_("feedback when missed (Chinese)"), blank=True)
    feedback_en = models.TextField(_("feedback when missed (English)"), blank=True)

    class Meta:
        verbose_name = _("key point")
        verbose_name_plural = _("key points")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="key_point_key_once"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="key_point_weight_positive"),
            models.CheckConstraint(
                condition=~Q(text_zh="", text_en=""),
                name="key_point_has_a_text",
                violation_error_message=_("Write the key point in at least one language."),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return in_language(self, "text")

    @property
    def hint(self) -> str:
        return in_language(self, "hint")

    @property
    def feedback(self) -> str:
        return in_language(self, "feedback")

    def owning_rubric(self) -> Rubric:
        return self.rubric


class Phrase(RubricPart):
    """An author's aid to a key point. A term group holds one alternative per line. Kinds are named as in grading.engine.PhraseKind."""

    class Kind(models.TextChoices):
        SAYS_IT = "says_it", _("says it")
        TERM_GROUP = "term_group", _("term group")
        CONTRADICTS = "contradicts", _("contradicts")

    key_point = models.ForeignKey(
        KeyPoint, verbose_name=_("key point"), on_delete=models.CASCADE, related_name="phrases"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.SAYS_IT)
    text = models.TextField(_("text"), help_text=_("A term group has one alternative per line."))
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.text

    def owning_rubric(self) -> Rubric:
        return self.key_point.rubric


# Marked answers -----------------------------------------------------------------------------------------------------


class SampleQuerySet(models.QuerySet["Sample"]):
    def in_use(self) -> SampleQuerySet:
        """Samples that grading and the bench read, in a stable order."""
        return self.filter(is_set_aside=False).order_by("name")


class Sample(models.Model):
    """An answer to a question with a person's credit per key point: what a rubric is tried on, and what grading learns from.

    `marks` is {key: 0, 0.5 or 1}; a key point that nobody marked is left out. Keys outlive rubric versions.
    """

    class Origin(models.TextChoices):
        BANK = "bank", _("shipped with the bank")
        AUTHOR = "author", _("written by an author")
        OVERRIDE = "override", _("reviewer's verdicts")
        ANSWER = "answer", _("real answer marked by an author")

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
    """A wording or contradiction that a wrongly graded marked answer suggests. It changes nothing until an author accepts it."""

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
    text = models.CharField(_("text"), max_length=300)
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


# Files on their way in -----------------------------------------------------------------------------------------------


class PendingImport(models.Model):
    """An uploaded file between its preview and its owner's word. It is gone once imported, given up, or an hour old."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    name = models.CharField(_("file name"), max_length=200)
    prefix = models.CharField(_("prefix"), max_length=60, blank=True)
    content = models.BinaryField(_("content"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("file to import")
        verbose_name_plural = _("files to import")

    def __str__(self) -> str:
        return self.name


# The glossary -------------------------------------------------------------------------------------------------------


class TermQuerySet(models.QuerySet["Term"]):
    def in_use(self) -> TermQuerySet:
        """Entries that grading reads, in their order."""
        return self.filter(is_removed=False).order_by("id")


class Term(models.Model):
    """One entry of the glossary all questions share: words that mean the same, or two that exclude each other.

    What a person changed or removed here stays so when the shipped glossary is loaded again; `shipped_words` is what its file stated.
    """

    class Kind(models.TextChoices):
        SAME = "same", _("mean the same")
        OPPOSITE = "opposite", _("exclude each other")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SAME)
    words = models.TextField(
        _("words"), help_text=_("One word or expression per line, in either language.")
    )
    shipped_words = models.TextField(_("built-in words"), blank=True, editable=False)
    is_edited = models.BooleanField(_("changed here"), default=False, editable=False)
    is_removed = models.BooleanField(_("removed here"), default=False, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("glossary entry")
        verbose_name_plural = _("glossary")
        ordering = ["id"]

    def __str__(self) -> str:
        return (" / " if self.kind == self.Kind.OPPOSITE else "、").join(self.word_list)

    @property
    def word_list(self) -> list[str]:
        return self.words.splitlines()


class GlossaryVersion(models.Model):
    """The whole glossary as it was from one change to the next, so that an old grade can be made again. The newest is in force."""

    content_hash = models.CharField(_("content hash"), max_length=64, db_index=True)
    content = models.JSONField(
        _("content"),
        help_text=_("groups: words that mean the same; opposites: pairs that exclude each other"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("version of the glossary")
        verbose_name_plural = _("versions of the glossary")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.content_hash[:12]
