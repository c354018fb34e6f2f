"""Which reviewers' verdicts may teach other people's grades: a second person decides."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.models import AuditEntry
from audit.services import record_change
from grading.models import KeyPointMatch
from interview.models import Answer, InterviewSession
from interview.services.errors import RefusedError
from interview.services.own_sessions import refuse_own_session
from interview.visibility import samples_readable_by
from questions.models import Sample

ACTIONS = {
    Sample.Acceptance.ACCEPTED: "sample.accepted",
    Sample.Acceptance.REFUSED: "sample.refused",
    Sample.Acceptance.PROPOSED: "sample.acceptance_withdrawn",
}


def decides_on_samples(reader: User | AnonymousUser) -> bool:
    """Authors and interviewers."""
    return reader.has_perm("questions.change_sample") or (
        reader.has_perm("interview.add_review") and reader.has_perm("questions.view_sample")
    )


def samples_to_decide(reader: User | AnonymousUser) -> QuerySet[Sample]:
    """What was marked of released answers, as far as the reader sees it, whatever was decided."""
    if not decides_on_samples(reader):
        return Sample.objects.none()
    readable = samples_readable_by(reader).values("pk")
    return Sample.objects.of_released_answers().filter(pk__in=readable).exclude(marks={})


def proposed_samples(reader: User | AnonymousUser) -> QuerySet[Sample]:
    """Those that wait for the reader: not decided yet, and not the reader's own verdicts."""
    waiting = samples_to_decide(reader).filter(acceptance=Sample.Acceptance.PROPOSED)
    if settings.ACCEPT_OWN_SAMPLES:
        return waiting
    return waiting.exclude(answer__in=answers_reviewed_by(reader))


def answers_reviewed_by(reader: User | AnonymousUser) -> list[int]:
    """The ids of the answers on which the reader ever recorded a verdict."""
    entries = AuditEntry.objects.filter(action="review.recorded", actor_id=reader.pk)
    named = [target.rpartition(":") for target in entries.values_list("target", flat=True)]
    reviewed = {int(pk) for kind, _colon, pk in named if kind == Answer._meta.label_lower}
    last = Sample.objects.filter(author_id=reader.pk, answer__isnull=False)
    return sorted(reviewed.union(last.values_list("answer_id", flat=True)))


def who_marked(match: KeyPointMatch) -> str:
    """Who marked the answer that a key point was judged like; a dash for a shipped one.

    Empty where it was judged like none.
    """
    if not match.sample:
        return ""
    found = Sample.objects.filter(
        question__rubrics=match.key_point.rubric_id, name=match.sample
    ).select_related("author")
    marked = found.first()
    return marked.author.get_username() if marked and marked.author else "–"


def propose_again(sample: Sample) -> None:
    """The verdicts are new or were changed: a second person decides, also if one had before."""
    sample.acceptance = Sample.Acceptance.PROPOSED
    sample.decided_by, sample.decided_at = None, None


@transaction.atomic
def decide_on_samples(seen: Mapping[int, str], decision: Sample.Acceptance, *, actor: User) -> int:
    """Accept or refuse reviewers' verdicts as marked answers, or withdraw that: all or none.

    `seen` is the content hash of each sample by its id, as the actor saw it. Returns how many were
    not so before. Raises RefusedError for one that is gone or changed, whose session is not
    released, or that is the actor's own: their answer, or their verdicts unless a setting allows
    it.
    """
    if not decides_on_samples(actor):
        raise RefusedError(
            "not_allowed", _("Only authors and interviewers decide on marked answers.")
        )
    own = () if settings.ACCEPT_OWN_SAMPLES else set(answers_reviewed_by(actor))
    decided = 0
    for pk in sorted(seen):
        answer_id = Sample.objects.filter(pk=pk).values_list("answer_id", flat=True).first()
        # First the session, so that its release can't be withdrawn meanwhile, then the sample.
        sessions = InterviewSession.objects.select_for_update(of=("self",))
        session = sessions.filter(answers=answer_id).first() if answer_id else None
        locked = Sample.objects.select_for_update(of=("self",)).filter(pk=pk)
        sample = locked.filter(pk__in=samples_to_decide(actor).values("pk")).first()
        if session is not None:
            refuse_own_session(session, actor=actor)
        if session is None or sample is None:
            raise RefusedError(
                "not_proposed",
                _("A marked answer is gone, or its session is no longer released. Look again."),
            )
        if sample.content_hash != seen[pk]:
            raise RefusedError(
                "changed",
                _("The marks of %(name)s were changed meanwhile. Look again.")
                % {"name": sample.name},
            )
        if decision == Sample.Acceptance.ACCEPTED and sample.answer_id in own:
            raise RefusedError(
                "own_verdicts",
                _("%(name)s holds your own verdicts. Another person must accept it.")
                % {"name": sample.name},
            )
        if sample.acceptance == decision:
            continue
        former, sample.acceptance = sample.acceptance, decision
        sample.decided_by, sample.decided_at = actor, timezone.now()
        sample.save(update_fields=["acceptance", "decided_by", "decided_at", "updated_at"])
        record_change(
            actor=actor, action=ACTIONS[decision], target=sample, old=former, new=str(decision)
        )
        decided += 1
    return decided
