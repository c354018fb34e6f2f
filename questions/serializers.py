"""The bank as the API shows it: an allow-list of fields for each kind of reader."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from questions.languages import LANGUAGES
from questions.models import KeyPoint, Question, Rubric, Topic


class BothLanguagesSerializer(serializers.Serializer[Any]):
    zh = serializers.CharField(allow_blank=True)
    en = serializers.CharField(allow_blank=True)


@extend_schema_field(BothLanguagesSerializer)
class BothLanguagesField(serializers.Field[Any, Any, Any, Any]):
    """The pair of columns `<field>_zh` and `<field>_en` as one object.

    The field's own name says which, `source` of which row.
    """

    def __init__(self, *, source: str = "*", required: bool | None = None, **kwargs: Any) -> None:
        # In the schema a field that may be missing must not be read-only, though it is.
        super().__init__(source=source, required=required, read_only=required is None, **kwargs)

    def to_representation(self, row: Model) -> dict[str, str]:
        return {language: getattr(row, f"{self.field_name}_{language}") for language in LANGUAGES}


class TopicSerializer(serializers.ModelSerializer[Topic]):
    name = BothLanguagesField()

    class Meta:
        model = Topic
        fields = ("slug", "name")


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """What everybody may read of a question."""

    prompt = BothLanguagesField()
    topics = TopicSerializer(many=True, read_only=True)

    class Meta:
        model = Question
        fields = ("slug", "prompt", "topics", "difficulty", "suggested_minutes")
        read_only_fields = fields


class KeyPointSerializer(serializers.ModelSerializer[KeyPoint]):
    text = BothLanguagesField()
    weight = serializers.FloatField(read_only=True)

    class Meta:
        model = KeyPoint
        fields = ("key", "text", "weight", "required")
        read_only_fields = fields


class RubricSerializer(serializers.ModelSerializer[Rubric]):
    hash = serializers.CharField(source="content_hash", read_only=True)
    key_points = KeyPointSerializer(many=True, read_only=True)

    class Meta:
        model = Rubric
        fields = ("version", "hash", "key_points")
        read_only_fields = fields


class PublishedRubricSerializer(RubricSerializer):
    """A question's."""

    def to_representation(self, instance: Any) -> Any:
        [rubric] = instance.published_rubrics  # fetched by questions.api
        return super().to_representation(rubric)


class QuestionWithAnswerSerializer(QuestionSerializer):
    """The same for readers of the key points, with the model answer and the published rubric."""

    model_answer = BothLanguagesField(
        required=False, help_text="Only for readers with the permission questions.view_keypoint."
    )
    rubric = PublishedRubricSerializer(
        source="*",
        required=False,
        help_text="Only for readers with the permission questions.view_keypoint.",
    )

    class Meta(QuestionSerializer.Meta):
        fields = (*QuestionSerializer.Meta.fields, "model_answer", "rubric")  # type: ignore[assignment]
