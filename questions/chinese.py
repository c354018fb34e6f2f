"""What counts as a Chinese character: what the engine reads as one.

Rare characters outside of the main block (extension A and later, compatibility forms) do not.
"""

from __future__ import annotations

from grading.engine.text import is_han

HAN = "\u4e00-\u9fff"  # for character classes of patterns: the characters of which is_han is true


def has_han(text: str) -> bool:
    return any(map(is_han, text))
