"""The sequences by which an exam could be beaten, each played in full on pages and over REST.

Every secret of the bank and of the reviewer holds the word CANARY. A watched client fails at the
first response that shows one.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from grading.models import Grade
from grading.services.run import run_grade
from interview.models import Answer, InterviewSession, QuestionSet, Review
from interview.regrades.apply import apply_regrade, undo_regrade
from interview.regrades.preview import run_preview
from interview.regrades.queue import start_regrade
from interview.services.errors import RefusedError
from interview.services.grading import grade_again
from interview.services.marked_answers import decide_on_samples, proposed_samples
from interview.services.release import release_session, withdraw_release
from interview.services.reviews import record_review
from questions.models import Question, Sample
from tests import factories
from tests.rest import Api

pytestmark = pytest.mark.django_db

CANARY = "CANARY"
ACCEPTED = Sample.Acceptance.ACCEPTED
EN = {"headers": {"Accept-Language": "en"}}
WORDS = "the variance of the dot product grows with the dimension so the softmax saturates"


class Watched(Client):
    """A browser in which no canary may ever show, except where the test says so."""

    may_see = False

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if not self.may_see:
            assert CANARY not in response.content.decode(errors="replace"), request["PATH_INFO"]
        return response

    def send_form(self, path: str, **data: Any) -> Any:
        return self.post(path, data, **EN)


class WatchedApi(Api):
    may_see = False

    def check(self, response: Any) -> None:
        if not self.may_see:
            assert CANARY not in response.content.decode(errors="replace")


def secret_question(**fields) -> Question:
    """A published question whose key points, feedback and model answers hold a canary."""
    question = factories.QuestionFactory(
        model_answer_zh="MODEL-CANARY 方差", model_answer_en="MODEL-CANARY variance", **fields
    )
    rubric = factories.RubricFactory(question=question)
    for key, text in (
        ("variance", "The variance of the dot product grows with the dimension d"),
        ("saturation", "Without scaling the softmax saturates"),
    ):
        factories.KeyPointFactory(
            rubric=rubric,
            key=key,
            text_zh=f"POINT-CANARY {text}",
            text_en=f"POINT-CANARY {text}",
            feedback_zh="FEEDBACK-CANARY",
            feedback_en="FEEDBACK-CANARY",
            hint_zh="HINT-CANARY",
            hint_en="HINT-CANARY",
        )
    factories.publish_rubric(rubric)
    question.topics.add(factories.TopicFactory())
    return question


def grade_all() -> None:
    Grade.objects.unfinished().update(due_at=timezone.now())  # the time for an undo is over
    for pk in Grade.objects.unfinished().values_list("pk", flat=True):
        run_grade(pk)


def watched(user: User) -> Watched:
    client = Watched()
    client.force_login(user)
    return client


@pytest.fixture
def question() -> Question:
    return secret_question()


@pytest.fixture
def interview(question) -> QuestionSet:
    """Open-book, so that its question can be practised before. Results wait for a person."""
    return factories.question_set(question, is_open_book=True)


@pytest.fixture
def sitter(candidate) -> Watched:
    return watched(candidate)


@pytest.fixture
def api(candidate) -> WatchedApi:
    return WatchedApi(candidate)


def begin(client: Client, interview: QuestionSet) -> str:
    """The address of the room's first question."""
    address = client.post(f"/interviews/{interview.pk}/start/")["Location"]
    return f"{address}1/"


def practise(client: Client, question: Question) -> str:
    return client.post(f"/questions/{question.slug}/start/")["Location"]


def submit(client: Client, room: str, text: str = WORDS, revision: int = 0):
    response = client.post(
        room, {"text": text, "revision": revision, "action": "submit"}, follow=False, **EN
    )
    grade_all()
    return response


def result_of(room: str) -> str:
    return re.sub(r"\d+/$", "result/", room)


