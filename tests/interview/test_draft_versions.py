"""Earlier versions of a draft: which are kept, for how long, and how they come back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from interview.models import Answer, DraftRevision, InterviewSession
from interview.services import revisions
from interview.services.answers import save_draft, submit_answer, take_version_back
from interview.services.errors import AnswerConflictError, RefusedError
from interview.services.finishing import finish_session
from interview.services.practice import discard_practice, start_practice
from interview.services.release import release_session
from interview.services.revisions import Writer, delete_old_versions, lost_characters
from ops.sweep import sweep_all
from tests import factories

pytestmark = pytest.mark.django_db

DESK = Writer("Firefox · Linux", "desk")
PHONE = Writer("Safari · iPhone", "phone")


@pytest.fixture
def answer() -> Answer:
    session = start_practice(
        candidate=factories.UserFactory(), questions=[factories.published_question()]
    )
    return session.answers.get()


def save(answer: Answer, text: str, *, writer: Writer = DESK, insist: bool = False) -> Answer:
    revision = Answer.objects.get(pk=answer.pk).revision
    return save_draft(answer, text=text, revision=revision, writer=writer, insist=insist)


def kept(answer: Answer) -> list[str]:
    return [version.text for version in answer.earlier_versions.order_by("pk")]


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("", "abc", 0),
        ("abc", "abc", 0),
        ("abc", "abcd", 0),
        ("abc", "", 3),
        ("ac", "abc", 0),  # put in between
        ("abcdef", "abXef", 2),
        ("aaa", "aa", 1),
        ("方差变大", "方差", 2),
        ("one", "other", 2),
    ],
)
def test_what_is_lost_is_all_between_what_both_texts_begin_and_end_with(old, new, lost):
    assert lost_characters(old, new) == lost


def test_a_text_that_only_grows_leaves_no_copies(answer):
    for length in range(1, 40):
        save(answer, "word " * length)
    assert kept(answer) == []


def test_a_text_that_loses_a_sentence_is_kept(answer):
    save(answer, "The variance grows. The softmax saturates.")
    save(answer, "The variance grows.")
    assert kept(answer) == ["The variance grows. The softmax saturates."]


def test_a_slip_of_a_few_characters_is_not_kept(answer):
    save(answer, "The variance gro ws")
    save(answer, "The variance grows")
    assert kept(answer) == []


def test_a_text_that_only_grows_is_copied_once_a_minute(answer, monkeypatch):
    began = timezone.now()
    for second in range(0, 180, 3):
        monkeypatch.setattr(timezone, "now", lambda at=second: began + timedelta(seconds=at))
        save(answer, "word " * (1 + second))
    assert len(kept(answer)) == 2


def test_what_another_device_wrote_is_kept_with_its_name_and_time(answer):
    phones = save(answer, "on the phone", writer=PHONE)
    save(answer, "on the phone, and at the desk", writer=DESK)
    version = answer.earlier_versions.get()
    assert (version.text, version.saved_from, version.saved_at) == (
        "on the phone",
        "Safari · iPhone",
        phones.saved_at,
    )


def test_submitting_keeps_the_draft_it_replaces(answer):
    save(answer, "a long draft of the answer")
    submit_answer(answer, text="short", writer=DESK)
    assert kept(answer) == ["a long draft of the answer"]


# Conflicts ----------------------------------------------------------------------------------------


def test_a_text_that_meets_a_newer_draft_is_refused_and_set_aside(answer):
    save(answer, "on the phone", writer=PHONE)
    with pytest.raises(AnswerConflictError):
        save_draft(answer, text="at the desk", revision=0, writer=DESK)
    version = answer.earlier_versions.get()
    assert (version.text, version.is_aside, version.saved_from) == (
        "at the desk",
        True,
        "Firefox · Linux",
    )
    assert Answer.objects.get().text == "on the phone"


def test_while_a_conflict_is_open_one_copy_follows_what_is_typed(answer):
    save(answer, "on the phone", writer=PHONE)
    for text in ("at the desk", "at the desk I write", "at the desk I write on"):
        with pytest.raises(AnswerConflictError):
            save_draft(answer, text=text, revision=0, writer=DESK)
    assert kept(answer) == ["at the desk I write on"]


def test_a_text_set_aside_that_is_then_written_anew_is_kept_as_it_was(answer):
    save(answer, "on the phone", writer=PHONE)
    for text in ("at the desk I write", "something else"):
        with pytest.raises(AnswerConflictError):
            save_draft(answer, text=text, revision=0, writer=DESK)
    assert kept(answer) == ["at the desk I write", "something else"]


def test_insisting_makes_ones_own_text_the_draft_and_keeps_the_other(answer):
    save(answer, "on the phone", writer=PHONE)
    with pytest.raises(AnswerConflictError):
        save_draft(answer, text="at the desk", revision=0, writer=DESK)
    save_draft(answer, text="at the desk, in full", revision=0, writer=DESK, insist=True)
    assert Answer.objects.get().text == "at the desk, in full"
    assert kept(answer) == ["on the phone"]


def test_submitting_insistently_submits_ones_own_text_and_keeps_the_other(answer):
    save(answer, "on the phone", writer=PHONE)
    stored = submit_answer(answer, text="at the desk", revision=0, writer=DESK, insist=True)
    assert (stored.text, kept(answer)) == ("at the desk", ["on the phone"])


# Taking back --------------------------------------------------------------------------------------


def test_an_earlier_version_comes_back_and_the_text_it_replaces_is_kept(answer):
    save(answer, "The first whole answer.")
    save(answer, "Another whole answer.")
    [version] = answer.earlier_versions.all()
    take_version_back(answer, version.pk, writer=DESK)
    assert Answer.objects.get().text == "The first whole answer."
    assert kept(answer) == ["The first whole answer.", "Another whole answer."]


def test_a_version_of_another_answer_is_not_taken_back(answer):
    other = start_practice(
        candidate=factories.UserFactory(), questions=[factories.published_question()]
    ).answers.get()
    save(other, "somebody else's whole answer")
    save(other, "mine")
    with pytest.raises(RefusedError) as refusal:
        take_version_back(answer, other.earlier_versions.get().pk)
    assert refusal.value.code == "version_gone"


def test_nothing_comes_back_after_the_session(answer):
    save(answer, "The first whole answer.")
    save(answer, "Another whole answer.")
    finish_session(answer.session)
    with pytest.raises(RefusedError) as refusal:
        take_version_back(answer, answer.earlier_versions.get().pk)
    assert refusal.value.code == "answer_submitted"
    assert Answer.objects.get().text == "Another whole answer."


# How long they are kept ---------------------------------------------------------------------------


def test_the_oldest_beyond_the_limit_go(answer, monkeypatch):
    monkeypatch.setattr(revisions, "MAX_VERSIONS", 3)
    for n in range(6):
        save(answer, f"{n} is the number of this text {n}")
    assert [text[0] for text in kept(answer)] == ["2", "3", "4"]


def test_versions_go_when_the_session_ended_long_ago(answer, settings):
    settings.DRAFT_DAYS = 7
    save(answer, "The first whole answer.")
    save(answer, "Another whole answer.")
    finish_session(answer.session)
    assert delete_old_versions() == 0
    InterviewSession.objects.update(submitted_at=timezone.now() - timedelta(days=8))
    sweep_all()
    assert not DraftRevision.objects.exists()


def test_versions_of_an_open_session_stay_however_old_it_is(answer):
    save(answer, "The first whole answer.")
    save(answer, "Another whole answer.")
    DraftRevision.objects.update(saved_at=timezone.now() - timedelta(days=400))
    assert delete_old_versions() == 0


def test_versions_go_when_the_review_is_finished(interviewer):
    answer = factories.graded_answer()
    answer.earlier_versions.create(revision=1, text="an earlier text")
    release_session(answer.session, actor=interviewer)
    assert delete_old_versions() == 1


def test_versions_go_with_a_discarded_practice(answer):
    save(answer, "The first whole answer.")
    save(answer, "Another whole answer.")
    discard_practice(answer.session)
    assert not DraftRevision.objects.exists()
