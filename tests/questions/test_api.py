import base64

import pytest

from questions.models import Question
from tests import factories
from tests.rest import Api, CandidateApi, problem

pytestmark = pytest.mark.django_db

LIST = "/api/v1/questions/"


def slugs(response) -> list[str]:
    return [question["slug"] for question in response.json()["results"]]


def test_a_candidate_reads_the_prompt_and_nothing_of_the_answer(candidate):
    question = factories.published_question(slug="scaling", difficulty="hard", suggested_minutes=7)
    question.topics.add(factories.TopicFactory(slug="attention"))
    expected = {
        "slug": "scaling",
        "prompt": {"zh": question.prompt_zh, "en": question.prompt_en},
        "topics": [{"slug": "attention", "name": {"zh": "注意力", "en": "Attention"}}],
        "difficulty": "hard",
        "suggested_minutes": 7,
    }

    api = CandidateApi(candidate)

    assert api.get(LIST).json() == {"next": None, "previous": None, "results": [expected]}
    assert api.get(f"{LIST}scaling/").json() == expected


def test_an_integrator_reads_no_more_than_a_candidate(integrator):
    factories.published_question(slug="scaling")

    assert "rubric" not in CandidateApi(integrator).get(f"{LIST}scaling/").json()


def test_an_author_reads_the_model_answer_and_the_published_key_points(author):
    question = factories.published_question(slug="scaling")

    body = Api(author).get(f"{LIST}scaling/").json()

    assert body["model_answer"] == {"zh": question.model_answer_zh, "en": question.model_answer_en}
    assert body["rubric"]["version"] == 1
    assert body["rubric"]["hash"] == question.rubrics.get().content_hash
    assert [
        (point["key"], point["weight"], point["required"]) for point in body["rubric"]["key_points"]
    ] == [
        ("variance", 2.0, False),
        ("saturation", 1.0, False),
    ]


def test_only_published_questions_with_a_published_rubric_are_listed(author):
    factories.published_question(slug="open")
    factories.published_question(slug="archived", status=Question.Status.ARCHIVED)
    factories.published_question(slug="draft", status=Question.Status.DRAFT)
    factories.QuestionFactory(slug="no-rubric")
    api = Api(author)

    assert slugs(api.get(LIST)) == ["open"]
    assert problem(api.get(f"{LIST}archived/")) == (404, "not_found")
    assert problem(api.get(f"{LIST}no-rubric/")) == (404, "not_found")


def test_topic_and_difficulty_narrow_the_list_and_a_topic_includes_those_under_it(candidate):
    parent = factories.TopicFactory(slug="transformers")
    child = factories.TopicFactory(slug="attention", parent=parent)
    easy = factories.published_question(slug="easy", difficulty="easy")
    hard = factories.published_question(slug="hard", difficulty="hard")
    factories.published_question(slug="elsewhere", difficulty="easy")
    easy.topics.add(parent, child)
    hard.topics.add(child)
    api = Api(candidate)

    deep = factories.published_question(slug="deep", difficulty="medium")
    deep.topics.add(factories.TopicFactory(parent=child))

    assert slugs(api.get(f"{LIST}?topic=transformers")) == ["easy", "hard", "deep"]
    assert slugs(api.get(f"{LIST}?topic=attention&difficulty=easy")) == ["easy"]
    assert slugs(api.get(f"{LIST}?difficulty=easy")) == ["easy", "elsewhere"]


def test_the_pages_of_a_long_list_hold_each_question_once(candidate, monkeypatch):
    monkeypatch.setattr("questions.api.BankCursor.page_size", 2)
    for number in range(5):
        factories.published_question(slug=f"q{number}")
    api = Api(candidate)

    pages, url = [], LIST
    while url:
        page = api.get(url)
        pages.append(slugs(page))
        url = page.json()["next"]

    assert pages == [["q0", "q1"], ["q2", "q3"], ["q4"]]


def cursor(content: str) -> str:
    return base64.b64encode(content.encode()).decode()


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("topic=nowhere", "topic"),
        ("topic=%00", "topic"),
        ("topic=%ED%A0%80", "topic"),
        ("topic=", "topic"),
        ("difficulty=impossible", "difficulty"),
        ("cursor=x", "cursor"),
        ("cursor=%FF%FE", "cursor"),
        ("cursor=%E4%B8%AD", "cursor"),
        (f"cursor={cursor('p=abc')}", "cursor"),
        (f"cursor={cursor('p=' + '9' * 30)}", "cursor"),
        (f"cursor={cursor('p=1&r=x')}", "cursor"),
        (f"cursor={cursor('p=1&o=-1')}", "cursor"),
    ],
)
def test_a_malformed_parameter_is_named(candidate, query, parameter):
    response = Api(candidate).get(f"{LIST}?{query}")

    assert problem(response) == (400, "invalid_parameter")
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


@pytest.mark.parametrize("role", ["candidate", "author"])
@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_questions(
    request, django_assert_num_queries, role, rows
):
    user = request.getfixturevalue(role)
    for _ in range(rows):
        factories.published_question().topics.add(factories.TopicFactory())
    api = Api(user)

    # token, its cleaning, permissions (own, of groups), questions, topics; for authors rubrics and
    # key points too
    with django_assert_num_queries(7 if role == "candidate" else 8):
        api.get(LIST)
