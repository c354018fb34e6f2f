"""Every page of the dashboard opens, for whom it should, with a fixed number of queries.

History can't be touched.
"""

import re

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from audit.models import AuditEntry
from audit.services import record_change
from desk.middleware import fields_to_return
from grading.models import Grade
from interview.models import Answer, InterviewSession, QuestionSet
from interview.regrades.models import Regrade
from interview.regrades.queue import start_regrade
from questions.models import KeyPoint, Question, Rubric, Sample, Term, Topic
from questions.services.rubrics import start_draft
from tests import factories
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return factories.UserFactory(username="operator", is_staff=True, is_superuser=True)


@pytest.fixture
def operator_client(operator) -> Client:
    return signed_in(operator)


def topic():
    made = factories.TopicFactory()
    factories.published_question().topics.add(made)
    return made


def audit_entry():
    return record_change(
        actor=factories.UserFactory(),
        action="test",
        target=factories.TopicFactory(),
        old={"a": 1},
        new={"a": 2},
    )


def access_attempt():
    return AccessAttempt.objects.create(
        username=f"x{AccessAttempt.objects.count()}",
        ip_address="192.0.2.1",
        failures_since_start=1,
        attempt_time=timezone.now(),
    )


def regrade():
    return start_regrade(factories.graded_answer().question, actor=factories.UserFactory())


def glossary_entry():
    return Term.objects.create(words=f"词{Term.objects.count()}\nword {Term.objects.count()}")


MAKE = {
    Topic: topic,
    Term: glossary_entry,
    Sample: factories.marked_answer,
    Question: factories.published_question,
    Regrade: regrade,
    Rubric: lambda: factories.published_question().rubrics.get(),
    InterviewSession: lambda: factories.graded_answer().session,
    Answer: factories.graded_answer,
    Grade: lambda: factories.graded_answer().grades.get(),
    QuestionSet: lambda: factories.question_set(factories.published_question()),
    AuditEntry: audit_entry,
    User: factories.UserFactory,
    Group: lambda: Group.objects.create(name=f"group {Group.objects.count()}"),
    AuthToken: lambda: AuthToken.objects.create(factories.UserFactory())[0],
    AccessAttempt: access_attempt,
}

MODELS = sorted(MAKE, key=lambda model: model._meta.label)
READ_ONLY = [Answer, Grade, AuditEntry]
SHOWN_ELSEWHERE = [InterviewSession, Regrade, Sample]  # on pages of ours, made for their work


def admin_url(model, page, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_lists_filtered_by_a_topic_hold_what_is_under_it_at_any_depth(operator_client):
    root = factories.TopicFactory()
    middle = factories.TopicFactory(parent=root)
    question = factories.published_question()
    question.topics.add(middle, factories.TopicFactory(parent=middle))
    answer = factories.submitted_answer(question)
    factories.submitted_answer()
    for model, field, row in ((Question, "topics", question), (Answer, "question__topics", answer)):
        page = operator_client.get(admin_url(model, "changelist"), {f"{field}__id__exact": root.pk})
        assert list(page.context["cl"].queryset) == [row]


def test_all_registered_models_are_walked_here():
    assert set(admin.site._registry) == set(MAKE)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_list_change_add_history_and_delete_pages_open_for_an_operator(
    operator_client, model, language
):
    row = MAKE[model]()
    model_admin = admin.site._registry[model]
    headers = {"accept-language": language}
    listed = operator_client.get(admin_url(model, "changelist"), headers=headers)
    assert row in listed.context["cl"].result_list
    opened = operator_client.get(admin_url(model, "change", row.pk), headers=headers, follow=True)
    assert opened.status_code == 200
    assert bool(opened.redirect_chain) == (model in SHOWN_ELSEWHERE)
    assert opened.redirect_chain or opened.context["original"] == row
    history = operator_client.get(admin_url(model, "history", row.pk), headers=headers)
    assert history.context["object"] == row
    request = listed.wsgi_request
    added = operator_client.get(admin_url(model, "add"), headers=headers)
    assert added.status_code == (200 if model_admin.has_add_permission(request) else 403)
    deleted = operator_client.get(admin_url(model, "delete", row.pk), headers=headers)
    assert deleted.status_code == (200 if model_admin.has_delete_permission(request, row) else 403)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_search_filters_and_unknown_ids_never_break_a_page(operator_client, model):
    MAKE[model]()
    queries = ["?q=梯度", "?q=%00", "?e=1", "?p=99", "?o=-1.2", "?attention=nonsense"]
    for query in [*queries, "?state=doubtful", "?state=failed", "?state=waiting"]:
        listed = operator_client.get(admin_url(model, "changelist") + query, follow=True)
        assert listed.context["cl"].model is model, query
    for pk in ("0", "999999", "nonsense"):
        opened = operator_client.get(admin_url(model, "change", pk))
        assert (opened.status_code, opened["location"]) == (302, reverse("admin:index"))


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model is not Group], ids=lambda model: model.__name__
)
def test_list_page_takes_as_many_queries_for_three_rows_as_for_one(
    operator_client, model, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    MAKE[model]()
    operator_client.get(
        admin_url(model, "changelist")
    )  # fills the caches of content types and permissions
    with CaptureQueriesContext(connection) as one_row:
        operator_client.get(admin_url(model, "changelist"))
    MAKE[model]()
    MAKE[model]()
    with django_assert_num_queries(len(one_row)):
        operator_client.get(admin_url(model, "changelist"))


# Who gets in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["candidate", "integrator"])
def test_candidates_and_integrators_never_get_in(who, request):
    client = signed_in(request.getfixturevalue(who))
    for url in [reverse("admin:index"), *(admin_url(model, "changelist") for model in MODELS)]:
        answer = client.get(url)
        assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("admin:login"))


