"""What an author should fix in a rubric before it grades anyone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product

from . import cues
from .answer import index_answer
from .concepts import NEGATION_CUES, CueMatcher
from .coverage import answer_coverage
from .formulas import Symbols, formulas_of
from .grader import NO_GLOSSARY, compile_rubric
from .rubric import CompiledKeyPoint, CompiledPhrase, CompiledRubric, CompiledView
from .text import TokenizedText, fold, token_weight, tokenize
from .types import Glossary, PhraseKind, Rubric

# Shares of a text's weight, 0-1.
MIN_OVERLAP = 0.7  # that each of two key points has of the other, for the two to say the same
# The same for a key point and another one's wording, which is shorter and alike by chance.
MIN_REWORDED_OVERLAP = 0.8
MIN_PROMPT_SHARE = 0.75  # of a key point in the question, for the point to add nothing
MIN_COVERAGE_BY_OTHERS = 0.95  # of a key point in the question and the other key points together

# The least weight of a statement's tokens; one with less would be matched by chance. An ordinary
# English word weighs 2, a Chinese character 1 (text.token_weight).
MIN_CONTENT_WEIGHT = 2.0

# Words that change nothing in what a text says. They are far fewer than the words without weight:
# 前 and 后, "up" and "before" tell statements apart.
_EMPTY_WORDS = frozenset((
    *"的了地得着过呢吗吧啊嘛呀会将把就都也其该此这那它时候在是",
    "a", "an", "the", "is", "are", "be", "was", "were", "it", "its", "this", "that", "these",
    "those", "will", "of",
))  # fmt: skip
# Praise that fits an answer to any question.
_PRAISE_CUES = CueMatcher("""
模型 | 网络 | 系统 | 方法 | 算法 | 技术 | 机制 | 任务 | 效果 | 性能 | 表现 | 能力 | 质量 | 结果
整体 | 总体 | 指标 | 最终 | 提升 | 提高 | 改善 | 改进 | 优化 | 增强 | 加强 | 好 | 更好 | 变好
较好 | 不错 | 优秀 | 强大 | 更强 | 有用 | 有效 | 有帮助 | 帮助 | 重要 | 关键 | 核心 | 作用 | 好处
优点 | 优势 | 意义 | 价值 | 必要 | 常用 | 常见 | 广泛 | 带来
model | network | system | method | algorithm | technique | approach | mechanism | task
performance | result | effect | quality | overall | improve | improvement | good | well | great
enhance | boost | increase | help | helpful | useful | effective | important | crucial | essential
matter | benefit | advantage | powerful | necessary | popular | commonly used | widely used
lead to | bring
""")
_REJECTION_OR_DISCLAIMER_CUES = CueMatcher(
    f"{cues.REJECTIONS}\n{cues.STRONG_REJECTIONS}\n{cues.DISCLAIMERS}"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix in a rubric."""

    code: str  # what is wrong, for the interface to put into words
    keys: tuple[str, ...]  # the key points that it is about
    phrase: str  # the wording of the first of them that it is about; empty for its own text
    suggestion: str  # what to do
    other: str = ""  # the text that it was compared with, of the second key point if there are two


@dataclass(frozen=True, slots=True)
class _Statement:
    """A key point's own text, wording or contradiction, read so that it can be compared."""

    text: str
    kind: PhraseKind | None  # None for the key point's own text
    phrase: CompiledPhrase | None  # None if the engine finds no word in it to match
    tokenized: TokenizedText
    tokens: tuple[str, ...]  # without empty words
    positions: tuple[int, ...]  # of those tokens
    # The same word by word, but a known term as one. Each has what may stand for it: the words
    # themselves and their concepts.
    meanings: tuple[frozenset[str], ...]
    formulas: frozenset[Symbols]
    weight: float  # of all its tokens, a repeated one every time

    @property
    def is_wrong(self) -> bool:
        """Whether it is a contradiction."""
        return self.kind == PhraseKind.CONTRADICTS


def lint(rubric: Rubric, *, glossary: Glossary = NO_GLOSSARY) -> list[Finding]:
    """All findings, in the order of the key points. Raises RubricError if the rubric can't grade.

    A rubric in two languages is looked at once for each.
    """
    compiled = compile_rubric(rubric, glossary=glossary)
    views = (
        [compiled.chinese]
        if compiled.chinese is compiled.other
        else [compiled.chinese, compiled.other]
    )
    found: list[Finding] = []
    for view in views:
        statements = [(point.point.key, list(_statements(point, view))) for point in view.points]
        found += _overlapping_points(view)
        found += _uninformative_points(view)
        found += _points_met_by_others(view, compiled)
        for key, own in statements:
            found += _statement_findings(key, own)
        for point in view.points:
            found += _term_group_findings(point)
            found += _self_contradictions(point)
        for (key, own), (other_key, others) in combinations(statements, 2):
            found += _between_points(key, own, other_key, others)
    order = {point.key: number for number, point in enumerate(rubric.key_points)}
    return sorted(dict.fromkeys(found), key=lambda finding: order[finding.keys[0]])


