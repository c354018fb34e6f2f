"""The form with which one answer is reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.fields import PlainTextField
from grading.models import Verdict
from interview.models import Answer, Review
from interview.services.reviews import lock_for_review, record_review
from interview.standing import StandingPoint, StandingResult
from questions.models import MAX_WORDING_LENGTH

if TYPE_CHECKING:
    from desk.review.rows import ReviewCard  # a card holds its form

COMMENT_LENGTH = 5_000


class OtherReviewerError(Exception):
    """Somebody else saved a review of the same answer since the page was opened."""

    def __init__(self, card: ReviewCard) -> None:
        super().__init__(f"The review of answer {card.answer.pk} was changed elsewhere.")
        self.card = card


class AnswerReviewForm(forms.Form):
    """The review of one answer: comment, note, and a verdict with a comment for each key point."""

    comment = PlainTextField(
        label=gettext_lazy("Comment for the candidate"),
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 2}),
    )
    note = PlainTextField(
        label=gettext_lazy("Note for reviewers only"),
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 2}),
    )
    looked_at = forms.BooleanField(
        label=gettext_lazy("I agree with the machine's verdicts"), required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, answer: Answer, result: StandingResult | None, data: Any = None) -> None:
        review = review_of(answer)
        super().__init__(
            data,
            prefix=f"answer-{answer.pk}",
            initial={
                "comment": review.comment if review else "",
                "note": review.note if review else "",
                "seen": stamp(review),
            },
        )
        self.answer = answer
        self.machine = (
            {point.key_point.key: Verdict(point.match.verdict) for point in result.points}
            if result
            else {}
        )
        for number, point in enumerate(result.points if result else (), 1):
            self.add_point(number, point)
        if review is not None or result is None or not result.grade.needs_review:
            del self.fields["looked_at"]

    def add_point(self, number: int, point: StandingPoint) -> None:
        key, machine, reviewed = point.key_point.key, Verdict(point.match.verdict), point.reviewed
        choices = [("", _("machine: %(verdict)s") % {"verdict": machine.label}), *Verdict.choices]
        verdict = forms.ChoiceField(
            label=_("Verdict on key point %(n)d") % {"n": number}, choices=choices, required=False
        )
        comment = PlainTextField(
            label=_("Comment on key point %(n)d") % {"n": number},
            required=False,
            max_length=COMMENT_LENGTH,
            widget=forms.TextInput({"placeholder": _("Comment for the candidate")}),
        )
        # What the reviewer selected in the answer before changing the verdict. A script fills it.
        pointed = PlainTextField(
            required=False,
            max_length=MAX_WORDING_LENGTH,
            widget=forms.HiddenInput({"data-pointed": "", "data-max-length": MAX_WORDING_LENGTH}),
        )
        self.fields[f"pointed-{key}"] = pointed
        verdict.initial = reviewed.verdict if reviewed else ""
        comment.initial = reviewed.comment if reviewed else ""
        self.fields[f"verdict-{key}"], self.fields[f"comment-{key}"] = verdict, comment

    @property
    def is_touched(self) -> bool:
        return bool(set(self.changed_data) - {"seen"})

    def save(self, card: ReviewCard, reviewer: User) -> Review:
        """Record what was changed.

        Raises OtherReviewerError if the review was saved elsewhere since the page was opened.
        """
        lock_for_review(self.answer)
        stored = Review.objects.filter(answer=self.answer).first()
        if stamp(stored) != self.cleaned_data["seen"]:
            raise OtherReviewerError(card)
        verdicts = {}
        for key, machine in self.machine.items():
            if f"{self.prefix}-verdict-{key}" not in self.data:
                # The answer was graded again under other key points since. A verdict on this one,
                # which the page did not have, is kept.
                continue
            verdict, comment = (
                self.cleaned_data[f"verdict-{key}"],
                self.cleaned_data[f"comment-{key}"],
            )
            # A comment is stored with a verdict. One without a verdict agrees with the machine.
            verdicts[key] = (verdict or (machine.value if comment else ""), comment)
        return record_review(
            answer=self.answer,
            reviewer=reviewer,
            verdicts=verdicts,
            comment=self.cleaned_data["comment"],
            note=self.cleaned_data["note"],
            pointed={
                key: words for key in verdicts if (words := self.cleaned_data[f"pointed-{key}"])
            },
        )


def review_of(answer: Answer) -> Review | None:
    found: Review | None = getattr(answer, "review", None)
    return found


def stamp(review: Review | None) -> str:
    """A stamp of the stored review, by which a page tells whether it was saved elsewhere."""
    return review.updated_at.isoformat() if review else ""