OPEN_TO = {
    "interviewer": {
        *(Answer, AuditEntry, Grade, InterviewSession, Question, QuestionSet),
        *(Regrade, Rubric, Sample, Term, Topic),
    },
    "author": {Question, Regrade, Rubric, Sample, Term, Topic},
}


@pytest.mark.parametrize("role", OPEN_TO)
def test_each_role_opens_its_own_lists_only_and_sees_links_to_no_other(role, request):
    client = signed_in(request.getfixturevalue(role))
    opened = {
        model for model in MODELS if client.get(admin_url(model, "changelist")).status_code == 200
    }
    assert opened == OPEN_TO[role]
    index = client.get(reverse("admin:index")).content.decode()
    linked = {model for model in MODELS if f'href="{admin_url(model, "changelist")}' in index}
    assert linked == OPEN_TO[role]


def test_interviewer_reads_the_bank_without_buttons_that_change_it(interviewer_client):
    question = factories.published_question()
    page = interviewer_client.get(admin_url(Question, "change", question.pk)).content.decode()
    assert "saturation" in page
    assert "_save" not in page
    assert reverse("admin:questions_question_editor", args=[question.pk]) not in page
    interviewer_client.post(
        reverse("admin:questions_question_status", args=[question.pk]), {"status": "archived"}
    )
    question.refresh_from_db()
    assert (question.status, question.rubrics.count()) == ("published", 1)


# History ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_history_has_no_buttons_to_add_change_or_delete(operator_client, model):
    row = MAKE[model]()
    page = operator_client.get(admin_url(model, "change", row.pk)).content.decode()
    listed = operator_client.get(admin_url(model, "changelist")).content.decode()
    assert 'name="_save"' not in page
    assert admin_url(model, "delete", row.pk) not in page
    assert admin_url(model, "add") not in page + listed
    assert "delete_selected" not in listed
    assert (
        operator_client.post(
            admin_url(model, "change", row.pk), {"text": "forged", "score": "100"}
        ).status_code
        == 403
    )
    assert (
        operator_client.post(admin_url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    )
    assert model.objects.filter(pk=row.pk).exists()


def test_sessions_and_questions_with_history_are_not_deleted(operator_client):
    answer = factories.graded_answer()
    assert (
        operator_client.post(
            admin_url(InterviewSession, "delete", answer.session_id), {"post": "yes"}
        ).status_code
        == 403
    )
    operator_client.post(admin_url(Question, "delete", answer.question_id), {"post": "yes"})
    assert Question.objects.filter(pk=answer.question_id).exists()


# Policies -----------------------------------------------------------------------------------------


def test_dashboard_alone_gets_the_policy_its_theme_needs(operator_client):
    inside = operator_client.get(reverse("admin:index")).headers
    outside = operator_client.get("/").headers
    assert "'unsafe-eval'" in inside["Content-Security-Policy"]
    assert (
        "'unsafe-inline'"
        not in re.search(r"script-src[^;]*", inside["Content-Security-Policy"]).group()
    )
    assert "unsafe" not in outside["Content-Security-Policy"]
    assert "no-store" in inside["Cache-Control"]


# Actions on questions -----------------------------------------------------------------------------


def act(client, model, action, rows, **data):
    body = {"action": action, "_selected_action": [row.pk for row in rows], **data}
    return client.post(admin_url(model, "changelist"), body, follow=True)


def messages_of(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("draft", "publish", "published"),
        ("published", "archive", "archived"),
        ("archived", "publish", "published"),
        ("published", "take_back", "draft"),
    ],
)
def test_author_publishes_archives_and_reopens_questions(author_client, before, action, after):
    question = factories.published_question(status=before)
    act(author_client, Question, action, [question])
    question.refresh_from_db()
    assert question.status == after
    assert AuditEntry.objects.get(action="question.status").new == after


