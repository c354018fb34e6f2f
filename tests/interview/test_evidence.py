"""Evidence spans cut an answer into runs, and never change a character of it."""

from hypothesis import given
from hypothesis import strategies as st

from interview.evidence import Segment, segments

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
