"""Record a reviewer's decision on an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record_change
from grading.models import Verdict
from grading.proposals import propose_changes
from grading.services.queue import published_rubric
from interview.models import (
    Answer,
    Review,
    ReviewVerdict,
)
from interview.services.errors import RefusedError
from interview.services.marked_answers import propose_again
from interview.services.own_sessions import refuse_own_session
from interview.standing import CREDIT_OF
from questions.models import Question, Sample
from questions.services.samples import write_sample


def lock_for_review(answer: Answer) -> None:
    """Let reviewers of one answer wait for each other until the transaction ends.

    The answer's row is locked, since a first review has no row of its own yet. The lock leaves the
    key free: rows that point at the answer may be written meanwhile.
    """
    Answer.objects.select_for_update(of=("self",), no_key=True).get(pk=answer.pk)


@transaction.atomic
def record_review(
    *,
    answer: Answer,
    reviewer: User,
    verdicts: dict[str, tuple[str, str]],
    comment: str = "",
    note: str = "",
    pointed: Mapping[str, str] | None = None,
) -> Review:
    """Record a reviewer's verdicts and comments on an answer.

    `verdicts` are key -> (verdict, comment). An empty verdict removes the override. A verdict equal
    to the machine's is kept too: a person has confirmed it, and it stays when the answer is graded
    again.

    `pointed` are key -> the words of the answer that the verdict is about. Where the machine was
    wrong, changes to the rubric are proposed from these words.

    Raises RefusedError for an answer that is not submitted, an unknown key or an unknown verdict.
    """
    refuse_own_session(answer.session, actor=reviewer)
    if not answer.is_submitted:
        raise RefusedError("not_submitted", _("The candidate has not submitted this answer yet."))
    lock_for_review(answer)
    grade = answer.standing_grade
    known = (
        {match.key_point.key for match in grade.matches.all()}
        if grade
        else set(_published_keys(answer.question))
    )
    review, _created = Review.objects.select_for_update().get_or_create(
        answer=answer, defaults={"reviewer_id": reviewer.pk}
    )
    before = _recorded(review)
    for key, (verdict, verdict_comment) in verdicts.items():
        if key not in known:
            raise RefusedError(
                "unknown_key_point",
                _("There is no key point “%(key)s” in this rubric.") % {"key": key},
            )
        if not verdict:
            review.verdicts.filter(key=key).delete()
        elif verdict in Verdict.values:
            ReviewVerdict.objects.update_or_create(
                review=review, key=key, defaults={"verdict": verdict, "comment": verdict_comment}
            )
        else:
            raise RefusedError(
                "unknown_verdict", _("“%(verdict)s” is not a verdict.") % {"verdict": verdict}
            )
    review.reviewer_id, review.comment, review.note = reviewer.pk, comment, note
    review.save()
    after = _recorded(review)
    keep_sample_of(review, before=before["verdicts"].keys(), pointed=pointed or {})
    if after != before:
        record_change(
            actor=reviewer, action="review.recorded", target=answer, old=before, new=after
        )
    return review


def keep_sample_of(review: Review, *, before: Iterable[str], pointed: Mapping[str, str]) -> None:
    """Keep the reviewer's verdicts as a marked answer.

    Grading other answers learns from it once the session is released and a second person accepted.

    Also proposes changes to the rubric. `before` are the keys that had a verdict until now.
    """
    answer = review.answer
    credit_of_key = {
        verdict.key: CREDIT_OF[Verdict(verdict.verdict)] for verdict in review.verdicts.all()
    }
    sample = Sample.objects.filter(answer=answer).first()
    if sample is None and not credit_of_key:
        return
    if sample is None:
        name = f"answer-{answer.public_id.hex[:12]}"
        sample = Sample(
            question_id=answer.question_id, answer=answer, origin=Sample.Origin.OVERRIDE, name=name
        )
    removed = set(before) - credit_of_key.keys()
    marks = {
        key: credit for key, credit in sample.marks.items() if key not in removed
    } | credit_of_key
    if not marks:
        sample.delete()
    elif marks != sample.marks:
        changed = [key for key, credit in marks.items() if sample.marks.get(key) != credit]
        propose_again(sample)
        write_sample(
            sample, kind=sample.kind, text=answer.text, marks=marks, author=review.reviewer
        )
        found = {key: words for key, words in pointed.items() if words in answer.text}
        propose_changes(sample, author=review.reviewer, pointed=found, keys=changed)


def _published_keys(question: Question) -> Iterable[str]:
    return published_rubric(question).key_points.values_list("key", flat=True)


def _recorded(review: Review) -> dict[str, Any]:
    """What a review says, as the audit log keeps it."""
    return {
        "verdicts": {
            verdict.key: [verdict.verdict, verdict.comment]
            for verdict in review.verdicts.order_by("key")
        },
        "comment": review.comment,
        "note": review.note,
    }
