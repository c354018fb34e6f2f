"""Grading learns from marked answers and from reviewers' verdicts on other answers, and says so."""

import pytest
from django.urls import reverse

from grading.models import Grade
from grading.services.queue import published_rubric
from grading.services.run import run_grade
from interview.services.release import release_session
from interview.services.reviews import record_review
from questions.models import Sample
from questions.services.samples import write_sample
from tests import factories

pytestmark = pytest.mark.django_db

# The engine credits these words; only a person can say that they mean something else here.
SAID = "点积的方差随维度 d 增大，所以要缩放。"
NEARLY_THE_SAME = "点积的方差随维度 d 增大，所以要缩放。对吧。"


def grade_of(answer) -> Grade:
    grade = Grade.objects.create(answer=answer, rubric=published_rubric(answer.question))
    run_grade(grade.pk)
    grade.refresh_from_db()
    return grade


def variance(grade: Grade):
    return grade.matches.get(key_point__key="variance")


@pytest.fixture
def question(db):
    return factories.published_question()


def marked(question, text: str = SAID, **fields) -> Sample:
    return write_sample(
        Sample(question=question, **fields), kind="", text=text, marks={"variance": 0}, author=None
    )


def test_a_marked_answer_corrects_one_like_it_and_is_named(question):
    before = grade_of(factories.submitted_answer(question, text=NEARLY_THE_SAME))
    sample = marked(question)
    after = grade_of(factories.submitted_answer(question, text=NEARLY_THE_SAME))

    assert (variance(before).verdict, variance(before).sample) == ("covered", "")
    assert (variance(after).verdict, variance(after).sample) == ("missed", sample.name)
    assert after.score < before.score


def test_a_grade_says_what_it_learned_from(question):
    answer = factories.submitted_answer(question, text=NEARLY_THE_SAME)
    assert grade_of(answer).samples_hash == ""

    marked(question)
    once = grade_of(answer).samples_hash
    marked(question, text="别的回答")

    assert len(once) == 64
    assert grade_of(answer).samples_hash not in ("", once)


def test_an_override_teaches_other_answers_but_not_its_own(question, interviewer):
    reviewed = factories.graded_answer(question, text=SAID)
    record_review(answer=reviewed, reviewer=interviewer, verdicts={"variance": ("missed", "")})
    other = factories.submitted_answer(question, text=NEARLY_THE_SAME)
    assert variance(grade_of(other)).verdict == "covered"
    release_session(reviewed.session, actor=interviewer)
    assert variance(grade_of(other)).verdict == "covered"
    Sample.objects.update(acceptance=Sample.Acceptance.ACCEPTED)

    assert variance(grade_of(reviewed)).verdict == "covered"
    other = variance(grade_of(factories.submitted_answer(question, text=NEARLY_THE_SAME)))
    assert (other.verdict, other.sample) == ("missed", reviewed.sample.name)
    assert reviewed.sample.marks == {"variance": 0.0}


def test_an_override_taken_back_teaches_nothing(question, interviewer):
    answer = factories.graded_answer(question, text=SAID)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", ""), "saturation": ("contradicted", "")},
    )
    assert Sample.objects.get().marks == {"variance": 1.0, "saturation": 0.0}

    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("", "")})
    assert Sample.objects.get().marks == {"saturation": 0.0}

    record_review(answer=answer, reviewer=interviewer, verdicts={"saturation": ("", "")})
    assert not Sample.objects.exists()


def test_a_comment_alone_makes_no_sample(question, interviewer):
    record_review(
        answer=factories.graded_answer(question), reviewer=interviewer, verdicts={}, comment="Good"
    )

    assert not Sample.objects.exists()


def test_what_an_author_marked_of_a_real_answer_stays_under_a_review(question, interviewer):
    answer = factories.graded_answer(question, text=SAID)
    marked(question, answer=answer, origin=Sample.Origin.ANSWER)
    record_review(answer=answer, reviewer=interviewer, verdicts={"saturation": ("missed", "")})

    assert Sample.objects.get().marks == {"variance": 0.0, "saturation": 0.0}


def test_a_second_grading_reads_the_samples_with_one_query(question, django_assert_num_queries):
    from grading.lessons import lessons_for

    marked(question)
    lessons_for(question.pk)
    with django_assert_num_queries(1):
        assert len(lessons_for(question.pk).samples) == 1


def test_the_pages_say_that_a_marked_answer_was_leaned_on(
    question, candidate_client, candidate, interviewer_client
):
    sample = marked(question)
    answer = factories.graded_answer(question, text=NEARLY_THE_SAME, candidate=candidate)

    shown = candidate_client.get(
        reverse("interview:result", args=[answer.session.public_id])
    ).content.decode()
    review = interviewer_client.get(
        reverse("admin:interview_interviewsession_review", args=[answer.session_id])
    ).content.decode()

    assert "判定时参照了一份人工标注过的相似回答" in shown
    assert sample.name not in shown
    assert f"参照标注回答 {sample.name}" in review
