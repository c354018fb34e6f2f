from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin as PlainModelAdmin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from knox.models import AuthToken
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import (
    AdminPasswordChangeForm,
    PaginationInlineFormSet,
    UserChangeForm,
    UserCreationForm,
)
from unfold.views import ChangeList

from audit.admin import ReadOnlyAdmin
from audit.services import record_change
from grading.admin import STATUS_COLOURS, GradeAdmin
from grading.models import Grade, KeyPointMatch, Regrade, RegradeRow, Verdict
from grading.services import NoRubricError
from interview import regrade_views
from interview.bench_admin import SampleAdmin
from interview.dashboard import (
    doubtful_answers,
    failed_answers,
    for_session_lists,
    session_state,
    sessions_with,
)
from interview.models import Answer, InterviewSession, QuestionSet, SetQuestion
from interview.results import reason_text
from interview.review_views import marks_of, review_session
from interview.services import RefusedError, grade_again, standing_result, with_results
from questions.admin import kept_forms, put_new_last, signed_in_user
from questions.models import KeyPoint, Question


def queue_again(request: HttpRequest, answers: QuerySet[Answer]) -> None:
    """Queue each answer for another grading and say how it went."""
    queued, refused = 0, []
    for answer in answers.select_related("question"):
        try:
            grade_again(answer, actor=signed_in_user(request))
        except (RefusedError, NoRubricError) as error:
            refused.append(f"{answer}: {error}")
        else:
            queued += 1
    if queued:
        text = ngettext(
            "%(n)d answer is waiting to be graded again.",
            "%(n)d answers are waiting to be graded again.",
            queued,
        )
        messages.success(request, text % {"n": queued})
    for text in refused[:10]:
        messages.error(request, text)


class GradesAgain:
    """Adds what the permission `grade_again` of an action asks: whoever may add grades may ask for one."""

    def has_grade_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("grading.add_grade")


__all__ = ["SampleAdmin"]  # registered by being imported


# Sessions -----------------------------------------------------------------------------------------------------------


class AttentionFilter(admin.SimpleListFilter):
    title = gettext_lazy("to do")
    parameter_name = "attention"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("release", gettext_lazy("release")),
            ("doubtful", gettext_lazy("review")),
            ("failed", gettext_lazy("grading failed")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[InterviewSession]
    ) -> QuerySet[InterviewSession]:
        match self.value():
            case "release":
                return queryset.filter(pk__in=InterviewSession.objects.waiting_for_review())
            case "doubtful":
                return queryset.filter(pk__in=sessions_with(doubtful_answers()))
            case "failed":
                return queryset.filter(pk__in=sessions_with(failed_answers()))
            case _:
                return queryset


class SessionChangeList(ChangeList):
    def url_for_result(self, result: InterviewSession) -> str:
        """A session is opened in the review workspace."""
        return reverse("admin:interview_interviewsession_review", args=[result.pk])