def test_question_without_published_key_points_is_not_published_and_says_why(author_client):
    ready = factories.published_question(status="draft")
    bare = factories.QuestionFactory(status="draft", slug="bare-question")
    answer = act(author_client, Question, "publish", [ready, bare])
    assert "bare-question" in messages_of(answer)
    assert list(Question.objects.filter(status="published")) == [ready]


def test_buttons_on_the_question_page_change_its_status_by_post_only(author_client):
    question = factories.published_question()
    url = reverse("admin:questions_question_status", args=[question.pk])
    assert author_client.get(url).status_code == 405
    author_client.post(url, {"status": "nonsense"})
    author_client.post(url, {"status": "archived"})
    question.refresh_from_db()
    assert question.status == "archived"
    assert (
        author_client.post(reverse("admin:questions_question_status", args=[999])).status_code
        == 404
    )


# Rubrics ------------------------------------------------------------------------------------------


def test_published_rubric_is_shown_in_full_and_never_changed_or_deleted(operator_client):
    question = factories.published_question()
    rubric = question.rubrics.get()
    page = operator_client.get(admin_url(Rubric, "change", rubric.pk)).content.decode()
    assert "不缩放时 softmax 进入饱和区" in page
    assert 'name="_save"' not in page
    assert (
        operator_client.post(admin_url(Rubric, "change", rubric.pk), {"note": "forged"}).status_code
        == 403
    )
    assert (
        operator_client.post(admin_url(Rubric, "delete", rubric.pk), {"post": "yes"}).status_code
        == 403
    )
    act(operator_client, Rubric, "delete_selected", [rubric], post="yes")
    rubric.refresh_from_db()
    assert (rubric.note, KeyPoint.objects.filter(rubric=rubric).count()) == ("", 2)


def test_draft_opens_in_the_editor_for_authors_and_for_reading_for_others(
    author_client, interviewer_client
):
    draft = start_draft(factories.published_question())
    assert author_client.get(admin_url(Rubric, "change", draft.pk)).url == admin_url(
        Question, "editor", draft.question_id
    )
    assert interviewer_client.get(admin_url(Rubric, "change", draft.pk)).status_code == 200


def test_question_page_says_when_its_prompt_moved_on_from_the_published_rubric(author_client):
    question = factories.published_question()
    page = author_client.get(admin_url(Question, "change", question.pk))
    assert page.context["prompt_moved_on"] is False
    Question.objects.filter(pk=question.pk).update(prompt_en="Why divide?")
    page = author_client.get(admin_url(Question, "change", question.pk))
    assert page.context["prompt_moved_on"] is True


# Grades, sets, people -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Answer, Grade], ids=["answer", "grade"])
def test_interviewer_has_answers_graded_again_and_the_history_stays(
    interviewer_client, run_tasks_inline, django_capture_on_commit_callbacks, model
):
    answer = factories.graded_answer()
    row = answer if model is Answer else answer.grades.get()
    with django_capture_on_commit_callbacks(execute=True):
        act(interviewer_client, model, "grade_again", [row])
    assert list(answer.grades.values_list("status", flat=True)) == ["graded", "graded"]


def test_action_on_an_answer_that_was_never_submitted_says_so(interviewer_client):
    draft = factories.AnswerFactory(question=factories.published_question())
    answer = act(interviewer_client, Answer, "grade_again", [draft])
    assert (answer.status_code, draft.grades.count()) == (200, 0)
    assert messages_of(answer) != ""


def test_answer_and_grade_pages_show_the_words_that_earned_a_key_point(interviewer_client):
    answer = factories.graded_answer()
    for row in (answer, answer.grades.get()):
        page = interviewer_client.get(admin_url(type(row), "change", row.pk))
        shown = "".join(mark.text for mark in page.context["marks"])
        assert shown == answer.text
        assert any(mark.verdict == "covered" for mark in page.context["marks"])


