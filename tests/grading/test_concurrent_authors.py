"""Several authors at one question in the same moment.

Nothing is lost, nothing is said twice, and nobody meets an error page.
"""

from collections.abc import Callable

import pytest

from grading.proposals import ProposalDecidedError, accept_proposal, add_phrase, dismiss_proposal
from questions.models import Phrase, Proposal, Question, Rubric, RubricFrozenError
from questions.services.drafts import (
    DraftConflictError,
    current_content,
    discard_draft,
    fingerprint,
    save_draft,
)
from questions.services.rubrics import publish_rubric, start_draft
from tests import factories, threads

pytestmark = pytest.mark.django_db(transaction=True)

EXPECTED = (DraftConflictError, ProposalDecidedError, RubricFrozenError)


@pytest.fixture
def question() -> Question:
    return factories.published_question()


@pytest.fixture
def authors():
    return [factories.UserFactory() for _ in range(4)]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned or raised; an error that no page has words for fails the test."""
    return threads.at_once(*acts, refusals=EXPECTED)


def failures(outcomes: list[object]) -> list[type]:
    return [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def reworded(question: Question, text: str) -> dict:
    content = current_content(question)
    first, *others = content["key_points"]
    return content | {"key_points": [first | {"text": first["text"] | {"en": text}}, *others]}


def test_wordings_added_at_once_all_stand_in_one_draft_with_their_own_places(question, authors):
    add = [
        lambda author=author, n=n: add_phrase(
            question, key="variance", kind="says_it", text=f"wording {n}", author=author
        )
        for n, author in enumerate(authors)
    ]
    assert failures(at_once(*add)) == []
    draft = question.rubrics.get(status=Rubric.Status.DRAFT)
    phrases = Phrase.objects.filter(key_point__rubric=draft)
    assert sorted(phrases.values_list("text", flat=True)) == [f"wording {n}" for n in range(4)]
    assert sorted(phrases.values_list("order", flat=True)) == [0, 1, 2, 3]


def test_of_drafts_saved_at_once_one_is_stored_and_the_others_are_told(question, authors):
    base = fingerprint(current_content(question))
    save = [
        lambda author=author, n=n: save_draft(
            question, reworded(question, f"text {n}"), base=base, actor=author
        )
        for n, author in enumerate(authors)
    ]
    outcomes = at_once(*save)
    assert failures(outcomes) == [DraftConflictError] * 3
    (stored,) = (outcome for outcome in outcomes if isinstance(outcome, Rubric))
    assert question.rubrics.get(status=Rubric.Status.DRAFT) == stored


def test_a_draft_published_by_two_at_once_is_published_once(question, authors):
    draft = save_draft(question, reworded(question, "It grows"), base=None, actor=authors[0])
    publish = [
        lambda author=author: publish_rubric(
            Rubric.objects.get(pk=draft.pk), actor=author, reason="ready"
        )
        for author in authors
    ]
    assert failures(at_once(*publish)) == [RubricFrozenError] * 3
    assert sorted(question.rubrics.values_list("version", "status")) == [
        (1, "retired"),
        (2, "published"),
    ]


def test_a_wording_that_meets_a_publication_goes_into_that_version_or_the_next_draft(
    question, authors
):
    draft = save_draft(question, reworded(question, "It grows"), base=None, actor=authors[0])
    outcomes = at_once(
        lambda: publish_rubric(Rubric.objects.get(pk=draft.pk), actor=authors[0], reason="ready"),
        lambda: add_phrase(
            question, key="variance", kind="says_it", text="a wording", author=authors[1]
        ),
    )
    assert failures(outcomes) == []
    newest = question.rubrics.order_by("-version").first()
    assert list(Phrase.objects.filter(key_point__rubric=newest).values_list("text", flat=True)) == [
        "a wording"
    ]


def test_a_draft_thrown_away_while_it_is_saved_leaves_a_whole_draft_or_none(question, authors):
    save_draft(question, reworded(question, "It grows"), base=None, actor=authors[0])
    base = fingerprint(current_content(question))
    mine = reworded(question, "It grows a lot")
    at_once(
        lambda: save_draft(question, mine, base=base, actor=authors[0]),
        lambda: discard_draft(question, actor=authors[1]),
    )
    draft = question.rubrics.filter(status=Rubric.Status.DRAFT).first()
    assert draft is None or current_content(question) == mine


def test_a_proposal_is_accepted_by_one_of_those_who_accept_it_at_once(question, authors):
    sample = factories.marked_answer(question)
    proposal = Proposal.objects.create(
        question=question, sample=sample, key="variance", kind="says_it", text="words"
    )
    accept = [
        lambda author=author, n=n: accept_proposal(
            Proposal.objects.get(pk=proposal.pk), text=f"words {n}", actor=author
        )
        for n, author in enumerate(authors)
    ]
    assert failures(at_once(*accept)) == [ProposalDecidedError] * 3
    assert Phrase.objects.count() == 1


def test_a_proposal_dismissed_while_it_is_accepted_is_in_the_draft(question, authors):
    sample = factories.marked_answer(question)
    proposal = Proposal.objects.create(
        question=question, sample=sample, key="variance", kind="says_it", text="words"
    )

    outcomes = threads.overlapping(
        lambda: accept_proposal(
            Proposal.objects.get(pk=proposal.pk), text="words", actor=authors[0]
        ),
        lambda: dismiss_proposal(Proposal.objects.get(pk=proposal.pk), actor=authors[1]),
        refusals=EXPECTED,
    )

    assert failures(outcomes) == [ProposalDecidedError]
    proposal.refresh_from_db()
    assert (proposal.status, Phrase.objects.get().text) == (Proposal.Status.ACCEPTED, "words")


def test_publishing_takes_the_words_that_are_stored_not_those_read_before(question, authors):
    read = start_draft(question)
    content = current_content(question) | {"prompt": {"zh": "", "en": "Another question?"}}
    save_draft(question, content, base=None, actor=authors[0])
    publish_rubric(read, actor=authors[1], reason="ready")
    question.refresh_from_db()
    assert question.prompt_en == "Another question?"
