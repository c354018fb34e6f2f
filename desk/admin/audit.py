"""The audit log in the dashboard."""

from django.contrib import admin

from audit.models import AuditEntry
from desk.admin.read_only import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "target", "reason"]
    list_filter = ["action"]
    search_fields = ["actor_name", "target", "reason"]
    date_hierarchy = "at"
    fields = ["at", "actor_name", "action", "target", "old", "new", "reason"]
    list_per_page = 50
    show_full_result_count = False