def test_unsent_drafts_of_candidates_are_not_shown(interviewer_client):
    draft = factories.AnswerFactory(
        question=factories.published_question(), text="THOUGHTS", revision=1
    )
    page = interviewer_client.get(admin_url(Answer, "change", draft.pk)).content.decode()
    listed = interviewer_client.get(admin_url(Answer, "changelist")).content.decode()
    review = interviewer_client.get(
        reverse("admin:interview_interviewsession_review", args=[draft.session_id])
    ).content.decode()
    assert "THOUGHTS" not in page + listed + review


def test_interviewer_makes_a_set_whose_questions_keep_their_order(interviewer, interviewer_client):
    first, second = (
        factories.published_question(),
        factories.QuestionFactory(status="draft", slug="still-a-draft"),
    )
    body = {
        "title_zh": "一面",
        "mode": "interview",
        "release_policy": "on_release",
        "is_open": "on",
    }
    body |= {"set_questions-TOTAL_FORMS": 2, "set_questions-INITIAL_FORMS": 0}
    body |= {"set_questions-0-question": second.pk, "set_questions-1-question": first.pk}
    answer = interviewer_client.post(admin_url(QuestionSet, "add"), body, follow=True)
    made = QuestionSet.objects.get()
    assert [entry.question for entry in made.set_questions.all()] == [second, first]
    assert made.created_by == interviewer
    assert "still-a-draft" in messages_of(answer)


def test_sets_are_opened_and_closed_from_the_list(interviewer_client):
    made = factories.question_set(factories.published_question(), is_open=False)
    act(interviewer_client, QuestionSet, "open_sets", [made])
    made.refresh_from_db()
    assert made.is_open
    act(interviewer_client, QuestionSet, "close_sets", [made])
    made.refresh_from_db()
    assert not made.is_open


def test_every_change_of_a_set_is_written_down(interviewer, interviewer_client):
    first, second = factories.published_question(slug="one"), factories.published_question()
    made = factories.question_set(first, second, is_open=False)
    act(interviewer_client, QuestionSet, "open_sets", [made])
    kept, removed = made.set_questions.all()
    body = {
        "title_zh": made.title_zh,
        "title_en": made.title_en,
        "mode": "interview",
        "release_policy": "when_graded",
        "minutes": 20,
        "is_open": "on",
        "set_questions-TOTAL_FORMS": 2,
        "set_questions-INITIAL_FORMS": 2,
    }
    for number, entry in enumerate((kept, removed)):
        body |= {
            f"set_questions-{number}-id": entry.pk,
            f"set_questions-{number}-question_set": made.pk,
            f"set_questions-{number}-question": entry.question_id,
            f"set_questions-{number}-order": entry.order,
        }
    body["set_questions-1-DELETE"] = "on"
    address = admin_url(QuestionSet, "change", made.pk)
    assert interviewer_client.post(address, body).status_code == 302
    found = AuditEntry.objects.filter(action="questionset.changed").order_by("pk")
    assert [(entry.actor, entry.target) for entry in found] == [
        (interviewer, f"interview.questionset:{made.pk}")
    ] * 2
    opened, changed = found
    assert (opened.old, opened.new) == ({"is_open": False}, {"is_open": True})
    assert changed.new == {
        "release_policy": "when_graded",
        "minutes": 20,
        "questions": ["one"],
    }
    # Saving it once more as it is changes nothing, and nothing is written.
    del body["set_questions-1-DELETE"]
    body["set_questions-TOTAL_FORMS"] = body["set_questions-INITIAL_FORMS"] = 1
    assert interviewer_client.post(address, body).status_code == 302
    assert AuditEntry.objects.filter(action="questionset.changed").count() == 2


def test_a_set_cannot_end_before_it_starts(interviewer_client):
    body = {"title_en": "One", "mode": "interview", "release_policy": "on_release"}
    body |= {"set_questions-TOTAL_FORMS": 0, "set_questions-INITIAL_FORMS": 0}
    body |= {"starts_at_0": "2030-01-02", "starts_at_1": "10:00"}
    body |= {"ends_at_0": "2030-01-02", "ends_at_1": "09:00"}
    answer = interviewer_client.post(
        admin_url(QuestionSet, "add"), body, headers={"Accept-Language": "en"}
    )
    assert "The end must be later than the start." in answer.content.decode()
    assert not QuestionSet.objects.exists()
    body["ends_at_1"] = "11:00"
    assert interviewer_client.post(admin_url(QuestionSet, "add"), body).status_code == 302


