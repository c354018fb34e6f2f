"""What a program sends in, and what it reads of an answer and its grade.

Grades are written out here and not in `grading`: the session decides who sees one and whose
verdicts count in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from api.endpoint import ExactCharField
from grading.engine import MAX_ANSWER_LENGTH
from grading.models import Grade, Verdict
from interview.services.answers import checked_text
from interview.services.errors import RefusedError
from interview.standing import StandingPoint
from questions.models import Question
from questions.serializers import BothLanguagesField, BothLanguagesSerializer

MAX_KEY_LENGTH = 200
KEY = re.compile(rf"[!-~]{{1,{MAX_KEY_LENGTH}}}")
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")
MAX_UNKNOWN = 20  # fields named in one item's errors


# In -----------------------------------------------------------------------------------------------


class KeyField(ExactCharField):
    def to_internal_value(self, data: Any) -> str:
        key = super().to_internal_value(data)
        if not KEY.fullmatch(key):
            raise serializers.ValidationError(unusable_key(), "invalid")
        return key


def unusable_key() -> str:
    return _("A key must be 1 to %(limit)d ASCII characters, without spaces.") % {
        "limit": MAX_KEY_LENGTH
    }


class AnswerTextField(ExactCharField):
    """An answer's text, under the same rule as on the pages."""

    def run_validation(self, data: Any = empty) -> Any:
        # In place of CharField's own checks, so that the messages are those of the pages.
        super().validate_empty_values(data)
        try:
            return checked_text(self.to_internal_value(data), may_be_blank=False)
        except RefusedError as error:
            raise serializers.ValidationError(error.message, error.code) from error


class QuestionSlugField(ExactCharField):
    """Looks the question up among those the view fetched for the whole list at once."""

    def to_internal_value(self, data: Any) -> Question:  # type: ignore[override]
        slug = super().to_internal_value(data)
        question = self.context["questions"].get(slug)
        if not isinstance(question, Question):
            raise serializers.ValidationError(_("There is no such question."), "unknown_question")
        return question


class SubmissionSerializer(serializers.Serializer[Any]):
    question = QuestionSlugField(help_text="The question's slug.")
    text = AnswerTextField(help_text=f"The answer, up to {MAX_ANSWER_LENGTH:,} characters.")
    candidate = ExactCharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="What you call the candidate.",
    )
    reference = ExactCharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="What you call this answer.",
    )
    client_key = KeyField(
        required=False, help_text="This answer's own idempotency key, in place of the header's."
    )

    def to_internal_value(self, data: Any) -> Any:
        unknown = [key for key in data if key not in self.fields] if isinstance(data, dict) else []
        errors = {
            key: [ErrorDetail(_("There is no such field."), "unknown_field")]
            for key in unknown[:MAX_UNKNOWN]
        }
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            # The details are a dict, since this is an object.
            both = errors | error.detail  # type: ignore[operator]
            raise serializers.ValidationError(both) from error
        if errors:
            raise serializers.ValidationError(errors)
        return values


def questions_named(items: Iterable[Any]) -> dict[str, Question]:
    """The questions that the raw items name, in one query. Drafts are left out: they are secret."""
    slugs = {
        item["question"]
        for item in items
        if isinstance(item, dict) and isinstance(item.get("question"), str)
    }
    usable = [slug for slug in slugs if SLUG.fullmatch(slug)]
    return {
        question.slug: question
        for question in Question.objects.exclude(status=Question.Status.DRAFT).filter(
            slug__in=usable
        )
    }


# Out ----------------------------------------------------------------------------------------------


class UrlsSerializer(serializers.Serializer[Any]):
    submission = serializers.URLField()
    grade = serializers.URLField(allow_null=True)


class ReceiptSerializer(serializers.Serializer[Any]):
    """The immediate answer to a submission."""

    id = serializers.UUIDField(help_text="The submission's.")
    grade = serializers.UUIDField(help_text="The id of the grade to come.")
    status = serializers.ChoiceField(Grade.Status.choices)
    reference = serializers.CharField(allow_blank=True)
    urls = UrlsSerializer()


class SubmissionStateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    question = serializers.SlugField()
    candidate = serializers.CharField(allow_blank=True, help_text="As sent in.")
    reference = serializers.CharField(allow_blank=True, help_text="As sent in.")
    text = serializers.CharField(
        help_text="The answer as stored, line ends as \\n. Evidence counts its characters."
    )
    submitted_at = serializers.DateTimeField()
    status = serializers.ChoiceField(Grade.Status.choices, help_text="Of the newest grading.")
    failure = serializers.CharField(
        allow_null=True, help_text="Why grading failed. It can be graded again and is never a 0."
    )
    grade = serializers.UUIDField(
        allow_null=True, help_text="The grade that counts; null until the result is shown to you."
    )
    score = serializers.FloatField(
        allow_null=True, help_text="Points, 0 to 100; null until graded and shown to you."
    )
    urls = UrlsSerializer()


class GradedPointSerializer(serializers.Serializer[StandingPoint]):
    """One key point of a result, with the reviewer's verdict over the machine's."""

    key = serializers.SlugField(source="key_point.key")
    text = BothLanguagesField(source="key_point")
    weight = serializers.FloatField(source="key_point.weight")
    # A field of that name, where the base class has an attribute.
    required = serializers.BooleanField(source="key_point.required")  # type: ignore[assignment]
    verdict = serializers.ChoiceField(Verdict.choices)
    credit = serializers.FloatField(
        help_text="Of the verdict: 1, 0.5 or 0. Engines before 3.1 gave any credit from 0 to 1."
    )
    points = serializers.SerializerMethodField(
        help_text="Whole points of the 100; with `cap_points` they add up to the score, rounded. "
        "Null where an engine before 3.1 gave doubtful key points a part of their credit."
    )
    chance = serializers.FloatField(
        source="match.chance", help_text="0 to 1: how likely a person would credit the key point."
    )
    confidence = serializers.FloatField(
        source="match.confidence", help_text="0 to 1: how sure the machine is of its own verdict."
    )
    evidence = serializers.ListField(
        source="match.spans",
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[start, end) in characters (Unicode code points) of the submission's text.",
    )
    words = serializers.SerializerMethodField(help_text="The text of each piece of evidence.")
    machine_verdict = serializers.ChoiceField(Verdict.choices, source="match.verdict")
    reviewed = serializers.SerializerMethodField(help_text="Whether a person set the verdict.")
    comment = serializers.SerializerMethodField(help_text="The reviewer's, on this key point.")
    feedback = serializers.SerializerMethodField(
        help_text="What to add; null for a covered key point."
    )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_words(self, point: StandingPoint) -> list[str]:
        text: str = self.context["text"]
        return [text[start:end] for start, end in point.match.spans]

    def get_points(self, point: StandingPoint) -> int | None:
        points: dict[str, int] = self.context["points"]
        return points.get(point.key_point.key)

    def get_reviewed(self, point: StandingPoint) -> bool:
        return point.reviewed is not None

    def get_comment(self, point: StandingPoint) -> str:
        return point.reviewed.comment if point.reviewed else ""

    @extend_schema_field(BothLanguagesSerializer(allow_null=True))
    def get_feedback(self, point: StandingPoint) -> dict[str, str] | None:
        if point.verdict == Verdict.COVERED:
            return None
        return {"zh": point.key_point.feedback_zh, "en": point.key_point.feedback_en}


class RubricVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    hash = serializers.CharField(source="content_hash")


class GradeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    submission = serializers.UUIDField()
    question = serializers.SlugField()
    status = serializers.ChoiceField(Grade.Status.choices)
    counts = serializers.BooleanField(
        help_text="Whether this is the answer's newest finished grade, the one that counts."
    )
    failure = serializers.CharField(allow_null=True)
    score = serializers.FloatField(
        allow_null=True,
        help_text="Points, 0 to 100, with the reviewer's verdicts in place of the machine's.",
    )
    machine_score = serializers.FloatField(allow_null=True)
    cap_points = serializers.IntegerField(
        allow_null=True,
        help_text="What the cap of a missed required key point takes off: 0 or less.",
    )
    comment = serializers.CharField(
        allow_blank=True, help_text="The reviewer's, on the whole answer."
    )
    key_points = GradedPointSerializer(many=True)
    needs_review = serializers.BooleanField()
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Codes for why a person should look."
    )
    engine_version = serializers.CharField(allow_blank=True)
    rubric = RubricVersionSerializer()
    queued_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
