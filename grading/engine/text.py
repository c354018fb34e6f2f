"""Text as typed, cut into folded tokens that know where they came from.

A token is one Chinese character, one stemmed Latin word, one number or one sign of a formula.
Folding removes differences of width, case and accents, makes traditional characters simplified
and spells out Greek letters. Every token keeps its half-open range in the text as typed.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# The class itself: snowballstemmer.stemmer() silently answers with PyStemmer where it is installed.
from snowballstemmer.english_stemmer import EnglishStemmer

from . import cues
from .cues import CONTRAST_WORDS, IRREGULAR_FORMS, WORDS_AFTER_QUANTITY_A

# The simplified form of each traditional character (data/README.md says where it comes from).
_SIMPLIFIED = {
    pair[0]: pair[1]
    for pair in files(__package__).joinpath("data/simplified.txt").read_text("utf-8").split()
}

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta",
    "θ": "theta", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma",
    "ς": "sigma", "τ": "tau", "φ": "phi", "ω": "omega",
}  # fmt: skip
GREEK_LETTERS = frozenset(_GREEK.values())
_SIGNS = {
    "√": " sqrt ", "∑": " sum ", "∞": " infinity ", "≈": "≈", "≠": "≠", "≤": "≤", "≥": "≥",
    "→": "→", "’": "'", "‘": "'", "＇": "'", "“": '"', "”": '"', "^": "", "·": "·", "∙": "·",
    "⋅": "·", "−": "-", "–": "-", "‐": "-", "‑": "-", "—": "—", "…": ".", "∝": "∝",
}  # fmt: skip


def _fold_character(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if is_han(character):
        return _SIMPLIFIED.get(character, character)
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):  # joiners, direction marks, accents typed apart
        return ""
    if category in ("Cc", "Cs", "Cn", "Co"):
        return "\n" if character == "\n" else " "
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", character)
        if unicodedata.category(c) not in ("Mn", "Me")
    )
    return "".join(_GREEK.get(c) or _SIMPLIFIED.get(c, c) for c in plain.casefold())


class _FoldTable(dict[int, str]):
    """Folded text by code point, filled as characters turn up. Unicode itself bounds it."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_FOLDED = _FoldTable()


