"""An answer is queued, graded, and finished or failed with its reason."""

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from grading import engine, tasks
from grading.engine import second_reader as readers
from grading.models import Grade
from grading.services import run
from grading.services.queue import published_rubric, queue_grade
from grading.services.run import (
    current_engine_version,
    read_answer,
    reader_named,
    run_grade,
    save_result,
)
from grading.services.run import second_reader as service_second_reader
from interview.services.answers import submit_answer
from interview.services.finishing import finish_session
from questions.as_rubric import compiled_rubric, glossary
from tests import factories

pytestmark = pytest.mark.django_db


def queued(**fields) -> Grade:
    answer = factories.submitted_answer()
    fields = {"dispatched_at": timezone.now(), "dispatches": 1} | fields
    return Grade.objects.create(answer=answer, rubric=published_rubric(answer.question), **fields)


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """The ids of the messages sent, in place of a broker."""
    ids: list[int] = []
    monkeypatch.setattr(tasks.grade_answer, "delay", ids.append)
    return ids


@pytest.fixture
def no_broker(monkeypatch) -> None:
    def refuse(grade_id: int) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.grade_answer, "delay", refuse)


class TestQueue:
    def test_message_goes_out_after_the_commit_and_not_before(
        self, sent, django_capture_on_commit_callbacks
    ):
        answer = factories.submitted_answer()
        with django_capture_on_commit_callbacks(execute=True):
            grade = queue_grade(answer.pk, rubric=published_rubric(answer.question))
            assert sent == []
        assert sent == [grade.pk]

    def test_answer_that_waits_already_keeps_its_one_grade(self, sent):
        grade = queued()
        assert queue_grade(grade.answer_id, rubric=grade.rubric) == grade
        assert Grade.objects.count() == 1

    def test_dead_broker_leaves_the_grade_queued_for_the_sweeper(
        self, no_broker, django_capture_on_commit_callbacks
    ):
        answer = factories.submitted_answer()
        with django_capture_on_commit_callbacks(execute=True):
            grade = queue_grade(answer.pk, rubric=published_rubric(answer.question))
        grade.refresh_from_db()
        assert (grade.status, grade.dispatched_at) == (Grade.Status.QUEUED, None)

    def test_two_unfinished_grades_of_one_answer_are_refused_by_the_database(self):
        grade = queued()
        with pytest.raises(IntegrityError), transaction.atomic():
            Grade.objects.create(answer=grade.answer, rubric=grade.rubric)


