"""The bench's figures, what is proposed from a wrong verdict, and what accepting it would do."""

import pytest

from grading import engine
from grading.bench import (
    bench_of,
    benches_of,
    count_phrases,
    count_points,
    effect_of,
    lessons_on_bench,
    marked_answers,
    measure,
    try_text,
)
from grading.engine import second_reader as readers
from grading.proposals import (
    KeyPointGoneError,
    accept_proposal,
    add_phrase,
    clause_at,
    dismiss_proposal,
    effect_of_proposal,
    propose_changes,
)
from grading.services.run import read_answer, reader_named
from interview.services.reviews import record_review
from questions.models import KeyPoint, Phrase, Proposal, Rubric, Sample
from questions.services.rubrics import start_draft
from tests import factories
from tests.processor_time import processor_time_below

pytestmark = pytest.mark.django_db

# Words that lead to the key point "variance" only if a wording says so.
OWN_WORDS = (
    "好比水管。管子越多，水压就忽高忽低，抖得厉害。先拧小龙头才行。不过我也不清楚为什么要缩放。"
)
SAYS_VARIANCE = "管子越多，水压就忽高忽低，抖得厉害"


@pytest.fixture
def question():
    return factories.published_question()


@pytest.fixture(autouse=True)
def _fresh_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    from django.core.cache import cache

    cache.clear()


def published(question):
    return benches_of(question)[1]


# Figures ------------------------------------------------------------------------------------------


def test_wrong_verdicts_are_counted_by_key_point_as_missed_or_false(question):
    factories.marked_answer(question)
    missed = factories.marked_answer(question, text=OWN_WORDS)
    false = factories.marked_answer(
        question, text="方差随维度 d 增大，点积的方差变大。", marks={"variance": 0, "saturation": 0}
    )
    bench = published(question)

    measured = measure(bench, marked_answers(question), budget_s=9)
    variance, saturation = count_points(bench, measured)

    assert (
        variance.marked,
        [one.sample for one in variance.missed],
        [one.sample for one in variance.false],
    ) == (3, [missed], [false])
    assert (saturation.marked, saturation.accuracy) == (1, 1.0)
    assert measured.accuracy == 0.5


def test_a_phrase_is_never_matched_right_or_the_cause_of_false_hits(question):
    add_phrase(
        question, key="variance", kind="says_it", text=SAYS_VARIANCE, author=factories.UserFactory()
    )
    add_phrase(
        question,
        key="variance",
        kind="says_it",
        text="乘积的离散程度与头的宽度成正比",
        author=factories.UserFactory(),
    )
    factories.marked_answer(question, text=OWN_WORDS)
    wrong = factories.marked_answer(
        question, text=OWN_WORDS.replace("好比水管", "打个比方"), marks={"variance": 0}
    )
    draft, _published = benches_of(question)

    said, silent = count_phrases(draft, measure(draft, marked_answers(question), budget_s=9))[
        "variance"
    ]

    assert (said.text, said.right, [one.sample for one in said.wrong]) == (
        SAYS_VARIANCE,
        1,
        [wrong],
    )
    assert silent.never_matched


def test_a_budget_that_runs_out_leaves_the_rest_for_the_next_request(question):
    for number in range(3):
        factories.marked_answer(question, text=f"点积的方差随维度 d 增大，这是第 {number} 种说法。")
    samples = marked_answers(question)

    first = measure(published(question), samples, budget_s=-1)
    second = measure(published(question), samples, budget_s=9)

    assert (first.graded, first.is_complete) == (0, False)
    assert (second.graded, second.is_complete) == (3, True)


def test_what_was_graded_once_is_not_graded_again_until_the_rubric_changes(question, monkeypatch):
    factories.marked_answer(question)
    measure(published(question), marked_answers(question), budget_s=9)
    graded = []
    monkeypatch.setattr(
        "grading.bench.engine.grade", lambda *args, **kwargs: graded.append(args) or 1 / 0
    )

    assert measure(published(question), marked_answers(question)).is_complete
    with pytest.raises(ZeroDivisionError):
        measure(
            published(question).with_phrase("variance", "says_it", "别的说法"),
            marked_answers(question),
        )


def test_with_learning_a_sample_is_graded_by_the_others_only(question):
    said = "点积的方差随维度 d 增大，所以要缩放。"
    factories.marked_answer(question, text=said, marks={"variance": 0})
    alone = measure(published(question), marked_answers(question), learning=True, budget_s=9)
    factories.marked_answer(question, text=said + "对吧。", marks={"variance": 0})
    both = measure(published(question), marked_answers(question), learning=True, budget_s=9)

    assert alone.accuracy == 0.0
    assert both.accuracy == 1.0
    assert measure(published(question), marked_answers(question), budget_s=9).accuracy == 0.0


class Believer:
    name = "believer-1"

    def read(self, text, rubric):
        return [1.0] * len(rubric.key_points)


def test_the_bench_reads_as_grading_does_with_the_second_reader(question, settings, monkeypatch):
    factories.marked_answer(question, text="和题目没有什么关系的一段话。", marks={"variance": 1})
    alone = measure(published(question), marked_answers(question), budget_s=9)
    reader_named.cache_clear()
    monkeypatch.setattr(readers, "_registry", {"believer": Believer})
    settings.SECOND_READER = "grading.engine.second_reader:believer"
    both = measure(published(question), marked_answers(question), budget_s=9)
    result = try_text(published(question), "缩放。", lessons=lessons_on_bench(question))
    graded = read_answer("缩放。", question.rubrics.get()).result
    reader_named.cache_clear()

    assert (alone.accuracy, both.accuracy) == (0.0, 1.0)
    assert result == graded
    assert result.engine_version.endswith("+believer-1")