def _statements(point: CompiledKeyPoint, view: CompiledView) -> Iterable[_Statement]:
    phrases = {
        (phrase.kind, phrase.text): phrase for phrase in (*point.statements, *point.contradictions)
    }
    texts: list[tuple[PhraseKind | None, str]] = [(None, text) for text in point.point.texts]
    texts += [
        (phrase.kind, phrase.text)
        for phrase in point.point.phrases
        if phrase.kind != PhraseKind.TERM_GROUP
    ]
    return (_statement(text, kind, phrases.get((kind, text)), view) for kind, text in texts)


def _statement(
    text: str, kind: PhraseKind | None, phrase: CompiledPhrase | None, view: CompiledView
) -> _Statement:
    tokenized = tokenize(text)
    positions = tuple(
        position for position, token in enumerate(tokenized.tokens) if token not in _EMPTY_WORDS
    )
    terms = {found.start: found for found in view.concept_index.find(tokenized.tokens)}
    meanings: list[frozenset[str]] = []
    known_to = 0
    for position, token in enumerate(tokenized.tokens):
        if found := terms.get(position):
            known_to = found.end
            meanings.append(
                frozenset([" ".join(tokenized.tokens[position : found.end]), *found.concepts])
            )
        elif position >= known_to and token not in _EMPTY_WORDS:
            meanings.append(frozenset([token]))
    return _Statement(
        text=text,
        kind=kind,
        phrase=phrase,
        tokenized=tokenized,
        tokens=tuple(tokenized.tokens[position] for position in positions),
        positions=positions,
        meanings=tuple(meanings),
        formulas=frozenset(formula.symbols for formula in formulas_of(tokenized)),
        weight=sum(map(token_weight, tokenized.tokens)),
    )


def _are_identical(one: _Statement, other: _Statement) -> bool:
    """Whether two statements are the same word for word, empty words left out."""
    return bool(one.tokens) and one.tokens == other.tokens


def _are_synonymous(one: _Statement, other: _Statement) -> bool:
    """Whether two statements are the same word for word, synonyms counting as the same word."""
    if len(one.meanings) != len(other.meanings):
        return _are_identical(one, other)
    return bool(one.tokens) and not any(map(frozenset.isdisjoint, one.meanings, other.meanings))


def _contains(whole: _Statement, part: _Statement) -> bool:
    """Whether a longer statement has a shorter one in it word for word, and does not deny it."""
    length = len(part.tokens)
    if (
        part.weight < MIN_CONTENT_WEIGHT
        or length >= len(whole.tokens)
        or not set(part.tokens) <= set(whole.tokens)
    ):
        return False
    if not part.formulas <= whole.formulas or _REJECTION_OR_DISCLAIMER_CUES.find(
        whole.tokenized.tokens
    ):
        return False
    for start in range(len(whole.tokens) - length + 1):
        if whole.tokens[start : start + length] == part.tokens:
            first, last = whole.positions[start], whole.positions[start + length - 1]
            clauses = whole.tokenized.clause_of_token[first : last + 1]
            negations = (
                position
                for position, _ in NEGATION_CUES.find(whole.tokenized.tokens)
                if not first <= position <= last
            )
            return not any(
                whole.tokenized.clause_of_token[position] in clauses for position in negations
            )
    return False


def _statement_findings(key: str, statements: list[_Statement]) -> Iterable[Finding]:
    """What is wrong with a key point's statements, each by itself and beside the others."""
    for number, statement in enumerate(statements):
        text = statement.text
        if not statement.weight:
            yield Finding(
                "empty_phrase", (key,), text, "It has no word that could be matched. Remove it."
            )
            continue
        if statement.weight < MIN_CONTENT_WEIGHT:
            yield Finding(
                "short_phrase",
                (key,),
                text,
                "So few words are easily matched by chance. Write a whole statement.",
            )
            continue
        for known in statements[:number]:
            if known.is_wrong != statement.is_wrong and _are_synonymous(known, statement):
                advice = (
                    f"It reads the same as “{known.text}”, which means the opposite. Remove one."
                )
                yield Finding("said_and_denied", (key,), text, advice, known.text)
                break
            if known.is_wrong == statement.is_wrong and _are_identical(known, statement):
                yield Finding(
                    "same_phrase",
                    (key,),
                    text,
                    f"It reads the same as “{known.text}”. Remove one.",
                    known.text,
                )
                break
    for right, wrong in product(statements, statements):
        if right.is_wrong or not wrong.is_wrong:
            continue
        if _contains(right, wrong):
            advice = (
                f"An answer that says “{right.text}” also says this."
                " Write the wrong statement as a whole sentence."
            )
            yield Finding("contradiction_inside", (key,), wrong.text, advice, right.text)
        elif _contains(wrong, right):
            advice = (
                f"It contains “{right.text}”, which is right."
                " Change the decisive words instead of adding to them."
            )
            yield Finding("contradiction_around", (key,), wrong.text, advice, right.text)


