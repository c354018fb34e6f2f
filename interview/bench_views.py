"""The test bench: one question's rubric, draft beside published, tried on texts and held against marked answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from audit.services import record_change
from grading import engine
from grading.bench import (
    BUDGET_S,
    SAYS_SO,
    Bench,
    Measured,
    PhraseCount,
    PointCount,
    benches_of,
    count_phrases,
    count_points,
    lessons_on_bench,
    marked_answers,
    measure,
    try_text,
)
from grading.models import Grade, Verdict
from grading.proposals import (
    KeyPointGoneError,
    ProposalDecidedError,
    accept_proposal,
    add_phrase,
    dismiss_proposal,
    effect_of_proposal,
    propose_changes,
)
from interview.highlight import segments
from interview.models import MAX_ANSWER_LENGTH, Answer
from questions.admin import PlainTextField, signed_in_user
from questions.drafting import NothingToDraftError, draft_from_model_answer
from questions.editor_views import log_edit
from questions.importing.fields import MAX_SAMPLE_KIND
from questions.models import Phrase, Proposal, Question, Rubric, Sample
from questions.samples import remove_sample, write_sample

REAL_ANSWERS = 20  # the newest, offered for trying
SHOWN_PROPOSALS = 20
MOST_PROPOSED = 30  # wrong samples looked at in one request
MARKS = [("", "–"), ("1", "1"), ("0.5", "½"), ("0", "0")]
KINDS = [
    "strong",
    "partial",
    "weak",
    "wrong",
    "spoken",
    "concise",
    "paraphrase",
    "rambling",
    "english",
    "mixed",
]
LOOK_ORDER = (Verdict.CONTRADICTED, Verdict.COVERED, Verdict.PARTIAL)
CHANGED = "bench-changed"  # what the rest of the page listens for


# What is sent in ------------------------------------------------------------------------------------------------------------


class SourceForm(forms.Form):
    """Which text is on the bench: a sample, a real answer, or one that was pasted."""

    text = PlainTextField(required=False, max_length=MAX_ANSWER_LENGTH, strip=True)
    sample = forms.IntegerField(required=False, min_value=1)
    answer = forms.IntegerField(required=False, min_value=1)
    learning = forms.BooleanField(required=False)


class PhraseForm(forms.Form):
    key = forms.SlugField(max_length=60)
    phrase_kind = forms.ChoiceField(choices=Phrase.Kind.choices)
    wording = PlainTextField(max_length=300)


class MarkForm(forms.Form):
    """A person's credit for each key point of the text."""

    kind = forms.CharField(required=False, max_length=MAX_SAMPLE_KIND)

    def __init__(self, keys: Iterable[str], data: Any) -> None:
        super().__init__(data)
        for key in keys:
            self.fields[f"mark-{key}"] = forms.ChoiceField(choices=MARKS, required=False)

    @property
    def marks(self) -> dict[str, float]:
        named = {
            name.removeprefix("mark-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("mark-")
        }
        return {key: float(value) for key, value in named.items() if value}


class RefusedTextError(Exception):
    """What was sent can't be put on the bench; the message says why."""


# What a page shows ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """One rubric's verdict on one key point of the text."""

    result: engine.KeyPointResult

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.result.verdict.value)

    @property
    def percent(self) -> int:
        return round(100 * self.result.confidence)

    @property
    def wording(self) -> str:
        return " / ".join(
            line.strip() for line in (self.result.matched or "").splitlines() if line.strip()
        )

    @property
    def kind(self) -> str:
        return (
            str(Phrase.Kind(self.result.matched_kind.value).label)
            if self.result.matched_kind
            else ""
        )


