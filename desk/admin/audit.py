"""The audit log in the dashboard."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEntry
from desk.admin.read_only import ReadOnlyAdmin
from interview.models import Answer, InterviewSession


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "target", "reason"]
    list_filter = ["action"]
    search_fields = ["actor_name", "target", "reason"]
    date_hierarchy = "at"
    fields = ["at", "actor_name", "action", "target", "old", "new", "reason"]
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Without what others decided on the reader's own sessions: it may not be released yet."""
        found: QuerySet[AuditEntry] = super().get_queryset(request)
        sessions = InterviewSession.objects.of(request.user).values_list("pk", flat=True)
        answers = Answer.objects.filter(session__candidate_id=request.user.pk)
        own = [f"interview.interviewsession:{pk}" for pk in sessions]
        own += [f"interview.answer:{pk}" for pk in answers.values_list("pk", flat=True)]
        return found.exclude(target__in=own) if own else found
