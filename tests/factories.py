"""One small factory per model.

`published_question` and `graded_answer` are the two whole things most tests start from.
"""

import factory
from django.contrib.auth.models import User
from django.utils import timezone
from factory.django import DjangoModelFactory

from interview.models import Answer, InterviewSession, QuestionSet, SetQuestion
from questions.models import KeyPoint, Question, Rubric, Sample, Topic
from questions.services.rubrics import publish_rubric
from questions.services.samples import write_sample


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.django.Password("correct horse battery")


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic

    slug = factory.Sequence(lambda n: f"topic-{n}")
    name_zh = "注意力"
    name_en = "Attention"


class QuestionFactory(DjangoModelFactory):
    class Meta:
        model = Question

    slug = factory.Sequence(lambda n: f"question-{n}")
    prompt_zh = "为什么注意力打分要除以根号 d？"
    prompt_en = "Why are attention scores divided by the square root of d?"
    model_answer_zh = "MODEL-ANSWER 点积的方差随维度增大，不缩放会让 softmax 饱和，梯度变得很小。"
    model_answer_en = "MODEL-ANSWER The variance of a dot product grows with d; unscaled, the softmax saturates and gradients vanish."
    status = Question.Status.PUBLISHED


class RubricFactory(DjangoModelFactory):
    class Meta:
        model = Rubric

    question = factory.SubFactory(QuestionFactory)
    version = 1


class KeyPointFactory(DjangoModelFactory):
    class Meta:
        model = KeyPoint

    rubric = factory.SubFactory(RubricFactory)
    key = factory.Sequence(lambda n: f"point-{n}")
    order = factory.Sequence(lambda n: n)
    text_zh = "点积的方差随维度 d 增大"
    text_en = "The variance of the dot product grows with the dimension d"


class QuestionSetFactory(DjangoModelFactory):
    class Meta:
        model = QuestionSet

    title_zh = "示例面试"
    title_en = "Sample interview"
    is_open = True


class SessionFactory(DjangoModelFactory):
    class Meta:
        model = InterviewSession

    candidate = factory.SubFactory(UserFactory)
    question_set = factory.SubFactory(
        QuestionSetFactory, mode="practice", release_policy="when_graded"
    )
    mode = factory.LazyAttribute(lambda made: getattr(made.question_set, "mode", "practice"))
    release_policy = factory.LazyAttribute(
        lambda made: getattr(made.question_set, "release_policy", "when_graded")
    )
    minutes = factory.LazyAttribute(lambda made: getattr(made.question_set, "minutes", None))


class AnswerFactory(DjangoModelFactory):
    class Meta:
        model = Answer

    session = factory.SubFactory(SessionFactory)
    question = factory.SubFactory(QuestionFactory)


def published_question(*, required: bool = False, **fields) -> Question:
    """A question with a published rubric of two key points: `variance` (weight 2) and `saturation`.

    `required` says whether `saturation` must not be missed.
    """
    question = QuestionFactory(**fields)
    rubric = RubricFactory(question=question)
    KeyPointFactory(rubric=rubric, key="variance", weight=2)
    KeyPointFactory(
        rubric=rubric,
        key="saturation",
        text_zh="不缩放时 softmax 进入饱和区，梯度接近零",
        text_en="Without scaling the softmax saturates and gradients are close to zero",
        feedback_zh="没有说到 softmax 饱和",
        feedback_en="Saturation of the softmax was not mentioned",
        required=required,
    )
    publish_rubric(rubric)
    return question


def marked_answer(
    question: Question | None = None,
    *,
    text: str = "点积的方差随维度 d 增大。",
    marks: dict | None = None,
    **fields,
) -> Sample:
    """A sample; by default one whose `variance` a person saw covered."""
    sample = Sample(question=question or published_question(), **fields)
    return write_sample(
        sample, kind="", text=text, marks={"variance": 1} if marks is None else marks, author=None
    )


def question_set(*questions: Question, **fields) -> QuestionSet:
    made = QuestionSetFactory(**fields)
    for order, question in enumerate(questions):
        SetQuestion.objects.create(question_set=made, question=question, order=order)
    return made


def submitted_answer(
    question: Question | None = None,
    *,
    text: str = "点积的方差随维度 d 增大，所以要缩放。",
    **session_fields,
) -> Answer:
    """A frozen answer in a submitted session, not yet queued for grading."""
    now = timezone.now()
    session = SessionFactory(status="submitted", submitted_at=now, **session_fields)
    return AnswerFactory(
        session=session,
        question=question or published_question(),
        text=text,
        revision=1,
        status="submitted",
        saved_at=now,
        submitted_at=now,
    )


def graded_answer(question: Question | None = None, **fields) -> Answer:
    """A submitted answer that the real engine has graded."""
    from grading.models import Grade
    from grading.services.queue import published_rubric
    from grading.services.run import run_grade

    answer = submitted_answer(question, **fields)
    grade = Grade.objects.create(
        answer=answer, rubric=published_rubric(answer.question), dispatched_at=timezone.now()
    )
    run_grade(grade.pk)
    answer.refresh_from_db()
    return answer


def as_by_engine_3_0(answer: Answer) -> Answer:
    """The answer's grade as that engine gave it: 76.7 points, part of them for a missed point."""
    from grading.models import Grade, KeyPointMatch

    given = {"variance": ("covered", 0.95), "saturation": ("missed", 0.4)}
    Grade.objects.filter(answer=answer).update(engine_version="3.0", score="76.7")
    for key, (verdict, credit) in given.items():
        KeyPointMatch.objects.filter(grade__answer=answer, key_point__key=key).update(
            verdict=verdict, credit=credit
        )
    return answer
