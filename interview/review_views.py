"""The review workspace: one session on one page, with the machine's verdicts, the words behind them, and room for a person's word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from audit.models import AuditEntry
from grading.models import Grade, KeyPointMatch, Verdict
from grading.services import NoRubricError
from interview.dashboard import next_to_review, state_of
from interview.highlight import segments
from interview.models import Answer, InterviewSession, Review
from interview.results import reason_text
from interview.services import (
    RefusedError,
    StandingPoint,
    StandingResult,
    grade_again,
    record_review,
    release_session,
    standing_result,
    with_results,
    withdraw_release,
)
from questions.admin import PlainTextField, signed_in_user

TRAIL_LENGTH = 50
COMMENT_LENGTH = 5_000
POINTED_LENGTH = 300

# Where two key points lean on the same words, the words carry the look of the one a reviewer should see first.
LOOK_ORDER = (Verdict.CONTRADICTED, Verdict.COVERED, Verdict.PARTIAL, Verdict.MISSED)

ACTS: dict[str, str | Promise] = {
    "review.recorded": gettext_lazy("saved a review"),
    "session.released": gettext_lazy("released the result"),
    "session.release_withdrawn": gettext_lazy("withdrew the release"),
    "grade.requested": gettext_lazy("asked to grade again"),
    "regrade.applied": gettext_lazy("applied a regrade"),
    "regrade.undone": gettext_lazy("undid a regrade"),
}


class OtherReviewerError(Exception):
    """Somebody else saved a review of the same answer since this page was opened."""

    def __init__(self, card: Card) -> None:
        super().__init__(f"The review of answer {card.answer.pk} was changed elsewhere.")
        self.card = card


# The form of one answer ---------------------------------------------------------------------------------------------------


class AnswerReviewForm(forms.Form):
    """A person's word on one answer: comment, note, and for each key point a verdict with its comment."""

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
        key, machine, said = point.key_point.key, Verdict(point.match.verdict), point.reviewed
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
        # What the reviewer selected in the answer before changing the verdict; a script fills it in.
        pointed = PlainTextField(
            required=False,
            max_length=POINTED_LENGTH,
            widget=forms.HiddenInput({"data-pointed": ""}),
        )
        self.fields[f"pointed-{key}"] = pointed
        verdict.initial = said.verdict if said else ""
        comment.initial = said.comment if said else ""
        self.fields[f"verdict-{key}"], self.fields[f"comment-{key}"] = verdict, comment

    @property
    def is_touched(self) -> bool:
        return bool(set(self.changed_data) - {"seen"})

    def save(self, card: Card, reviewer: User) -> Review:
        """Record what was changed. Raises OtherReviewerError if the stored review is not the one this form was filled from."""
        stored = Review.objects.select_for_update().filter(answer=self.answer).first()
        if stamp(stored) != self.cleaned_data["seen"]:
            raise OtherReviewerError(card)
        verdicts = {}
        for key, machine in self.machine.items():
            if f"{self.prefix}-verdict-{key}" not in self.data:
                continue  # the answer was graded again under other key points meanwhile; what was said of this one stays
            verdict, comment = (
                self.cleaned_data[f"verdict-{key}"],
                self.cleaned_data[f"comment-{key}"],
            )
            # A comment without a verdict agrees with the machine: it could not be stored otherwise.
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
    """Which state of a review a page was filled from."""
    return review.updated_at.isoformat() if review else ""


# What the page shows --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of the answer's characters, and the numbers of the key points it is evidence for. `look` is a verdict or empty."""

    text: str
    numbers: tuple[str, ...]
    look: str


@dataclass(frozen=True, slots=True)
class PointRow:
    """One key point with its two fields of the form. `percent` is the machine's confidence."""

    number: int
    point: StandingPoint
    verdict: forms.BoundField | None
    comment: forms.BoundField | None
    pointed: forms.BoundField | None

    @property
    def percent(self) -> int:
        return round(100 * self.point.match.confidence)

    @property
    def wording(self) -> str:
        """The author's words that the answer came closest to; a term group in one line."""
        return " / ".join(
            line.strip() for line in self.point.match.matched.splitlines() if line.strip()
        )

    @property
    def machine_label(self) -> str:
        return str(Verdict(self.point.match.verdict).label)

    @property
    def is_overridden(self) -> bool:
        return (
            self.point.reviewed is not None
            and self.point.reviewed.verdict != self.point.match.verdict
        )


