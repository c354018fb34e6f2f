"""Words that mean the same across the bank, and words that exclude each other."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class TermQuerySet(models.QuerySet["Term"]):
    def in_use(self) -> TermQuerySet:
        """Entries that grading reads, in their order."""
        return self.filter(is_removed=False).order_by("id")


class Term(models.Model):
    """One entry of the glossary that all questions share.

    It has words that mean the same, or two that exclude each other.

    What a person changed or removed here stays so when the shipped glossary is loaded again;
    `shipped_words` is what its file stated.
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
    """The whole glossary as it was from one change to the next.

    It is kept so that an old grade can be made again.

    The newest is in force.
    """

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
