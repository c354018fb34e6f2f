import opencc
import pytest

from grading.engine.text import fold, tokenize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＢＡＴＣＨ", "batch"),  # full width
        ("反嚮傳播", "反向传播"),  # traditional
        ("σ", "sigma"),
        ("n²", "n^2"),
        ("café", "cafe"),
        ("自 注 意 力", "自注意力"),
        ("self-attention", "self attention"),
        ("grows", "growing"),
        ("doesn’t", "does not"),
    ],
)
def test_spellings_of_one_thing_read_alike(one, other):
    assert tokenize(one).tokens == tokenize(other).tokens


def test_ranges_point_into_the_text_as_typed_even_where_folding_changes_its_length():
    text = "İ ½ ﬁne 梯度"
    tokenized = tokenize(text)
    assert [text[s:e] for s, e in zip(tokenized.starts, tokenized.ends, strict=True)][-2:] == [
        "梯",
        "度",
    ]


def test_fold_maps_every_character_and_the_end():
    folded, origins = fold("ﬁ²")
    assert (folded, list(origins)) == ("fi2", [0, 0, 1, 2])


def test_a_decimal_point_does_not_end_a_clause():
    assert tokenize("about 0.5 of it").clause_count == 1


def test_speech_without_punctuation_is_cut_into_clauses():
    assert tokenize("然后" * 100).clause_count > 3


@pytest.mark.parametrize("text", ["n't", "could n’t", "N'T", "'t", "n'", "o'n't"])
def test_no_token_is_ever_empty(text):
    assert all(tokenize(text).tokens)


def test_every_character_is_simplified_as_opencc_does():
    characters = "".join(map(chr, range(0x4E00, 0xA000)))
    assert fold(characters)[0] == opencc.OpenCC("t2s").convert(characters)