@dataclass(slots=True)
class Card:
    """One answer of the session, ready to show. `state`: writing, blank, queued, running, failed or graded."""

    number: int
    answer: Answer
    state: str
    result: StandingResult | None
    newest: Grade | None
    form: AnswerReviewForm | None
    conflict: bool = False

    @property
    def review(self) -> Review | None:
        return review_of(self.answer)

    @property
    def rows(self) -> list[PointRow]:
        points = self.result.points if self.result else ()
        return [
            PointRow(
                number,
                point,
                self.form[f"verdict-{point.key_point.key}"] if self.form else None,
                self.form[f"comment-{point.key_point.key}"] if self.form else None,
                self.form[f"pointed-{point.key_point.key}"] if self.form else None,
            )
            for number, point in enumerate(points, 1)
        ]

    @property
    def marks(self) -> list[Mark]:
        points = self.result.points if self.result else ()
        return marks_of(self.answer.text, [(point.match, point.verdict) for point in points])

    @property
    def reasons(self) -> list[str]:
        return [reason_text(code) for code in self.result.grade.reasons] if self.result else []

    @property
    def is_doubtful(self) -> bool:
        return self.result is not None and self.result.grade.needs_review and self.review is None

    @property
    def history(self) -> list[Grade]:
        return sorted(self.answer.grades.all(), key=lambda grade: -grade.pk)

    @property
    def left_over(self) -> list[str]:
        """Verdicts of the review on key points that the standing grade's rubric does not have any more."""
        known = {point.key_point.key for point in self.result.points} if self.result else set()
        return (
            [str(verdict) for verdict in self.review.verdicts.all() if verdict.key not in known]
            if self.review
            else []
        )


def marks_of(text: str, matches: Iterable[tuple[KeyPointMatch, Verdict]]) -> list[Mark]:
    """The answer cut at the borders of its evidence. Key points are numbered from 1 in the order given."""
    looks: dict[str, Verdict] = {}
    spans = []
    for number, (match, verdict) in enumerate(matches, 1):
        looks[str(number)] = verdict
        spans += [(start, end, str(number)) for start, end in match.spans]
    return [
        Mark(
            part.text,
            part.labels,
            min((looks[label] for label in part.labels), key=LOOK_ORDER.index).value
            if part.labels
            else "",
        )
        for part in segments(text, spans)
    ]


def card_of(number: int, answer: Answer, *, over: bool, may_review: bool, data: Any = None) -> Card:
    result, newest = standing_result(answer), answer.newest_grade
    unsent = "blank" if over else "writing"
    graded = newest.status if newest else str(Grade.Status.QUEUED)
    state = graded if answer.is_submitted else unsent
    if data is not None and f"answer-{answer.pk}-seen" not in data:
        data = None  # sent from a page that did not have this answer's form
    form = AnswerReviewForm(answer, result, data) if may_review and answer.is_submitted else None
    return Card(number, answer, state, result, newest, form)


@dataclass(frozen=True, slots=True)
class TrailLine:
    at: datetime
    who: str
    what: str
    details: list[str]
    reason: str


def trail_of(session: InterviewSession, cards: list[Card]) -> list[TrailLine]:
    """What people did to this session and its answers, newest first."""
    numbers = {f"{Answer._meta.label_lower}:{card.answer.pk}": card.number for card in cards}
    targets = [f"{InterviewSession._meta.label_lower}:{session.pk}", *numbers]
    lines = []
    for entry in AuditEntry.objects.filter(target__in=targets)[:TRAIL_LENGTH]:
        what = str(ACTS.get(entry.action, entry.action))
        if entry.target in numbers:
            what = _("%(act)s (answer %(n)d)") % {"act": what, "n": numbers[entry.target]}
        lines.append(
            TrailLine(
                entry.at,
                entry.actor_name or "–",
                what,
                verdict_changes(entry.old, entry.new),
                entry.reason,
            )
        )
    return lines


def verdict_changes(old: Any, new: Any) -> list[str]:
    """ "key: before → after" for each verdict that a saved review changed."""
    before, after = (
        state.get("verdicts", {}) if isinstance(state, dict) else {} for state in (old, new)
    )
    said = [
        (key, before.get(key, [""])[0], after.get(key, [""])[0])
        for key in sorted({*before, *after})
    ]
    labels = dict(Verdict.choices)
    machine = _("machine")
    return [
        f"{key}: {labels.get(was, machine)} → {labels.get(now, machine)}"
        for key, was, now in said
        if was != now
    ]