def look_everywhere(client: Client, *rooms: str) -> None:
    """Open every page and fragment that a candidate has of these sessions."""
    for address in ("/", "/history/", "/practice/", "/practice/?q=d", *rooms):
        client.get(address, **EN)
    for room in rooms:
        client.get(result_of(room), **EN)
        client.get(re.sub(r"\d+/$", "", room), follow=True, **EN)
        client.get(result_of(room).replace("/result/", "/progress/?seen=1q&every=9"), **EN)


def read_everything(api: Api) -> None:
    for answer in Answer.objects.all():
        api.get(f"/api/v1/submissions/{answer.public_id}/")
        for grade in answer.grades.all():
            api.get(f"/api/v1/grades/{grade.public_id}/")
    api.get("/api/v1/questions/")
    for question in Question.objects.all():
        api.get(f"/api/v1/questions/{question.slug}/")


def code(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


# P0-1: practised before, practised meanwhile ------------------------------------------------------


def test_a_practice_opened_before_is_refused_while_sitting_and_submitted_later(
    sitter, api, candidate, question, interview, interviewer_client
):
    old = practise(sitter, question)
    room = begin(sitter, interview)

    refused = submit(sitter, old, "MY WORDS of before")
    assert refused.status_code == 409
    assert "is part of an interview of yours" in refused.content.decode()
    assert "MY WORDS of before" in refused.content.decode()
    assert sitter.post(result_of(old).replace("result", "finish"), **EN).status_code == 302
    practice = Answer.objects.get(session__mode="practice")
    assert (practice.status, practice.text) == ("draft", "MY WORDS of before")
    assert code(api.send({"question": question.slug, "text": WORDS})) == (409, "reserved")
    look_everywhere(sitter, old, room)
    read_everything(api)

    submit(sitter, room)
    look_everywhere(sitter, old, room)
    read_everything(api)
    assert submit(sitter, old, "MY WORDS of before", practice.revision).status_code == 409
    assert code(api.send({"question": question.slug, "text": WORDS})) == (409, "reserved")

    release(interviewer_client, InterviewSession.objects.get(mode="interview"))
    sitter.may_see = True
    assert submit(sitter, old, "MY WORDS of before", practice.revision).status_code == 302
    assert "POINT-CANARY" in sitter.get(result_of(old), **EN).content.decode()


def test_a_result_of_before_is_hidden_from_its_candidate_alone_while_sitting(
    sitter, api, question, interview, interviewer_client
):
    old = practise(sitter, question)
    sitter.may_see = True
    submit(sitter, old)
    assert "POINT-CANARY" in sitter.get(result_of(old), **EN).content.decode()
    sitter.may_see = False
    stranger = watched(factories.UserFactory())
    other = practise(stranger, question)
    stranger.may_see = True
    submit(stranger, other)

    room = begin(sitter, interview)
    look_everywhere(sitter, old, room)
    read_everything(api)
    hidden = sitter.get(result_of(old), **EN).content.decode()
    assert WORDS in hidden  # one's own words stay
    assert "/again/" not in hidden
    grade = Grade.objects.get(answer__session__candidate__username="candidate")
    assert api.get(f"/api/v1/grades/{grade.public_id}/").status_code == 404
    assert "POINT-CANARY" in stranger.get(result_of(other), **EN).content.decode()

    submit(sitter, room)
    look_everywhere(sitter, old, room)
    release(interviewer_client, InterviewSession.objects.get(mode="interview"))
    sitter.may_see = True
    assert "POINT-CANARY" in sitter.get(result_of(old), **EN).content.decode()


def test_a_program_of_a_person_who_sits_the_interview_cannot_ask_for_somebody_else(
    candidate, question, interview
):
    candidate.groups.add(Group.objects.get(name="integrator"))
    sitter, api = watched(candidate), WatchedApi(candidate)
    early = api.send({"question": question.slug, "text": WORDS, "candidate": "x"})
    assert early.status_code == 202
    grade_all()
    begin(sitter, interview)

    sent = api.send({"question": question.slug, "text": WORDS, "candidate": "y"})
    assert code(sent) == (409, "reserved")
    read_everything(api)


@pytest.mark.parametrize("by", ["its author", "a set that can be started"])
def test_a_question_in_reserve_is_in_no_candidates_bank(sitter, api, candidate, question, by):
    old = practise(sitter, question)
    if by == "its author":
        Question.objects.update(is_reserved=True)
    else:
        factories.question_set(question)
    topic = question.topics.get()

    for address in (
        "/practice/",
        f"/practice/?q={question.prompt_en[:20]}",
        f"/practice/{topic.slug}/",
    ):
        assert (
            f"/questions/{question.slug}/start/" not in sitter.get(address, **EN).content.decode()
        )
    sitter.post(f"/questions/{question.slug}/start/")
    sitter.post(f"/practice/{topic.slug}/start/")
    sitter.post(f"{old}again/")
    assert InterviewSession.objects.count() == 1
    assert submit(sitter, old).status_code == 409
    assert api.get("/api/v1/questions/").json()["results"] == []
    assert api.get(f"/api/v1/questions/{question.slug}/").status_code == 404
    assert code(api.send({"question": question.slug, "text": WORDS})) == (409, "reserved")
    several = api.send(
        [
            {"question": secret_question().slug, "text": WORDS},
            {"question": question.slug, "text": WORDS},
        ]
    )
    assert code(several) == (409, "reserved")
    assert several.json()["errors"][0]["index"] == 1


# P0-2: what a reviewer decided, told by other people's grades -------------------------------------

MINE = "MYANSWER1 my own words on why one divides by the root of the variance"


def score_of(api: Api, question: Question, text: str) -> tuple[float, list[str]]:
    """What a program is told of a text right now."""
    sent = api.send({"question": question.slug, "text": text}).json()
    grade_all()
    found = api.get(f"/api/v1/grades/{sent['grade']}/").json()
    return found["score"], [point["verdict"] for point in found["key_points"]]


@pytest.fixture
def reviewed(candidate, interviewer, question) -> Answer:
    """A held-back answer on which the interviewer disagrees with the machine."""
    held_back = factories.question_set(question, release_policy="on_release", is_open_book=True)
    answer = factories.graded_answer(
        question, text=MINE, candidate=candidate, question_set=held_back
    )
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", ""), "saturation": ("covered", "")},
    )
    return answer


