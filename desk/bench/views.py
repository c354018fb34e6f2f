"""The test bench: a question's draft and published rubric, tried on texts and marked answers."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.services import record_change
from desk.bench.access import BENCH_CHANGED, question_on_bench, refuse_on_bench
from desk.bench.forms import KINDS, MARKS, MarkForm, PhraseForm, SourceForm
from desk.bench.rows import (
    MeasuredRow,
    RefusedTextError,
    cap_of,
    key_point_text,
    named,
    trial_marks,
    trial_rows,
)
from desk.editor.views import log_edit
from desk.fields import signed_in_user
from grading.bench import (
    BUDGET_S,
    benches_of,
    count_phrases,
    count_points,
    lessons_on_bench,
    marked_answers,
    measure,
    try_text,
)
from grading.models import Grade
from grading.proposals import (
    KeyPointGoneError,
    add_phrase,
    propose_changes,
)
from interview.models import Answer
from interview.visibility import of_others, reads_candidates_answers, samples_readable_by
from questions.models import MAX_WORDING_LENGTH, Phrase, Question, Rubric, Sample
from questions.services.drafting import NothingToDraftError, draft_from_model_answer
from questions.services.samples import remove_sample, write_sample

REAL_ANSWERS = 20  # the newest, offered for trying


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


def real_answers(request: HttpRequest, question: Question) -> QuerySet[Answer]:
    """The newest answers of candidates, for those who may read them.

    They are shown without names: a rubric does not depend on who wrote an answer.
    """
    if not reads_candidates_answers(request.user):
        return Answer.objects.none()
    graded = Grade.objects.filter(answer=OuterRef("pk"), status=Grade.Status.GRADED).order_by("-pk")
    found = (
        Answer.objects.submitted()
        .filter(of_others(request.user, "session__"), question=question)
        .annotate(newest_score=Subquery(graded.values("score")[:1]))
    )
    return found.order_by("-submitted_at", "-pk")[:REAL_ANSWERS]


def try_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Grade what was pasted or picked, draft beside published."""
    question = question_on_bench(request, pk)
    try:
        text, sample, answer, learning = source_of(request, question)
    except RefusedTextError as error:
        return refuse_on_bench(request, str(error))
    return show_trial(request, question, text, sample=sample, answer=answer, learning=learning)


