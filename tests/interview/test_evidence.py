"""Evidence spans cut an answer into runs, and never change a character of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.models import Verdict
from interview.evidence import Segment, marks_of, segments, wording_on_one_line

edges = st.integers(-30, 60)
span_lists = st.lists(st.tuples(edges, edges, st.sampled_from("123")), max_size=8)


def test_text_without_spans_is_one_plain_run():
    assert segments("方差随 d 增大", []) == [Segment("方差随 d 增大")]


def test_empty_text_has_no_runs():
    assert segments("", [(0, 3, "1")]) == []


def test_overlapping_spans_share_the_words_under_both():
    assert segments("abcdef", [(0, 4, "1"), (2, 6, "2")]) == [
        Segment("ab", ("1",)),
        Segment("cd", ("1", "2")),
        Segment("ef", ("2",)),
    ]


def test_a_span_inside_another_of_the_same_label_is_named_once():
    assert [run.labels for run in segments("abcdef", [(0, 6, "1"), (2, 4, "1")])] == [
        ("1",),
        ("1",),
        ("1",),
    ]


def test_spans_outside_the_text_are_clamped_or_dropped():
    assert segments("abc", [(-5, 1, "1"), (2, 99, "2"), (3, 4, "3"), (2, 1, "3")]) == [
        Segment("a", ("1",)),
        Segment("b"),
        Segment("c", ("2",)),
    ]


def test_characters_beyond_the_basic_plane_are_counted_as_one():
    assert segments("𝛼方差🙂好", [(1, 3, "1"), (3, 4, "2")]) == [
        Segment("𝛼"),
        Segment("方差", ("1",)),
        Segment("🙂", ("2",)),
        Segment("好"),
    ]


@given(text=st.text(max_size=40), spans=span_lists)
def test_runs_joined_are_the_text_for_any_text_and_spans(text, spans):
    runs = segments(text, spans)
    assert "".join(run.text for run in runs) == text
    assert all(run.text for run in runs)


@given(text=st.text(max_size=40), spans=span_lists)
def test_each_character_carries_the_labels_of_exactly_the_spans_over_it(text, spans):
    carried = [set(run.labels) for run in segments(text, spans) for _character in run.text]
    assert carried == [
        {label for start, end, label in spans if start <= index < end} for index in range(len(text))
    ]


def test_marks_carry_the_numbers_of_their_key_points_and_end_each_once():
    marks = marks_of(
        "abcdefgh", [([(0, 4)], Verdict.COVERED), ([], Verdict.MISSED), ([(2, 6)], Verdict.PARTIAL)]
    )
    assert [(mark.text, mark.numbers, mark.verdict, mark.ends) for mark in marks] == [
        ("ab", ("1",), "covered", ()),
        ("cd", ("1", "3"), "covered", ("1",)),
        ("ef", ("3",), "partial", ("3",)),
        ("gh", (), "", ()),
    ]


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("covered", "contradicted", "contradicted"),
        ("partial", "contradicted", "contradicted"),
        ("missed", "contradicted", "contradicted"),
        ("partial", "covered", "covered"),
        ("missed", "covered", "covered"),
        ("missed", "partial", "partial"),
        ("missed", "missed", "missed"),  # a reviewer called the point missed; its evidence stays
    ],
)
def test_words_of_two_key_points_show_the_verdict_that_comes_first(one, other, shown):
    for pair in ((one, other), (other, one)):
        [mark] = marks_of("ab", [([(0, 2)], Verdict(verdict)) for verdict in pair])
        assert (mark.numbers, mark.verdict) == (("1", "2"), shown)


@pytest.mark.parametrize(
    ("matched", "kind", "line"),
    [
        ("", "", ""),
        ("方差随维度增大", "says_it", "方差随维度增大"),
        ("variance\n grows \n\nd", "term_group", "variance / grows / d"),
        ("The variance\ngrows", "says_it", "The variance grows"),
    ],
)
def test_a_wording_is_shown_on_one_line_and_only_terms_are_parted_by_slashes(matched, kind, line):
    assert wording_on_one_line(matched, kind) == line
