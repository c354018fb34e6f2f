"""Two interviewers at one session.

Verdicts that fit together both stand, and acts are done once.
"""

import pytest
from django.contrib.auth.models import Group

from audit.models import AuditEntry
from grading.models import Grade
from interview.models import Answer, Review
from interview.roles import ensure_roles
from interview.services.errors import RefusedError
from interview.services.grading import grade_again
from interview.services.marked_answers import decide_on_samples
from interview.services.release import release_session, withdraw_release
from interview.services.reviews import record_review
from questions.models import Sample
from questions.services.samples import samples_for_grading
from tests import factories
from tests.threads import overlapping

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answer() -> Answer:
    return factories.graded_answer()


@pytest.fixture
def reviewers():
    return [factories.UserFactory() for _ in range(2)]


def actions() -> list[str]:
    """What the audit log says was done to sessions and answers, in order."""
    done = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    return [action for action in done if action.startswith(("session.", "review.", "grade."))]


def test_first_reviews_written_at_once_are_one_review_that_holds_both(answer, reviewers):
    overlapping(
        lambda: record_review(
            answer=answer, reviewer=reviewers[0], verdicts={"variance": ("missed", "")}
        ),
        lambda: record_review(
            answer=answer, reviewer=reviewers[1], verdicts={"saturation": ("covered", "")}
        ),
    )

    verdicts = Review.objects.get().verdicts.values_list("key", "verdict")
    assert dict(verdicts) == {"variance": "missed", "saturation": "covered"}
    assert Sample.objects.get().marks == {"variance": 0.0, "saturation": 1.0}
    assert actions() == ["review.recorded"] * 2


def test_of_two_verdicts_on_one_key_point_the_later_stands_and_the_log_has_both(answer, reviewers):
    record_review(answer=answer, reviewer=reviewers[0], verdicts={})

    overlapping(
        *(
            lambda reviewer=reviewer, verdict=verdict: record_review(
                answer=answer, reviewer=reviewer, verdicts={"variance": (verdict, "")}
            )
            for reviewer, verdict in zip(reviewers, ("missed", "partial"), strict=True)
        )
    )

    review = Review.objects.get()
    assert (review.reviewer, review.verdicts.get().verdict) == (reviewers[1], "partial")
    assert Sample.objects.get().marks == {"variance": 0.5}
    last = AuditEntry.objects.order_by("pk").last()
    assert (last.old["verdicts"], last.new["verdicts"]) == (
        {"variance": ["missed", ""]},
        {"variance": ["partial", ""]},
    )


def test_a_session_released_twice_at_once_is_released_by_the_first(answer, reviewers):
    overlapping(
        *(
            lambda reviewer=reviewer: release_session(answer.session, actor=reviewer)
            for reviewer in reviewers
        )
    )

    answer.session.refresh_from_db()
    assert answer.session.released_by == reviewers[0]
    assert actions() == ["session.released"]


def test_a_release_withdrawn_while_it_is_made_is_withdrawn(answer, reviewers):
    overlapping(
        lambda: release_session(answer.session, actor=reviewers[0]),
        lambda: withdraw_release(answer.session, actor=reviewers[1]),
    )

    answer.session.refresh_from_db()
    assert answer.session.released_at is None
    assert actions() == ["session.released", "session.release_withdrawn"]


def test_a_release_withdrawn_twice_at_once_is_withdrawn_once(answer, reviewers):
    release_session(answer.session, actor=reviewers[0])

    overlapping(
        *(
            lambda reviewer=reviewer: withdraw_release(answer.session, actor=reviewer)
            for reviewer in reviewers
        )
    )

    assert actions() == ["session.released", "session.release_withdrawn"]


def test_an_answer_that_two_want_graded_again_waits_for_one_grade(answer, reviewers):
    one, other = overlapping(
        *(lambda reviewer=reviewer: grade_again(answer, actor=reviewer) for reviewer in reviewers)
    )

    assert one == other
    assert Grade.objects.unfinished().get() == one


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_an_acceptance_that_meets_the_withdrawal_of_the_release_teaches_nothing(withdrawn_first):
    ensure_roles()
    reviewer, second = factories.UserFactory(), factories.UserFactory()
    second.groups.add(Group.objects.get(name="interviewer"))
    answer = factories.graded_answer()
    record_review(answer=answer, reviewer=reviewer, verdicts={"variance": ("covered", "")})
    release_session(answer.session, actor=reviewer)
    sample = Sample.objects.get()
    acts = [
        lambda: withdraw_release(answer.session, actor=reviewer),
        lambda: decide_on_samples(
            {sample.pk: sample.content_hash}, Sample.Acceptance.ACCEPTED, actor=second
        ),
    ]
    outcomes = overlapping(*(acts if withdrawn_first else reversed(acts)), refusals=(RefusedError,))
    refused = [one.code for one in outcomes if isinstance(one, RefusedError)]
    assert refused == (["not_proposed"] if withdrawn_first else [])
    assert samples_for_grading(answer.question_id) == []


def test_a_review_that_meets_its_acceptance_is_proposed_again_or_was_not_accepted():
    ensure_roles()
    reviewer, second = factories.UserFactory(), factories.UserFactory()
    second.groups.add(Group.objects.get(name="interviewer"))
    answer = factories.graded_answer()
    record_review(answer=answer, reviewer=reviewer, verdicts={"variance": ("covered", "")})
    release_session(answer.session, actor=reviewer)
    sample = Sample.objects.get()
    overlapping(
        lambda: record_review(
            answer=answer, reviewer=reviewer, verdicts={"variance": ("missed", "")}
        ),
        lambda: decide_on_samples(
            {sample.pk: sample.content_hash}, Sample.Acceptance.ACCEPTED, actor=second
        ),
        refusals=(RefusedError,),
    )
    stored = Sample.objects.get()
    assert (stored.marks, stored.acceptance) == ({"variance": 0.0}, "proposed")
