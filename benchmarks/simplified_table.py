"""Write the engine's table of traditional characters: python benchmarks/simplified_table.py.

The table holds each character of the block CJK Unified Ideographs that OpenCC's conversion "t2s"
changes, with what it becomes. The engine reads the table, so that only this script needs OpenCC.
"""

from __future__ import annotations

from pathlib import Path

import opencc

TARGET = Path(__file__).resolve().parent.parent / "grading" / "engine" / "data" / "simplified.txt"
PAIRS_A_LINE = 25


def pairs() -> list[str]:
    """A traditional character followed by its simplified one, in the order of code points."""
    characters = "".join(map(chr, range(0x4E00, 0xA000)))
    converted = opencc.OpenCC("t2s").convert(characters)
    if len(converted) != len(characters):
        raise RuntimeError("this OpenCC does not convert character by character")
    return [old + new for old, new in zip(characters, converted, strict=True) if old != new]


def table() -> str:
    """The file's content."""
    found = pairs()
    lines = (found[start : start + PAIRS_A_LINE] for start in range(0, len(found), PAIRS_A_LINE))
    return "".join(f"{' '.join(line)}\n" for line in lines)


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
