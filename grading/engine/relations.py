"""What a text relates, beyond the words it uses: its formulas, and whether what it speaks of rises and falls together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import lexicon
from .terms import NEGATION_CUES, Cues
from .text import GREEK_LETTERS, Reading, base_weight

_GAP = 3  # characters between two symbols of one formula, as in ^{-
_OPERATORS = frozenset("+*/%")
_FUNCTIONS = frozenset(["ln", "log", "exp"])
_VOWELS = frozenset("aeiouy")
_LONGEST_NAME = 5  # letters of several quantities written together, as in 2bLnsd
_SIZES = frozenset("kmbgx")  # after a number, as in 16k or 2x
_POWERS = frozenset(["2.0", "3.0", "sqrt"])
_MOST_CHANGED = 2  # numbers of a formula, for it to be that formula got wrong
_ROOT_BEFORE = (("根", "号"), ("squar", "root", "of"), ("root",))
_POWER_AFTER = (
    (("平", "方", "根"), "sqrt"),
    (("平", "方"), "2.0"),
    (("立", "方"), "3.0"),
    (("squar",), "2.0"),
    (("cube",), "3.0"),
)

Symbols = tuple[tuple[str, ...], tuple[str, ...]]
Numbered = tuple[
    tuple[str, ...], float, str
]  # the two words before a number, the number, the word after
Part = dict[
    str, int
]  # a clause's content, or what of it stands before or after "and", with its rank

_NUMBERS = {
    word: float(value)
    for value, words in enumerate(lexicon.NUMBERS, start=2)
    for word in words.split()
}

RISES = Cues(
    lexicon.RISES, except_for=f"{lexicon.NEUTRAL}\n{lexicon.FALLS}\n{lexicon.NO_DIRECTIONS}"
)
FALLS = Cues(
    lexicon.FALLS, except_for=f"{lexicon.NEUTRAL}\n{lexicon.RISES}\n{lexicon.NO_DIRECTIONS}"
)


@dataclass(frozen=True, slots=True)
class Formula:
    """Symbols in a row: the letters sorted, the numbers and roots sorted, the clause, and the last word before."""

    letters: tuple[str, ...]
    numbers: tuple[str, ...]
    clause: int
    before: str
    units: frozenset[str]

    @property
    def symbols(self) -> Symbols:
        return self.letters, self.numbers

    @property
    def telling(self) -> bool:
        """Whether it is more than the name of a quantity."""
        return len(self.letters) + len(self.numbers) > 1

    @property
    def name(self) -> tuple[str, Symbols]:
        """What it is known by among the author's: a quantity's name alone, with the word before."""
        return "" if self.telling else self.before, self.symbols


@dataclass(frozen=True, slots=True)
class Trend:
    """Words for up and down in a stretch of text: how many, their units, and +1 if even many of them point down or are denied, else -1."""

    count: int
    sign: int
    units: frozenset[str]


def formulas_of(reading: Reading) -> list[Formula]:
    """The formulas in a text, parts on both sides of an equals sign apart."""
    found: list[Formula] = []
    units, place = reading.units, 0
    while place < len(units):
        start, root = place, _root_at(units, place)
        place += root
        letters: list[str] = []
        numbers = ["sqrt"] if root else []
        multiple, first = False, place
        while place < len(units) and _goes_on(reading, place, first):
            unit = units[place]
            if unit == "sqrt" or _is_number(unit):
                numbers.append(unit if unit == "sqrt" else str(float(unit)))
            elif unit in GREEK_LETTERS or unit in _FUNCTIONS or len(unit) == 1:
                if unit not in _OPERATORS:
                    letters.append(unit.lower())
            else:
                letters.extend(unit)
                multiple = multiple or place == first
            place += 1
        if place == first:
            place = start + 1
            continue
        power, number = _power_at(units, place)
        if power and letters:
            numbers.append(number)
            place += power
        name = multiple and place == first + 2  # as in fp16
        size = len(letters) == 1 and letters[0] in _SIZES and len(numbers) == 1
        if letters and not name and not size:
            before = next(
                (
                    unit
                    for unit in reversed(units[max(0, start - 3) : start])
                    if base_weight(unit) > 0
                ),
                "",
            )
            found.append(
                Formula(
                    tuple(sorted(letters)),
                    tuple(sorted(numbers)),
                    reading.clauses[start],
                    before,
                    frozenset(units[start:place]),
                )
            )
    return found


def differ_in_a_number(one: Formula, other: Formula) -> bool:
    """Whether two formulas have the same letters, and a number or two of one are others in the other, or a power is too many or too few."""
    return one.letters == other.letters and _differ(one.numbers, other.numbers)


@lru_cache(maxsize=10_000)
def _differ(ones: tuple[str, ...], others: tuple[str, ...]) -> bool:
    missing, extra = Counter(ones) - Counter(others), Counter(others) - Counter(ones)
    if 0 < missing.total() == extra.total() <= _MOST_CHANGED:
        return True
    return missing.total() + extra.total() == 1 and not _POWERS.isdisjoint((*missing, *extra))


def trend_of(reading: Reading, first: int, last: int) -> Trend:
    """The trend of units [first, last). A single 大 or 少 counts at the end of a clause, too."""
    units = reading.units[first:last]
    rises, falls = RISES.find(units), FALLS.find(units)
    taken = {place for start, end in (*rises, *falls) for place in range(start, end)}
    for place, unit in enumerate(units):
        if place not in taken and (
            place + 1 == len(units)
            or reading.clauses[first + place + 1] != reading.clauses[first + place]
        ):
            (
                rises if unit in lexicon.UP_SIGNS else falls if unit in lexicon.DOWN_SIGNS else []
            ).append((place, place + 1))
    down = len(falls) + len(NEGATION_CUES.find(units))
    words = frozenset(unit for start, end in (*rises, *falls) for unit in units[start:end])
    return Trend(len(rises) + len(falls), -1 if down % 2 else 1, words)


def parts_of(canonical: Sequence[tuple[str, int]], reading: Reading) -> list[tuple[Part, int]]:
    """A text's content, clause by clause and cut at "and", each part with its clause."""
    parts: list[tuple[Part, int]] = []
    last = -1
    for key, place in canonical:
        if (
            last < 0
            or reading.clauses[place] != reading.clauses[last]
            or "and" in reading.units[last:place]
        ):
            parts.append(({}, reading.clauses[place]))
        parts[-1][0].setdefault(key, len(parts[-1][0]))
        last = place
    return parts


