"""Finds the key points in an answer written as prose, as marked lists, or as both.

The rules are told with their reasons in docs/decisions/0005-the-seed-documents-format.md. All patterns are linear in the length of
the text, and every number kept here is a character offset into the answer as written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from questions.chinese import HAN, has_han

ENDS = "。！？!?；;…：:"
CLOSERS = r"）)】\]》”’」』\"'"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"

# What is opaque: code, titles, addresses. A number or a full stop in them is theirs.
FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)
OPAQUE = re.compile(r"《[^《》\n]{1,300}》|`[^`\n]{1,300}`|https?://[!-~]{1,2000}")
# A remark in brackets or quotation marks is part of its sentence, full stops and all.
REMARK = re.compile(
    r"（[^（）()\n]{1,300}）|\([^（）()\n]{1,300}\)|“[^“”\n]{1,300}”|「[^「」\n]{1,300}」"
)

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

LABEL_WORDS = (
    "优点|缺点|优势|劣势|长处|短处|好处|坏处|不足|局限|相同点|不同点|共同点|区别|"
    "[Pp]ros|[Cc]ons|[Aa]dvantages?|[Dd]isadvantages?|[Ss]trengths?|[Ww]eaknesses"
)
LABEL = re.compile(
    rf"(?:(?<=\n)|(?<=[。；;！？!?.]))[ \t\u3000]*(?:\*\*)?(?:{LABEL_WORDS})(?:\*\*)?[ \t]*[：:](?:\*\*)?"
    rf"|^[ \t]*(?:\*\*)?(?:{LABEL_WORDS})(?:\*\*)?[ \t]*$"
    r"|^[ \t]*#{1,6}[ \t][^\n]*$",
    re.MULTILINE,
)

CLOSING = f"[{re.escape(CLOSERS)}]"
SENTENCE_END = re.compile(
    rf"[。！？]+{CLOSING}*"
    rf"|[!?]+{CLOSING}*(?=\s|$|[{HAN}])"
    rf"|\.{CLOSING}*(?=\s+[A-Z{HAN}]|\s*$)"
    rf"|(?<=[{HAN}）])\.(?=[{HAN}])"
    r"|\n[ \t\u3000]*\n",
)
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|resp|approx|[Ff]igs?|[Ee]qs?|[Nn]o|[Ss]ec)|\.[a-z]|\b[A-Z])$"
)
BLANK_LINE = re.compile(r"\n[ \t\u3000]*\n(?![ \t\u3000]*\n)")
# "下图展示了…" points at a picture that a text does not carry: nothing a candidate could say.
POINTS_AT_PICTURE = re.compile(
    r"(?:如?[下上左右]图|图像?如[下上]?图|见[下上]?图|(?:the )?(?:figure|picture) (?:below|above))",
    re.IGNORECASE,
)
# "①参数②梯度③激活值三个部分": the sentence counts its own parts and goes on, so it is a sentence and not a list.
COUNTS_ITS_PARTS = re.compile(
    r"[一二三四五六七八九十两几0-9]+\s?(?:个|大|种|类)?\s?(?:部分|方面|种类|类型|步骤|阶段|因素|环节|种|类|项|点)[。，,；;]?$"
)
BOLD = re.compile(r"(?<![A-Za-z0-9*])\*\*(?=\S)([^*\n]{1,200})(?<=\S)\*\*(?![A-Za-z0-9*])")

MOST_INTRODUCTION = 2  # sentences
SHORTEST_NESTED = 6  # characters: below that they are things named, not things said
LONGEST_HEADING = 12
MOST_SKIPPED = 3


@dataclass(slots=True)
class Mark:
    """Something that may begin a list item. `start` to `end` is the mark itself, `body` where the item's words begin."""

    kind: str
    number: int
    start: int
    end: int
    at_line_start: bool
    indent: int
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


