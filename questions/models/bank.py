"""Topics, questions, rubrics, key points and their phrases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from questions.models.texts import in_language, localized_texts

MAX_NOTE_LENGTH = 300  # characters of why a version came about


class RubricFrozenError(Exception):
    """A published rubric is what grades point at: it never changes.

    Start the next draft instead.
    """


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

    @property
    def ancestors(self) -> list[Topic]:
        """The topics above this one, the highest first."""
        above: list[Topic] = []
        topic = self.parent
        while topic is not None and topic not in above:
            above.insert(0, topic)
            topic = topic.parent
        return above

    def subtree_ids(self) -> set[int]:
        """The ids of this topic and of all topics under it, at any depth."""
        children: dict[int | None, list[int]] = {}
        for pk, parent_id in Topic.objects.order_by().values_list("pk", "parent"):
            children.setdefault(parent_id, []).append(pk)
        found, waiting = {self.pk}, [self.pk]
        while waiting:
            below = [pk for pk in children.get(waiting.pop(), []) if pk not in found]
            found.update(below)
            waiting += below
        return found


class QuestionQuerySet(models.QuerySet["Question"]):
    def published(self) -> QuestionQuerySet:
        """Questions that a candidate may be asked.

        They are published and have a published rubric.
        """
        return self.filter(
            status=Question.Status.PUBLISHED, rubrics__status=Rubric.Status.PUBLISHED
        )

    def in_topic(self, topic: Topic) -> QuestionQuerySet:
        """Questions of the topic itself and of all topics under it, at any depth."""
        return self.filter(topics__in=topic.subtree_ids()).distinct()


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
    # A person changed it here, so no file overwrites it unless it is told to.
    is_edited = models.BooleanField(_("changed here"), default=False, editable=False)
    is_reserved = models.BooleanField(
        _("reserved for interviews"),
        default=False,
        help_text=_("No candidate can practise it, find it or read it in the bank."),
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
    """One version of a question's key points.

    Never changed once published.

    It keeps the prompt it was published with: grading reads the prompt too, and an old grade must
    come out the same again. A draft that `has_own_texts` has a prompt and a model answer of its
    own. Its question gets them when the draft is published.
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
    has_own_texts = models.BooleanField(
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
    note = models.CharField(_("note"), max_length=MAX_NOTE_LENGTH, blank=True)
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
        return localized_texts(self if self.is_frozen or self.has_own_texts else self.question)


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
                f"{rubric} is {rubric.status} and never changes. Start the next draft of its "
                "question instead."
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
    """An author's aid to a key point.

    A term group holds one alternative per line. Kinds are named as in grading.engine.PhraseKind.
    """

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