class TestRun:
    def test_graded_answer_has_a_score_and_a_match_for_each_key_point(self):
        grade = queued()
        assert run_grade(grade.pk) is True
        grade.refresh_from_db()
        assert grade.status == Grade.Status.GRADED
        assert grade.engine_version == engine.ENGINE_VERSION
        assert [match.key_point.key for match in grade.matches.all()] == ["variance", "saturation"]
        assert Decimal(0) < grade.score < Decimal(100)
        assert (grade.lease_token, grade.lease_until) == (None, None)

    def test_pasted_model_answer_is_told_to_a_person_by_the_one_its_version_was_published_with(
        self,
    ):
        question = factories.published_question()
        grade = Grade.objects.create(
            answer=factories.submitted_answer(question, text=question.model_answer_zh),
            rubric=published_rubric(question),
        )
        question.model_answer_zh = "换了。"
        question.save()
        run_grade(grade.pk)
        grade.refresh_from_db()
        assert (grade.needs_review, "copied_model_answer" in grade.reasons) == (True, True)

    def test_evidence_points_into_the_answer_as_typed(self):
        grade = queued()
        run_grade(grade.pk)
        variance = grade.matches.get(key_point__key="variance")
        words = "".join(grade.answer.text[start:end] for start, end in variance.spans)
        assert variance.verdict == "covered"
        assert "方差" in words

    def test_same_message_twice_grades_once(self):
        grade = queued()
        run_grade(grade.pk)
        assert run_grade(grade.pk) is False
        assert grade.matches.count() == 2

    def test_result_of_a_lost_lease_is_dropped(self):
        grade = queued()
        slow_worker = Grade.objects.claim(grade.pk)
        Grade.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        reading = read_answer(grade.answer.text, grade.rubric)
        assert run_grade(grade.pk) is True  # by another worker
        assert save_result(grade, slow_worker, reading) is False
        assert grade.matches.count() == 2

    def test_unexpected_error_is_written_down_raised_and_tried_again_later(self, monkeypatch):
        grade = queued()
        monkeypatch.setattr(engine, "grade", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_grade(grade.pk)
        grade.refresh_from_db()
        assert (grade.status, grade.attempts, grade.error) == (
            Grade.Status.QUEUED,
            1,
            "ZeroDivisionError: division by zero",
        )
        assert grade.due_at > timezone.now()

    def test_failure_while_saving_is_written_down_too(self, monkeypatch):
        grade = queued()
        reading = read_answer(grade.answer.text, grade.rubric)
        first, *others = reading.result.key_points
        unsound = dataclasses.replace(first, confidence=2.0)  # the database allows 0 to 1
        result = dataclasses.replace(reading.result, key_points=(unsound, *others))
        monkeypatch.setattr(
            run, "read_answer", lambda *args, **kwargs: dataclasses.replace(reading, result=result)
        )
        with pytest.raises(IntegrityError):
            run_grade(grade.pk)
        grade.refresh_from_db()
        assert (grade.status, grade.attempts, grade.score) == (Grade.Status.QUEUED, 1, None)
        assert grade.error.startswith("IntegrityError: ")
        assert grade.matches.count() == 0

    def test_error_on_the_last_try_ends_as_failed_and_never_as_zero(self, monkeypatch):
        grade = queued(attempts=2)
        monkeypatch.setattr(engine, "grade", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_grade(grade.pk)
        grade.refresh_from_db()
        assert (grade.status, grade.score) == (Grade.Status.FAILED, None)
        assert grade.error == "ZeroDivisionError: division by zero"

    def test_what_the_engine_refuses_fails_at_once(self, monkeypatch):
        def refuse(*args, **kwargs):
            raise engine.EngineError("the rubric has no key points")

        grade = queued()
        monkeypatch.setattr(engine, "grade", refuse)
        assert run_grade(grade.pk) is False
        grade.refresh_from_db()
        assert (grade.status, grade.error) == (Grade.Status.FAILED, "the rubric has no key points")


class CountsLetters:
    """A reader that needs no model.

    It sees every point in an answer of more than five characters.
    """

    name = "letters-1"

    def read(self, text, rubric):
        return [1.0 if len(text) > 5 else 0.0] * len(rubric.key_points)


@pytest.fixture
def second_reader(settings, monkeypatch):
    reader_named.cache_clear()
    monkeypatch.setattr(readers, "_registry", {"letters": CountsLetters})
    settings.SECOND_READER = "grading.engine.second_reader:letters"
    yield
    reader_named.cache_clear()


def test_second_reader_is_off_unless_the_setting_names_one(settings):
    assert settings.SECOND_READER == ""
    assert service_second_reader() is None


@pytest.mark.usefixtures("run_tasks_inline", "second_reader")
def test_second_reader_moves_the_grade_of_a_submission_and_is_named_in_it(
    client, django_capture_on_commit_callbacks
):
    question = factories.published_question()
    session = factories.SessionFactory()
    answer = factories.AnswerFactory(session=session, question=question)
    text = "和题目没有什么关系的一段话。"
    with django_capture_on_commit_callbacks(execute=True):
        submit_answer(answer, text=text)
    grade = Grade.objects.get(answer=answer)
    alone = engine.grade(text, compiled_rubric(grade.rubric), glossary=glossary())
    assert grade.status == Grade.Status.GRADED
    assert (grade.engine_version, current_engine_version()) == (
        f"{engine.ENGINE_VERSION}+letters-1",
    ) * 2
    assert grade.score > alone.score + 40
    assert {match.verdict for match in grade.matches.all()} == {"partial"}
    with django_capture_on_commit_callbacks(execute=True):
        finish_session(session)
    client.force_login(session.candidate)
    assert (
        "letters-1"
        in client.get(reverse("interview:result", args=[session.public_id])).content.decode()
    )


@pytest.mark.usefixtures("second_reader")
def test_reader_nobody_registered_fails_the_grade_with_its_reason(settings):
    settings.SECOND_READER = "grading.engine.second_reader:nobody"
    reader_named.cache_clear()
    grade = queued()
    with pytest.raises(LookupError, match="nobody"):
        run_grade(grade.pk)
    grade.refresh_from_db()
    assert "no reader named 'nobody'; known: letters" in grade.error