def split_answer(answer: str) -> list[str]:
    """The answer's key points in their order, each as written but without its mark and on one line. Never empty for a text with words."""
    plain = hide_opaque(answer)
    marks = find_marks(plain)
    mark_ends = [mark.end for mark in marks]
    borders: list[tuple[int, int, bool]] = [(0, 0, False)]
    for label in LABEL.finditer(
        "\n" + plain
    ):  # the line break before lets a label stand at the very beginning
        start, end = max(label.start() - 1, 0), label.end() - 1
        before = bisect_right(mark_ends, start + len(label.group()) - len(label.group().lstrip()))
        if before and not plain[mark_ends[before - 1] : start].strip():
            continue  # "1. 优点：…" is an item's own heading
        borders.append((start, end, True))
    points: list[str] = []
    after = 0
    for place, (_, start, labelled) in enumerate(borders):
        end = borders[place + 1][0] if place + 1 < len(borders) else len(answer)
        inside: list[Mark] = []
        while after < len(marks) and marks[after].start < end:
            if marks[after].start >= start:
                inside.append(marks[after])
            after += 1
        points += filter(None, section_points(answer, plain, start, end, inside, labelled=labelled))
    if not points:
        points = [
            text
            for start, end in sentences(plain, 0, len(answer))
            if (text := tidy(answer[start:end]))
        ]
    return points


def hide_opaque(answer: str) -> str:
    """The answer with code, titles and addresses overwritten by letters, at its own length."""
    pieces: list[str] = []
    last = 0
    fences = [found.start() for found in FENCE.finditer(answer)]
    for opening, closing in zip(fences[::2], fences[1::2], strict=False):
        line_end = answer.find("\n", closing)
        line_end = len(answer) if line_end < 0 else line_end
        pieces += [answer[last:opening], "x" * (line_end - opening)]
        last = line_end
    pieces.append(answer[last:])
    return OPAQUE.sub(lambda found: "x" * len(found.group()), "".join(pieces))


# Marks ---------------------------------------------------------------------------------------------------------------


def find_marks(plain: str) -> list[Mark]:
    return [
        mark for found in MARK.finditer("\n" + plain) if (mark := as_mark(plain, found)) is not None
    ]


