"""The bank that comes with the project.

Whole, in both languages, and loaded without changing anything twice.
"""

import re
from collections import Counter

import pytest

from grading.evaluation.bank import bank_samples, shipped_glossary
from questions.as_rubric import current_glossary, engine_rubric
from questions.exchange.apply import load_shipped_bank
from questions.exchange.plan import Outcome
from questions.files.bank import BANK_DIR, load_glossary, read_bank
from questions.files.document import BankFileError, QuestionRecord
from questions.models import Question, Rubric, Topic

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def questions(bank_files) -> list[QuestionRecord]:
    return [question for document in bank_files.documents for question in document.questions]


@pytest.fixture(scope="module")
def key_points(questions) -> list[tuple[str, dict]]:
    return [
        (f"{question.slug}/{point['key']}", point)
        for question in questions
        for point in question.key_points
    ]


@pytest.fixture(scope="module")
def glossary():
    return load_glossary()


def phrases(point: dict, kind: str) -> list[str]:
    return [text for found, text in point["phrases"] if found == kind]


def test_it_asks_each_question_of_the_source_document_once(questions):
    assert len(questions) == 45
    assert Counter(question.seed for question in questions) == Counter(
        f"{group}.{n}" for group in range(1, 10) for n in range(1, 6)
    )


def test_its_slugs_are_stable_ids_that_fit_the_database(questions):
    assert len({question.slug for question in questions}) == len(questions)
    assert not [question.slug for question in questions if len(question.slug) > 80]
    assert not [question.slug for question in questions if question.slug.startswith("seed-")]


def test_every_question_has_three_to_six_key_points(questions):
    counts = {question.slug: len(question.key_points) for question in questions}

    assert {slug: count for slug, count in counts.items() if not 3 <= count <= 6} == {}


def test_every_question_says_how_hard_it_is_and_how_long_it_takes(questions):
    assert not [
        question.slug
        for question in questions
        if question.difficulty is None or question.minutes is None
    ]


def test_every_topic_is_in_the_tree_and_every_leaf_of_it_has_questions(bank_files, questions):
    topics = {topic.slug for topic in bank_files.topics}
    leaves = topics - {topic.parent for topic in bank_files.topics}

    assert {slug for question in questions for slug in question.topics} == leaves


def test_a_file_is_named_like_its_topic(questions):
    assert not [
        question.path
        for question in questions
        if not question.path.endswith(f"/{question.topics[0]}.yaml")
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_prompts_and_model_answers_are_in_both_languages(questions, language):
    for question in questions:
        for text in (question.prompt[language], question.model_answer[language]):
            assert text, question.slug
            assert bool(CHINESE.search(text)) == (language == "zh"), (question.slug, text)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["text", "hint", "feedback"])
def test_texts_hints_and_feedback_are_in_both_languages(key_points, name, language):
    for place, point in key_points:
        text = point[name][language]
        assert text, place
        assert not (language == "en" and CHINESE.search(text)), (place, text)


def test_a_hint_and_a_feedback_are_not_the_key_point_itself(key_points):
    for place, point in key_points:
        for language in ("zh", "en"):
            assert (
                len({point["text"][language], point["hint"][language], point["feedback"][language]})
                == 3
            ), place


@pytest.mark.parametrize(("kind", "least"), [("says_it", 5), ("contradicts", 2)])
def test_wordings_and_contradictions_suffice_in_each_language(key_points, kind, least):
    for place, point in key_points:
        found = phrases(point, kind)
        chinese = sum(bool(CHINESE.search(text)) for text in found)
        assert min(chinese, len(found) - chinese) >= least, (
            place,
            kind,
            chinese,
            len(found) - chinese,
        )


def test_no_sentence_both_says_and_contradicts_a_key_point(key_points):
    for place, point in key_points:
        assert not set(phrases(point, "says_it")) & set(phrases(point, "contradicts")), place


def test_every_key_point_has_one_to_three_term_groups_of_terms_told_apart(key_points):
    for place, point in key_points:
        groups = [group.split("\n") for group in phrases(point, "term_group")]
        assert 1 <= len(groups) <= 3, place
        for group in groups:
            assert len(set(group)) == len(group), (place, group)


