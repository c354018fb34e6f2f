"""The one reviewed score: the reviewer's verdicts over the machine's."""

from decimal import Decimal

import pytest

from grading.models import Verdict
from interview.standing import standing_score
from questions.models import KeyPoint

VARIANCE = KeyPoint(key="variance", weight=Decimal(3))
SATURATION = KeyPoint(key="saturation", weight=Decimal(1))
MACHINE = [(VARIANCE, 0.5), (SATURATION, 0.0)]


@pytest.mark.parametrize(
    ("verdicts", "score"),
    [
        ({}, "41.0"),  # what the machine stored, whatever its credits add up to
        ({"gone": Verdict.COVERED}, "41.0"),  # a key point of a former version
        ({"saturation": Verdict.COVERED}, "62.5"),  # (3 x 0.5 + 1) / 4
        ({"variance": Verdict.MISSED}, "0.0"),
        ({"variance": Verdict.CONTRADICTED, "saturation": Verdict.PARTIAL}, "12.5"),
    ],
)
def test_a_reviewed_key_point_earns_its_verdict_and_the_others_the_machines_credit(verdicts, score):
    assert standing_score(Decimal("41.0"), MACHINE, verdicts) == Decimal(score)


def test_a_required_key_point_that_a_reviewer_calls_missed_caps_the_score():
    required = KeyPoint(key="saturation", weight=Decimal(1), required=True)
    points = [(VARIANCE, 1.0), (required, 1.0)]
    assert standing_score(Decimal(100), points, {"saturation": Verdict.MISSED}) == Decimal("59.0")