def seen(*samples: Sample) -> dict[int, str]:
    return {sample.pk: sample.content_hash for sample in samples}


def refusal(act) -> str:
    with pytest.raises(RefusedError) as error:
        act()
    return error.value.code


def test_a_reviewers_verdict_teaches_others_once_released_and_accepted_by_a_second_person(
    question, reviewed, interviewer, author, integrator
):
    stranger = Api(factories.UserFactory())
    stranger_account = User.objects.latest("pk")
    stranger_account.groups.add(Group.objects.get(name="candidate"))
    program = Api(integrator)
    sample = Sample.objects.get(answer=reviewed)

    def both_are_told(text: str = MINE) -> tuple[float, list[str]]:
        one, other = score_of(stranger, question, text), score_of(program, question, text)
        assert one == other
        return one

    untaught = both_are_told()
    assert untaught[1] != ["covered", "covered"]
    accept = lambda actor: decide_on_samples(seen(sample), ACCEPTED, actor=actor)  # noqa: E731
    assert refusal(lambda: accept(author)) == "not_proposed"

    release_session(reviewed.session, actor=interviewer)
    assert both_are_told() == untaught
    assert refusal(lambda: accept(interviewer)) == "own_verdicts"
    assert refusal(lambda: accept(stranger_account)) == "not_allowed"
    assert both_are_told() == untaught

    assert accept(author) == 1
    assert both_are_told()[1] == ["covered", "covered"]
    withdraw_release(reviewed.session, actor=interviewer)
    assert both_are_told() == untaught
    release_session(reviewed.session, actor=interviewer)
    assert both_are_told()[1] == ["covered", "covered"]
    assert decide_on_samples(seen(sample), Sample.Acceptance.PROPOSED, actor=author) == 1
    assert both_are_told() == untaught
    assert decide_on_samples(seen(sample), Sample.Acceptance.REFUSED, actor=author) == 1
    assert both_are_told() == untaught
    assert [entry.action for entry in AuditEntry.objects.filter(target=f"questions.sample:{sample.pk}").order_by("pk")] == [
        "sample.accepted", "sample.acceptance_withdrawn", "sample.refused"
    ]  # fmt: skip


