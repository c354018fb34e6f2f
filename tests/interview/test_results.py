"""What a result page is made of."""

from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from grading import engine
from grading.engine import Reason, Rule
from grading.models import Grade, KeyPointMatch
from interview.candidate.cards import ResultCard, result_card
from interview.models import Answer, InterviewSession
from interview.reasons import REASONS, RULES, confidence_words, reason_text, rule_text
from interview.services.release import release_session
from interview.services.reviews import record_review
from interview.standing import mean_score, standing_result, with_results
from questions.services.rubrics import publish_rubric
from tests import factories

pytestmark = pytest.mark.django_db


def card_of(answer: Answer) -> ResultCard:
    return result_card(1, with_results(Answer.objects.filter(pk=answer.pk)).get(), is_shown=True)


def graded_with(*spans_and_verdicts) -> Answer:
    """A graded answer whose matches were set by hand: (verdict, credit, spans) per key point."""
    answer = factories.graded_answer(text="方差随维度增大，softmax 饱和")
    for match, (verdict, credit, spans) in zip(
        KeyPointMatch.objects.order_by("key_point__order"), spans_and_verdicts, strict=True
    ):
        match.verdict, match.credit, match.evidence = verdict, credit, spans
        match.save()
    matches = KeyPointMatch.objects.select_related("key_point")
    Grade.objects.update(
        score=engine.score_points(
            (match.key_point.weight, match.credit, match.key_point.required) for match in matches
        )
    )
    return answer


def test_marks_joined_are_the_answer_as_typed():
    answer = factories.graded_answer(text="  点积的方差\n\n随维度 d 增大 🙂 <b>")
    assert "".join(mark.text for mark in card_of(answer).marks) == answer.text


def test_overlapping_evidence_names_each_key_point_once_where_its_words_end():
    answer = graded_with(("covered", 1.0, [[0, 7]]), ("contradicted", 0.0, [[2, 4]]))
    marks = [(mark.text, mark.verdict, mark.numbers, mark.ends) for mark in card_of(answer).marks]
    assert marks == [
        ("方差", "covered", ("1",), ()),
        ("随维", "contradicted", ("1", "2"), ("2",)),
        ("度增大", "covered", ("1",), ("1",)),
        ("，softmax 饱和", "", (), ()),
    ]


def test_points_add_up_to_the_score():
    answer = graded_with(("covered", 1.0, []), ("partial", 0.5, []))
    card = card_of(answer)
    assert card.result.score == Decimal("83.3")
    assert [point.points for point in card.points] == [67, 16]
    assert (card.sum.weight, card.sum.score, card.sum.cap) == (Decimal(3), 83, 0)


def test_a_score_that_is_not_the_sum_of_its_verdicts_is_shown_without_points():
    card = card_of(factories.as_by_engine_3_0(factories.graded_answer()))
    assert card.result.score == Decimal("76.7")
    assert ([point.points for point in card.points], card.sum) == ([None, None], None)


def test_a_review_of_every_verdict_makes_points_of_a_grade_that_had_none(interviewer):
    answer = factories.as_by_engine_3_0(factories.graded_answer())
    for verdicts, points in (
        ({"saturation": ("partial", "")}, [None, None]),  # the other keeps its credit of 0.95
        ({"saturation": ("partial", ""), "variance": ("covered", "")}, [67, 16]),
    ):
        record_review(answer=answer, reviewer=interviewer, verdicts=verdicts)
        release_session(answer.session, actor=interviewer)
        assert [point.points for point in card_of(answer).points] == points


def test_cap_is_told_where_a_required_key_point_is_missing(interviewer):
    question = factories.QuestionFactory()
    rubric = factories.RubricFactory(question=question)
    factories.KeyPointFactory(rubric=rubric, key="variance", weight=9)
    factories.KeyPointFactory(
        rubric=rubric,
        key="saturation",
        text_zh="softmax 进入饱和区",
        text_en="Saturates",
        required=True,
    )
    publish_rubric(rubric)
    answer = factories.graded_answer(question)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", ""), "saturation": ("missed", "")},
    )
    release_session(answer.session, actor=interviewer)
    card = card_of(answer)
    assert [point.points for point in card.points] == [90, 0]
    assert (card.result.score, card.sum.score, card.sum.cap) == (Decimal("59.0"), 59, -31)