@admin.register(InterviewSession)
class InterviewSessionAdmin(ModelAdmin):
    list_display = [
        "who",
        "set_title",
        "channel",
        "answered",
        "mean_score",
        "marks",
        "submitted_at",
    ]
    list_display_links = ["who"]
    list_filter = [AttentionFilter, "status", "question_set__mode", "channel"]
    search_fields = ["candidate__username", "external_candidate", "external_reference", "public_id"]
    date_hierarchy = "started_at"
    list_per_page = 30
    list_fullwidth = True
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[InterviewSession]:
        found: QuerySet[InterviewSession] = super().get_queryset(request)
        return for_session_lists(found)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: InterviewSession | None = None
    ) -> bool:
        return False

    @display(description=gettext_lazy("candidate"), ordering="candidate__username")
    def who(self, session: InterviewSession) -> str:
        return session.who

    @display(description=gettext_lazy("question set"))
    def set_title(self, session: InterviewSession) -> str:
        return session.question_set.title if session.question_set else "–"

    @display(description=gettext_lazy("answered"))
    def answered(self, session: InterviewSession) -> str:
        state = session_state(session)
        return f"{state.answered}/{state.answers}"

    @display(description=gettext_lazy("mean score"))
    def mean_score(self, session: InterviewSession) -> Decimal | str:
        score = session_state(session).mean_score
        return "–" if score is None else score

    @display(description=gettext_lazy("state"))
    def marks(self, session: InterviewSession) -> str:
        return render_to_string(
            "admin/interview/_state.html", {"session": session, "state": session_state(session)}
        )

    # Pages

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SessionChangeList]:
        return SessionChangeList

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/review/",
                self.admin_site.admin_view(self.review_view),
                name="interview_interviewsession_review",
            )
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return review_session(request, self.admin_site, pk)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A session is looked at and worked on in the review workspace only."""
        session = self.get_object(request, object_id) if object_id else None
        if session is None:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
            return response  # adding is refused there, and an unknown session is said to be unknown
        return HttpResponseRedirect(
            reverse("admin:interview_interviewsession_review", args=[session.pk])
        )


# Answers and grades -------------------------------------------------------------------------------------------------


class AnswerStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("doubtful", gettext_lazy("needs review")),
            ("reviewed", gettext_lazy("reviewed")),
            ("waiting", gettext_lazy("waiting to be graded")),
            ("failed", gettext_lazy("grading failed")),
            ("draft", gettext_lazy("not submitted")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Answer]) -> QuerySet[Answer]:
        match self.value():
            case "doubtful":
                return queryset.filter(pk__in=doubtful_answers().values("pk"))
            case "reviewed":
                return queryset.filter(review__isnull=False)
            case "waiting":
                return queryset.filter(
                    Exists(Grade.objects.unfinished().filter(answer=OuterRef("pk")))
                )
            case "failed":
                return queryset.filter(pk__in=failed_answers().values("pk"))
            case "draft":
                return queryset.filter(status=Answer.Status.DRAFT)
            case _:
                return queryset


def evidence_of(text: str, points: list[tuple[KeyPoint, KeyPointMatch, Verdict]]) -> dict[str, Any]:
    """What the template answer_page.html shows below the question: the marked text and the numbered key points."""
    return {
        "marks": marks_of(text, [(match, verdict) for _key_point, match, verdict in points]),
        "rows": [(number, *point) for number, point in enumerate(points, 1)],
    }


@admin.register(Answer)
class AnswerAdmin(GradesAgain, ReadOnlyAdmin):
    list_display = [
        "number",
        "question_slug",
        "who",
        "beginning",
        "state_label",
        "score",
        "machine_score",
        "submitted_at",
    ]
    list_filter = [AnswerStateFilter, "question__topics"]
    search_fields = [
        "question__slug",
        "session__candidate__username",
        "session__external_candidate",
        "text",
        "public_id",
    ]
    date_hierarchy = "submitted_at"
    ordering = ["-id"]
    list_per_page = 30
    list_fullwidth = True
    show_full_result_count = False
    actions = ["grade_again"]
    change_form_outer_before_template = "admin/interview/answer_page.html"
    fields = [("question", "session"), ("attempt", "status"), ("submitted_at", "public_id")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        found: QuerySet[Answer] = super().get_queryset(request)
        return with_results(found).select_related("session__candidate")

    @display(description=gettext_lazy("answer"), ordering="id")
    def number(self, answer: Answer) -> str:
        return f"#{answer.pk}"

    @display(description=gettext_lazy("question"), ordering="question__slug")
    def question_slug(self, answer: Answer) -> str:
        return str(answer)

    @display(description=gettext_lazy("candidate"))
    def who(self, answer: Answer) -> str:
        return answer.session.who

    @display(description=gettext_lazy("answer text"))
    def beginning(self, answer: Answer) -> str:
        return Truncator(answer.text).chars(40) if answer.is_submitted else "–"

    @display(
        description=gettext_lazy("state"),
        label={**STATUS_COLOURS, "draft": "", "doubtful": "warning", "reviewed": "success"},
    )
    def state_label(self, answer: Answer) -> tuple[str, str]:
        grade = answer.newest_grade
        if not answer.is_submitted or grade is None:
            return answer.status, answer.get_status_display()
        if grade.status == Grade.Status.GRADED and hasattr(answer, "review"):
            return "reviewed", _("reviewed")
        if grade.status == Grade.Status.GRADED and grade.needs_review:
            return "doubtful", _("needs review")
        return grade.status, grade.get_status_display()

    @display(description=gettext_lazy("score"))
    def score(self, answer: Answer) -> Decimal | str:
        result = standing_result(answer)
        return "–" if result is None else result.score

    @display(description=gettext_lazy("machine score"))
    def machine_score(self, answer: Answer) -> Decimal | str:
        result = standing_result(answer)
        return "–" if result is None else result.machine_score

    @action(
        description=gettext_lazy("Grade the selected answers again"), permissions=["grade_again"]
    )
    def grade_again(self, request: HttpRequest, queryset: QuerySet[Answer]) -> None:
        queue_again(request, Answer.objects.filter(pk__in=queryset.values("pk")))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        answer = self.get_object(request, object_id or "")
        result = standing_result(answer) if answer else None
        points = (
            [(point.key_point, point.match, point.verdict) for point in result.points]
            if result
            else []
        )
        context = {
            "answer": answer,
            "result": result,
            **evidence_of(answer.text if answer else "", points),
        }
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response


@admin.register(Grade)
class GradeWithEvidenceAdmin(GradesAgain, GradeAdmin):
    actions = ["grade_again"]
    change_form_outer_before_template = "admin/interview/answer_page.html"

    @display(description=gettext_lazy("reasons for review"))
    def reason_text(self, grade: Grade) -> str:
        return " ".join(reason_text(code) for code in grade.reasons) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Grade | None = None) -> list[str]:
        return ["reason_text"]

    @action(description=gettext_lazy("Grade this answer again"), permissions=["grade_again"])
    def grade_again(self, request: HttpRequest, queryset: QuerySet[Grade]) -> None:
        queue_again(request, Answer.objects.filter(pk__in=queryset.values("answer_id")))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        grade = self.get_object(request, object_id or "")
        matches = grade.matches.select_related("key_point") if grade else []
        points = [(match.key_point, match, Verdict(match.verdict)) for match in matches]
        context = {
            "answer": grade.answer if grade else None,
            **evidence_of(grade.answer.text if grade else "", points),
        }
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response


@admin.register(Regrade)
class RegradeAdmin(ReadOnlyAdmin):
    """A list here; the pages are in interview.regrade_views."""

    list_display = [
        "__str__",
        "status_label",
        "total",
        "applied",
        "requested_by",
        "requested_at",
        "applied_at",
        "undone_at",
    ]
    list_filter = ["status"]
    search_fields = ["question__slug"]
    list_select_related = ["rubric__question", "requested_by"]
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Regrade]:
        found: QuerySet[Regrade] = super().get_queryset(request)
        return found.annotate(
            applied_rows=Count("rows", filter=Q(rows__status=RegradeRow.Status.APPLIED))
        )

    @display(
        description=gettext_lazy("status"),
        ordering="status",
        label={
            "ready": "info",
            "failed": "danger",
            "running": "info",
            "applied": "success",
            "undone": "warning",
        },
    )
    def status_label(self, regrade: Regrade) -> tuple[str, str]:
        return regrade.state

    @display(description=gettext_lazy("applied"))
    def applied(self, regrade: Regrade) -> int:
        count: int = regrade.applied_rows  # type: ignore[attr-defined]  # annotated above
        return count

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("<int:pk>/preview/", regrade_views.show_regrade, "preview"),
            ("<int:pk>/progress/", regrade_views.progress, "progress"),
            ("<int:pk>/act/", regrade_views.act, "act"),
            ("<int:pk>/answers/<int:row_pk>/", regrade_views.show_row, "row"),
            ("of/<int:pk>/offer/", regrade_views.offer, "offer"),
            ("of/<int:pk>/start/", regrade_views.start, "start"),
        ]
        site = self.admin_site
        own = [
            path(end, site.admin_view(partial(view, site=site)), name=f"grading_regrade_{name}")
            for end, view, name in pages
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        regrade = self.get_object(request, object_id) if object_id else None
        if regrade is None or request.method != "GET":
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
            return response
        return HttpResponseRedirect(regrade_views.regrade_url(regrade))


# Question sets --------------------------------------------------------------------------------------------------------


class SetModeFilter(admin.SimpleListFilter):
    """Interviews unless asked otherwise: every practice makes a set of its own, and they would bury the rest."""

    title = gettext_lazy("mode")
    parameter_name = "mode"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [("practice", gettext_lazy("practice")), ("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext_lazy("interview")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[QuestionSet]
    ) -> QuerySet[QuestionSet]:
        match self.value():
            case "all":
                return queryset
            case "practice":
                return queryset.filter(mode=QuestionSet.Mode.PRACTICE)
            case _:
                return queryset.filter(mode=QuestionSet.Mode.INTERVIEW)


class SetQuestionForm(ModelForm):  # type: ignore[type-arg]  # takes none at run time
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "order" in self.fields:
            self.fields["order"].required = False
            if self.instance.pk is None:
                self.initial["order"] = None


class SetQuestionFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        super().clean()
        put_new_last(kept_forms(self))


class SetQuestionInline(TabularInline):
    model = SetQuestion
    form = SetQuestionForm
    formset = SetQuestionFormSet
    fields = ["question", "order"]
    autocomplete_fields = ["question"]
    hide_title = True
    extra = 0
    min_num = 1


@admin.register(QuestionSet)
class QuestionSetAdmin(ModelAdmin):
    list_display = [
        "title",
        "mode",
        "question_count",
        "minutes",
        "release_policy",
        "is_open",
        "session_count",
        "created_at",
    ]
    list_filter = [SetModeFilter, "is_open", "release_policy"]
    search_fields = ["title_zh", "title_en"]
    fields = [("title_zh", "title_en"), ("mode", "release_policy"), ("minutes", "is_open")]
    inlines = [SetQuestionInline]
    actions = ["open_sets", "close_sets"]
    compressed_fields = False
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionSet]:
        found: QuerySet[QuestionSet] = super().get_queryset(request)
        return found.annotate(
            question_count=Count("set_questions", distinct=True),
            session_count=Count("sessions", distinct=True),
        )

    @display(description=gettext_lazy("title"))
    def title(self, question_set: QuestionSet) -> str:
        return question_set.title

    @display(description=gettext_lazy("questions"), ordering="question_count")
    def question_count(self, question_set: QuestionSet) -> int:
        count: int = question_set.question_count  # type: ignore[attr-defined]  # annotated above
        return count

    @display(description=gettext_lazy("sessions"), ordering="session_count")
    def session_count(self, question_set: QuestionSet) -> int:
        count: int = question_set.session_count  # type: ignore[attr-defined]  # annotated above
        return count

    @action(description=gettext_lazy("Open to candidates"), permissions=["change"])
    def open_sets(self, request: HttpRequest, queryset: QuerySet[QuestionSet]) -> None:
        self.set_open(request, queryset, is_open=True)

    @action(description=gettext_lazy("Close"), permissions=["change"])
    def close_sets(self, request: HttpRequest, queryset: QuerySet[QuestionSet]) -> None:
        self.set_open(request, queryset, is_open=False)

    def set_open(
        self, request: HttpRequest, queryset: QuerySet[QuestionSet], *, is_open: bool
    ) -> None:
        changed = (
            QuestionSet.objects.filter(pk__in=queryset.values("pk"))
            .exclude(is_open=is_open)
            .update(is_open=is_open)
        )
        messages.success(
            request,
            ngettext("%(n)d question set changed.", "%(n)d question sets changed.", changed)
            % {"n": changed},
        )
        for question_set in queryset if is_open else ():
            warn_of_closed_questions(request, question_set)

    def save_model(
        self, request: HttpRequest, obj: QuestionSet, form: ModelForm[QuestionSet], change: bool
    ) -> None:
        if not change:
            obj.created_by = signed_in_user(request)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.instance.is_open:
            warn_of_closed_questions(request, form.instance)


def warn_of_closed_questions(request: HttpRequest, question_set: QuestionSet) -> None:
    """A set with a question that is not published can't be started: say so to who can mend it, not only to the candidate."""
    slugs = set(question_set.set_questions.values_list("question__slug", flat=True))
    closed = slugs - set(
        Question.objects.published().filter(slug__in=slugs).values_list("slug", flat=True)
    )
    if closed:
        text = _("“%(title)s” can't be started yet. Not published: %(slugs)s.")
        messages.warning(
            request, text % {"title": question_set.title, "slugs": ", ".join(sorted(closed))}
        )
    elif not slugs:
        messages.warning(
            request,
            _("“%(title)s” has no questions yet, so it can't be started.")
            % {"title": question_set.title},
        )