@dataclass(frozen=True, slots=True)
class TrialRow:
    number: int
    key: str
    text: str
    draft: Reading | None
    published: Reading | None
    mark: float | None

    @property
    def is_wrong(self) -> bool:
        """Whether the rubric that counts (the draft, where there is one) says other than the person."""
        shown = self.draft or self.published
        return (
            self.mark is not None
            and shown is not None
            and (self.mark >= 0.5) != (shown.result.verdict in SAYS_SO)
        )

    @property
    def differs(self) -> bool:
        return (
            self.draft is not None
            and self.published is not None
            and self.draft.verdict != self.published.verdict
        )

    @property
    def mark_text(self) -> str:
        return "" if self.mark is None else f"{self.mark:g}"


@dataclass(frozen=True, slots=True)
class Mark:
    text: str
    numbers: tuple[str, ...]
    look: str


def key_point_text(point: engine.KeyPoint) -> str:
    """The key point in the reader's language: an author's texts stand in the order Chinese, English."""
    return point.texts[-1] if (get_language() or "").startswith("en") else point.texts[0]


def trial_rows(
    draft: Bench | None,
    published: Bench | None,
    results: dict[str, engine.GradeResult],
    marks: Mapping[str, float],
) -> list[TrialRow]:
    said = {
        name: {point.key: Reading(point) for point in result.key_points}
        for name, result in results.items()
    }
    points = {
        point.key: point
        for bench in (published, draft)
        if bench
        for point in bench.content.key_points
    }
    in_order = [
        point.key for bench in (draft, published) if bench for point in bench.content.key_points
    ]
    return [
        TrialRow(
            number,
            key,
            key_point_text(points[key]),
            said.get("draft", {}).get(key),
            said.get("published", {}).get(key),
            marks.get(key),
        )
        for number, key in enumerate(dict.fromkeys(in_order), 1)
    ]


def marks_of(text: str, rows: Sequence[TrialRow]) -> list[Mark]:
    """The text cut at the borders of the evidence of the rubric that counts."""
    shown = {
        str(row.number): reading
        for row in rows
        if (reading := row.draft or row.published) is not None
    }
    spans = [
        (span.start, span.end, number)
        for number, reading in shown.items()
        for span in reading.result.evidence
    ]
    return [
        Mark(
            part.text,
            part.labels,
            next(
                (
                    look.value
                    for look in LOOK_ORDER
                    if look in {shown[label].verdict for label in part.labels}
                ),
                "",
            ),
        )
        for part in segments(text, spans)
    ]


# The page -------------------------------------------------------------------------------------------------------------------


