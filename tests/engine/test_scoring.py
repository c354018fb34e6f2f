from decimal import Decimal

import pytest

from grading.engine import PARTIAL_CREDIT, PARTIAL_THRESHOLD, REQUIRED_CAP, score_points

ONE = Decimal(1)


@pytest.mark.parametrize(
    ("items", "points"),
    [
        ([], "0.0"),
        ([(Decimal(0), 1.0, False)], "0.0"),  # no weight at all
        ([(ONE, 1.0, False)], "100.0"),
        ([(ONE, PARTIAL_CREDIT, True)], "50.0"),  # a person's partial is not missed
        ([(Decimal(3), 1.0, False), (ONE, 0.0, False)], "75.0"),
        ([(Decimal(9), 1.0, False), (ONE, 0.0, True)], str(REQUIRED_CAP) + ".0"),
        ([(ONE, 1.0, False), (ONE, 1.0, False), (ONE, 0.0, False)], "66.7"),
        ([(ONE, 0.0005, False)], "0.1"),  # halves go up
    ],
)
def test_points_follow_the_formula(items, points):
    assert score_points(items) == Decimal(points)


def test_a_persons_partial_does_not_count_as_missed():
    assert PARTIAL_CREDIT >= PARTIAL_THRESHOLD