def test_words_of_a_key_point_the_reviewer_calls_missed_are_no_evidence(interviewer):
    answer = graded_with(("covered", 1.0, [[0, 4]]), ("missed", 0.0, []))
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("missed", "")})
    release_session(answer.session, actor=interviewer)
    card = card_of(answer)
    assert not card.has_evidence
    assert card.points[0].was_changed
    assert card.points[0].wording == ""


@pytest.mark.parametrize(
    ("kind", "verdict", "told"),
    [
        ("", "covered", "Matched wording:"),
        ("", "contradicted", "Reverses this statement:"),
        ("contradicts", "contradicted", "Reads like this wrong statement:"),
    ],
)
def test_what_the_answer_came_closest_to_is_named_for_what_it_is(kind, verdict, told):
    answer = graded_with((verdict, 0.0, [[0, 4]]), ("missed", 0.0, []))
    KeyPointMatch.objects.filter(key_point__key="variance").update(
        matched="方差随维度增大", matched_kind=kind
    )
    with translation.override("en"):
        shown = render_to_string(
            "interview/_card.html", {"card": card_of(answer), "session": answer.session}
        )
    assert told in shown


def test_a_review_that_agrees_is_told_but_strikes_nothing(interviewer):
    answer = graded_with(("covered", 1.0, []), ("missed", 0.0, []))
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("covered", "")})
    release_session(answer.session, actor=interviewer)
    [point, other] = card_of(answer).points
    assert (point.is_reviewed, point.was_changed, other.is_reviewed) == (True, False, False)


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "sure"),
        (0.85, "sure"),
        (0.8499, "fairly sure"),
        (0.65, "fairly sure"),
        (0.6499, "unsure"),
        (0.5, "unsure"),  # the lowest there is: the engine's confidence is that of its own verdict
    ],
)
def test_confidence_in_words(confidence, words):
    with translation.override("en"):
        assert confidence_words(confidence) == words


def test_every_reason_of_the_engine_has_words_and_an_unknown_one_keeps_its_code():
    assert set(REASONS) == set(Reason)
    assert reason_text("from_the_future") == "from_the_future"


def session_with_a_blank(mode: str, status: str = "submitted") -> InterviewSession:
    """A session with a graded answer and a question that was left blank."""
    question_set = factories.question_set(mode=mode)
    graded = factories.graded_answer(question_set=question_set)
    factories.AnswerFactory(session=graded.session, question=factories.published_question())
    InterviewSession.objects.update(status=status)
    return InterviewSession.objects.get()


def results_of(session: InterviewSession):
    answers = with_results(session.answers.all())
    return [(answer, standing_result(answer)) for answer in answers]


@pytest.mark.parametrize(
    ("mode", "status", "share"),
    [("practice", "submitted", 1), ("interview", "submitted", 2), ("interview", "open", 1)],
)
def test_a_question_left_blank_counts_0_in_an_interview_that_is_over(mode, status, share):
    session = session_with_a_blank(mode, status)
    score = Grade.objects.get().score
    assert mean_score(session, results_of(session)) == score / share


def test_an_answer_without_a_grade_is_no_0():
    session = session_with_a_blank("interview")
    Grade.objects.update(status="failed", error="lost its worker", score=None)
    assert mean_score(session, results_of(session)) is None
    assert mean_score(session, []) is None


def test_an_interview_of_blanks_alone_is_0():
    session = session_with_a_blank("interview")
    blank = [(answer, None) for answer, result in results_of(session) if result is None]
    assert mean_score(session, blank) == 0


def test_every_rule_of_the_engine_has_words_and_an_unknown_one_keeps_its_code():
    assert set(RULES) == set(Rule)
    assert rule_text("from_the_future") == "from_the_future"
    assert rule_text("") == ""


def test_result_names_the_rule_that_decided_a_key_point():
    answer = factories.graded_answer()
    first, *others = KeyPointMatch.objects.order_by("key_point__order")
    first.rule = Rule.DENIED
    first.save(update_fields=["rule"])
    with translation.override("en"):
        card = card_of(answer)
        page = render_to_string(
            "interview/_card.html", {"card": card, "session": answer.session, "n": 1}
        )
        assert [point.rule for point in card.points] == ["denied", *("" for _ in others)]
    assert page.count("Reads as: denied") == 1