def test_the_glossary_is_large_and_a_term_stands_in_one_group_only(glossary):
    groups, opposites = glossary

    places = Counter(term for group in groups for term in {term.casefold() for term in group})
    assert len(groups) >= 400
    assert len(opposites) >= 120
    assert {term: count for term, count in places.items() if count > 1} == {}
    assert all(len({term.casefold() for term in group}) == len(group) >= 2 for group in groups)


def test_no_pair_of_opposites_is_one_word_or_stands_in_one_group(glossary):
    groups, opposites = glossary
    group_of = {term.casefold(): place for place, group in enumerate(groups) for term in group}

    for first, second in opposites:
        places = [group_of.get(term.casefold(), term.casefold()) for term in (first, second)]
        assert places[0] != places[1], (first, second)


# Loading ------------------------------------------------------------------------------------------


def test_loading_opens_every_question_under_its_topic(shipped_bank, questions):
    assert Counter(question.outcome for question in shipped_bank) == {Outcome.CREATED: 45}
    assert Question.objects.published().count() == 45
    assert set(Question.objects.values_list("slug", "topics__slug")) == {
        (question.slug, question.topics[0]) for question in questions
    }
    assert Topic.objects.get(slug="attention").parent.slug == "transformer"


def test_commands_on_files_grade_by_the_rubrics_and_words_that_the_database_holds(shipped_bank):
    rubrics, _places, _samples = bank_samples()

    stored = Rubric.objects.select_related("question")
    assert {rubric.question.slug: engine_rubric(rubric) for rubric in stored} == rubrics
    assert current_glossary().glossary == shipped_glossary()


def test_loading_again_finds_everything_unchanged_with_few_queries(
    shipped_bank, django_assert_max_num_queries
):
    before = list(Question.objects.order_by("pk").values())

    with django_assert_max_num_queries(24):
        done = load_shipped_bank()

    assert Counter(question.outcome for question in done) == {Outcome.UNCHANGED: 45}
    assert list(Question.objects.order_by("pk").values()) == before
    assert Rubric.objects.count() == 45


@pytest.mark.parametrize(
    ("topics", "first", "second", "message"),
    [
        (
            "attention",
            "topic: nowhere",
            "topic: attention",
            "first.yaml:1: there is no topic “nowhere” in topics.yaml.",
        ),
        ("attention", "slug: one", "slug: one", "second.yaml:3: the slug “one” is already used at"),
        (
            "attention",
            'seed: "1.1"',
            'seed: "1.1"',
            "second.yaml:3: the seed “1.1” is already used at",
        ),
        (
            "Not A Slug",
            "topic: attention",
            "topic: attention",
            "topics.yaml:1: “slug” must look like position-encoding",
        ),
    ],
)
def test_what_its_files_get_wrong_together_is_named_with_its_line(
    tmp_path, topics, first, second, message
):
    def question(stated: str, slug: str) -> str:
        name, value = stated.split(": ")
        fields = {"topic": "attention", "slug": slug, "seed": f'"{len(slug)}.1"'} | {name: value}
        return (
            f"topic: {fields['topic']}\nquestions:\n  - slug: {fields['slug']}\n    seed: "
            f"{fields['seed']}\n    prompt: {{zh: 甲}}\n"
            "    key_points:\n      - key: a\n        text: {zh: 乙}\n"
        )

    (tmp_path / "topics.yaml").write_text(
        f"- slug: {topics}\n  name: {{zh: 甲, en: A}}\n", encoding="utf-8"
    )
    (tmp_path / "first.yaml").write_text(question(first, "one-a"), encoding="utf-8")
    (tmp_path / "second.yaml").write_text(question(second, "one-two"), encoding="utf-8")

    with pytest.raises(BankFileError) as caught:
        read_bank(tmp_path)

    assert message in str(caught.value)


def test_every_file_of_the_folder_is_read(questions):
    names = {path.name for path in BANK_DIR.glob("*.yaml")} - {"topics.yaml", "glossary.yaml"}

    assert {question.path.rpartition("/")[2] for question in questions} == names
