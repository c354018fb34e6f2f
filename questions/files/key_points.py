"""Finds the key points in an answer written as prose, as marked lists, or as both.

The rules are explained in docs/decisions/0005-the-seed-documents-format.md. All patterns are
linear in the length of the text. Every number kept here is a character offset into the answer as
written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from questions.chinese import HAN
from questions.files.marked_lists import (
    CLOSERS,
    Item,
    Mark,
    MarkedList,
    find_lists,
    find_marks,
    set_ends,
)

# What is opaque: code, titles, addresses. A number or a full stop in them is theirs.
FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)
OPAQUE = re.compile(r"《[^《》\n]{1,300}》|`[^`\n]{1,300}`|https?://[!-~]{1,2000}")
# A remark in brackets or quotation marks is part of its sentence, full stops and all.
REMARK = re.compile(
    r"（[^（）()\n]{1,300}）|\([^（）()\n]{1,300}\)|“[^“”\n]{1,300}”|「[^「」\n]{1,300}」"
)
LABEL_WORDS = (
    "优点|缺点|优势|劣势|长处|短处|好处|坏处|不足|局限|相同点|不同点|共同点|区别|"
    "[Pp]ros|[Cc]ons|[Aa]dvantages?|[Dd]isadvantages?|[Ss]trengths?|[Ww]eaknesses"
)
LABEL = re.compile(
    r"(?:(?<=\n)|(?<=[。；;！？!?.]))[ \t\u3000]*(?:\*\*)?"
    rf"(?:{LABEL_WORDS})(?:\*\*)?[ \t]*[：:](?:\*\*)?"
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
# "①参数②梯度③激活值三个部分": the sentence counts its own parts and goes on, so it is a sentence
# and not a list.
COUNTS_ITS_PARTS = re.compile(
    r"[一二三四五六七八九十两几0-9]+\s?(?:个|大|种|类)?\s?(?:部分|方面|种类|类型|步骤|阶段|因素|环节|种|类|项|点)[。，,；;]?$"
)
BOLD = re.compile(r"(?<![A-Za-z0-9*])\*\*(?=\S)([^*\n]{1,200})(?<=\S)\*\*(?![A-Za-z0-9*])")
MOST_INTRODUCTION = 2  # sentences
SHORTEST_NESTED = 6  # characters: below that they are things named, not things said
LONGEST_HEADING = 12


def split_answer(answer: str) -> list[str]:
    """The answer's key points in their order, each as written but without its mark and on one line.

    Never empty for a text with words.
    """
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
    """Where the list's last item ends.

    That is at its line if another list is introduced behind it, else at a blank line.
    """
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
    """The sentences of prose beside or without lists.

    One or two around a list announce or close it and are no points, unless `keep`.
    """
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