# People -----------------------------------------------------------------------------------------------------------------

admin.site.unregister([User, Group, AuthToken])
for model in (AccessAttempt, AccessLog, AccessFailureLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # Django's own class takes none at run time
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "role_names", "is_staff", "is_superuser", "is_active", "last_login"]
    list_filter = ["groups", "is_staff", "is_superuser", "is_active"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description=gettext_lazy("roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write down who gave or took which rights."""
        before = rights_of(
            User.objects.get(pk=form.instance.pk), stored=form.initial if change else None
        )
        super().save_related(request, form, formsets, change)
        after = rights_of(User.objects.get(pk=form.instance.pk))
        if after != before:
            record_change(
                actor=signed_in_user(request),
                action="user.rights",
                target=form.instance,
                old=before,
                new=after,
            )


def rights_of(user: User, *, stored: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the user may do. `stored` are the flags from before a form was saved, which the row does not have any more."""
    flags = {
        name: bool((stored or {}).get(name, getattr(user, name)))
        for name in ("is_active", "is_staff", "is_superuser")
    }
    permissions = sorted(user.user_permissions.values_list("codename", flat=True))
    return {
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "permissions": permissions,
        **flags,
    }


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(AuthToken)
class AuthTokenAdmin(ReadOnlyAdmin):
    """Tokens are made over the API and shown once. Here they are only withdrawn."""

    list_display = ["beginning", "user", "created", "expiry"]
    list_select_related = ["user"]
    search_fields = ["token_key", "user__username"]
    fields = ["beginning", "user", "created", "expiry"]
    ordering = ["-created"]

    @display(description=gettext_lazy("begins with"))
    def beginning(self, token: AuthToken) -> str:
        return f"{token.token_key}…"

    def get_readonly_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> list[str]:
        return ["beginning", "user", "created", "expiry"]

    def has_delete_permission(self, request: HttpRequest, obj: AuthToken | None = None) -> bool:
        return request.user.has_perm("knox.delete_authtoken")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins. Deleting a row lets the person try again at once."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    search_fields = ["username", "ip_address"]
    fields = [
        "attempt_time",
        "username",
        "ip_address",
        "user_agent",
        "path_info",
        "failures_since_start",
    ]

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")
