"""The dashboard in a real browser.

A whole review, its keys and warnings, and hostile text that must stay text.
"""

from collections.abc import Iterator

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from audit.services import record_change
from grading.models import Grade
from interview.models import InterviewSession, Review
from interview.services.reviews import record_review
from interview.standing import rounded
from interview.visibility import shows_results
from questions.models import Term
from questions.services.drafts import discard_draft
from questions.services.rubrics import start_draft
from tests import factories
from tests.conftest import user_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser-dashboard"),
]

PASSWORD = "correct horse battery"


REPORT_VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"


@pytest.fixture(autouse=True, scope="module")
def _queries_beside_the_browser() -> Iterator[None]:
    """Playwright runs an event loop in this thread, and Django refuses queries where one runs unless told otherwise.

    For the module as a whole: a test's database is made before its own fixtures and emptied after them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def desk_of(browser: Browser, live_server, user: User) -> Iterator[Page]:
    """The dashboard with somebody signed in. Fails on script errors and policy violations."""
    complaints: list[str] = []
    context = browser.new_context(base_url=live_server.url, locale="en-US")
    context.add_init_script(REPORT_VIOLATIONS)
    context.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto(reverse("admin:index"))
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/admin/")
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def desk(browser: Browser, live_server, roles) -> Iterator[Page]:
    """The dashboard of somebody who may do everything there."""
    user = user_in("interviewer", "interviewer")
    user.is_superuser = True
    user.save()
    yield from desk_of(browser, live_server, user)


def waiting_answer(**fields):
    return factories.graded_answer(
        question_set=factories.QuestionSetFactory(release_policy="on_release"), **fields
    )


def review_url(session: InterviewSession) -> str:
    return reverse("admin:interview_interviewsession_review", args=[session.pk])


def test_interviewer_goes_from_the_index_to_a_released_session(desk):
    answer = waiting_answer()
    machine = answer.standing_grade.score
    desk.goto(reverse("admin:index"))
    desk.get_by_role("link", name="Start reviewing").click()
    expect(desk.locator(".ts-mark").first).to_be_visible()
    desk.locator("select[name$='-verdict-variance']").select_option("missed")
    desk.locator("input[name$='-comment-variance']").fill("Only the conclusion")
    desk.locator(f"textarea[name='answer-{answer.pk}-comment']").fill("Think of the variance")
    expect(desk.locator(".ts-unsaved")).to_be_visible()
    desk.keyboard.press("Control+s")
    expect(desk.get_by_text("1 review saved.")).to_be_visible()
    expect(desk.locator(".ts-scores")).to_contain_text(f"machine: {rounded(machine)}")
    desk.locator("summary", has_text="Release").click()
    desk.get_by_role("button", name="Save and release").click()
    expect(desk.get_by_text("Released: the candidate sees the result now.")).to_be_visible()
    session = InterviewSession.objects.get(pk=answer.session_id)
    assert shows_results(session)
    assert Review.objects.get().verdicts.get().verdict == "missed"


def test_enter_in_a_comment_only_saves(desk):
    answer = waiting_answer()
    desk.goto(review_url(answer.session))
    desk.locator("input[name$='-comment-variance']").fill("said well")
    desk.locator("input[name$='-comment-variance']").press("Enter")
    expect(desk.get_by_text("1 review saved.")).to_be_visible()
    assert InterviewSession.objects.get(pk=answer.session_id).released_at is None
    assert Grade.objects.count() == 1


def test_leaving_with_unsaved_work_asks_first(desk):
    answer = waiting_answer()
    desk.goto(review_url(answer.session))
    desk.locator(f"textarea[name='answer-{answer.pk}-note']").fill("half a thought")
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.goto(reverse("admin:index"))
    assert asked == ["beforeunload"]


def test_looking_at_a_key_point_lights_its_words(desk):
    desk.goto(review_url(waiting_answer().session))
    desk.locator(".ts-review-point", has_text="variance of the dot product").locator(
        "select"
    ).focus()
    expect(desk.locator(".ts-mark.ts-lit").first).to_be_visible()


HOSTILE = (
    '<img src="x" onerror="window.hacked=1"><div x-data x-init="window.hacked=1"></div><script>window.hacked=1</script>'
    "'-(window.hacked=1)-'"
)


def test_hostile_text_stays_text_on_every_page(desk):
    candidate = factories.UserFactory(username=HOSTILE, first_name="<b>")
    made = factories.QuestionSetFactory(
        title_en=HOSTILE[:110], title_zh=HOSTILE[:110], release_policy="on_release"
    )
    question = factories.published_question(
        prompt_en=HOSTILE, prompt_zh=HOSTILE, model_answer_en=HOSTILE
    )
    answer = factories.graded_answer(
        question, text=HOSTILE + "点积的方差随维度 d 增大", candidate=candidate, question_set=made
    )
    reviewer = factories.UserFactory(username=f"reviewer {HOSTILE}"[:150], is_staff=True)
    record_review(
        answer=answer,
        reviewer=reviewer,
        verdicts={"variance": ("covered", HOSTILE)},
        comment=HOSTILE,
        note=HOSTILE,
    )
    entry = record_change(
        actor=reviewer,
        action="test",
        target=answer.session,
        old={"text": HOSTILE},
        new=HOSTILE,
        reason=HOSTILE,
    )
    for row in (answer, answer.session):
        LogEntry.objects.create(
            user=reviewer,
            content_type=ContentType.objects.get_for_model(row),
            object_id=row.pk,
            object_repr=HOSTILE,
            action_flag=CHANGE,
            change_message=HOSTILE,
        )
    grade = answer.grades.get()
    term = Term.objects.create(words=f"{HOSTILE}\nvariance")
    start_draft(question)
    discard_draft(question, actor=reviewer)
    pages = [
        reverse("admin:index"),
        reverse("admin:interview_interviewsession_changelist"),
        reverse("admin:interview_interviewsession_review", args=[answer.session_id]),
        reverse("admin:interview_interviewsession_history", args=[answer.session_id]),
        reverse("admin:interview_answer_changelist"),
        reverse("admin:interview_answer_change", args=[answer.pk]),
        reverse("admin:interview_answer_history", args=[answer.pk]),
        reverse("admin:grading_grade_changelist"),
        reverse("admin:grading_grade_change", args=[grade.pk]),
        reverse("admin:questions_question_changelist"),
        reverse("admin:questions_question_change", args=[question.pk]),
        reverse("admin:questions_question_delete", args=[question.pk]),
        reverse("admin:questions_question_editor", args=[question.pk]),
        reverse("admin:questions_question_versions", args=[question.pk]),
        reverse("admin:questions_term_changelist"),
        reverse("admin:questions_term_change", args=[term.pk]),
        reverse("admin:questions_rubric_change", args=[grade.rubric_id]),
        reverse("admin:interview_questionset_changelist"),
        reverse("admin:interview_questionset_change", args=[made.pk]),
        reverse("admin:interview_questionset_delete", args=[made.pk]),
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_user_change", args=[candidate.pk]),
        reverse("admin:auth_user_delete", args=[candidate.pk]),
        reverse("admin:audit_auditentry_changelist"),
        reverse("admin:audit_auditentry_change", args=[entry.pk]),
    ]
    for url in pages:
        desk.goto(url)
        desk.wait_for_load_state("networkidle")
        assert desk.evaluate("window.hacked") is None, url
        assert "window.hacked" in desk.content(), f"{url} shows none of it"
