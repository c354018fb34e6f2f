"""What marked answers to the same question change in a grade, and which one is named."""

from dataclasses import replace
from itertools import product

import pytest

from grading import engine
from grading.engine import Verdict, calibration
from grading.engine.samples import PROFILE_CHARACTERS, SampleCache

from .conftest import point, says

SAID = "You chop the key into a number, that is the drawer of the table you open."
NEAR = "You chop the key into a number and that number is the drawer of the table you open."
PLAIN = "A hash function maps each key to a bucket, so lookup is quick."
LIKE_PLAIN = "A hash function maps every key to one bucket, so lookup is quick."
LESS_LIKE_PLAIN = "Some function maps a key to its bucket in the array."
FAR = "The drawer you open is labelled with some number."


@pytest.fixture(scope="module")
def table():
    points = (
        point(
            "k", "A hash function maps each key to a bucket.", says("the key's hash picks the slot")
        ),
        point("l", "Lookup takes constant time on average.", says("O(1) expected access")),
    )
    return engine.compile_rubric(engine.Rubric(("How does a hash table work?",), points))


@pytest.fixture(scope="module")
def whole():
    """A model answer as the only key point."""
    text = "Keys are hashed into buckets, collisions are chained, and a resize keeps chains short."
    return engine.compile_rubric(
        engine.Rubric(("How does a hash table work?",), (point("k", text),))
    )


def sample(text, mark, name="s"):
    return engine.Sample(text, (("k", mark),), name)


def first(text, rubric, *samples):
    return engine.grade(text, rubric, samples=samples).key_points[0]


@pytest.mark.parametrize(("mark", "way"), [(0.0, -1), (1.0, 1)])
def test_the_nearer_a_sample_the_more_it_moves(mark, way, table):
    alone, far, near, copy = (
        first(SAID, table, *samples).chance
        for samples in ((), [sample(FAR, mark)], [sample(NEAR, mark)], [sample(SAID, mark)])
    )
    assert way * alone < way * far < way * near < way * copy


def test_twice_as_far_a_sample_that_is_read_alike_moves_a_fraction(table):
    alone, a_little, a_lot = (
        first(PLAIN, table, *samples).confidence
        for samples in ((), [sample(LESS_LIKE_PLAIN, 0.0)], [sample(LIKE_PLAIN, 0.0)])
    )
    assert 0.02 < alone - a_little < 0.4 * (alone - a_lot)


@pytest.mark.parametrize(
    ("mark", "verdict"), [(0.0, Verdict.MISSED), (0.5, Verdict.PARTIAL), (1.0, Verdict.COVERED)]
)
def test_a_copy_gets_the_marks_of_its_sample_whatever_others_say(mark, verdict, table):
    others = [sample(NEAR, 1 - mark, f"other {number}") for number in range(10)]
    copied = first(SAID, table, *others, sample(SAID, mark, "copy"))
    assert (copied.verdict, copied.credit) == (verdict, mark)
    assert copied.chance == pytest.approx(mark, abs=0.002)


def test_ten_copies_of_a_sample_teach_little_more_than_one(table):
    alone, once, often = (
        first(PLAIN, table, *[sample(LESS_LIKE_PLAIN, 0.0)] * times).confidence
        for times in (0, 1, 10)
    )
    assert alone - once < alone - often < 1.6 * (alone - once)


def test_several_people_who_say_otherwise_overrule_a_chance_however_sure(table):
    samples = [
        sample(f"A hash function maps each key to a bucket {word}.", 0.0, word)
        for word in ("maybe", "somehow", "in one go")
    ]
    assert first(PLAIN, table).chance > 0.97
    assert first(PLAIN, table, *samples).chance < 0.5
    assert first(PLAIN, table, *samples).verdict is not Verdict.COVERED


def test_what_is_missing_in_one_answer_costs_a_perfect_one_nothing(whole):
    perfect, half = (
        whole.rubric.key_points[0].texts[0],
        "Keys are hashed into buckets, and collisions are chained.",
    )
    strict = sample(half, 0.2, "strict")
    assert first(perfect, whole, strict) == first(perfect, whole)
    assert (
        first(half + " Really.", whole, strict).chance
        < first(half + " Really.", whole).chance - 0.1
    )