def test_a_rubric_that_can_not_grade_has_no_bench(question):
    draft = start_draft(factories.QuestionFactory())

    assert bench_of(draft) is None
    factories.KeyPointFactory(rubric=draft, text_zh="……", text_en="")
    assert bench_of(draft) is None
    assert bench_of(None) is None


def test_an_effect_names_the_cases_that_turn_right_and_wrong(question):
    right = factories.marked_answer(question, text=OWN_WORDS)
    wrong = factories.marked_answer(
        question, text=OWN_WORDS.replace("好比水管", "打个比方"), marks={"variance": 0}
    )
    before = published(question)

    effect = effect_of(
        before,
        before.with_phrase("variance", "says_it", SAYS_VARIANCE),
        marked_answers(question),
        budget_s=9,
    )

    assert ([one.sample for one in effect.better], [one.sample for one in effect.worse]) == (
        [right],
        [wrong],
    )
    assert (effect.before, effect.after, effect.is_complete) == (0.5, 0.5, True)


# Proposals ----------------------------------------------------------------------------------------


def test_a_missed_positive_proposes_a_wording_from_the_answer(question, author):
    sample = factories.marked_answer(question, text=OWN_WORDS)

    (proposal,) = propose_changes(sample, author=author)

    assert (proposal.key, proposal.kind, proposal.status) == ("variance", "says_it", "pending")
    assert proposal.text in OWN_WORDS
    assert not Phrase.objects.exists()


def test_a_false_positive_proposes_the_clause_as_a_contradiction(question, author):
    sample = factories.marked_answer(
        question, text="先说结论。点积的方差随维度 d 增大。其他我不知道。", marks={"variance": 0}
    )

    (proposal,) = propose_changes(sample, author=author)

    assert (proposal.kind, proposal.text) == ("contradicts", "点积的方差随维度 d 增大")


@pytest.mark.parametrize(
    ("words", "clause"),
    [
        ("grows with d", "the variance grows with d"),
        (
            "with d. And",
            "the variance grows with d",
        ),  # over the end of a sentence: the one that has more of it
        ("", ""),
    ],
)
def test_what_is_proposed_is_the_whole_clause_of_the_evidence(words, clause):
    text = "First, the variance grows with d. And it saturates."
    start = text.index(words)
    evidence = [engine.Span(start, start + len(words))] if words else []
    assert (
        clause_at(text, evidence, ["First", "the variance grows with d", "And it saturates"])
        == clause
    )


def test_a_right_verdict_proposes_nothing_and_a_dismissed_proposal_stays_away(question, author):
    assert propose_changes(factories.marked_answer(question), author=author) == []
    sample = factories.marked_answer(question, text=OWN_WORDS)
    (proposal,) = propose_changes(sample, author=author)
    dismiss_proposal(proposal, actor=author)

    assert propose_changes(sample, author=author) == []
    assert Proposal.objects.get().status == "dismissed"


def test_an_override_proposes_the_words_the_reviewer_pointed_at(question, interviewer):
    answer = factories.graded_answer(question, text=OWN_WORDS)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", "")},
        pointed={"variance": SAYS_VARIANCE},
    )

    proposal = Proposal.objects.get()
    assert (proposal.text, proposal.sample.answer, proposal.author) == (
        SAYS_VARIANCE,
        answer,
        interviewer,
    )


def test_words_that_are_not_in_the_answer_are_not_taken(question, interviewer):
    answer = factories.graded_answer(question, text=OWN_WORDS)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", "")},
        pointed={"variance": "别处的话"},
    )

    assert Proposal.objects.get().text in OWN_WORDS


def test_a_taken_back_override_takes_its_proposal_along(question, interviewer):
    answer = factories.graded_answer(question, text=OWN_WORDS)
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("covered", "")})
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("", "")})

    assert not Proposal.objects.exists()


def test_accepting_writes_into_the_draft_and_never_into_the_published_version(question, author):
    (proposal,) = propose_changes(factories.marked_answer(question, text=OWN_WORDS), author=author)
    effect = effect_of_proposal(proposal, text=SAYS_VARIANCE)
    accept_proposal(proposal, text=SAYS_VARIANCE, actor=author)

    draft = question.rubrics.get(status=Rubric.Status.DRAFT)
    assert len(effect.better) == 1
    assert list(draft.key_points.get(key="variance").phrases.values_list("kind", "text")) == [
        ("says_it", SAYS_VARIANCE)
    ]
    assert not Phrase.objects.filter(key_point__rubric__status=Rubric.Status.PUBLISHED).exists()
    assert (Proposal.objects.get().status, Proposal.objects.get().decided_by) == (
        "accepted",
        author,
    )


def test_a_proposal_for_a_key_point_that_is_gone_is_refused(question, author):
    (proposal,) = propose_changes(factories.marked_answer(question, text=OWN_WORDS), author=author)
    KeyPoint.objects.get(rubric=start_draft(question), key="variance").delete()

    assert effect_of_proposal(proposal) is None
    with pytest.raises(KeyPointGoneError):
        accept_proposal(proposal, text="a", actor=author)
    assert Proposal.objects.get().status == "pending"


def test_a_long_answer_does_not_keep_a_reviewer_waiting(question, author):
    sample = Sample(
        question=question,
        name="long",
        text=OWN_WORDS * 500,
        marks={"variance": 1.0, "saturation": 1.0},
        content_hash="x",
    )
    sample.text = sample.text[:20_000]
    sample.save()

    with processor_time_below(5):
        assert len(propose_changes(sample, author=author)) <= 2