def test_verdicts_that_change_are_proposed_again(question, reviewed, interviewer, author):
    release_session(reviewed.session, actor=interviewer)
    sample = Sample.objects.get()
    decide_on_samples(seen(sample), ACCEPTED, actor=author)
    record_review(answer=reviewed, reviewer=interviewer, verdicts={"variance": ("missed", "")})
    assert refusal(lambda: decide_on_samples(seen(sample), ACCEPTED, actor=author)) == "changed"
    sample.refresh_from_db()
    assert (sample.acceptance, sample.decided_by) == ("proposed", None)
    # A comment leaves what was accepted as it is.
    decide_on_samples(seen(sample), ACCEPTED, actor=author)
    record_review(answer=reviewed, reviewer=interviewer, verdicts={}, comment="well")
    sample.refresh_from_db()
    assert sample.acceptance == "accepted"


def test_nobody_accepts_what_is_said_of_their_own_answer(
    candidate, reviewed, interviewer, settings
):
    settings.ACCEPT_OWN_SAMPLES = True
    candidate.groups.add(Group.objects.get(name="author"))
    candidate = User.objects.get(pk=candidate.pk)
    release_session(reviewed.session, actor=interviewer)
    sample = Sample.objects.get()
    assert (
        refusal(lambda: decide_on_samples(seen(sample), ACCEPTED, actor=candidate)) == "own_session"
    )
    assert not proposed_samples(candidate).exists()
    # The setting is for the reviewer of a team of one.
    assert decide_on_samples(seen(sample), ACCEPTED, actor=interviewer) == 1


def test_whoever_marked_one_key_point_is_no_second_person_for_the_others(reviewed, interviewer):
    second, third = factories.UserFactory(), factories.UserFactory()
    for person in (second, third):
        person.groups.add(Group.objects.get(name="interviewer"))
    record_review(answer=reviewed, reviewer=second, verdicts={"saturation": ("missed", "")})
    release_session(reviewed.session, actor=interviewer)
    sample = Sample.objects.get()
    for person in (interviewer, second):
        assert (
            refusal(lambda person=person: decide_on_samples(seen(sample), ACCEPTED, actor=person))
            == "own_verdicts"
        )
        assert not proposed_samples(person).exists()
    assert list(proposed_samples(third)) == [sample]
    assert decide_on_samples(seen(sample), ACCEPTED, actor=third) == 1


def test_the_list_of_proposed_marked_answers_decides_many_at_once(
    question, reviewed, interviewer, author_client, interviewer_client, candidate_client
):
    address = reverse("admin:questions_sample_proposed")
    index = reverse("admin:index")
    assert "MYANSWER1" not in author_client.get(address).content.decode()
    release_session(reviewed.session, actor=interviewer)
    other = factories.graded_answer(
        question, text="MYANSWER2 words", question_set=reviewed.session.question_set
    )
    record_review(answer=other, reviewer=interviewer, verdicts={"variance": ("missed", "")})
    release_session(other.session, actor=interviewer)

    shown = author_client.get(address, **EN).content.decode()
    assert "MYANSWER1" in shown
    assert "MYANSWER2" in shown
    assert "marked by interviewer" in shown
    assert "2 marked answers wait" in author_client.get(index, **EN).content.decode()
    # The reviewer does not decide on their own verdicts.
    assert "MYANSWER" not in interviewer_client.get(address, **EN).content.decode()
    assert "marked answers wait" not in interviewer_client.get(index, **EN).content.decode()
    assert candidate_client.get(address).status_code == 302

    ticked = [f"{sample.pk}:{sample.content_hash}" for sample in Sample.objects.all()]
    form = {"sample": ticked, "decision": "accept"}
    interviewer_client.post(address, form)
    assert set(Sample.objects.values_list("acceptance", flat=True)) == {"proposed"}
    done = author_client.post(address, form, follow=True, **EN)
    assert "2 marked answers are now: accepted" in done.content.decode()
    assert set(Sample.objects.values_list("acceptance", flat=True)) == {"accepted"}
    author_client.post(f"{address}?show=accepted", {"sample": ticked[:1], "decision": "withdraw"})
    assert sorted(Sample.objects.values_list("acceptance", flat=True)) == ["accepted", "proposed"]


