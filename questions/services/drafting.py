"""Help for an author who has only a model answer.

Its sentences become key points, with wordings from the glossary.

Always a draft.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from questions.chinese import has_han
from questions.files.document import key_point
from questions.languages import LANGUAGES
from questions.models import (
    MAX_WORDING_LENGTH,
    KeyPoint,
    Phrase,
    Question,
    Rubric,
    Term,
    localized_texts,
)
from questions.services.questions import lock_question
from questions.services.rubrics import start_draft, write_key_points

SENTENCE = re.compile(r"[^。！？；!?;\n]+?(?=[。！？；!?;\n]|\.\s|\.$|$)")
PART = re.compile(r"[^，,、]+")
LONG = 60  # characters of a sentence above which its parts are looked at too
MIN_WORDING_LENGTH = 4  # characters of what can be a wording or a key point
MOST_CLAUSES = 60  # of one answer: one of 20,000 characters must not keep a reviewer waiting
MOST_POINTS = 8
MOST_WORDINGS = 4  # of one key point
MOST_GROUPS = 3


class NothingToDraftError(Exception):
    """There is no model answer to take key points from, or the question has key points already."""


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, without the marks between them."""
    found = (match.group().strip(" \t.,，、") for match in SENTENCE.finditer(text))
    return list(
        dict.fromkeys(
            sentence
            for sentence in found
            if MIN_WORDING_LENGTH <= len(sentence) <= MAX_WORDING_LENGTH
        )
    )


def clauses_of(text: str) -> list[str]:
    """The sentences of a text, and the parts of long ones."""
    found: dict[str, None] = {}
    for match in SENTENCE.finditer(text):
        sentence = match.group().strip(" \t.,，、")
        parts = (
            [sentence, *(part.strip() for part in PART.findall(sentence))]
            if len(sentence) > LONG
            else [sentence]
        )
        found.update(
            dict.fromkeys(
                part for part in parts if MIN_WORDING_LENGTH <= len(part) <= MAX_WORDING_LENGTH
            )
        )
    return list(found)[:MOST_CLAUSES]


@transaction.atomic
def draft_from_model_answer(question: Question, *, author: User, note: str) -> Rubric:
    """Start a draft whose key points are the sentences of the model answer.

    Raises NothingToDraftError.

    Nothing is published: the author reads, mends and publishes. The keys say which points nobody
    has written.
    """
    lock_question(question.pk)  # who saves a draft at the same moment goes first or waits
    if KeyPoint.objects.filter(rubric__question=question).exists():
        raise NothingToDraftError(f"{question.slug} has key points already.")
    drafted = question.rubrics.select_related("question").filter(status=Rubric.Status.DRAFT).first()
    texts = (drafted.texts if drafted else localized_texts(question))["model_answer"]
    chinese, english = (sentences_of(texts[language])[:MOST_POINTS] for language in LANGUAGES)
    if not chinese and not english:
        raise NothingToDraftError(f"{question.slug} has no model answer to take key points from.")
    # Sentence by sentence where both languages have as many; else the Chinese ones, or the English
    # where there are none.
    if len(chinese) == len(english):
        pairs = list(zip(chinese, english, strict=True))
    else:
        pairs = [(sentence, "") for sentence in chinese] or [("", sentence) for sentence in english]
    groups = [term.word_list for term in Term.objects.in_use().filter(kind=Term.Kind.SAME)]
    draft = start_draft(question, author=author, note=note)
    content = [
        key_point(f"proposed-{number}", {"zh": zh, "en": en}, phrases=phrases_for([zh, en], groups))
        for number, (zh, en) in enumerate(pairs, 1)
    ]
    write_key_points(draft, content)
    return draft


def phrases_for(texts: list[str], groups: list[list[str]]) -> list[list[str]]:
    """Wordings with a term replaced by the glossary's other words for it.

    The terms found are groups too, where there are two or more.
    """
    wordings: dict[str, None] = {}
    found: list[list[str]] = []
    places = {text: terms_in(text, groups) for text in texts if text}
    for number, group in enumerate(groups):
        for text, terms in places.items():
            place = terms.get(number)
            if place is None:
                continue
            if group not in found:
                found.append(group)
            said = plain(place.group())
            others = [word for word in group if plain(word) not in said and said not in plain(word)]
            if not has_han(text):
                others = [
                    word for word in others if not has_han(word)
                ]  # nobody says an English sentence with a Chinese word in it
            wordings.update(dict.fromkeys(put_in(word, text, place) for word in others[:2]))
    phrases: list[list[Any]] = [
        [Phrase.Kind.SAYS_IT.value, text] for text in list(wordings)[:MOST_WORDINGS]
    ]
    if len(found) > 1:
        phrases += [
            [Phrase.Kind.TERM_GROUP.value, "\n".join(group)] for group in found[:MOST_GROUPS]
        ]
    return phrases


def plain(word: str) -> str:
    """Spellings that grading reads as one: case, hyphens and blanks make no difference."""
    return re.sub(r"[\s_-]", "", word.casefold())


def put_in(word: str, text: str, place: re.Match[str]) -> str:
    """The text with the word at that place.

    A word that is not Chinese is set off from Chinese by blanks.
    """
    before, after = text[: place.start()], text[place.end() :]
    left = " " if has_han(before[-1:]) and not has_han(word[0]) else ""
    right = " " if has_han(after[:1]) and not has_han(word[-1]) else ""
    return before + left + word + right + after


def terms_in(text: str, groups: list[list[str]]) -> dict[int, re.Match[str]]:
    """Where the text has a word of a group, by the group's number.

    Words that are part of a longer term (梯度 of 梯度裁剪) are left out.
    """
    places = {}
    for number, group in enumerate(groups):
        by_length = sorted(group, key=len, reverse=True)
        place = next((match for word in by_length if (match := place_of(word, text))), None)
        if place is not None:
            places[number] = place
    spans = [place.span() for place in places.values()]
    return {
        number: place
        for number, place in places.items()
        if not any(
            start <= place.start() and place.end() <= end and (start, end) != place.span()
            for start, end in spans
        )
    }


def place_of(word: str, text: str) -> re.Match[str] | None:
    """Where the text has the word; a word of Latin letters only as a whole."""
    edge = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])" if word.isascii() else "{}"
    return re.search(edge.format(re.escape(word)), text, re.IGNORECASE)