def _between_points(
    key: str, statements: list[_Statement], other_key: str, others: list[_Statement]
) -> Iterable[Finding]:
    """What the statements of two key points have in common that they should not.

    `_overlapping_points` compares their own texts.
    """
    for one, other in product(statements, others):
        if min(one.weight, other.weight) < MIN_CONTENT_WEIGHT or (
            one.kind is None and other.kind is None
        ):
            continue
        if one.is_wrong == other.is_wrong:
            if not one.is_wrong and (_are_synonymous(one, other) or _rewords(one, other)):
                advice = (
                    f"It means the same as “{other.text}” in key point {other_key},"
                    " so one sentence earns both. Keep it in one of them."
                )
                yield Finding("in_two_points", (key, other_key), one.text, advice, other.text)
            continue
        keys = (key, other_key) if one.is_wrong else (other_key, key)
        wrong, right = (one, other) if one.is_wrong else (other, one)
        if _are_synonymous(wrong, right) or _contains(right, wrong):
            advice = (
                f"Key point {keys[1]} counts this as right: “{right.text}”."
                " An answer that says it would contradict this key point. Reword it."
            )
            yield Finding("right_elsewhere", keys, wrong.text, advice, right.text)


def _rewords(one: _Statement, other: _Statement) -> bool:
    """Whether of two statements one is an own text and the other says nearly the same."""
    if (
        one.phrase is None
        or other.phrase is None
        or (one.kind is not None and other.kind is not None)
    ):
        return False
    return _mean_the_same(one.phrase, other.phrase, MIN_REWORDED_OVERLAP)


# Key points as a whole


def _overlapping_points(view: CompiledView) -> Iterable[Finding]:
    """Each two key points whose own texts say nearly the same."""
    for one, other in combinations(view.points, 2):
        for phrase, other_phrase in product(one.own_texts, other.own_texts):
            if _mean_the_same(phrase, other_phrase, MIN_OVERLAP):
                advice = "These two say nearly the same. Merge them, or name what sets them apart."
                yield Finding("overlap", (one.point.key, other.point.key), "", advice)
                break


def _mean_the_same(one: CompiledPhrase, other: CompiledPhrase, least: float) -> bool:
    """Whether each phrase has at least the share `least` of the other, and they are compatible.

    They are not if one is negated and the other is not, if a word of one excludes a word of the
    other, or if they have different numbers or formulas.
    """
    if (one.negation_count - other.negation_count) % 2 or min(
        _shared_weight(one, other), _shared_weight(other, one)
    ) < least:
        return False
    return not _exclude_each_other(one, other) and not _differ_in_numbers(one, other)


def _shared_weight(phrase: CompiledPhrase, other: CompiledPhrase) -> float:
    """The share, 0-1, of a phrase's weight in tokens that the other has, or a synonym of which."""
    tokens = {token.text for token in other.tokens}
    concepts = {concept for token in other.tokens for concept in token.concepts}
    return sum(
        token.weight
        for token in phrase.tokens
        if token.text in tokens or not concepts.isdisjoint(token.concepts)
    )


def _exclude_each_other(one: CompiledPhrase, other: CompiledPhrase) -> bool:
    """Whether a word of one excludes a word of the other, as 前向 excludes 反向."""
    excluded = {concept for token in one.tokens for concept in token.opposites}
    return any(concept in excluded for token in other.tokens for concept in token.concepts)


def _differ_in_numbers(one: CompiledPhrase, other: CompiledPhrase) -> bool:
    """Whether both have numbers, or both have formulas, and not the same ones."""
    numbers, others = (
        {token.text for token in phrase.tokens if token.text[0].isdigit()}
        for phrase in (one, other)
    )
    formulas, other_formulas = (
        {formula.symbols for formula in phrase.formulas} for phrase in (one, other)
    )
    return bool(numbers and others and numbers != others) or bool(
        formulas and other_formulas and formulas != other_formulas
    )


