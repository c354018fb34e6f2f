"""Finds the marks that may begin an item (1、 ① (2) - ...), and makes lists of them.

The rules are explained in docs/decisions/0005-the-seed-documents-format.md. All patterns are
linear in the length of the text. Every number kept here is a character offset into the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import KW_ONLY, dataclass, field

from questions.chinese import has_han

ENDS = "。！？!?；;…：:"
CLOSERS = r"）)】\]》”’」』\"'"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
MARK = re.compile(
    r"(?P<bullet>^[ \t\u3000]*[-*+•·][ \t]+)"
    r"|(?P<plain>[0-9]{1,9})(?P<stop>[、.．])(?![0-9])"
    r"|(?P<line>(?<=\n)[ \t\u3000]*[0-9]{1,2})[)）](?![0-9])"
    r"|[（(][ \t]?(?P<round>[0-9]{1,2})[ \t]?[）)]"
    rf"|(?P<circle>[{CIRCLED}])",
    re.MULTILINE,
)
# Words that a number follows: in 方案2、方案3 or 式（2） it names something and is no mark.
TAKES_A_NUMBER = frozenset("第图表式层步节章组类例案段级型号到为是约取乘加减除至和与或在从")
CITED_BY_NUMBER = frozenset("第图表式节章条文献")
MOST_SKIPPED = 3


@dataclass(slots=True)
class Mark:
    """Something that may begin a list item.

    `start` to `end` is the mark itself, `body` where the item's words begin.
    """

    kind: str
    number: int
    start: int
    end: int
    indent: int
    _: KW_ONLY
    at_line_start: bool
    strong: bool
    run: str = ""  # digits glued to an exponent: in s^24. the mark may be 4.


@dataclass(slots=True)
class Item:
    mark: Mark
    start: int
    end: int = 0
    lists: list[MarkedList] = field(default_factory=list)


@dataclass(slots=True)
class MarkedList:
    kind: str
    indent: int
    items: list[Item] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.items[0].mark.start


def find_marks(plain: str) -> list[Mark]:
    return [
        mark for found in MARK.finditer("\n" + plain) if (mark := as_mark(plain, found)) is not None
    ]


# A mark's neighbours decide, one guard after the other.
def as_mark(  # noqa: C901, PLR0911, PLR0912
    plain: str, found: re.Match[str]
) -> Mark | None:
    """The mark that `found` may be, or None where its neighbours say that it is none.

    `found` was found in the text after a line break.
    """
    start, end = found.start() - 1, found.end() - 1
    kind = next(
        name for name in ("bullet", "plain", "line", "round", "circle") if found[name] is not None
    )
    if kind in ("bullet", "line"):
        words = found.group().lstrip(" \t\u3000")
        number = 0 if kind == "bullet" else int(found["line"])
        shown = end - len(words)
        return Mark(
            "bullet" if kind == "bullet" else "plain",
            number,
            shown,
            end,
            shown - start,
            at_line_start=True,
            strong=True,
        )
    left = start
    while left > 0 and start - left < 200 and plain[left - 1] in " \t\u3000":
        left -= 1
    at_line_start = left == 0 or plain[left - 1] == "\n"
    before = "" if at_line_start else plain[left - 1]
    spaced = left < start
    after = plain[end] if end < len(plain) else ""
    if kind == "circle":
        return Mark(
            kind,
            CIRCLED.index(found["circle"]) + 1,
            start,
            end,
            start - left,
            at_line_start=at_line_start,
            strong=at_line_start or before in ENDS,
        )
    if kind == "round":
        strong = at_line_start or before in ENDS or (spaced and before in ".,，")
        if not strong and (before in CITED_BY_NUMBER or after in set("=+-*/×^")):
            return None
        half_width = found.group()[0] == "("
        if (
            half_width
            and not strong
            and not spaced
            and re.search(r"(?:^|[^A-Za-z])[A-Za-z0-9_]$", plain[max(0, start - 2) : start])
        ):
            return None  # f(2)
        return Mark(
            kind,
            int(found["round"]),
            start,
            end,
            start - left,
            at_line_start=at_line_start,
            strong=strong,
        )
    run = found["plain"]
    if at_line_start:
        if len(run) > 2:
            return None
        return Mark(kind, int(run), start, end, start - left, at_line_start=True, strong=True)
    if before == "^" and not spaced and len(run) > 1 and after.strip():
        return Mark(kind, -1, start, end, 0, at_line_start=False, strong=False, run=run)
    if len(run) > 2 or (before.isdigit() and not spaced):
        return None
    if before == "." and (not spaced or plain[max(0, left - 2) : left - 1].isdigit()):
        # "1.2.x" is a version; "... end.2.Next" begins an item.
        if plain[max(0, left - 2) : left - 1].isdigit() or (
            not spaced and found["stop"] == "." and not after.strip()
        ):
            return None
        return Mark(kind, int(run), start, end, 0, at_line_start=False, strong=True)
    if before in ENDS + "." or before in CLOSERS:
        return Mark(kind, int(run), start, end, 0, at_line_start=False, strong=True)
    if found["stop"] == "、" and (spaced or before in "，,"):
        return Mark(kind, int(run), start, end, 0, at_line_start=False, strong=False)
    glued = has_han(before[:1]) or before in "²³⁴ⁿ"
    if glued and not spaced and before not in TAKES_A_NUMBER and after.strip() and after != before:
        return Mark(kind, int(run), start, end, 0, at_line_start=False, strong=False)
    return None


class MarkIndex:
    """Answers "is there a later mark of this kind and number?" in the time of one binary search."""

    def __init__(self, marks: list[Mark]) -> None:
        self.strong: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.any: dict[tuple[str, int], list[int]] = defaultdict(list)
        for mark in marks:
            self.any[mark.kind, mark.number].append(mark.start)
            if mark.strong:
                self.strong[mark.kind, mark.number].append(mark.start)

    def next(self, kind: str, number: int, after: int, *, strong: bool = False) -> float:
        places = (self.strong if strong else self.any).get((kind, number), [])
        place = bisect_right(places, after)
        return places[place] if place < len(places) else float("inf")


def find_lists(marks: list[Mark], start: int, end: int) -> list[MarkedList]:
    """The outermost lists between `start` and `end`, with the lists inside their items."""
    index = MarkIndex(marks)
    top: list[MarkedList] = []
    open_lists: list[MarkedList] = []
    for mark in marks:
        home = home_of(mark, open_lists)
        if home is not None and continues(mark, open_lists[home], index):
            del open_lists[home + 1 :]
            begin_item(mark, open_lists[home])
        elif begins_list(mark, open_lists, home, index):
            if home is not None:
                del open_lists[home:]
            made = MarkedList(mark.kind, mark.indent)
            begin_item(mark, made)
            (open_lists[-1].items[-1].lists if open_lists else top).append(made)
            open_lists.append(made)
    top = prune(top, start)
    set_ends(top, end)
    return top


def home_of(mark: Mark, open_lists: list[MarkedList]) -> int | None:
    """The place of the innermost open list that the mark could belong to."""
    for place in range(len(open_lists) - 1, -1, -1):
        if open_lists[place].kind == mark.kind:
            if not mark.at_line_start or mark.indent < open_lists[place].indent + 2:
                beyond = mark.at_line_start and mark.indent + 2 <= open_lists[place].indent
                if not beyond or not any(other.kind == mark.kind for other in open_lists[:place]):
                    return place
            else:
                return None  # further in than the innermost of its kind: a list of its own
    return None


def continues(mark: Mark, home: MarkedList, index: MarkIndex) -> bool:
    last = home.items[-1].mark
    if mark.kind == "bullet":
        return True
    wanted = last.number + 1
    if mark.run:
        return (
            mark.run.endswith(str(wanted))
            and len(mark.run) > len(str(wanted))
            and not certain_one_follows(mark, wanted, index)
        )
    if mark.number == wanted:
        return mark.strong or not certain_one_follows(mark, wanted, index)
    # Numbering of people: a number left out, or every item numbered 1. Trusted at the beginning of
    # a line only.
    both_lines = mark.at_line_start and last.at_line_start
    if both_lines and mark.number == last.number:
        return mark.number != 1 or index.next(mark.kind, 2, mark.start) == float("inf")
    return both_lines and last.number < mark.number <= last.number + MOST_SKIPPED


def certain_one_follows(mark: Mark, wanted: int, index: MarkIndex) -> bool:
    certain = index.next(mark.kind, wanted, mark.start, strong=True)
    return certain < index.next(mark.kind, 1, mark.start, strong=True)


def begins_list(
    mark: Mark, open_lists: list[MarkedList], home: int | None, index: MarkIndex
) -> bool:
    if mark.kind == "bullet":
        return True
    if mark.number != 1 or not (mark.strong or mark.kind in ("round", "circle")):
        return False
    second = index.next(mark.kind, 2, mark.start)
    if home is None:
        return second < float("inf") or mark.at_line_start
    wanted = open_lists[home].items[-1].mark.number + 1
    return second < float("inf") and (
        wanted == 2 or index.next(mark.kind, wanted, mark.start) >= second
    )


def begin_item(mark: Mark, home: MarkedList) -> None:
    if mark.run:
        # In s^24. the exponent keeps its own digits.
        mark.start = mark.end - 1 - len(str(home.items[-1].mark.number + 1))
        mark.number = home.items[-1].mark.number + 1
    home.items.append(Item(mark, mark.end))


def prune(lists: list[MarkedList], start: int) -> list[MarkedList]:
    """Without lists of one numbered item, which are no lists.

    But an answer may begin with its only item.
    """
    kept: list[MarkedList] = []
    pending = list(reversed(lists))
    while pending:
        marked = pending.pop()
        alone = len(marked.items) == 1 and marked.kind != "bullet"
        first = marked.items[0].mark
        if alone and not (
            first.at_line_start and not kept and first.start - first.indent <= start + 1
        ):
            pending += reversed(marked.items[0].lists)
            continue
        for item in marked.items:
            # Two levels are told apart, which is all that the rules for nested points need.
            item.lists = [
                inner for inner in item.lists if len(inner.items) > 1 or inner.kind == "bullet"
            ]
        kept.append(marked)
    return kept


def set_ends(lists: list[MarkedList], end: int) -> None:
    for place, marked in enumerate(lists):
        limit = lists[place + 1].start if place + 1 < len(lists) else end
        for number, item in enumerate(marked.items):
            item.end = (
                marked.items[number + 1].mark.start if number + 1 < len(marked.items) else limit
            )
            for inner_place, inner in enumerate(item.lists):
                inner_limit = (
                    item.lists[inner_place + 1].start
                    if inner_place + 1 < len(item.lists)
                    else item.end
                )
                for inner_number, inner_item in enumerate(inner.items):
                    inner_item.end = (
                        inner.items[inner_number + 1].mark.start
                        if inner_number + 1 < len(inner.items)
                        else inner_limit
                    )