def source_of(
    request: HttpRequest, question: Question
) -> tuple[str, Sample | None, Answer | None, bool]:
    """(text, sample, answer, whether samples are learnt from) of what was sent.

    Raises RefusedTextError.
    """
    form = SourceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise RefusedTextError(
            " ".join(str(error) for errors in form.errors.values() for error in errors)
        )
    sent = form.cleaned_data
    sample = answer = None
    text = sent["text"]
    if sent["sample"]:
        samples = samples_readable_by(request.user)
        sample = samples.filter(question=question, pk=sent["sample"]).first()
        if sample is None:
            raise RefusedTextError(_("This marked answer has just been removed. Choose another."))
        text = sample.text
    elif sent["answer"]:
        if not reads_candidates_answers(request.user):
            raise PermissionDenied
        answers = Answer.objects.submitted().filter(of_others(request.user, "session__"))
        answer = answers.filter(question=question, pk=sent["answer"]).first()
        if answer is None:
            raise RefusedTextError(_("There is no such answer to this question. Choose another."))
        text, sample = answer.text, Sample.objects.filter(answer=answer).first()
    if not text.strip():
        raise RefusedTextError(_("Paste an answer first."))
    return text, sample, answer, sent["learning"]


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
    """The text on the bench, with a person's marks: the sample's, or those not saved yet."""
    started = time.perf_counter()
    draft, published = benches_of(question)
    if draft is None and published is None:
        return refuse_on_bench(
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
        "draft_cap": cap_of(draft, results.get("draft")),
        "published_cap": cap_of(published, results.get("published")),
        "rows": rows,
        "aimed_at": next((row.key for row in rows if row.is_wrong), ""),
        "kind": unsaved.cleaned_data["kind"] if unsaved else sample.kind if sample else "",
        "marks": trial_marks(text, rows),
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
        response["HX-Trigger"] = BENCH_CHANGED
    return response


def phrase_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a wording to the draft and grade the same text again."""
    question = question_on_bench(request, pk)
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    form = PhraseForm(request.POST)
    try:
        text, sample, answer, learning = source_of(request, question)
        phrase = valid_phrase(form)
        add_phrase(
            question,
            key=phrase["key"],
            kind=phrase["phrase_kind"],
            text=phrase["wording"],
            author=signed_in_user(request),
        )
        log_phrase(request, question, phrase["wording"])
    except KeyPointGoneError:
        return refuse_on_bench(
            request,
            _("The draft no longer has this key point. Reload the page."),
            beside="phrase",
        )
    except RefusedTextError as error:
        return refuse_on_bench(request, str(error), beside="phrase")
    notice = _("Added to the draft: “%(text)s”.") % {"text": phrase["wording"]}
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
    """Write the addition into the question's history.

    An author whose editor was open at the time reads there who changed the draft.
    """
    log_edit(request, question, _("Added to the draft: “%(text)s”.") % {"text": text})


def valid_phrase(form: PhraseForm) -> dict[str, Any]:
    """The form's cleaned data. Raises RefusedTextError."""
    if not form.is_valid():
        raise RefusedTextError(
            _(
                "Choose the key point and select or type the words first "
                "(%(most)s characters at most)."
            )
            % {"most": MAX_WORDING_LENGTH}
        )
    return form.cleaned_data


def sample_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Store a person's marks of the text on the bench, in a new sample or in the one it is."""
    question = question_on_bench(request, pk)
    try:
        text, sample, answer, learning = source_of(request, question)
    except RefusedTextError as error:
        return refuse_on_bench(request, str(error), beside="mark")
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
        return refuse_on_bench(
            request,
            _(
                "Mark at least one key point with 1, ½ or 0, and name the kind in a short word "
                "like “strong”."
            ),
            beside="mark",
        )
    if sample is not None and sample.origin == Sample.Origin.OVERRIDE:
        return refuse_on_bench(
            request,
            _("These are a reviewer's verdicts. Change them in the review of the answer."),
            beside="mark",
        )
    user = signed_in_user(request)
    before = sample.marks if sample else None
    if sample is None:
        origin = Sample.Origin.ANSWER if answer else Sample.Origin.AUTHOR
        sample = Sample(question=question, answer=answer, origin=origin)
    # Marks of key points that no current version has are kept: an old version may be restored.
    marks = {key: credit for key, credit in sample.marks.items() if key not in keys} | form.marks
    sample = write_sample(
        sample, kind=form.cleaned_data["kind"], text=text, marks=marks, author=user
    )
    record_change(actor=user, action="sample.marked", target=sample, old=before, new=sample.marks)
    made = propose_changes(sample, author=user)
    notice = _("Saved as the marked answer %(name)s.") % {"name": sample.name}
    if made:
        proposed = ngettext(
            "%(n)d change to the draft is proposed from it, below.",
            "%(n)d changes to the draft are proposed from it, below.",
            len(made),
        )
        notice = f"{notice} {proposed % {'n': len(made)}}"
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
        return refuse_on_bench(
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
    response["HX-Trigger"] = BENCH_CHANGED
    return response


def measure_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure draft and published rubric on as many marked answers as a request has time for.

    The page asks again until all are measured.
    """
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
        "prefix": f"{question.slug}-",  # of the shipped names, which the page shows once
        "is_complete": graded == total,
        "graded": graded,
        "total": total,
        "took_ms": round(1000 * (time.perf_counter() - started)),
        "may_write": request.user.has_perm("questions.change_rubric"),
    }
    return render(request, "admin/questions/bench/_measured.html", context)


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
                "Key points are proposed only for a question that has a model answer and no key "
                "points yet."
            ),
        )
        return HttpResponseRedirect(reverse("admin:questions_sample_bench", args=[pk]))
    messages.success(request, str(DRAFT_NOTE))
    return HttpResponseRedirect(reverse("admin:questions_question_editor", args=[pk]))