# The page -------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def review_session(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show the session; POST saves the review and then does what the pressed button asks for."""
    if not request.user.has_perm("interview.view_interviewsession"):
        raise PermissionDenied
    session = get_object_or_404(
        InterviewSession.objects.select_related(
            "candidate", "question_set", "integrator", "released_by"
        ),
        pk=pk,
    )
    may_review = request.user.has_perms(
        ["interview.change_interviewsession", "interview.add_review"]
    )
    if request.method == "POST" and not may_review:
        raise PermissionDenied
    answers = with_results(session.answers.all()).prefetch_related("grades__requested_by")
    over = session.status == InterviewSession.Status.SUBMITTED
    data = request.POST if request.method == "POST" else None
    cards = [
        card_of(number, answer, over=over, may_review=may_review, data=data)
        for number, answer in enumerate(answers, 1)
    ]
    if request.method == "POST" and save_reviews(request, cards):
        return go_on(request, session, cards)
    following = next_to_review(session)
    context = {
        **site.each_context(request),
        "title": _("Review"),
        "session": session,
        "cards": cards,
        "state": state_of([(card.answer, card.result) for card in cards]),
        "trail": trail_of(session, cards),
        "next_session": following,
        "may_review": may_review,
        "may_grade_again": may_review and request.user.has_perm("grading.add_grade"),
        "has_errors": any(
            card.form is not None and card.form.is_bound and not card.form.is_valid()
            for card in cards
        ),
    }
    return TemplateResponse(request, "admin/interview/review.html", context)


def save_reviews(request: HttpRequest, cards: list[Card]) -> bool:
    """Store every form that was changed, all or none. False, with the reason as a message, when the page must be shown again."""
    sent = [(card, card.form) for card in cards if card.form is not None and card.form.is_bound]
    valid = [form.is_valid() for _card, form in sent]  # every one, so that all errors show at once
    if not all(valid):
        messages.error(request, _("Not saved. Fix what is marked below."))
        return False
    touched = [(card, form) for card, form in sent if form.is_touched]
    try:
        with transaction.atomic():
            for card, form in touched:
                form.save(card, signed_in_user(request))
    except RefusedError as error:
        messages.error(request, error.message)
        return False
    except OtherReviewerError as error:
        show_conflict(request, error.card)
        return False
    saved = len(touched)
    if saved:
        messages.success(
            request, ngettext("%(n)d review saved.", "%(n)d reviews saved.", saved) % {"n": saved}
        )
    return True


def show_conflict(request: HttpRequest, card: Card) -> None:
    """Keep what was typed, say who was faster, and let the next save replace it knowingly."""
    review = review_of(card.answer)
    card.conflict = True
    if card.form is not None:
        data = request.POST.copy()
        data[f"{card.form.prefix}-seen"] = stamp(review)
        card.form = AnswerReviewForm(card.answer, card.result, data)
    messages.error(
        request,
        _(
            "Not saved: %(who)s reviewed answer %(n)d while you had this page open. "
            "Compare, then save again to overwrite it."
        )
        % {"who": review.reviewer.get_username() if review else "–", "n": card.number},
    )


def go_on(request: HttpRequest, session: InterviewSession, cards: list[Card]) -> HttpResponse:
    """After saving: what the pressed button asks for, then the next page."""
    then, user = request.POST.get("then", ""), signed_in_user(request)
    here = reverse("admin:interview_interviewsession_review", args=[session.pk])
    by_id = {f"again-{card.answer.pk}": card for card in cards}
    try:
        if then == "release":
            release_session(session, actor=user)
            messages.success(request, _("Released: the candidate sees the result now."))
        elif then == "withdraw":
            withdraw_release(
                session, actor=user, reason=request.POST.get("reason", "").replace("\0", "")[:500]
            )
            messages.success(request, _("The release was withdrawn."))
        elif then in by_id:
            if not user.has_perm("grading.add_grade"):
                raise PermissionDenied
            grade_again(by_id[then].answer, actor=user)
            messages.success(
                request,
                _("Answer %(n)d is waiting to be graded again.") % {"n": by_id[then].number},
            )
            return HttpResponseRedirect(f"{here}#answer-{by_id[then].number}")
        elif then == "next":
            following = next_to_review(session)
            if following is not None:
                return HttpResponseRedirect(
                    reverse("admin:interview_interviewsession_review", args=[following.pk])
                )
            messages.info(request, _("No other session is waiting."))
    except RefusedError as error:
        messages.error(request, error.message)
    except NoRubricError:
        messages.error(
            request, _("The question has no published key points, so it can't be graded.")
        )
    return HttpResponseRedirect(here)