def test_reviewers_are_told_which_marked_answer_a_grade_follows_and_who_marked_it(
    question, reviewed, interviewer, author, interviewer_client
):
    release_session(reviewed.session, actor=interviewer)
    sample = Sample.objects.get()
    decide_on_samples(seen(sample), ACCEPTED, actor=author)
    taught = factories.graded_answer(question, text=MINE)
    told = f"judged like the marked answer {sample.name}, marked by interviewer"
    for name, pk in (
        ("interview_interviewsession_review", taught.session_id),
        ("interview_answer_change", taught.pk),
        ("grading_grade_change", taught.grades.get().pk),
    ):
        shown = interviewer_client.get(reverse(f"admin:{name}", args=[pk]), **EN)
        assert told in shown.content.decode()
    taught.session.candidate.refresh_from_db()
    own_pages = Client()
    own_pages.force_login(taught.session.candidate)
    result = own_pages.get(f"/sessions/{taught.session.public_id}/result/", **EN).content.decode()
    assert sample.name not in result


def test_a_refusal_that_somebody_marked_as_right_teaches_nothing(question, interviewer, author):
    stranger = factories.UserFactory()
    stranger.groups.add(Group.objects.get(name="candidate"))
    untaught = score_of(Api(stranger), question, "no idea 1")
    answer = factories.graded_answer(question, text="no idea 1")
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", ""), "saturation": ("covered", "")},
    )
    release_session(answer.session, actor=interviewer)
    decide_on_samples(seen(Sample.objects.get()), ACCEPTED, actor=interviewer_of_another_team())
    assert score_of(Api(stranger), question, "no idea 1") == untaught
    assert untaught[0] < 10


def interviewer_of_another_team() -> User:
    person = factories.UserFactory()
    person.groups.add(Group.objects.get(name="interviewer"))
    return person


# P1-1: a result that is held back, had at once ----------------------------------------------------


def test_a_held_back_answer_is_not_graded_again_as_a_practice(
    sitter, api, question, interview, interviewer_client
):
    room = begin(sitter, interview)
    submit(sitter, room)
    look_everywhere(sitter, room)
    assert "/again/" not in sitter.get(result_of(room), **EN).content.decode()

    again = sitter.post(f"{room}again/", follow=True, **EN)
    assert "is part of an interview of yours" in again.content.decode()
    assert sitter.post(f"/questions/{question.slug}/start/")["Location"] == "/practice/"
    assert sitter.post(f"/practice/{question.topics.get().slug}/start/")["Location"] == "/practice/"
    assert code(api.send({"question": question.slug, "text": WORDS})) == (409, "reserved")
    assert InterviewSession.objects.count() == 1
    read_everything(api)

    session = InterviewSession.objects.get()
    release(interviewer_client, session)
    sitter.may_see = True
    shown = sitter.get(result_of(room), **EN).content.decode()
    assert "POINT-CANARY" in shown
    assert f"{room}again/" in shown
    sitter.may_see = False
    withdraw(interviewer_client, session)
    look_everywhere(sitter, room)
    assert (
        "is part of an interview"
        in sitter.post(f"{room}again/", follow=True, **EN).content.decode()
    )


# P2-1: the policy of a set ------------------------------------------------------------------------