def fold(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and where it came from.

    The second value holds, for each folded character and for the end, its index in `text`. Folding
    can change the length: "ﬁ" becomes "fi".
    """
    folded = text.translate(_FOLDED)
    if len(folded) == len(text) and all(len(_FOLDED[ord(c)]) == 1 for c in set(text)):
        return folded, range(len(text) + 1)
    origins = [index for index, character in enumerate(text) for _ in _FOLDED[ord(character)]]
    origins.append(len(text))
    return folded, origins


_WORD = re.compile(
    r"[a-z]+(?:'[a-z]+)?"  # a Latin word
    r"|[0-9]+(?:\.[0-9]+)?"  # a number
    r"|[\u4e00-\u9fff]"  # a Chinese character
    r"|[^\W\d_a-z]+?"  # any other letter by itself
    r"|[,;:!?。；：！？\n—]|\.(?![0-9a-z])"  # the end of a clause
    r"|[=<>≈≠≤≥+*/%→∝]"  # a sign of a formula
)
_CLAUSE_BREAKS = frozenset(",;:!?。；：！？\n—.")
_SENTENCE_BREAKS = frozenset("!?。！？\n.;；")
_MAX_CLAUSE_TOKENS = 40  # speech without punctuation is cut here

_NEGATION_TOKENS = frozenset("不没无未非") | {"not", "no", "never", "without"}

_NEXT_WORD = re.compile(r"[a-z]+|\S")
_stemmers = threading.local()  # a stemmer has state of its own: two threads must not share one


def _is_quantity_name(
    text: str, folded: str, origins: Sequence[int], match: re.Match[str], before: int
) -> bool:
    """Whether an "a" is the name of a quantity and not an article.

    It is where it is a capital and stands within a clause, beside Chinese or before a verb: "the
    matrix A", "A 的转置", "A is symmetric". `before` is the number of tokens of the clause before
    it.
    """
    if text[origins[match.start()]] not in "AＡ":
        return False
    following = _NEXT_WORD.search(folded, match.end())
    return (
        before > 0
        or following is None
        or following[0] in WORDS_AFTER_QUANTITY_A
        or not following[0].isascii()
        or not following[0].isalpha()
    )


@lru_cache(maxsize=50_000)
def _word_tokens(word: str) -> tuple[str, ...]:
    """A Latin word as tokens: its stem, and a "not" of its own for "doesn't"."""
    if "'" in word:
        head, _, tail = word.partition("'")
        if tail == "t" and head.endswith("n"):
            return ("not",) if head in ("can", "don", "n") else (stem(head[:-1]), "not")
        return (stem(head),)
    if word == "cannot":
        return ("not",)
    return (stem(word),)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case Latin word. Irregular forms become their base form first."""
    base = IRREGULAR_FORMS.get(word, word)
    if len(base) < 3 or len(base) > 40:
        return base
    stemmer = getattr(_stemmers, "stemmer", None)
    if stemmer is None:
        stemmer = _stemmers.stemmer = EnglishStemmer()
    return str(stemmer.stemWord(base))


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A text as tokens, in tuples side by side."""

    tokens: tuple[str, ...]
    starts: tuple[int, ...]  # where each token begins in the text as typed ...
    ends: tuple[int, ...]  # ... and where it ends
    clause_of_token: tuple[int, ...]
    clause_count: int
    sentence_of_clause: tuple[int, ...]
    clause_starts: tuple[int, ...]  # each clause's first token, then the number of tokens


def tokenize(text: str) -> TokenizedText:
    """Fold a text and cut it into tokens, clauses and sentences.

    A clause ends at punctuation, before a word of contrast ("but", 而), and after
    _MAX_CLAUSE_TOKENS.
    """
    folded, origins = fold(text)
    tokens: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    clause_of_token: list[int] = []
    clause_starts: list[int] = [0]
    sentences: list[int] = [0]
    clause = sentence = length = 0
    for match in _WORD.finditer(folded):
        word = match[0]
        if word in _CLAUSE_BREAKS:
            if word in _SENTENCE_BREAKS and length:
                sentence += 1
            if length:
                clause += 1
                length = 0
                clause_starts.append(len(tokens))
                sentences.append(sentence)
            else:
                sentences[-1] = sentence
            continue
        first_character = word[0]
        if first_character == word == "a" and _is_quantity_name(
            text, folded, origins, match, length
        ):
            pieces: tuple[str, ...] = ("A",)
        else:
            pieces = _word_tokens(word) if "a" <= first_character <= "z" else (word,)
        if length >= _MAX_CLAUSE_TOKENS or (length > 1 and (word in CONTRAST_WORDS)):
            clause += 1
            length = 0
            clause_starts.append(len(tokens))
            sentences.append(sentence)
        start, end = origins[match.start()], origins[match.end() - 1] + 1
        for piece in pieces:
            tokens.append(piece)
            starts.append(start)
            ends.append(end)
            clause_of_token.append(clause)
            length += 1
    count = clause + 1 if length else clause
    clause_starts = [*clause_starts[:count], len(tokens)]
    return TokenizedText(
        tuple(tokens),
        tuple(starts),
        tuple(ends),
        tuple(clause_of_token),
        count,
        tuple(sentences[:count]),
        tuple(clause_starts),
    )


def select_tokens(
    tokenized: TokenizedText, positions: Sequence[int], joined: AbstractSet[int]
) -> TokenizedText:
    """The text with only the tokens at some positions.

    Each clause in `joined` becomes one with the clause before it.
    """
    number, new_clause_of, sentences = -1, [], []
    for clause in range(tokenized.clause_count):
        if clause not in joined or clause == 0:
            number += 1
            sentences.append(tokenized.sentence_of_clause[clause])
        new_clause_of.append(number)
    clause_of_token = [new_clause_of[tokenized.clause_of_token[position]] for position in positions]
    kept = sorted(set(clause_of_token))  # a clause that lost all its tokens is gone
    renumbered = {clause: number for number, clause in enumerate(kept)}
    clause_of_token = [renumbered[clause] for clause in clause_of_token]
    starts = [bisect_left(clause_of_token, clause) for clause in range(len(kept))]
    return TokenizedText(
        tokens=tuple(tokenized.tokens[position] for position in positions),
        starts=tuple(tokenized.starts[position] for position in positions),
        ends=tuple(tokenized.ends[position] for position in positions),
        clause_of_token=tuple(clause_of_token),
        clause_count=len(kept),
        sentence_of_clause=tuple(sentences[clause] for clause in kept),
        clause_starts=(*starts, len(positions)),
    )


def is_han(token: str) -> bool:
    """Whether a token is one Chinese character."""
    return len(token) == 1 and "\u4e00" <= token <= "\u9fff"


@lru_cache(maxsize=50_000)
def token_weight(token: str) -> float:
    """How much a token says by itself, before the rubric is looked at.

    Function words weigh nothing, negations and words common in any technical talk weigh little.
    """
    if is_han(token):
        if token in cues.CHINESE_FUNCTION_CHARACTERS:
            return 0.0
        if token in _NEGATION_TOKENS:
            return 0.3
        return 0.5 if token in cues.CHINESE_LIGHT_CHARACTERS else 1.0
    if token in cues.ENGLISH_FUNCTION_WORDS:
        return 0.0
    if token in _NEGATION_TOKENS:
        return 0.3
    if token[0].isalpha():
        if token in cues.ENGLISH_LIGHT_WORDS:
            return 0.8
        return 1.0 if len(token) == 1 else 2.0
    return 1.0 if token[0].isdigit() else 0.3


def is_content(token: str) -> bool:
    """Whether a token must be there for a text to be stated word for word."""
    return token_weight(token) > 0 or token in cues.VARIABLE_LETTERS
