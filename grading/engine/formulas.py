"""Formulas and numbers in a text, read alike however they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import cues
from .text import GREEK_LETTERS, TokenizedText, token_weight

_MAX_SYMBOL_GAP = 3  # characters between two symbols of one formula, as in ^{-
_OPERATORS = frozenset("+*/%")  # they continue a formula and are not compared
_FUNCTIONS = frozenset(["ln", "log", "exp"])
_VOWELS = frozenset("aeiouy")
_MAX_LETTERS_IN_A_ROW = 5  # of several quantities written together, as in 2bLnsd
_SIZE_SUFFIXES = frozenset("kmbgx")  # after a number, as in 16k or 2x
_POWERS = frozenset(["2.0", "3.0", "sqrt"])
_MAX_CHANGED_NUMBERS = 2  # more changed numbers make it another formula
# Words for roots and powers, as they are stemmed.
_ROOT_WORDS = (("根", "号"), ("squar", "root", "of"), ("root",))
_POWER_WORDS = (
    (("平", "方", "根"), "sqrt"),
    (("平", "方"), "2.0"),
    (("立", "方"), "3.0"),
    (("squar",), "2.0"),
    (("cube",), "3.0"),
)

Symbols = tuple[tuple[str, ...], tuple[str, ...]]  # letters, and numbers with roots
NumberInContext = tuple[tuple[str, ...], float, str]  # two words before, the number, one after

_NUMBERS = {
    word: float(value)
    for value, words in enumerate(cues.NUMBER_WORDS, start=2)
    for word in words.split()
}


@dataclass(frozen=True, slots=True)
class Formula:
    """Symbols in a row. √d, sqrt(d) and 根号 d are one formula: letters d, numbers sqrt."""

    letters: tuple[str, ...]  # sorted
    numbers: tuple[str, ...]  # sorted, roots among them
    clause: int
    word_before: str  # the last content word before it
    tokens: frozenset[str]  # the tokens it is written with

    @property
    def symbols(self) -> Symbols:
        """What two formulas must share to be the same."""
        return self.letters, self.numbers

    @property
    def is_compound(self) -> bool:
        """Whether it is more than the name of a quantity: √d and 2n are, d is not."""
        return len(self.letters) + len(self.numbers) > 1

    @property
    def name(self) -> tuple[str, Symbols]:
        """What it is known by among the author's formulas.

        A quantity's name alone says little, so the word before it belongs to it: "rank r".
        """
        return "" if self.is_compound else self.word_before, self.symbols


def formulas_of(tokenized: TokenizedText) -> list[Formula]:
    """The formulas in a text. The sides of an equation are formulas of their own.

    Names of types (fp16) and sizes (128k, 2x) are no formulas.
    """
    found: list[Formula] = []
    tokens, position = tokenized.tokens, 0
    while position < len(tokens):
        start, root = position, _root_at(tokens, position)
        position += root
        letters: list[str] = []
        numbers = ["sqrt"] if root else []
        has_joined_letters, first = False, position
        while position < len(tokens) and _continues_formula(tokenized, position, first):
            token = tokens[position]
            if token == "sqrt" or _is_number(token):
                numbers.append(token if token == "sqrt" else str(float(token)))
            elif token in GREEK_LETTERS or token in _FUNCTIONS or len(token) == 1:
                if token not in _OPERATORS:
                    letters.append(token.lower())
            else:
                letters.extend(token)
                has_joined_letters = has_joined_letters or position == first
            position += 1
        if position == first:
            position = start + 1
            continue
        power, number = _power_at(tokens, position)
        if power and letters:
            numbers.append(number)
            position += power
        is_name = has_joined_letters and position == first + 2  # as in fp16
        is_size = len(letters) == 1 and letters[0] in _SIZE_SUFFIXES and len(numbers) == 1
        if letters and not is_name and not is_size:
            word_before = next(
                (
                    token
                    for token in reversed(tokens[max(0, start - 3) : start])
                    if token_weight(token) > 0
                ),
                "",
            )
            found.append(
                Formula(
                    tuple(sorted(letters)),
                    tuple(sorted(numbers)),
                    tokenized.clause_of_token[start],
                    word_before,
                    frozenset(tokens[start:position]),
                )
            )
    return found


def differ_in_number(one: Formula, other: Formula) -> bool:
    """Whether one formula is the other got wrong.

    They have the same letters. Either one or two numbers are replaced (12LH² and 4LH²), or one
    has a power or root that the other lacks (1/T² and 1/T). √d and √n differ in a letter, 2Φ and
    6Φ + 5 in their length: neither is the other got wrong.
    """
    return one.letters == other.letters and _differ(one.numbers, other.numbers)


@lru_cache(maxsize=10_000)
def _differ(ones: tuple[str, ...], others: tuple[str, ...]) -> bool:
    missing, extra = Counter(ones) - Counter(others), Counter(others) - Counter(ones)
    if 0 < missing.total() == extra.total() <= _MAX_CHANGED_NUMBERS:
        return True
    return missing.total() + extra.total() == 1 and not _POWERS.isdisjoint((*missing, *extra))


def _continues_formula(tokenized: TokenizedText, position: int, first: int) -> bool:
    """Whether the token belongs to the formula whose first symbol is at `first`."""
    token = tokenized.tokens[position]
    if position > first:
        if (
            tokenized.clause_of_token[position] != tokenized.clause_of_token[position - 1]
            or tokenized.starts[position] - tokenized.ends[position - 1] > _MAX_SYMBOL_GAP
        ):
            return False
        if token in _OPERATORS:
            return True
    return (
        token == "sqrt"
        or _is_number(token)
        or token in GREEK_LETTERS
        or token in _FUNCTIONS
        or _is_variable(token)
    )


def _is_variable(token: str) -> bool:
    """Whether a token names one variable, or several written together: a word without vowels."""
    return token == "A" or (
        "b" <= token <= "z"
        and (
            len(token) == 1
            or (
                len(token) <= _MAX_LETTERS_IN_A_ROW
                and token.isalpha()
                and _VOWELS.isdisjoint(token)
            )
        )
    )


def _root_at(tokens: tuple[str, ...], position: int) -> int:
    """The number of tokens of a "square root of" that begins there; 0 without one."""
    return next(
        (len(words) for words in _ROOT_WORDS if tokens[position : position + len(words)] == words),
        0,
    )


def _power_at(tokens: tuple[str, ...], position: int) -> tuple[int, str]:
    """The number of tokens of a "squared" that begins there, and the power; (0, "") without one."""
    skip = tokens[position : position + 1] == ("的",)
    for words, name in _POWER_WORDS:
        if tokens[position + skip : position + skip + len(words)] == words:
            return skip + len(words), name
    return 0, ""


def numbers_of(tokens: Sequence[str]) -> list[NumberInContext]:
    """The numbers among some content tokens, each with the words around it.

    Those in words ("three") count anywhere. Those in digits count after a Chinese character, a
    sign or a variable's name, for a number after a word may belong to its name ("layer 2").
    """
    found = []
    for position, token in enumerate(tokens):
        number = number_of(token)
        if (
            number is not None
            and position
            and number_of(tokens[position - 1]) is None
            and (not token[0].isdigit() or len(tokens[position - 1]) == 1)
        ):
            found.append(
                (
                    tuple(tokens[max(0, position - 2) : position]),
                    number,
                    tokens[position + 1] if position + 1 < len(tokens) else "",
                )
            )
    return found


def number_of(token: str) -> float | None:
    """The number that a token is, in digits or from two to ten in words; None for others."""
    return float(token) if _is_number(token) else _NUMBERS.get(token)


def _is_number(token: str) -> bool:
    return "0" <= token[0] <= "9"
