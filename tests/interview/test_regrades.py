"""Regrade with preview.

Nothing changes before it is applied, nothing is graded twice, and undo brings the former grades
back.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from grading import engine
from grading.models import Grade
from grading.services.queue import NoRubricError, queue_grade
from grading.services.run import run_grade
from interview import tasks
from interview.models import Answer, Review, ReviewVerdict
from interview.regrades import apply, preview
from interview.regrades.apply import (
    RegradeOutcome,
    _append,
    _overtaken,
    apply_regrade,
    undo_regrade,
)
from interview.regrades.concerned import Concerned, answers_concerned
from interview.regrades.models import Regrade, RegradeRow
from interview.regrades.preview import preview_row, run_preview, save_chunk, with_answers
from interview.regrades.queue import (
    cancel_regrade,
    resume_regrade,
    set_aside,
    start_regrade,
)
from interview.services.errors import RefusedError
from interview.standing import standing_result, with_results
from questions.content import rubric_content
from questions.models import Rubric
from questions.services.rubrics import publish_rubric, start_draft, write_key_points
from tests import factories

pytestmark = pytest.mark.django_db

EN = {"accept-language": "en"}
WITHOUT_A_POINT = "softmax 会饱和，梯度接近零。"


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """The ids of the messages sent, in place of a broker."""
    ids: list[int] = []
    monkeypatch.setattr(tasks.preview_regrade, "delay", ids.append)
    return ids


@pytest.fixture
def question():
    return factories.published_question()


def publish_next(question) -> Rubric:
    """The next version asks for the saturation far more than for the variance."""
    draft = start_draft(question)
    content = rubric_content(draft)
    for point in content:
        point["weight"] = "1.00" if point["key"] == "variance" else "9.00"
    write_key_points(draft, content)
    return publish_rubric(draft)


def override(answer, **verdicts) -> None:
    review, _ = Review.objects.get_or_create(
        answer=answer, defaults={"reviewer": factories.UserFactory()}
    )
    for key, verdict in verdicts.items():
        ReviewVerdict.objects.create(review=review, key=key, verdict=verdict)


def result_of(answer):
    return standing_result(with_results(Answer.objects.filter(pk=answer.pk)).get())


def previewed(question, actor=None) -> Regrade:
    regrade = start_regrade(question, actor=actor or factories.UserFactory())
    while run_preview(regrade.pk):
        pass
    regrade.refresh_from_db()
    return regrade


def told(grade: Grade) -> dict:
    """All of a grade that an explanation of it rests on."""
    fields = (
        "rubric_id",
        "score",
        "needs_review",
        "reasons",
        "engine_version",
        "glossary_hash",
        "samples_hash",
    )
    matches = grade.matches.order_by("key_point__order").values_list(
        "key_point",
        "verdict",
        "credit",
        "chance",
        "confidence",
        "evidence",
        "matched",
        "matched_kind",
        "sample",
    )
    return {
        **{name: getattr(grade, name) for name in fields},
        "matches": [tuple(match) for match in matches],
    }


# Dry run ------------------------------------------------------------------------------------------


class TestDryRun:
    def test_it_says_who_would_change_and_changes_nobody(self, question):
        answer = factories.graded_answer(question)
        before = result_of(answer)
        rubric = publish_next(question)
        regrade = previewed(question)
        row = regrade.rows.get()
        assert (regrade.status, regrade.total, regrade.rubric) == ("ready", 1, rubric)
        assert (row.status, row.stood, row.stands, row.change) == (
            "previewed",
            before.score,
            row.score,
            row.score - before.score,
        )
        assert row.change < -20
        assert result_of(answer).score == before.score
        assert Grade.objects.count() == 1

    def test_verdicts_that_change_are_named_with_new_and_dropped_key_points(self, question):
        factories.graded_answer(question)
        draft = start_draft(question)
        write_key_points(
            draft,
            [
                point | {"key": "dimension"} if point["key"] == "variance" else point
                for point in rubric_content(draft)
            ],
        )
        publish_rubric(draft)
        row = previewed(question).rows.get()
        assert row.verdict_changes == [["dimension", "", "covered"], ["variance", "covered", ""]]

    def test_human_verdicts_stand_in_what_it_says_would_stand(self, question):
        answer = factories.graded_answer(question)
        override(answer, saturation="covered")
        publish_next(question)
        row = previewed(question).rows.get()
        assert row.human_verdicts == 1
        assert row.score < 60
        assert row.stands > 90
        assert [key for key, _old, _new in row.verdict_changes] == []

    def test_only_graded_answers_of_the_question_are_concerned(self, question):
        factories.submitted_answer(question)
        factories.graded_answer()
        graded = factories.graded_answer(question)
        assert [row.answer_id for row in previewed(question).rows.all()] == [graded.pk]

    def test_question_without_graded_answers_or_key_points_is_refused(self, question):
        with pytest.raises(RefusedError):
            start_regrade(question, actor=factories.UserFactory())
        with pytest.raises(NoRubricError):
            start_regrade(factories.QuestionFactory(), actor=factories.UserFactory())
        assert Regrade.objects.count() == 0

    def test_second_start_returns_the_dry_run_in_progress(self, question):
        factories.graded_answer(question)
        first = start_regrade(question, actor=factories.UserFactory())
        assert start_regrade(question, actor=factories.UserFactory()) == first

    def test_start_after_a_newer_version_was_published_cancels_the_dry_run_of_the_older(
        self, question
    ):
        factories.graded_answer(question)
        older = start_regrade(question, actor=factories.UserFactory())
        rubric = publish_next(question)
        newer = start_regrade(question, actor=factories.UserFactory())
        older.refresh_from_db()
        assert (older.status, newer.status, newer.rubric) == ("cancelled", "queued", rubric)

    def test_answer_the_engine_refuses_is_named_and_the_others_go_on(self, question, monkeypatch):
        bad, good = factories.graded_answer(question), factories.graded_answer(question)
        real = preview.read_answer

        def read(text, rubric, *, answer_id):
            if answer_id == bad.pk:
                raise engine.EngineError("can't be read")
            return real(text, rubric, answer_id=answer_id)

        monkeypatch.setattr(preview, "read_answer", read)
        regrade = previewed(question)
        states = dict(regrade.rows.values_list("answer", "status"))
        assert (regrade.status, states) == ("ready", {bad.pk: "refused", good.pk: "previewed"})

    def test_offer_counts_answers_graded_by_anything_older(self, question):
        factories.graded_answer(question)
        assert answers_concerned(question) == Concerned(1, 0)
        publish_next(question)
        factories.graded_answer(question)
        assert answers_concerned(question) == Concerned(2, 1)
        Grade.objects.update(engine_version="older")
        assert answers_concerned(question) == Concerned(2, 2)


# The queue ----------------------------------------------------------------------------------------


class TestQueue:
    @pytest.fixture
    def regrade(self, question) -> Regrade:
        for _ in range(3):
            factories.graded_answer(question)
        return start_regrade(question, actor=factories.UserFactory())

    def test_message_goes_out_after_the_commit(
        self, question, sent, django_capture_on_commit_callbacks
    ):
        factories.graded_answer(question)
        with django_capture_on_commit_callbacks(execute=True):
            regrade = start_regrade(question, actor=factories.UserFactory())
            assert sent == []
        assert sent == [regrade.pk]

    def test_doubled_message_does_nothing(self, regrade):
        assert run_preview(regrade.pk) is True
        with CaptureQueriesContext(connection) as queries:
            assert run_preview(regrade.pk) is False
        assert len(queries) == 1
        assert Regrade.objects.claim(regrade.pk) is None

    def test_doubled_message_while_a_worker_is_at_it_does_nothing(self, regrade):
        Regrade.objects.claim(regrade.pk)
        assert run_preview(regrade.pk) is False
        assert regrade.rows.filter(status="waiting").count() == 3

    def test_turn_ends_with_a_message_and_the_next_one_goes_on_from_there(
        self, regrade, sent, monkeypatch
    ):
        monkeypatch.setattr(preview, "CHUNK", 1)
        assert run_preview(regrade.pk, turn_s=0) is True
        regrade.refresh_from_db()
        assert (regrade.status, regrade.attempts, sent) == ("queued", 0, [regrade.pk])
        assert regrade.rows.filter(status="previewed").count() == 1
        run_preview(regrade.pk)
        assert regrade.rows.filter(status="previewed").count() == 3

    def test_lost_worker_keeps_its_chunks_and_loses_the_one_in_hand(self, regrade, monkeypatch):
        monkeypatch.setattr(preview, "CHUNK", 1)
        token = Regrade.objects.claim(regrade.pk)
        first, second, _third = with_answers(regrade.rows.order_by("pk"))
        assert save_chunk(regrade, token, [preview_row(first, regrade.rubric)])
        in_hand = [preview_row(second, regrade.rubric)]
        Regrade.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert run_preview(regrade.pk) is True  # another worker
        assert save_chunk(regrade, token, in_hand) is False
        regrade.refresh_from_db()
        assert (regrade.status, set(regrade.rows.values_list("status", flat=True))) == (
            "ready",
            {"previewed"},
        )

    def test_getting_on_forgives_former_tries_and_messages(self, regrade, sent, monkeypatch):
        monkeypatch.setattr(preview, "CHUNK", 1)
        Regrade.objects.update(attempts=2, dispatches=4, error="no luck")
        assert run_preview(regrade.pk, turn_s=0) is True
        regrade.refresh_from_db()
        assert (regrade.attempts, regrade.dispatches, regrade.error) == (0, 1, "")

    def test_error_is_kept_and_after_three_a_retry_finishes_it(
        self, regrade, monkeypatch, django_capture_on_commit_callbacks
    ):
        with monkeypatch.context() as broken:
            broken.setattr(preview, "read_answer", lambda *args, **kwargs: 1 / 0)
            for _ in range(3):
                Regrade.objects.update(due_at=timezone.now() - timedelta(seconds=1))
                with pytest.raises(ZeroDivisionError):
                    run_preview(regrade.pk)
        regrade.refresh_from_db()
        assert (regrade.status, regrade.error) == ("failed", "ZeroDivisionError: division by zero")
        with django_capture_on_commit_callbacks(execute=True):
            resume_regrade(regrade, actor=factories.UserFactory())
        assert run_preview(regrade.pk) is True
        regrade.refresh_from_db()
        assert (regrade.status, regrade.error) == ("ready", "")

    def test_cancelled_dry_run_drops_the_chunk_in_hand_and_can_go_on(self, regrade):
        token = Regrade.objects.claim(regrade.pk)
        rows = [preview_row(row, regrade.rubric) for row in with_answers(regrade.rows.all())]
        assert cancel_regrade(regrade, actor=factories.UserFactory()) is True
        assert save_chunk(regrade, token, rows) is False
        assert cancel_regrade(regrade, actor=factories.UserFactory()) is False
        assert run_preview(regrade.pk) is False
        resume_regrade(regrade, actor=factories.UserFactory())
        assert run_preview(regrade.pk) is True


# Apply and undo -----------------------------------------------------------------------------------


class TestApply:
    def test_applied_grade_is_the_previewed_one_to_the_byte_and_no_answer_is_graded_twice(
        self, question, monkeypatch
    ):
        answer = factories.graded_answer(question)
        publish_next(question)
        regrade = previewed(question)
        monkeypatch.setattr(engine, "grade", None)
        actor = factories.UserFactory()
        assert apply_regrade(regrade, actor=actor) == RegradeOutcome(1, 0)
        applied = answer.grades.latest("id")
        row = regrade.rows.get()
        assert (applied.status, applied.score, applied.requested_by, applied.regrade) == (
            "graded",
            row.score,
            actor,
            regrade,
        )
        assert (row.status, row.new_grade, Regrade.objects.get().state[0]) == (
            "applied",
            applied,
            "applied",
        )
        assert result_of(answer).score == row.stands
        monkeypatch.undo()
        again = queue_grade(answer.pk, rubric=regrade.rubric)
        run_grade(again.pk)
        again.refresh_from_db()
        assert told(applied) == told(again)

    def test_a_dry_run_from_before_matches_held_a_chance_can_be_applied(self, question):
        answer = factories.graded_answer(question)
        publish_next(question)
        regrade = previewed(question)
        row = regrade.rows.get()
        chances = {match["key"]: match.pop("chance") for match in row.matches}
        row.save()
        apply_regrade(regrade, actor=factories.UserFactory())
        matches = Answer.objects.get(pk=answer.pk).standing_grade.matches.all()
        assert {match.key_point.key: match.chance for match in matches} == pytest.approx(chances)

    def test_twice_applied_is_once_applied(self, question):
        factories.graded_answer(question)
        regrade = previewed(question)
        apply_regrade(regrade, actor=factories.UserFactory())
        assert apply_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(0, 0)
        assert Grade.objects.count() == 2

    def test_some_now_and_the_rest_later(self, question):
        first, second = factories.graded_answer(question), factories.graded_answer(question)
        regrade = previewed(question)
        assert (
            apply_regrade(regrade, actor=factories.UserFactory(), rows=Q(answer=second)).done == 1
        )
        assert (first.grades.count(), second.grades.count()) == (1, 2)
        assert apply_regrade(regrade, actor=factories.UserFactory()).done == 1

    def test_none_is_a_choice_too_and_can_be_thought_over(self, question):
        factories.graded_answer(question)
        regrade = previewed(question)
        assert set_aside(regrade, actor=factories.UserFactory())
        with pytest.raises(RefusedError):
            apply_regrade(regrade, actor=factories.UserFactory())
        assert Grade.objects.count() == 1
        resume_regrade(regrade, actor=factories.UserFactory())
        run_preview(regrade.pk)
        assert apply_regrade(regrade, actor=factories.UserFactory()).done == 1

    @pytest.mark.parametrize("graded", [True, False], ids=["graded meanwhile", "being graded"])
    def test_overtaken_answer_is_left_alone_said_and_previewed_again(self, question, graded):
        overtaken, other = factories.graded_answer(question), factories.graded_answer(question)
        publish_next(question)
        regrade = previewed(question)
        newer = queue_grade(overtaken.pk, rubric=regrade.rubric)
        if graded:
            run_grade(newer.pk)
        assert apply_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(1, 1)
        assert dict(regrade.rows.values_list("answer", "status")) == {
            overtaken.pk: "overtaken",
            other.pk: "applied",
        }
        assert overtaken.grades.latest("id") == newer
        run_grade(newer.pk)
        resume_regrade(regrade, actor=factories.UserFactory())
        run_preview(regrade.pk)
        row = regrade.rows.get(answer=overtaken)
        assert (row.status, row.old_grade, row.change) == ("previewed", newer, 0)

    @pytest.mark.parametrize("graded", [True, False], ids=["graded", "queued"])
    def test_answer_that_somebody_else_grades_in_the_same_moment_is_overtaken(
        self, question, monkeypatch, graded
    ):
        answer = factories.graded_answer(question)
        regrade = previewed(question)
        look = _overtaken

        def look_then_somebody_asks(rows, **but):
            seen = look(rows, **but)
            if answer.grades.count() == 1:
                newer = queue_grade(answer.pk, rubric=regrade.rubric)
                if graded:
                    run_grade(newer.pk)
            return seen

        monkeypatch.setattr(apply, "_overtaken", look_then_somebody_asks)
        assert apply_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(0, 1)
        assert answer.grades.count() == 2

    def test_large_one_that_is_cut_off_between_its_parts_says_how_far_it_came_and_goes_on(
        self, interviewer_client, question, monkeypatch
    ):
        for _ in range(3):
            factories.graded_answer(question)
        regrade = previewed(question)
        monkeypatch.setattr(apply, "PART_SIZE", 2)
        with monkeypatch.context() as broken:
            append = _append
            broken.setattr(
                apply,
                "_append",
                lambda *args, **kwargs: append(*args, **kwargs) if len(args[1]) == 2 else 1 / 0,
            )
            with pytest.raises(ZeroDivisionError):
                apply_regrade(regrade, actor=factories.UserFactory())
        page = interviewer_client.get(page_url("preview", regrade.pk), headers=EN).content.decode()
        assert "2 of 3 applied" in page
        assert apply_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(1, 0)
        assert undo_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(3, 0)

    def test_failed_grading_since_overtakes_nothing(self, question):
        answer = factories.graded_answer(question)
        regrade = previewed(question)
        Grade.objects.create(answer=answer, rubric=regrade.rubric, status="failed", error="x")
        assert apply_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(1, 0)

    def test_human_verdicts_stand_after_it(self, question):
        answer = factories.graded_answer(question)
        override(answer, saturation="covered", variance="missed")
        publish_next(question)
        regrade = previewed(question)
        apply_regrade(regrade, actor=factories.UserFactory())
        assert result_of(answer).score == regrade.rows.get().stands == Decimal("90.0")
        assert ReviewVerdict.objects.count() == 2

    def test_override_made_after_the_preview_stands_and_the_figures_take_it_in(self, question):
        answer, other = factories.graded_answer(question), factories.graded_answer(question)
        publish_next(question)
        regrade = previewed(question)
        assert regrade.rows.get(answer=answer).change < 0
        override(answer, saturation="covered", variance="missed")
        apply_regrade(
            regrade, actor=factories.UserFactory(), rows=Q(change__lt=0)
        )  # picked by what the list showed
        row = regrade.rows.get(answer=answer)
        assert result_of(answer).score == row.stands == Decimal("90.0")
        assert (row.status, row.human_verdicts, row.change > 0) == ("applied", 2, True)
        assert regrade.rows.get(answer=other).status == "applied"

    def test_preview_holds_after_another_regrade_was_applied_and_undone(self, question):
        answer = factories.graded_answer(question)
        publish_next(question)
        regrade, other = previewed(question), previewed(question)
        apply_regrade(other, actor=factories.UserFactory())
        undo_regrade(other, actor=factories.UserFactory())
        assert apply_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(1, 0)
        assert result_of(answer).score == regrade.rows.get().stands

    def test_second_of_two_previews_is_overtaken_by_the_first(self, question):
        factories.graded_answer(question)
        publish_next(question)
        first, second = previewed(question), previewed(question)
        apply_regrade(first, actor=factories.UserFactory())
        assert apply_regrade(second, actor=factories.UserFactory()) == RegradeOutcome(0, 1)

    def test_preview_of_an_older_version_cannot_be_applied(self, question):
        factories.graded_answer(question)
        regrade = previewed(question)
        publish_next(question)
        with pytest.raises(RefusedError) as refused:
            apply_regrade(regrade, actor=factories.UserFactory())
        assert refused.value.code == "newer_rubric"

    def test_each_changed_score_is_in_the_audit_log(self, question):
        answer = factories.graded_answer(question)
        actor = factories.UserFactory(username="chen")
        publish_next(question)
        regrade = previewed(question, actor)
        apply_regrade(regrade, actor=actor)
        undo_regrade(regrade, actor=actor)
        entries = AuditEntry.objects.filter(target=f"interview.answer:{answer.pk}").order_by("id")
        first, last = answer.grades.order_by("id").first(), answer.grades.latest("id")
        applied = regrade.rows.get().new_grade
        assert [
            (entry.action, entry.actor_name, entry.old["score"], entry.new["score"])
            for entry in entries
        ] == [
            ("regrade.applied", "chen", str(first.score), str(applied.score)),
            ("regrade.undone", "chen", str(applied.score), str(last.score)),
        ]


class TestUndo:
    def test_former_grades_count_again_whole_and_the_history_keeps_all_three(self, question):
        answer = factories.graded_answer(question)
        before = result_of(answer)
        publish_next(question)
        regrade = previewed(question)
        apply_regrade(regrade, actor=factories.UserFactory())
        assert undo_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(1, 0)
        former, applied, restored = answer.grades.order_by("id")
        assert result_of(answer).score == before.score
        assert told(restored) == told(former) != told(applied)
        assert Regrade.objects.get().state[0] == "undone"
        assert (restored.restores, restored.rubric.version, applied.rubric.version) == (
            former,
            1,
            2,
        )
        assert undo_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(0, 0)

    def test_answer_graded_since_is_left_alone(self, question):
        answer = factories.graded_answer(question)
        regrade = previewed(question)
        apply_regrade(regrade, actor=factories.UserFactory())
        newest = queue_grade(answer.pk, rubric=regrade.rubric)
        run_grade(newest.pk)
        assert undo_regrade(regrade, actor=factories.UserFactory()) == RegradeOutcome(0, 1)
        assert answer.grades.latest("id") == newest

    def test_regrades_on_top_of_each_other_are_undone_in_any_order_as_far_as_they_still_count(
        self, question
    ):
        answer = factories.graded_answer(question)
        first_score = result_of(answer).score
        publish_next(question)
        older = previewed(question)
        apply_regrade(older, actor=factories.UserFactory())
        older_score = result_of(answer).score
        newer = previewed(question)
        apply_regrade(newer, actor=factories.UserFactory())
        assert undo_regrade(older, actor=factories.UserFactory()) == RegradeOutcome(0, 1)
        assert undo_regrade(newer, actor=factories.UserFactory()) == RegradeOutcome(1, 0)
        assert result_of(answer).score == older_score
        assert undo_regrade(older, actor=factories.UserFactory()) == RegradeOutcome(1, 0)
        assert result_of(answer).score == first_score

    def test_undone_is_previewed_and_applied_again(self, question):
        answer = factories.graded_answer(question)
        publish_next(question)
        regrade = previewed(question)
        apply_regrade(regrade, actor=factories.UserFactory())
        undo_regrade(regrade, actor=factories.UserFactory())
        resume_regrade(regrade, actor=factories.UserFactory())
        run_preview(regrade.pk)
        assert apply_regrade(regrade, actor=factories.UserFactory()).done == 1
        assert answer.grades.count() == 4


# Pages --------------------------------------------------------------------------------------------


def page_url(name: str, *args) -> str:
    return reverse(f"admin:interview_regrade_{name}", args=args)


def press(client, regrade, then, **data):
    return client.post(page_url("act", regrade.pk), {"then": then, **data}, follow=True, headers=EN)


def messages_of(page) -> str:
    return " ".join(str(message) for message in page.context["messages"])


class TestPages:
    def test_author_is_offered_a_regrade_previews_it_and_leaves_applying_to_an_interviewer(
        self, author_client, interviewer_client, question, run_tasks_inline
    ):
        answer = factories.graded_answer(
            question, candidate=factories.UserFactory(username="li-lei")
        )
        publish_next(question)
        versions = author_client.get(
            reverse("admin:questions_question_versions", args=[question.pk])
        )
        assert page_url("offer", question.pk) in versions.content.decode()
        assert author_client.get(page_url("offer", question.pk)).context["concerned"] == Concerned(
            1, 1
        )
        author_client.post(page_url("start", question.pk))
        regrade = Regrade.objects.get()
        run_preview(regrade.pk)
        page = author_client.get(page_url("preview", regrade.pk))
        assert "li-lei" not in page.content.decode()
        assert "apply_all" not in page.content.decode()
        assert (
            author_client.post(page_url("act", regrade.pk), {"then": "apply_all"}).status_code
            == 403
        )
        page = press(interviewer_client, regrade, "apply_all")
        assert "li-lei" in page.content.decode()
        assert answer.grades.count() == 2

    def test_page_while_running_polls_and_reloads_itself_at_the_end(self, author_client, question):
        factories.graded_answer(question)
        regrade = start_regrade(question, actor=factories.UserFactory())
        assert (
            page_url("progress", regrade.pk)
            in author_client.get(page_url("preview", regrade.pk)).content.decode()
        )
        polled = author_client.get(page_url("progress", regrade.pk))
        assert "HX-Refresh" not in polled.headers
        assert polled.context["done"] == 0
        run_preview(regrade.pk)
        assert author_client.get(page_url("progress", regrade.pk)).headers["HX-Refresh"] == "true"

    def test_filters_sort_the_largest_change_first_and_buttons_apply_what_is_shown(
        self, interviewer_client, question
    ):
        down = factories.graded_answer(question)
        up = factories.graded_answer(question, text=WITHOUT_A_POINT)
        reviewed = factories.graded_answer(question, text=WITHOUT_A_POINT)
        override(reviewed, saturation="covered", variance="covered")
        publish_next(question)
        regrade = previewed(question)

        def shown(name):
            page = interviewer_client.get(page_url("preview", regrade.pk), {"show": name})
            return [line.row.answer_id for line in page.context["lines"]]

        assert shown("down") == [down.pk]
        assert shown("human") == [reviewed.pk]
        assert shown("unchanged") == [reviewed.pk]
        assert shown("nonsense") == shown("all")
        changes = [abs(row.change) for row in RegradeRow.objects.filter(pk__in=regrade.rows.all())]
        listed = interviewer_client.get(page_url("preview", regrade.pk)).context["lines"]
        assert [abs(line.row.change) for line in listed] == sorted(changes, reverse=True)
        press(interviewer_client, regrade, "apply_filtered", show="down")
        assert (down.grades.count(), up.grades.count()) == (2, 1)
        press(
            interviewer_client,
            regrade,
            "apply_selected",
            row=[regrade.rows.get(answer=up).pk, "x", "9" * 30],
        )
        assert (up.grades.count(), reviewed.grades.count()) == (2, 1)
        assert "No answer is selected" in messages_of(
            press(interviewer_client, regrade, "apply_selected")
        )
        press(interviewer_client, regrade, "aside")
        page = press(interviewer_client, regrade, "undo")
        assert "ts-bottom" not in page.content.decode()  # nothing is left to press there
        assert "2 answers have their previous grades again" in messages_of(page)

    def test_released_results_that_change_are_counted_before_applying(
        self, interviewer_client, question
    ):
        held_back = factories.question_set(question, release_policy="on_release")
        factories.graded_answer(question, question_set=held_back, released_at=timezone.now())
        factories.graded_answer(question, question_set=held_back)
        factories.graded_answer(question)
        publish_next(question)
        counts = interviewer_client.get(page_url("preview", previewed(question).pk)).context[
            "counts"
        ]
        assert (counts["changes"], counts["released"], counts["shown"]) == (3, 1, 1)

    def test_row_shows_both_gradings_with_their_own_words(self, interviewer_client, question):
        answer = factories.graded_answer(question)
        override(answer, variance="partial")
        publish_next(question)
        regrade = previewed(question)
        page = interviewer_client.get(page_url("row", regrade.pk, regrade.rows.get().pk))
        before, after = page.context["sides"]
        assert (before.version, after.version) == (1, 2)
        assert next(
            (match.key_point.key, verdict.value, by)
            for _n, match, verdict, by, _points in after.rows
        ) == ("variance", "partial", True)
        assert "".join(mark.text for mark in after.marks) == answer.text
        assert interviewer_client.get(page_url("row", regrade.pk, 999999)).status_code == 302

    def test_failure_cancel_and_retry_are_on_the_page(self, author_client, question):
        factories.graded_answer(question)
        regrade = start_regrade(question, actor=factories.UserFactory())
        page = press(author_client, regrade, "cancel")
        assert 'value="resume"' in page.content.decode()
        press(author_client, regrade, "resume")
        Regrade.objects.update(status="failed", error="ZeroDivisionError: division by zero")
        page = author_client.get(page_url("preview", regrade.pk)).content.decode()
        assert "ZeroDivisionError" in page
        assert 'value="resume"' in page
        assert "Unknown action" in messages_of(press(author_client, regrade, "nonsense"))

    def test_question_without_graded_answers_says_so(self, author_client, question):
        page = author_client.post(page_url("start", question.pk), follow=True, headers=EN)
        assert "nothing to regrade" in messages_of(page)
        bare = factories.QuestionFactory()
        assert (
            "nothing to regrade"
            in author_client.get(page_url("offer", bare.pk), headers=EN).content.decode()
        )
        in_a_page = author_client.get(
            page_url("offer", bare.pk), headers=EN | {"hx-request": "true"}
        )
        assert in_a_page.content.strip() == b""
        assert "no published key points" in messages_of(
            author_client.post(page_url("start", bare.pk), follow=True, headers=EN)
        )

    def test_outdated_preview_leads_to_one_of_the_newest_version(self, author_client, question):
        factories.graded_answer(question)
        regrade = previewed(question)
        rubric = publish_next(question)
        page = author_client.get(page_url("preview", regrade.pk)).content.decode()
        assert page_url("start", question.pk) in page
        assert 'value="resume"' not in page
        author_client.post(page_url("start", question.pk))
        assert Regrade.objects.latest("id").rubric == rubric

    def test_review_made_since_is_said_and_counts_on_the_page_of_its_answer(
        self, interviewer_client, question
    ):
        answer = factories.graded_answer(question)
        publish_next(question)
        regrade = previewed(question)
        assert (
            interviewer_client.get(page_url("preview", regrade.pk)).context["counts"]["reviewed"]
            == 0
        )
        override(answer, saturation="covered", variance="missed")
        assert (
            interviewer_client.get(page_url("preview", regrade.pk)).context["counts"]["reviewed"]
            == 1
        )
        page = interviewer_client.get(page_url("row", regrade.pk, regrade.rows.get().pk))
        assert [side.score for side in page.context["sides"]] == [Decimal("33.3"), Decimal("90.0")]

    def test_every_grade_opens_with_the_version_it_was_given_by(
        self, candidate_client, candidate, interviewer_client, question
    ):
        answer = factories.graded_answer(question, candidate=candidate)
        former = "The variance of the dot product grows with the dimension d"
        draft = start_draft(question)
        write_key_points(
            draft,
            [point | {"text": {"zh": "", "en": "Said anew"}} for point in rubric_content(draft)],
        )

        def shown(client, address):
            page = client.get(address, headers=EN).content.decode()
            return (former in page, "Said anew" in page)

        result = reverse("interview:result", args=[answer.session.public_id])
        publish_rubric(draft)
        assert shown(candidate_client, result) == (True, False)
        regrade = previewed(question)
        apply_regrade(regrade, actor=factories.UserFactory())
        assert shown(candidate_client, result) == (False, True)
        undo_regrade(regrade, actor=factories.UserFactory())
        assert shown(candidate_client, result) == (True, False)
        pages = [
            reverse("admin:grading_grade_change", args=[grade.pk])
            for grade in answer.grades.order_by("id")
        ]
        assert [shown(interviewer_client, page) for page in pages] == [
            (True, False),
            (False, True),
            (True, False),
        ]

    @pytest.mark.parametrize("name", ["preview", "offer", "progress"])
    def test_page_takes_as_many_queries_for_three_answers_as_for_one(
        self, interviewer_client, django_assert_num_queries, name
    ):
        one, three = factories.published_question(), factories.published_question()
        for question, count in ((one, 1), (three, 3)):
            for _ in range(count):
                override(factories.graded_answer(question), variance="missed")
        small, large = previewed(one), previewed(three)
        previewed(three)
        small, large = (
            (small.question_id, large.question_id) if name == "offer" else (small.pk, large.pk)
        )
        interviewer_client.get(page_url(name, small))
        with CaptureQueriesContext(connection) as queries:
            interviewer_client.get(page_url(name, small))
        with django_assert_num_queries(len(queries)):
            interviewer_client.get(page_url(name, large))

    def test_page_of_an_answer_takes_as_many_queries_for_three_key_points_and_grades_as_for_one(
        self, interviewer_client, django_assert_num_queries
    ):
        def row(points: int) -> RegradeRow:
            question = factories.QuestionFactory()
            rubric = factories.RubricFactory(question=question)
            for _ in range(points):
                factories.KeyPointFactory(rubric=rubric)
            publish_rubric(rubric)
            answer = factories.graded_answer(question)
            override(answer, **{point.key: "missed" for point in rubric.key_points.all()})
            for _ in range(points):
                apply_regrade(previewed(question), actor=factories.UserFactory())
            return previewed(question).rows.get()

        small, large = row(1), row(3)
        interviewer_client.get(page_url("row", small.regrade_id, small.pk))
        with CaptureQueriesContext(connection) as queries:
            interviewer_client.get(page_url("row", small.regrade_id, small.pk))
        with django_assert_num_queries(len(queries)):
            interviewer_client.get(page_url("row", large.regrade_id, large.pk))