def test_a_sets_page_says_how_many_candidates_have_practised_each_question(interviewer_client):
    known, fresh = factories.published_question(slug="known"), factories.published_question()
    for _ in range(2):
        factories.submitted_answer(known)
    made = factories.question_set(known, fresh)
    factories.submitted_answer(fresh, question_set=made)  # in the set's own session
    page = interviewer_client.get(admin_url(QuestionSet, "change", made.pk))
    assert page.context["practised"] == [(known, 2), (fresh, 0)]


def test_a_question_in_use_is_not_archived(author_client):
    question = factories.published_question(slug="asked")
    opened = factories.question_set(question, title_en="First round", title_zh="")
    session = factories.AnswerFactory(question=question).session
    address = reverse("admin:questions_question_status", args=[question.pk])
    answer = author_client.post(address, {"status": "archived"}, follow=True)
    assert "First round" in messages_of(answer)
    assert session.who in messages_of(answer)
    question.refresh_from_db()
    assert question.status == "published"
    QuestionSet.objects.filter(pk=opened.pk).update(is_open=False)
    session.answers.all().delete()
    author_client.post(address, {"status": "archived"})
    question.refresh_from_db()
    assert question.status == "archived"


def test_practice_sets_do_not_bury_the_interviews(interviewer_client):
    interview = factories.question_set(factories.published_question())
    practice = factories.QuestionSetFactory(mode="practice")

    def listed(query: str) -> set[QuestionSet]:
        return set(
            interviewer_client.get(admin_url(QuestionSet, "changelist") + query)
            .context["cl"]
            .result_list
        )

    assert listed("") == {interview}
    assert listed("?mode=practice") == {practice}
    assert listed("?mode=all") == {interview, practice}


def test_topic_cannot_stand_under_itself(author_client):
    above = factories.TopicFactory()
    below = factories.TopicFactory(parent=above)
    body = {"slug": above.slug, "name_zh": "甲", "name_en": "A", "order": 0, "parent": below.pk}
    answer = author_client.post(admin_url(Topic, "change", above.pk), body)
    above.refresh_from_db()
    assert (answer.status_code, above.parent) == (200, None)


def test_giving_somebody_a_role_is_written_down(operator, operator_client, roles):
    user = factories.UserFactory(username="newcomer")
    group = Group.objects.get(name="interviewer")
    body = {"username": "newcomer", "is_active": "on", "is_staff": "on", "groups": [group.pk]}
    body |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    answer = operator_client.post(admin_url(User, "change", user.pk), body)
    assert answer.status_code == 302
    entry = AuditEntry.objects.get(action="user.rights")
    assert (entry.actor, entry.old["groups"], entry.new["groups"]) == (
        operator,
        [],
        ["interviewer"],
    )
    assert (entry.old["is_staff"], entry.new["is_staff"]) == (False, True)


def test_operator_withdraws_a_token_but_reads_none(operator_client):
    token, secret = AuthToken.objects.create(factories.UserFactory())
    page = operator_client.get(admin_url(AuthToken, "changelist")).content.decode()
    assert secret not in page
    assert operator_client.get(admin_url(AuthToken, "add")).status_code == 403
    operator_client.post(admin_url(AuthToken, "delete", token.pk), {"post": "yes"})
    assert not AuthToken.objects.exists()
    assert LogEntry.objects.count() == 1


# Signed out ---------------------------------------------------------------------------------------


def test_a_form_sent_after_the_sign_in_ran_out_comes_back_in_a_page_no_cache_keeps(client):
    topic_to_add = {"slug": "scaling", "name_zh": "缩放", "name_en": "Scaling"}
    page = client.post(admin_url(Topic, "add"), topic_to_add)
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    assert page.context["sent"] == list(topic_to_add.items())
    assert "except passwords" not in page.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"username": "eve", "password1": "SECRET-1", "password2": "SECRET-2"},
        {"old_password": "SECRET-1", "new_password1": "SECRET-2", "new_password2": "SECRET-2"},
    ],
)
@pytest.mark.parametrize("address", ["admin:auth_user_add", "admin:password_change"])
def test_passwords_sent_after_the_sign_in_ran_out_stand_in_no_page(client, address, sent):
    page = client.post(reverse(address), sent).content.decode()
    assert "SECRET" not in page
    assert "except passwords: type them again" in page
    assert ("eve" in page) is ("username" in sent)


def test_fields_that_a_view_calls_sensitive_stand_in_no_page(rf):
    request = rf.post("/", {"pin": "1", "name": "a"})
    request.sensitive_post_parameters = ("pin",)
    assert fields_to_return(request) == {"sent": [("name", "a")], "has_secrets": True}
    request.sensitive_post_parameters = "__ALL__"
    assert fields_to_return(request) == {"sent": [], "has_secrets": True}
