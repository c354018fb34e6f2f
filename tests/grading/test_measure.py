"""The figures of `evaluate`, held to values worked out by hand."""

import pytest

from grading.evaluation.metrics import Judged, _ranks, auc, measure, pearson, quadratic_kappa
from grading.evaluation.types import AnswerLine


def row(kind, labels, score, credit, credited, given, confidences, *, needs_review=False):
    """An answer as people marked it, and what a grader said of it.

    Both key points in the order k1, k2.
    """
    keys = ("k1", "k2")
    answer = AnswerLine(
        kind + str(given), "q", "…", dict(zip(keys, labels, strict=False)), score, kind
    )
    return answer, Judged(
        dict(zip(keys, credit, strict=True)),
        frozenset(credited),
        given,
        dict(zip(keys, confidences, strict=True)),
        needs_review,
    )


ROWS = [
    row("full", (1, 1), 100, (0.9, 0.8), {"k1", "k2"}, 80, (0.9, 0.9)),
    row(
        "wrong", (0, 0), 0, (0.7, 0.5), {"k1", "k2"}, 40, (0.6, 0.9)
    ),  # two wrong verdicts, 0.5 in doubt
    row(
        "wrong", (0, 0.5), 25, (0.1, 0.4), set(), 20, (0.9, 0.5), needs_review=True
    ),  # one wrong verdict, 0.6 in doubt
    row("partial", (1, 0), 50, (0.7, 0.3), {"k1"}, 60, (0.8, 0.8)),
    row(
        "full", (), None, (0.9, 0.9), {"k1", "k2"}, 90, (0.2, 0.2), needs_review=True
    ),  # marked by nobody
]
EXPECTED = {
    "n_answers": 5,
    "n_labels": 8,
    # Right pairs have 0.9, 0.8, 0.7, 0.4, wrong ones 0.7, 0.5, 0.3, 0.1: (4 + 4 + 3.5 + 2) / 16.
    "auc": 0.8438,
    "precision": 0.6,  # of 5 credited, 3 are right
    "recall": 0.75,  # of 4 right, 3 are credited
    "f1": 0.6667,  # 2 x 3 / (5 + 4)
    "contradiction_catch": 0.3333,  # of 3 points marked 0 in wrong answers, 1 is not credited
    # Scores: people 100, 0, 25, 50; given 80, 40, 20, 60.
    "score": {
        "pearson": 0.8315,  # 2750 / sqrt(5468.75 x 2000)
        "spearman": 0.8,  # ranks 4 1 2 3 and 4 2 1 3: 1 - 6 x 2 / (4 x 15)
        "qwk": 0.6875,  # fifths 4 0 1 2 and 4 2 1 3: 1 - 5 / (64 / 4)
        "mae": 18.75,  # (20 + 40 + 5 + 10) / 4
    },
    "by_kind": {
        "full": {"n": 2, "given": 85.0, "marked": 100.0},
        "partial": {"n": 1, "given": 60.0, "marked": 50.0},
        "wrong": {"n": 2, "given": 30.0, "marked": 12.5},
    },
    # A fifth of the four marked ones is one, the second wrong answer, with 1 of 3 wrong verdicts.
    "review": {"needs_review": 0.4, "wrong_verdicts": 3, "caught_in_least_sure_fifth": 0.3333},
}


def measured(rows):
    return measure([answer for answer, _ in rows], [said for _, said in rows])


def test_every_figure_is_what_it_is_by_hand():
    report = measured(ROWS)
    assert report.keys() == EXPECTED.keys()
    for name, figure in EXPECTED.items():
        assert report[name] == (
            figure if isinstance(figure, dict) else pytest.approx(figure, abs=0.00005)
        ), name


def test_figures_do_not_depend_on_the_order_of_answers():
    assert measured(ROWS[::-1]) == measured(ROWS)


@pytest.mark.parametrize(
    ("doubts", "wrong", "caught"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], [1, 1, 1, 1, 1], 0.2),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 1, 1, 0, 1, 1], 0.5),  # a fifth of six is two
        ([0.6, 0.5, 0.4, 0.3, 0.2, 0.1], [1, 1, 0, 0, 0, 0], 1.0),
        ([0.9, 0.1, 0.1, 0.1, 0.1], [0, 1, 0, 0, 0], 0.0),
        ([0.9, 0.1], [0, 0], None),  # nothing to catch
    ],
)
def test_share_of_wrong_verdicts_in_the_least_sure_fifth(doubts, wrong, caught):
    rows = [
        row("", (1, 1), None, (0, 0), {"k2"} if is_wrong else {"k1", "k2"}, number, (1 - doubt, 1))
        for number, (doubt, is_wrong) in enumerate(zip(doubts, wrong, strict=True))
    ]
    review = measured(rows)["review"]
    assert (review["wrong_verdicts"], review["caught_in_least_sure_fifth"]) == (sum(wrong), caught)


def test_answer_with_few_marks_is_not_less_sure_for_that():
    one_mark = row("", (1,), None, (0, 0), set(), 0, (0.7, 1))  # 0.3 in doubt
    two_marks = row("", (1, 1), None, (0, 0), {"k1", "k2"}, 1, (0.8, 0.8))  # 0.4 in doubt
    assert measured([one_mark, two_marks])["review"]["caught_in_least_sure_fifth"] == 0


def test_half_a_mark_is_a_yes():
    report = measured([row("", (0.5, 0), None, (1, 0), {"k1"}, 0, (1, 1))])
    assert (
        report["precision"],
        report["recall"],
        report["auc"],
        report["review"]["wrong_verdicts"],
    ) == (1, 1, 1, 0)


def test_nothing_marked_gives_no_figures():
    report = measured(ROWS[-1:])
    assert [
        report[name] for name in ("auc", "f1", "precision", "recall", "contradiction_catch")
    ] == [None] * 5
    assert set(report["score"].values()) == {None}
    assert report["review"] == {}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 2, 3], [2, 4, 6], 1),
        ([1, 2, 3], [6, 4, 2], -1),
        ([1, 2, 3], [1, 3, 2], 0.5),
        ([1, 2, 3, 4], [1, -1, -1, 1], 0),
        ([1, 2, 3], [5, 5, 5], None),
        ([1], [1], None),
        ([], [], None),
    ],
)
def test_pearson(one, other, expected):
    assert pearson(one, other) == (expected if expected is None else pytest.approx(expected))


def test_equal_values_share_their_ranks():
    assert _ranks([20, 10, 30, 20]) == [2.5, 1, 4, 2.5]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([0, 50, 100], [0, 50, 100], 1),
        ([0, 100], [100, 0], -1),
        ([0, 19.9, 20, 100], [10, 0, 39.9, 80], 1),  # the same fifths
        ([0, 0, 100, 100], [0, 100, 0, 100], 0),
        ([0, 100], [25, 100], 12 / 13),  # fifths 0 4 and 1 4: 1 - 1 / ((1 + 16 + 9 + 0) / 2)
        ([50, 50], [50, 50], None),
        ([], [], None),
    ],
)
def test_quadratic_kappa(one, other, expected):
    assert quadratic_kappa(one, other) == (
        expected if expected is None else pytest.approx(expected)
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0.9, True), (0.1, False)], 1),
        ([(0.1, True), (0.9, False)], 0),
        ([(0.5, True), (0.5, False), (0.5, False)], 0.5),
        ([(0.9, True), (0.5, True), (0.5, False), (0.7, False)], 0.625),  # 2 + 0.5 of 4
        ([(0.9, True)], None),
        ([], None),
    ],
)
def test_auc(rows, expected):
    assert auc(rows) == expected
