"""The roles: Django groups with model permissions. Superusers are operators."""

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import transaction

CANDIDATE, INTERVIEWER, AUTHOR, INTEGRATOR = "candidate", "interviewer", "author", "integrator"

_BANK = ["topic", "question", "rubric", "keypoint", "phrase", "term", "sample", "proposal"]

# group -> app label -> codenames
PERMISSIONS: dict[str, dict[str, list[str]]] = {
    CANDIDATE: {},
    INTERVIEWER: {
        "interview": [
            "view_interviewsession", "change_interviewsession", "view_answer",
            "view_review", "add_review", "change_review",
            "view_reviewverdict", "add_reviewverdict", "change_reviewverdict",
            "delete_reviewverdict",
            "view_questionset", "add_questionset", "change_questionset",
            "view_setquestion", "add_setquestion", "change_setquestion", "delete_setquestion",
            # Authors preview what their key points would do. An interviewer changes what counts.
            "view_regrade", "add_regrade", "change_regrade",
        ],
        "grading": ["view_grade", "add_grade", "view_keypointmatch"],
        "questions": [f"view_{model}" for model in _BANK],
        "audit": ["view_auditentry"],
    },
    AUTHOR: {
        "questions": [f"{act}_{model}" for act in ("view", "add", "change") for model in _BANK]
        + ["delete_rubric", "delete_keypoint", "delete_phrase", "delete_term", "delete_sample"],
        "interview": ["view_regrade", "add_regrade"],
    },
    INTEGRATOR: {},
}  # fmt: skip


@transaction.atomic
def ensure_roles() -> None:
    """Make the groups and give each exactly its permissions. Run after every migration."""
    for name, by_app in PERMISSIONS.items():
        group, _created = Group.objects.get_or_create(name=name)
        wanted: list[Permission] = []
        for app_label, codenames in by_app.items():
            found = Permission.objects.filter(
                content_type__app_label=app_label, codename__in=codenames
            )
            if len(found) != len(set(codenames)):
                missing = set(codenames) - {permission.codename for permission in found}
                raise LookupError(f"Role {name}: no such permission in {app_label}: {missing}")
            wanted += found
        group.permissions.set(wanted)


def has_role(user: User | AnonymousUser, role: str) -> bool:
    return user.is_authenticated and user.groups.filter(name=role).exists()