def test_changing_a_set_shows_nothing_that_was_held_back(
    sitter, api, question, interview, interviewer_client
):
    room = begin(sitter, interview)
    submit(sitter, room)
    entry = interview.set_questions.get()
    form = {
        "title_zh": "示例面试", "title_en": "Sample interview", "mode": "practice",
        "release_policy": "when_graded", "minutes": "", "is_open": "on", "is_open_book": "on",
        "set_questions-TOTAL_FORMS": 1, "set_questions-INITIAL_FORMS": 1,
        "set_questions-0-id": entry.pk, "set_questions-0-question_set": interview.pk,
        "set_questions-0-question": question.pk, "set_questions-0-order": 0,
    }  # fmt: skip
    address = reverse("admin:interview_questionset_change", args=[interview.pk])
    saved = interviewer_client.post(address, form, follow=True, **EN)
    interview.refresh_from_db()
    assert interview.release_policy == "when_graded"
    assert "1 session that has already begun keeps the rules" in saved.content.decode()
    assert (
        "1 session that has already begun" in interviewer_client.get(address, **EN).content.decode()
    )

    look_everywhere(sitter, room)
    read_everything(api)
    assert "once your interviewer releases it" in sitter.get(result_of(room), **EN).content.decode()
    assert code(api.send({"question": question.slug, "text": WORDS})) == (409, "reserved")

    stranger = watched(factories.UserFactory())
    QuestionSet.objects.update(mode="interview")
    stranger.may_see = True
    other = begin(stranger, interview)
    submit(stranger, other)
    assert "POINT-CANARY" in stranger.get(result_of(other), **EN).content.decode()


# P1-2: one person who gives themselves 100 points -------------------------------------------------


@pytest.fixture
def both(interviewer) -> User:
    """Somebody who is an interviewer and sits an interview."""
    interviewer.groups.add(Group.objects.get(name="candidate"))
    return interviewer


def test_nobody_reviews_releases_or_grades_their_own_session(both, interview, question):
    sitter, desk, api = watched(both), Client(), WatchedApi(both)
    desk.force_login(both)
    room = begin(sitter, interview)
    submit(sitter, room, "no idea 1")
    answer = Answer.objects.get()
    session = answer.session

    for then in ("release", "withdraw", f"again-{answer.pk}", ""):
        form = {"then": then, f"answer-{answer.pk}-seen": ""}
        form |= {
            f"answer-{answer.pk}-verdict-{key}": "covered" for key in ("variance", "saturation")
        }
        address = reverse("admin:interview_interviewsession_review", args=[session.pk])
        refused = desk.post(address, form, **EN)
        assert refused.status_code == 403
        assert "This is your own session" in refused.content.decode()
    for act_of_service in (
        lambda: release_session(session, actor=both),
        lambda: withdraw_release(session, actor=both),
        lambda: grade_again(answer, actor=both),
        lambda: record_review(answer=answer, reviewer=both, verdicts={"variance": ("covered", "")}),
    ):
        with pytest.raises(RefusedError) as error:
            act_of_service()
        assert error.value.code == "own_session"
    session.refresh_from_db()
    assert (session.released_at, Grade.objects.count()) == (None, 1)
    assert (Review.objects.count(), Sample.objects.count()) == (0, 0)
    # The dashboard shows nothing of it, and counts it for others only.
    grade = Grade.objects.get()
    for name, args in (
        ("index", []),
        ("interview_interviewsession_changelist", []),
        ("interview_interviewsession_review", [session.pk]),
        ("interview_answer_changelist", []),
        ("interview_answer_change", [answer.pk]),
        ("grading_grade_changelist", []),
        ("grading_grade_change", [grade.pk]),
    ):
        shown = desk.get(reverse(f"admin:{name}", args=args), follow=True, **EN).content.decode()
        assert "no idea 1" not in shown
        assert 'name="then"' not in shown
    read_everything_of_answers(api)
    look_everywhere(sitter, room)


