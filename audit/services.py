from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model

from audit.models import AuditEntry


def record_change(
    *,
    actor: User | AnonymousUser | None,
    action: str,
    target: Model,
    old: Any = None,
    new: Any = None,
    reason: str = "",
) -> AuditEntry:
    """Add one line to the audit log.

    Call it in the transaction of the change, so that neither stands without the other.
    """
    user = actor if isinstance(actor, User) else None
    return AuditEntry.objects.create(
        actor=user,
        actor_name=user.get_username() if user else "",
        action=action,
        target=f"{target._meta.label_lower}:{target.pk}",
        old=old,
        new=new,
        reason=reason,
    )
