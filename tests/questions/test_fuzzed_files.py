"""Readers given files with bytes changed, cut out and doubled.

They read them or refuse them, and soon.
"""

import contextlib
import random

import pytest

from questions.files.bank import Format, parse_questions, write_questions
from questions.files.document import BankFileError, Document
from tests.processor_time import processor_time_below

TRIES = 60
BANK = """questions:
  - slug: layer-norm
    prompt: {zh: LayerNorm 归一化哪一维？, en: "What does LayerNorm normalise?"}
    minutes: 5
    key_points:
      - key: feature
        text: {zh: 在特征维上归一化, en: over the features}
        weight: 1.5
        says_it: [对每个样本的特征做归一化, "=1+1"]
        term_groups: [[方差, variance]]
"""
ODD = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b'"',
    b"'",
    b"[",
    b"{",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!x ",
    b"\n",
    b"\r",
    b"\t",
    b",",
    b"9" * 400,
    b"1e999",
    b"# ",
]


def sample_document() -> Document:
    return parse_questions(BANK.encode(), name="x.yaml")


def mutated(content: bytes, random_: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random_.randint(1, 6)):
        place = random_.randrange(len(changed) + 1)
        length = random_.choice([0, 1, 4, 40])
        piece = random_.choice([*ODD, content[place : place + length], random_.randbytes(3)])
        changed[place : place + length] = piece * random_.choice([1, 1, 1, 60])
    return bytes(changed)


@pytest.mark.parametrize("kind", list(Format))
def test_a_damaged_file_is_read_or_refused_and_soon(kind):
    content, _notes = write_questions(sample_document(), kind)
    random_ = random.Random(str(kind))
    for _ in range(TRIES):
        damaged = mutated(content, random_)
        with processor_time_below(2), contextlib.suppress(BankFileError):
            parse_questions(damaged, name=f"x.{kind}")
