from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.engine import (
    CREDIT_OF,
    PARTIAL_CREDIT,
    REQUIRED_CAP,
    THRESHOLDS,
    Verdict,
    score_points,
    verdict_of,
    whole_points,
)

ONE = Decimal(1)
WEIGHTS = st.decimals(0, 1000, places=2)
ITEMS = st.lists(st.tuples(WEIGHTS, st.sampled_from([0.0, 0.5, 1.0]), st.booleans()), max_size=12)


@pytest.mark.parametrize(
    ("items", "points"),
    [
        ([], "0.0"),
        ([(Decimal(0), 1.0, False)], "0.0"),  # no weight at all
        ([(ONE, 1.0, False)], "100.0"),
        ([(ONE, PARTIAL_CREDIT, True)], "50.0"),  # a required point that is partial is not missed
        ([(Decimal(3), 1.0, False), (ONE, 0.0, False)], "75.0"),
        ([(Decimal(9), 1.0, False), (ONE, 0.0, True)], str(REQUIRED_CAP) + ".0"),
        ([(ONE, 1.0, False), (ONE, 1.0, False), (ONE, 0.0, False)], "66.7"),
        ([(ONE, 0.0005, False)], "0.1"),  # halves go up
    ],
)
def test_points_follow_the_formula(items, points):
    assert score_points(items) == Decimal(points)


@pytest.mark.parametrize("style", sorted(THRESHOLDS))
def test_a_verdict_begins_at_its_threshold(style):
    thresholds = THRESHOLDS[style]
    chances = [
        thresholds.partial - 0.0001,
        thresholds.partial,
        thresholds.covered - 0.0001,
        thresholds.covered,
    ]
    assert [verdict_of(chance, thresholds, speaks_against=False) for chance in chances] == [
        Verdict.MISSED,
        Verdict.PARTIAL,
        Verdict.PARTIAL,
        Verdict.COVERED,
    ]


@pytest.mark.parametrize(
    ("chance", "verdict"),
    [(0.1, Verdict.CONTRADICTED), (0.49, Verdict.CONTRADICTED), (0.5, Verdict.PARTIAL)],
)
def test_a_point_more_likely_wrong_than_right_is_contradicted_where_a_rule_says_so(chance, verdict):
    assert verdict_of(chance, THRESHOLDS["rich"], speaks_against=True) is verdict


@pytest.mark.parametrize(
    ("items", "score", "rows", "cap"),
    [
        ([], 0, (), 0),
        ([(ONE, 1.0, False)] * 3, 100, (34, 33, 33), 0),  # the first of equals gets the odd point
        ([(ONE, 1.0, False), (ONE, 0.5, False), (ONE, 0.0, False)], 50, (33, 17, 0), 0),
        ([(Decimal(9), 1.0, False), (ONE, 0.0, True)], 59, (90, 0), -31),
        ([(ONE, 1.0, False), (ONE, 0.0, True)], 50, (50, 0), 0),  # the cap takes nothing away
    ],
)
def test_whole_points_are_shared_out_by_the_largest_remainder(items, score, rows, cap):
    assert whole_points(items) == (score, rows, cap)


@given(items=ITEMS)
def test_the_rows_shown_add_up_to_the_score_shown_for_any_weights(items):
    shown = whole_points(items)
    assert sum(shown.rows) + shown.cap == shown.score
    assert abs(shown.score - score_points(items)) <= Decimal("0.5")


@given(items=ITEMS)
def test_what_earns_nothing_shows_no_points_and_no_row_is_a_whole_point_off(items):
    total = sum(weight for weight, _, _ in items)
    for (weight, credit, _), points in zip(items, whole_points(items).rows, strict=True):
        exact = 100 * weight * Decimal(credit) / total if total else Decimal(0)
        assert points >= 0
        assert abs(points - exact) <= 1
        assert credit or points == 0


def test_only_what_is_at_least_partial_earns():
    assert {verdict for verdict, credit in CREDIT_OF.items() if credit} == {
        Verdict.COVERED,
        Verdict.PARTIAL,
    }
