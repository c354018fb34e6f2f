"""Formulas and trends are read alike however they are written."""

import pytest

from grading.engine.formulas import differ_in_number, formulas_of
from grading.engine.text import tokenize
from grading.engine.trends import trend_of


def only_formula(text):
    (formula,) = formulas_of(tokenize(text))
    return formula


@pytest.mark.parametrize(
    "written",
    ["√d", "sqrt(d)", "根号 d", "d 的平方根", "the square root of d", r"\sqrt{d}", "除以根号d"],
)
def test_a_root_is_one_formula_in_signs_and_words(written):
    assert only_formula(written).symbols == only_formula("√d").symbols


@pytest.mark.parametrize(
    ("one", "other"),
    [("2bLnsD/h", "2·b·L·s·n·D/h"), ("O(n²)", "O(n^2)"), ("T²", "T squared"), ("n²", "n 的平方")],
)
def test_products_and_powers_are_one_formula_however_written(one, other):
    assert only_formula(one).symbols == only_formula(other).symbols


@pytest.mark.parametrize("text", ["fp16 和 fp32", "a 7B 模型", "2x faster", "上下文 128k"])
def test_names_and_sizes_are_no_formulas(text):
    assert formulas_of(tokenize(text)) == []


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("√d", "d²", True),
        ("12LH²", "4LH²", True),
        ("1/T²", "1/T", True),
        ("0.1 ln(s) + 1", "0.5 ln(s) + 2", True),
        ("O(n)", "O(n³)", True),
        ("√d", "sqrt(d)", False),
        ("√d", "√n", False),
        ("2Φ", "6Φ + 5", False),  # a longer formula is another one
    ],
)
def test_a_formula_got_wrong_has_the_same_letters_and_another_number(one, other, differ):
    assert differ_in_number(only_formula(one), only_formula(other)) is differ


@pytest.mark.parametrize(
    ("text", "count", "sign"),
    [
        ("容量越大，溢出的 token 越少", 2, -1),
        ("容量越小，溢出的 token 越多", 2, -1),
        ("容量越大，溢出的 token 越多", 2, 1),
        ("larger capacity means fewer overflow tokens", 2, -1),
        ("越大越不多", 2, -1),
        ("多头注意力的长度", 0, 1),
    ],
)
def test_a_trend_counts_the_words_that_point_down(text, count, sign):
    trend = trend_of(tokenize(text), 0, len(tokenize(text).tokens))
    assert (trend.count, trend.sign) == (count, sign)