def show_bench(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    question = question_on_bench(request, pk)
    rubrics = {
        rubric.status: rubric for rubric in question.rubrics.exclude(status=Rubric.Status.RETIRED)
    }
    context = {
        **site.each_context(request),
        "title": _("Test bench"),
        "question": question,
        "draft": rubrics.get(Rubric.Status.DRAFT),
        "published": rubrics.get(Rubric.Status.PUBLISHED),
        "real_answers": real_answers(request, question),
        "may_mark": request.user.has_perm("questions.add_sample"),
        "may_write": request.user.has_perm("questions.change_rubric"),
        "opened": next(
            (
                f"{name}={sent}"
                for name in ("sample", "answer")
                if (sent := request.GET.get(name, "")).isdecimal()
            ),
            "",
        ),
    }
    return TemplateResponse(request, "admin/questions/bench/page.html", context)


def question_on_bench(request: HttpRequest, pk: int) -> Question:
    if not request.user.has_perm("questions.view_sample"):
        raise PermissionDenied
    return get_object_or_404(Question, pk=pk)


def real_answers(request: HttpRequest, question: Question) -> QuerySet[Answer]:
    """The newest answers of candidates, for those who may read them; without names, which have no say in a rubric."""
    if not request.user.has_perm("interview.view_answer"):
        return Answer.objects.none()
    graded = Grade.objects.filter(answer=OuterRef("pk"), status=Grade.Status.GRADED).order_by("-pk")
    found = (
        Answer.objects.submitted()
        .filter(question=question)
        .annotate(newest_score=Subquery(graded.values("score")[:1]))
    )
    return found.order_by("-submitted_at", "-pk")[:REAL_ANSWERS]


# One text -------------------------------------------------------------------------------------------------------------------


def try_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Grade what was pasted or picked, draft beside published."""
    question = question_on_bench(request, pk)
    try:
        text, sample, answer, learning = source_of(request, question)
    except RefusedTextError as error:
        return refuse(request, str(error))
    return show_trial(request, question, text, sample=sample, answer=answer, learning=learning)


def source_of(
    request: HttpRequest, question: Question
) -> tuple[str, Sample | None, Answer | None, bool]:
    """(text, sample, answer, with learning) of what was sent. Raises RefusedTextError."""
    form = SourceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise RefusedTextError(
            " ".join(str(error) for errors in form.errors.values() for error in errors)
        )
    sent = form.cleaned_data
    sample = answer = None
    text = sent["text"]
    if sent["sample"]:
        sample = Sample.objects.filter(question=question, pk=sent["sample"]).first()
        if sample is None:
            raise RefusedTextError(_("This marked answer has just been removed. Choose another."))
        text = sample.text
    elif sent["answer"]:
        if not request.user.has_perm("interview.view_answer"):
            raise PermissionDenied
        answer = Answer.objects.submitted().filter(question=question, pk=sent["answer"]).first()
        if answer is None:
            raise RefusedTextError(_("There is no such answer to this question. Choose another."))
        text, sample = answer.text, Sample.objects.filter(answer=answer).first()
    if not text.strip():
        raise RefusedTextError(_("Paste an answer first."))
    return text, sample, answer, sent["learning"]


def refuse(request: HttpRequest, text: str, *, beside: str = "") -> HttpResponse:
    """Say why not: in the place of the text on the bench, or `beside` a button under it, which leaves all that was marked as it is."""
    response = render(request, "admin/questions/bench/_refused.html", {"text": text})
    if beside:
        response["HX-Retarget"] = f"#{beside}-refused"
    return response


def show_trial(
    request: HttpRequest,
    question: Question,
    text: str,
    *,
    sample: Sample | None = None,
    answer: Answer | None = None,
    learning: bool = False,
    unsaved: MarkForm | None = None,
    notice: str = "",
    changed: bool = False,
) -> HttpResponse:
    """The text on the bench, with a person's marks: those of the sample, or those still `unsaved`."""
    started = time.perf_counter()
    draft, published = benches_of(question)
    if draft is None and published is None:
        return refuse(
            request,
            _("There are no key points to grade by yet. The editor shows what is missing."),
        )
    lessons = lessons_on_bench(question, but=sample, text=text) if learning else []
    results = {
        name: try_text(bench, text, lessons=lessons)
        for name, bench in (("draft", draft), ("published", published))
        if bench
    }
    marks = unsaved.marks if unsaved else sample.marks if sample else {}
    rows = trial_rows(draft, published, results, marks)
    context = {
        "question": question,
        "text": text,
        "sample": sample,
        "answer": answer,
        "learning": learning,
        "draft": results.get("draft"),
        "published": results.get("published"),
        "rows": rows,
        "aimed_at": next((row.key for row in rows if row.is_wrong), ""),
        "kind": unsaved.cleaned_data["kind"] if unsaved else sample.kind if sample else "",
        "marks": marks_of(text, rows),
        "took_ms": round(1000 * (time.perf_counter() - started)),
        "choices": MARKS,
        "kinds": KINDS,
        "phrase_kinds": [
            choice for choice in Phrase.Kind.choices if choice[0] != Phrase.Kind.TERM_GROUP
        ],
        "notice": notice,
        "may_mark": request.user.has_perm(
            "questions.change_sample" if sample else "questions.add_sample"
        ),
        "may_write": request.user.has_perm("questions.change_rubric"),
        "is_reviewers": sample is not None and sample.origin == Sample.Origin.OVERRIDE,
    }
    response = render(request, "admin/questions/bench/_trial.html", context)
    if changed:
        response["HX-Trigger"] = CHANGED
    return response


def phrase_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a wording to the draft and grade the same text again."""
    question = question_on_bench(request, pk)
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    form = PhraseForm(request.POST)
    try:
        text, sample, answer, learning = source_of(request, question)
        said = said_in(form)
        add_phrase(
            question,
            key=said["key"],
            kind=said["phrase_kind"],
            text=said["wording"],
            author=signed_in_user(request),
        )
        log_phrase(request, question, said["wording"])
    except KeyPointGoneError:
        return refuse(
            request,
            _("The draft no longer has this key point. Reload the page."),
            beside="phrase",
        )
    except RefusedTextError as error:
        return refuse(request, str(error), beside="phrase")
    notice = _("Added to the draft: “%(text)s”.") % {"text": said["wording"]}
    marks = MarkForm(
        [name.removeprefix("mark-") for name in request.POST if name.startswith("mark-")],
        request.POST,
    )
    unsaved = marks if len(marks.fields) > 1 and marks.is_valid() else None
    return show_trial(
        request,
        question,
        text,
        sample=sample,
        answer=answer,
        learning=learning,
        unsaved=unsaved,
        notice=notice,
        changed=True,
    )


def log_phrase(request: HttpRequest, question: Question, text: str) -> None:
    """Into the question's history: who is named to an author whose editor was open meanwhile."""
    log_edit(request, question, _("Added to the draft: “%(text)s”.") % {"text": text})


def said_in(form: PhraseForm) -> dict[str, Any]:
    if not form.is_valid():
        raise RefusedTextError(
            _("Choose the key point and select or type the words first (300 characters at most).")
        )
    return form.cleaned_data


def sample_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what a person says of the text on the bench, as a new sample or over its former marks."""
    question = question_on_bench(request, pk)
    try:
        text, sample, answer, learning = source_of(request, question)
    except RefusedTextError as error:
        return refuse(request, str(error), beside="mark")
    if not request.user.has_perm("questions.change_sample" if sample else "questions.add_sample"):
        raise PermissionDenied
    draft, published = benches_of(question)
    keys = list(
        dict.fromkeys(
            point.key for bench in (draft, published) if bench for point in bench.content.key_points
        )
    )
    form = MarkForm(keys, request.POST)
    if not form.is_valid() or not form.marks:
        return refuse(
            request,
            _(
                "Mark at least one key point with 1, ½ or 0, and name the kind in a short word like “strong”."
            ),
            beside="mark",
        )
    if sample is not None and sample.origin == Sample.Origin.OVERRIDE:
        return refuse(
            request,
            _("These are a reviewer's verdicts. Change them in the review of the answer."),
            beside="mark",
        )
    user = signed_in_user(request)
    before = sample.marks if sample else None
    if sample is None:
        origin = Sample.Origin.ANSWER if answer else Sample.Origin.AUTHOR
        sample = Sample(question=question, answer=answer, origin=origin)
    # Marks of key points that no current version has are kept: an older version may come back.
    marks = {key: credit for key, credit in sample.marks.items() if key not in keys} | form.marks
    sample = write_sample(
        sample, kind=form.cleaned_data["kind"], text=text, marks=marks, author=user
    )
    record_change(actor=user, action="sample.marked", target=sample, old=before, new=sample.marks)
    made = propose_changes(sample, author=user)
    notice = _("Saved as the marked answer %(name)s.") % {"name": sample.name}
    if made:
        said = ngettext(
            "%(n)d change to the draft is proposed from it, below.",
            "%(n)d changes to the draft are proposed from it, below.",
            len(made),
        )
        notice = f"{notice} {said % {'n': len(made)}}"
    return show_trial(
        request,
        question,
        text,
        sample=sample,
        answer=answer,
        learning=learning,
        notice=notice,
        changed=True,
    )


def remove_view(request: HttpRequest, pk: int, sample_pk: int) -> HttpResponse:
    question = question_on_bench(request, pk)
    if not request.user.has_perm("questions.delete_sample"):
        raise PermissionDenied
    sample = Sample.objects.filter(question=question, pk=sample_pk).first()
    if sample is not None and sample.origin == Sample.Origin.OVERRIDE:
        return refuse(
            request, _("These are a reviewer's verdicts. Change them in the review of the answer.")
        )
    if sample is not None:
        record_change(
            actor=signed_in_user(request),
            action="sample.removed",
            target=sample,
            old=sample.marks,
            reason=sample.name,
        )
        remove_sample(sample)
    response = render(
        request,
        "admin/questions/bench/_refused.html",
        {"notice": _("The marked answer was removed.")},
    )
    response["HX-Trigger"] = CHANGED
    return response


# All marked answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """One key point of the rubric that counts, its errors, and the published version's accuracy beside it."""

    number: int
    text: str
    count: PointCount
    phrases: list[PhraseCount]
    published: PointCount | None

    @property
    def silent(self) -> list[PhraseCount]:
        return [phrase for phrase in self.phrases if phrase.never_matched]

    @property
    def misleading(self) -> list[PhraseCount]:
        return [phrase for phrase in self.phrases if phrase.wrong]

    @property
    def working(self) -> list[PhraseCount]:
        return [phrase for phrase in self.phrases if phrase.right and not phrase.wrong]


def measure_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold draft and published against every marked answer, as far as one request's time goes; the page asks for the rest."""
    started = time.perf_counter()
    question = question_on_bench(request, pk)
    learning = request.GET.get("learning") == "on"
    samples = marked_answers(question)
    draft, published = benches_of(question)
    counted = draft or published
    if counted is None or not samples:
        return render(
            request,
            "admin/questions/bench/_measured.html",
            {"question": question, "samples": samples, "counted": counted},
        )
    budget = BUDGET_S / 2 if draft and published else BUDGET_S
    found = {
        name: measure(bench, samples, learning=learning, budget_s=budget)
        for name, bench in named(draft, published)
    }
    main = found["draft" if draft else "published"]
    beside = (
        {count.point.key: count for count in count_points(published, found["published"])}
        if draft and published
        else {}
    )
    phrases = count_phrases(counted, main)
    rows = [
        MeasuredRow(
            number,
            key_point_text(count.point),
            count,
            phrases[count.point.key],
            beside.get(count.point.key),
        )
        for number, count in enumerate(count_points(counted, main), 1)
    ]
    wrong_of: dict[int, int] = {}
    for one in main.wrong:
        wrong_of[one.sample.pk] = wrong_of.get(one.sample.pk, 0) + 1
    graded = sum(measured.graded for measured in found.values())
    total = sum(measured.total for measured in found.values())
    context = {
        "question": question,
        "learning": learning,
        "samples": sorted(
            ((wrong_of.get(sample.pk, 0), sample) for sample in samples),
            key=lambda pair: (-pair[0], pair[1].name),
        ),
        "counted": counted,
        "rows": rows,
        "draft": found.get("draft"),
        "published": found.get("published"),
        "wrong": len(main.wrong),
        "prefix": f"{question.slug}-",  # of the shipped names; said once by the page
        "is_complete": graded == total,
        "graded": graded,
        "total": total,
        "took_ms": round(1000 * (time.perf_counter() - started)),
        "may_write": request.user.has_perm("questions.change_rubric"),
    }
    return render(request, "admin/questions/bench/_measured.html", context)


def named(draft: Bench | None, published: Bench | None) -> list[tuple[str, Bench]]:
    return [
        (name, bench)
        for name, bench in (("draft", draft), ("published", published))
        if bench is not None
    ]


# Proposals ------------------------------------------------------------------------------------------------------------------


def proposals_view(request: HttpRequest, pk: int) -> HttpResponse:
    question = question_on_bench(request, pk)
    return show_proposals(request, question)


def show_proposals(
    request: HttpRequest,
    question: Question,
    *,
    notice: str = "",
    error: str = "",
    changed: bool = False,
) -> HttpResponse:
    pending = (
        Proposal.objects.pending().filter(question=question).select_related("sample", "author")
    )
    context = {
        "question": question,
        "proposals": pending[:SHOWN_PROPOSALS],
        "more": max(0, pending.count() - SHOWN_PROPOSALS),
        "may_write": request.user.has_perm("questions.change_rubric"),
        "notice": notice,
        "error": error,
    }
    response = render(request, "admin/questions/bench/_proposals.html", context)
    if changed:
        response["HX-Trigger"] = "rubric-changed"
    return response


def effect_view(request: HttpRequest, pk: int) -> HttpResponse:
    """What accepting a proposal, with the words as they stand in its field, would do."""
    if not request.user.has_perm("questions.view_sample"):
        raise PermissionDenied
    proposal = get_object_or_404(Proposal.objects.select_related("question"), pk=pk)
    text = " ".join(request.GET.get("wording", "").replace("\0", "").split())[:300]
    effect = effect_of_proposal(proposal, text=text)
    return render(
        request,
        "admin/questions/bench/_effect.html",
        {"proposal": proposal, "effect": effect, "text": text},
    )


def decide_view(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    proposal = get_object_or_404(Proposal.objects.select_related("question"), pk=pk)
    question, user = proposal.question, signed_in_user(request)
    accepts = request.POST.get("decision") == "accept"
    text = " ".join(request.POST.get("wording", "").replace("\0", "").split())
    if accepts and not 0 < len(text) <= 300:
        return show_proposals(
            request, question, error=_("Write the words to add, 300 characters at most.")
        )
    try:
        if not accepts:
            dismiss_proposal(proposal, actor=user)
            return show_proposals(
                request, question, notice=_("Dismissed. It will not be proposed again.")
            )
        accept_proposal(proposal, text=text, actor=user)
        log_phrase(request, question, text)
    except ProposalDecidedError:
        return show_proposals(
            request, question, error=_("Somebody else has already decided on this proposal.")
        )
    except KeyPointGoneError:
        return show_proposals(
            request,
            question,
            error=_("The draft no longer has this key point. Dismiss the proposal."),
        )
    return show_proposals(
        request,
        question,
        notice=_("Added to the draft: “%(text)s”.") % {"text": text},
        changed=True,
    )


def propose_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose changes from every marked answer that the rubric gets wrong."""
    question = question_on_bench(request, pk)
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    draft, published = benches_of(question)
    counted = draft or published
    if counted is None:
        raise Http404
    measured: Measured = measure(counted, marked_answers(question), budget_s=1)
    wrong = list({one.sample.pk: one.sample for one in measured.wrong}.values())[:MOST_PROPOSED]
    made = sum(len(propose_changes(sample, author=signed_in_user(request))) for sample in wrong)
    notice = ngettext("%(n)d new proposal.", "%(n)d new proposals.", made) % {"n": made}
    return show_proposals(request, question, notice=notice)


# Drafting help --------------------------------------------------------------------------------------------------------------

DRAFT_NOTE = gettext_lazy(
    "Proposed from the model answer. Read every key point before you publish."
)


def help_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a draft from the model answer and open it."""
    question = question_on_bench(request, pk)
    if not request.user.has_perm("questions.add_rubric"):
        raise PermissionDenied
    try:
        draft_from_model_answer(question, author=signed_in_user(request), note=str(DRAFT_NOTE))
    except NothingToDraftError:
        messages.error(
            request,
            _(
                "Key points are proposed only for a question that has a model answer and no key points yet."
            ),
        )
        return HttpResponseRedirect(reverse("admin:questions_sample_bench", args=[pk]))
    messages.success(request, str(DRAFT_NOTE))
    return HttpResponseRedirect(reverse("admin:questions_question_editor", args=[pk]))