def as_mark(plain: str, found: re.Match[str]) -> Mark | None:
    """The mark that `found` (in the text after a line break) may be, or None where its neighbours say that it is none."""
    start, end = found.start() - 1, found.end() - 1
    kind = next(
        name for name in ("bullet", "plain", "line", "round", "circle") if found[name] is not None
    )
    if kind in ("bullet", "line"):
        words = found.group().lstrip(" \t\u3000")
        number = 0 if kind == "bullet" else int(found["line"])
        shown = end - len(words)
        return Mark(
            "bullet" if kind == "bullet" else "plain", number, shown, end, True, shown - start, True
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
            at_line_start,
            start - left,
            at_line_start or before in ENDS,
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
        return Mark(kind, int(found["round"]), start, end, at_line_start, start - left, strong)
    run = found["plain"]
    if at_line_start:
        return Mark(kind, int(run), start, end, True, start - left, True) if len(run) <= 2 else None
    if before == "^" and not spaced and len(run) > 1 and after.strip():
        return Mark(kind, -1, start, end, False, 0, False, run=run)
    if len(run) > 2 or (before.isdigit() and not spaced):
        return None
    if before == "." and (not spaced or plain[max(0, left - 2) : left - 1].isdigit()):
        # "1.2.x" is a version; "... end.2.Next" begins an item.
        if plain[max(0, left - 2) : left - 1].isdigit() or (
            not spaced and found["stop"] == "." and not after.strip()
        ):
            return None
        return Mark(kind, int(run), start, end, False, 0, True)
    if before in ENDS + "." or before in CLOSERS:
        return Mark(kind, int(run), start, end, False, 0, True)
    if found["stop"] == "、" and (spaced or before in "，,"):
        return Mark(kind, int(run), start, end, False, 0, False)
    glued = has_han(before[:1]) or before in "²³⁴ⁿ"
    if glued and not spaced and before not in TAKES_A_NUMBER and after.strip() and after != before:
        return Mark(kind, int(run), start, end, False, 0, False)
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
    # Numbering of people: a number left out, or every item numbered 1. Trusted at the beginning of a line only.
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
    """Without lists of one numbered item, which are no lists; but an answer may begin with its only item."""
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


# From lists and prose to points ------------------------------------------------------------------------------------------


def section_points(
    answer: str, plain: str, start: int, end: int, marks: list[Mark], *, labelled: bool
) -> list[str]:
    lists = [
        marked for marked in find_lists(marks, start, end) if not is_one_sentence(plain, marked)
    ]
    set_ends(lists, end)
    if not lists:
        return prose_points(answer, plain, start, end, keep=True)
    points: list[str] = []
    prose_start = start
    for place, marked in enumerate(lists):
        points += prose_points(
            answer, plain, prose_start, marked.start, keep=labelled and place == 0, leads_in=True
        )
        last = marked.items[-1]
        last.end = prose_start = end_of_last_item(plain, last, followed=place + 1 < len(lists))
        for inner in last.lists:
            inner.items[-1].end = min(inner.items[-1].end, last.end)
        for item in marked.items:
            points += item_points(answer, plain, item)
    return points + prose_points(answer, plain, prose_start, end, keep=False)


def is_one_sentence(plain: str, marked: MarkedList) -> bool:
    """Whether the marks only number the parts of one sentence that goes on behind them."""
    first, last = marked.items[0].mark, marked.items[-1]
    if first.strong:
        return False
    stop = next(iter(sentences(plain, last.start, last.end)), (last.start, last.end))[1]
    return COUNTS_ITS_PARTS.search(plain[max(last.start, stop - 40) : stop].strip()) is not None


def end_of_last_item(plain: str, item: Item, *, followed: bool) -> int:
    """Where the list's last item ends: at its line where another list is introduced behind it, else at a blank line."""
    if followed:
        line_end = plain.find("\n", item.start, item.end)
        if line_end >= 0:
            return line_end
        spans = sentences(plain, item.start, item.end)
        return spans[-1][0] if len(spans) > 1 else item.end
    for blank in BLANK_LINE.finditer(plain, item.start, item.end):
        follows = plain[blank.end() : blank.end() + 4]
        if plain[item.start : blank.start()].strip() and not follows.startswith(
            ("  ", "\t", "\u3000")
        ):
            return blank.start()
    return item.end


def item_points(answer: str, plain: str, item: Item) -> list[str]:
    """The item as one point; or its nested items, where its own words only announce them."""
    whole = tidy(answer[item.start : item.end])
    if not item.lists:
        return [whole] if whole else []
    heading = plain[item.start : item.lists[0].start].strip()
    nested = [inner for marked in item.lists for inner in marked.items]
    texts = [text for inner in nested if (text := tidy(answer[inner.start : inner.end]))]
    only_heading = heading.endswith(("：", ":")) or (
        len(heading) <= LONGEST_HEADING and not heading.endswith(("。", "！", "？", "."))
    )
    only_heading = only_heading and len(sentences(plain, item.start, item.lists[0].start)) <= 1
    if not only_heading or any(len(text) < SHORTEST_NESTED for text in texts):
        return [whole]
    return texts


def prose_points(
    answer: str, plain: str, start: int, end: int, *, keep: bool, leads_in: bool = False
) -> list[str]:
    """The sentences of prose beside or without lists. One or two around a list announce or close it and are no points, unless `keep`."""
    spans = sentences(plain, start, end)
    if not keep and len(spans) <= MOST_INTRODUCTION:
        return []
    texts = [tidy(answer[first:last]) for first, last in spans]
    if leads_in and texts and not texts[-1].endswith(("。", "！", "？", ".", "!", "?")):
        texts.pop()
    return [text for text in texts if text and not POINTS_AT_PICTURE.match(text)]


def sentences(plain: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences between two places as (start, end), without those that hold no word."""
    return [
        (first, last)
        for first, last in sentence_spans(plain, start, end)
        if any(c.isalnum() for c in plain[first:last])
    ]


def sentence_spans(plain: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    text = REMARK.sub(lambda found: "x" * len(found.group()), plain[start:end])
    last = 0
    for found in SENTENCE_END.finditer(text):
        if found.group()[0] == "." and ABBREVIATION.search(
            text[max(0, found.start() - 8) : found.start()]
        ):
            continue
        yield start + last, start + found.end()
        last = found.end()
    yield start + last, end


WIDE = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef“”‘’…—]")


def tidy(text: str) -> str:
    """The text on one line, without the separator it ends with. Code keeps its lines."""
    text = text.strip().rstrip("；;，,、").rstrip()
    if FENCE.search(text):
        return text

    joined = ""
    for line in filter(None, map(str.strip, text.split("\n"))):
        joined += ("" if not joined or WIDE.search(joined[-1] + line[0]) else " ") + line
    text = BOLD.sub(r"\1", joined)
    return text if any(c.isalnum() for c in text) else ""