def test_the_sample_that_moved_a_point_most_is_named_even_where_another_is_nearer(table):
    agrees, differs = sample(LIKE_PLAIN, 1.0, "agrees"), sample(LESS_LIKE_PLAIN, 0.0, "differs")
    assert first(PLAIN, table, agrees).chance == pytest.approx(first(PLAIN, table).chance, abs=0.02)
    assert first(PLAIN, table, agrees, differs).sample == "differs"


TEXTS = (SAID, NEAR, FAR, PLAIN, "Lookup is quick, it takes constant time.",
         "The key's hash picks the slot.", "Chop the key, open the drawer.", "Some number is a bucket of time.")  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_moved_score_names_a_sample_and_an_unmoved_point_none(text, table):
    alone = engine.grade(text, table)
    for other, one, two in product(TEXTS, (0.0, 1.0), (0.0, 1.0)):
        taught = engine.grade(
            text, table, samples=[engine.Sample(other, (("k", one), ("l", two)), "s")]
        )
        named = [p.sample for p in taught.key_points]
        assert set(named) <= {"s", None}
        if taught.score != alone.score:
            assert "s" in named
        for before, after in zip(alone.key_points, taught.key_points, strict=True):
            if after.sample is None:
                assert after.verdict is before.verdict
                assert after.chance == pytest.approx(before.chance, abs=0.01)
            else:
                assert after != before


def test_only_the_samples_an_answer_leans_on_are_read_and_only_once(table, monkeypatch):
    read = []
    monkeypatch.setattr(
        calibration,
        "index_answer",
        lambda text, rubric, real=calibration.index_answer: (read.append(text), real(text, rubric))[
            1
        ],
    )
    rubric = replace(table, samples=SampleCache())
    samples = [sample(f"{NEAR} {'more ' * number}", 1.0, str(number)) for number in range(40)]
    once = engine.grade(SAID, rubric, samples=samples)
    assert len(read) == calibration.MAX_NEIGHBOURS
    assert engine.grade(SAID, rubric, samples=samples) == once
    assert len(read) == calibration.MAX_NEIGHBOURS


def test_a_monstrous_sample_is_compared_by_its_ends(table):
    words = (
        " ".join(
            f"word{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{'uvwxyzabcd'[n // 100]}"
            for n in range(1000)
        )
        + " "
    )
    rubric = replace(table, samples=SampleCache())
    first(SAID + words, rubric, sample(SAID + words * 2 + FAR, 1.0))
    profile = rubric.samples.profile(sample(SAID + words * 2 + FAR, 1.0))
    assert len(profile.keys) < 2 * PROFILE_CHARACTERS


def test_a_rubric_that_keeps_one_sample_grades_as_one_that_keeps_all(table):
    samples = [sample(NEAR, 0.0, "near"), sample(FAR, 1.0, "far"), sample(PLAIN, 0.5, "plain")]
    keeping, forgetting = (
        replace(table, samples=SampleCache(capacity)) for capacity in (len(samples), 1)
    )
    for _ in range(2):
        assert engine.grade(SAID, forgetting, samples=samples) == engine.grade(
            SAID, keeping, samples=samples
        )
    assert len(forgetting.samples.profiles) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No idea 1, sorry, I don't know.", "no_answer"),
        ("hash, bucket, key, function, lookup, time, constant, slot, chain", "stuffing"),
        ("How does a hash table work? A hash table does work.", "echo"),
        ("My holidays on the coast were long and sunny, and we ate fish every day.", "off_topic"),
    ],
)
def test_what_is_no_answer_earns_nothing_by_being_like_a_marked_one(text, reason, table):
    alone = engine.grade(text, table)
    assert reason in alone.reasons
    marked_right = [engine.Sample(text, (("k", 1.0), ("l", 1.0)), "s")]
    taught = engine.grade(text, table, samples=marked_right)
    assert (taught.score, taught.key_points) == (alone.score, alone.key_points)
    # A person's 0 still takes from it.
    refused = [engine.Sample(text, (("k", 0.0), ("l", 0.0)), "s")]
    assert engine.grade(text, table, samples=refused).score <= alone.score