def _goes_on(reading: Reading, place: int, first: int) -> bool:
    unit = reading.units[place]
    if place > first:
        if (
            reading.clauses[place] != reading.clauses[place - 1]
            or reading.starts[place] - reading.ends[place - 1] > _GAP
        ):
            return False
        if unit in _OPERATORS:
            return True
    return (
        unit == "sqrt"
        or _is_number(unit)
        or unit in GREEK_LETTERS
        or unit in _FUNCTIONS
        or _is_variable(unit)
    )


def _is_variable(unit: str) -> bool:
    """A variable, or several written together: a word without vowels."""
    return unit == "A" or (
        "b" <= unit <= "z"
        and (
            len(unit) == 1
            or (len(unit) <= _LONGEST_NAME and unit.isalpha() and _VOWELS.isdisjoint(unit))
        )
    )


def _root_at(units: tuple[str, ...], place: int) -> int:
    return next(
        (len(words) for words in _ROOT_BEFORE if units[place : place + len(words)] == words), 0
    )


def _power_at(units: tuple[str, ...], place: int) -> tuple[int, str]:
    skip = units[place : place + 1] == ("的",)
    for words, name in _POWER_AFTER:
        if units[place + skip : place + skip + len(words)] == words:
            return skip + len(words), name
    return 0, ""


def numbers_of(units: Sequence[str]) -> list[Numbered]:
    """Each number in words, or that stands after a Chinese character, a sign or a variable's name, among the units that say something."""
    found = []
    for place, unit in enumerate(units):
        number = number_of(unit)
        if (
            number is not None
            and place
            and number_of(units[place - 1]) is None
            and (not unit[0].isdigit() or len(units[place - 1]) == 1)
        ):
            found.append(
                (
                    tuple(units[max(0, place - 2) : place]),
                    number,
                    units[place + 1] if place + 1 < len(units) else "",
                )
            )
    return found


def number_of(unit: str) -> float | None:
    """The number that a unit is, in digits or from two to ten in words; None for any other."""
    return float(unit) if _is_number(unit) else _NUMBERS.get(unit)


def _is_number(unit: str) -> bool:
    return "0" <= unit[0] <= "9"