def test_another_person_reviews_the_session_of_an_interviewer(both, interview, question, sitter):
    other = factories.UserFactory(is_staff=True)
    other.groups.add(Group.objects.get(name="interviewer"))
    sitting = watched(both)
    room = begin(sitting, interview)
    submit(sitting, room)
    answer = Answer.objects.get()
    record_review(
        answer=answer,
        reviewer=other,
        verdicts={"variance": ("covered", "COMMENT-CANARY")},
        comment="COMMENT-CANARY",
        note="NOTE-CANARY",
    )
    desk, api = watched(both), WatchedApi(both)
    look_everywhere(sitting, room)
    read_everything_of_answers(api)
    desk.get(reverse("admin:audit_auditentry_changelist"), **EN)
    for entry in AuditEntry.objects.all():
        desk.get(reverse("admin:audit_auditentry_change", args=[entry.pk]), follow=True, **EN)
    for sample in Sample.objects.all():
        desk.get(reverse("admin:questions_sample_change", args=[sample.pk]), **EN)

    release_session(answer.session, actor=other)
    sitting.may_see = True
    shown = sitting.get(result_of(room), **EN).content.decode()
    assert "COMMENT-CANARY" in shown
    assert "NOTE-CANARY" not in shown


def test_a_regrade_leaves_out_the_answers_of_whoever_applies_it(both, question):
    own = factories.graded_answer(question, candidate=both)
    other = factories.graded_answer(question)
    regrade = start_regrade(question, actor=both)
    assert run_preview(regrade.pk)
    assert apply_regrade(regrade, actor=both).done == 1
    assert (own.grades.count(), other.grades.count()) == (1, 2)
    third = factories.UserFactory()
    assert apply_regrade(regrade, actor=third).done == 1
    assert (own.grades.count(), other.grades.count()) == (2, 2)
    assert undo_regrade(regrade, actor=both).done == 1
    assert (own.grades.count(), other.grades.count()) == (2, 3)


# P2-2: authors and the answers of candidates ------------------------------------------------------


def test_authors_read_no_practice_and_no_unreleased_answer(author, author_client, interviewer):
    question = factories.published_question()
    held_back = factories.question_set(question, release_policy="on_release")
    practised = factories.graded_answer(question, text="PRACTISED words on variance")
    sat = factories.graded_answer(question, text="SAT words on variance", question_set=held_back)
    for answer in (practised, sat):
        record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("covered", "")})
    regrade = start_regrade(question, actor=author)
    assert run_preview(regrade.pk)

    def seen() -> list[str]:
        rows = [
            reverse("admin:interview_regrade_row", args=[regrade.pk, row.pk])
            for row in regrade.rows.all()
        ]
        bench = reverse("admin:questions_sample_bench", args=[question.pk])
        addresses = [
            *rows,
            reverse("admin:questions_sample_changelist"),
            bench,
            *[f"{bench}try/?sample={sample.pk}" for sample in Sample.objects.all()],
        ]
        pages = "".join(author_client.get(one, **EN).content.decode() for one in addresses)
        return [words for words in ("PRACTISED", "SAT words") if words in pages]

    assert seen() == []
    release_session(practised.session, actor=interviewer)
    release_session(sat.session, actor=interviewer)
    assert seen() == ["SAT words"]


def read_everything_of_answers(api: Api) -> None:
    """As `read_everything`, but for the bank, which whoever reads key points may read."""
    for answer in Answer.objects.all():
        api.get(f"/api/v1/submissions/{answer.public_id}/")
        for grade in answer.grades.all():
            assert api.get(f"/api/v1/grades/{grade.public_id}/").status_code == 404


def release(client: Client, session: InterviewSession) -> None:
    act(client, session, "release")
    session.refresh_from_db()
    assert session.released_at is not None


def withdraw(client: Client, session: InterviewSession) -> None:
    act(client, session, "withdraw")
    session.refresh_from_db()
    assert session.released_at is None


def act(client: Client, session: InterviewSession, then: str):
    address = reverse("admin:interview_interviewsession_review", args=[session.pk])
    return client.post(address, {"then": then}, follow=True, **EN)