def _uninformative_points(view: CompiledView) -> Iterable[Finding]:
    """Key points that say only what the question says, or nothing in particular.

    A compound formula that the question lacks is something in particular.
    """
    asked = {
        formula.symbols
        for prompt in view.rubric.prompts
        for formula in formulas_of(tokenize(prompt))
    }
    for point in view.points:
        if not point.own_texts or _compound_formulas(point.own_texts[0]) - asked:
            continue
        key, phrase = (point.point.key,), point.own_texts[0]
        if (
            sum(token.weight for token in phrase.tokens if token.text in view.prompt_tokens)
            >= MIN_PROMPT_SHARE
        ):
            advice = "Nearly all of its words appear in the question. Write what the answer adds."
            yield Finding("in_question", key, "", advice)
        elif _is_praise(phrase, view):
            advice = (
                "It would fit an answer to almost any question. Say what happens, to what, and why."
            )
            yield Finding("generic", key, "", advice)


def _compound_formulas(phrase: CompiledPhrase) -> set[Symbols]:
    """The formulas of a phrase that are more than the name of a quantity: √d, but not d."""
    return {formula.symbols for formula in phrase.formulas if formula.is_compound}


def _is_praise(phrase: CompiledPhrase, view: CompiledView) -> bool:
    """Whether a phrase has only words of praise, common words and words of the question."""
    tokens = tokenize(phrase.text).tokens
    praise = {
        position for start, end in _PRAISE_CUES.find(tokens) for position in range(start, end)
    }
    named = {
        token.text
        for token in phrase.tokens
        if token.text in view.prompt_tokens or not view.prompt_concepts.isdisjoint(token.concepts)
    }
    light = cues.CHINESE_LIGHT_CHARACTERS | cues.ENGLISH_LIGHT_WORDS
    return all(
        position in praise or token in named or token in light or token_weight(token) == 0
        for position, token in enumerate(tokens)
    )


def _points_met_by_others(view: CompiledView, compiled: CompiledRubric) -> Iterable[Finding]:
    """Key points that the question and the other key points cover, taken as one answer.

    Key points that exclude the point are left out of that answer. So is the point where the answer
    would be read in the other language.
    """
    points = view.rubric.key_points
    for point in view.points if len(points) > 1 else ():
        opposed = {
            other.point.key
            for other in view.points
            if point.own_texts
            and other.own_texts
            and _exclude_each_other(point.own_texts[0], other.own_texts[0])
        }
        others = [
            text
            for other in points
            if other.key not in {point.point.key, *opposed}
            for text in other.texts
        ]
        chatter = index_answer("\n".join([*view.rubric.prompts, *others]), compiled)
        if chatter.view is not view or not point.own_texts:
            continue
        said = {formula.symbols for formula in formulas_of(chatter.tokenized)}
        if (
            min(answer_coverage(phrase, chatter) for phrase in point.own_texts)
            >= MIN_COVERAGE_BY_OTHERS
            and not _compound_formulas(point.own_texts[0]) - said
        ):
            advice = (
                "An answer that only repeats the question and the other key points would match it."
                " Add a word that only this one has."
            )
            yield Finding("met_by_anyone", (point.point.key,), "", advice)


# Terms and words


def _term_group_findings(point: CompiledKeyPoint) -> Iterable[Finding]:
    """Terms without a word to match, the same term twice in a group, and the same group twice."""
    key = (point.point.key,)
    groups: dict[frozenset[str], str] = {}
    for group in point.term_groups:
        seen: dict[str, str] = {}
        for word in group:
            known = seen.setdefault(_folded(word.text), word.text)
            if not word.tokens:
                yield Finding(
                    "empty_phrase",
                    key,
                    word.text,
                    "It has no word that could be matched. Remove it.",
                )
            elif seen[_folded(word.text)] is not word.text:
                yield Finding(
                    "same_phrase",
                    key,
                    word.text,
                    f"It reads the same as “{known}”. Remove one.",
                    known,
                )
        if group and groups.setdefault(frozenset(seen), group[0].text) is not group[0].text:
            yield Finding(
                "same_group",
                key,
                group[0].text,
                "Another group has the same terms, so one word matches both. Remove one.",
            )


def _folded(text: str) -> str:
    return " ".join(fold(text)[0].split())


def _self_contradictions(point: CompiledKeyPoint) -> Iterable[Finding]:
    """Contradictions that have the same words as a statement in another order.

    Nothing but the order could tell the two apart.
    """
    for phrase in point.contradictions:
        same = next(
            (
                right
                for right in point.statements
                if sorted(right.content_tokens) == sorted(phrase.content_tokens)
                and right.content_tokens != phrase.content_tokens
            ),
            None,
        )
        if same is not None:
            advice = (
                f"It has the same words as “{same.text}” in another order. Change a decisive word."
            )
            key = (point.point.key,)
            yield Finding("contradiction_matches", key, phrase.text, advice, same.text)
