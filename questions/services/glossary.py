"""The glossary that all questions share: load it, change it.

Also what is wrong with a change, and which questions it touches.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record_change
from questions.glossary_content import content_hash_of, content_of, newest_hash
from questions.models import GlossaryVersion, KeyPoint, Question, Rubric, Term

MAX_WORD = 80  # characters of a word or expression
MAX_WORDS = 40  # words of one group


def folded(word: str) -> str:
    """The word without differences of width, case and blanks.

    Two spellings with the same result are one word to an author.
    """
    return " ".join(unicodedata.normalize("NFKC", word).casefold().split())


def as_words(text: str) -> list[str]:
    """The words of a text that has one on each line."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def keep_version(author: User | None) -> None:
    """Put the entries as they are now into force. Call it in the transaction of their change."""
    # Two changes at once would each miss the other's words: the second waits here for the first
    # one's commit.
    GlossaryVersion.objects.select_for_update().first()
    content = content_of(Term.objects.in_use())
    digest = content_hash_of(content)
    if newest_hash() != digest:
        GlossaryVersion.objects.create(content_hash=digest, content=content, author=author)


@transaction.atomic
def write_term(term: Term, *, kind: str, words: Sequence[str], actor: User | None = None) -> Term:
    """Store the entry, new or changed, and put it into force.

    `entry_problems` says beforehand what is wrong with it.
    """
    former = Term.objects.filter(pk=term.pk).first()
    term.kind, term.words, term.is_edited, term.is_removed = kind, "\n".join(words), True, False
    term.save()
    old = {"kind": former.kind, "words": former.word_list} if former else None
    record_change(
        actor=actor,
        action="glossary.changed",
        target=term,
        old=old,
        new={"kind": kind, "words": list(words)},
    )
    keep_version(actor)
    return term


@transaction.atomic
def remove_terms(terms: Iterable[Term], *, actor: User | None = None) -> None:
    """Take entries out of force.

    What was shipped stays as a removed row, or the next load would bring it back.
    """
    for term in terms:
        record_change(
            actor=actor,
            action="glossary.removed",
            target=term,
            old={"kind": term.kind, "words": term.word_list},
        )
        if term.shipped_words:
            term.is_edited = term.is_removed = True
            term.save()
        else:
            term.delete()
    keep_version(actor)


def entry_problems(kind: str, words: Sequence[str], *, but: Term | None = None) -> list[str]:
    """What is wrong with an entry, each with how to mend it. `but` is the entry's own row."""
    problems = []
    known = [folded(word) for word in words]
    if any(len(word) > MAX_WORD for word in words):
        problems.append(
            _("A word can have at most %(n)d characters. Shorten “%(word)s”.")
            % {"n": MAX_WORD, "word": max(words, key=len)[:40]}
        )
    if len(words) > MAX_WORDS:
        problems.append(_("A group can have at most %(n)d words. Split it.") % {"n": MAX_WORDS})
    repeated = {word for word, form in zip(words, known, strict=True) if known.count(form) > 1}
    if repeated:
        problems.append(_("“%(word)s” appears twice here. Remove one.") % {"word": min(repeated)})
    if kind == Term.Kind.OPPOSITE and len(words) != 2:
        problems.append(
            _("Words that exclude each other are a pair: write exactly two, one per line.")
        )
    if kind == Term.Kind.SAME and len(words) < 2:
        problems.append(_("Write at least two words, one per line: a single word has no synonym."))
    return problems or clashes(kind, known, words, but)


def clashes(kind: str, known: Sequence[str], words: Sequence[str], but: Term | None) -> list[str]:
    """Where the entry contradicts others."""
    problems = []
    group_of: dict[str, Term] = {}
    pairs: dict[frozenset[str], Term] = {}
    for term in Term.objects.in_use():
        if but is not None and term.pk == but.pk:
            continue
        if term.kind == Term.Kind.SAME:
            group_of.update((folded(word), term) for word in term.word_list)
        else:
            pairs[frozenset(map(folded, term.word_list))] = term
    if kind == Term.Kind.SAME:
        for word, form in zip(words, known, strict=True):
            if form in group_of:
                problems.append(
                    _(
                        "“%(word)s” is already in another group: %(group)s. "
                        "Remove it from one of them."
                    )
                    % {"word": word, "group": group_of[form]}
                )
        problems += [
            _(
                "%(pair)s exclude each other, so they can't mean the same. Remove one, or "
                "delete that pair."
            )
            % {"pair": term}
            for pair, term in pairs.items()
            if pair <= set(known)
        ]
    else:
        if frozenset(known) in pairs:
            problems.append(_("This pair is already in the glossary."))
        group = group_of.get(known[0])
        if group is not None and group is group_of.get(known[1]):
            problems.append(
                _(
                    "Both words are in one group: %(group)s. Words that mean the same "
                    "can't exclude each other."
                )
                % {"group": group}
            )
    return problems


def identity(kind: str, words: Sequence[str]) -> tuple[str, ...]:
    """How an entry of the file is known again: a group by its first word, a pair by both."""
    return (kind, words[0]) if kind == Term.Kind.SAME else (kind, *words)


@transaction.atomic
def import_glossary(groups: Iterable[Sequence[str]], opposites: Iterable[Sequence[str]]) -> None:
    """Bring the glossary to what the shipped file states.

    Entries that a person changed, removed or added here win over it.
    """
    stated = [(Term.Kind.SAME.value, list(group)) for group in groups] + [
        (Term.Kind.OPPOSITE.value, list(pair)) for pair in opposites
    ]
    terms = list(Term.objects.order_by("id"))
    shipped = {
        identity(term.kind, term.shipped_words.splitlines()): term
        for term in terms
        if term.shipped_words
    }
    ours = [term for term in terms if term.is_edited and not term.is_removed]
    taken = {
        folded(word) for term in ours if term.kind == Term.Kind.SAME for word in term.word_list
    }
    pairs = {
        frozenset(map(folded, term.word_list)) for term in ours if term.kind == Term.Kind.OPPOSITE
    }
    created: list[Term] = []
    changed: list[Term] = []
    for kind, words in stated:
        known = shipped.pop(identity(kind, words), None)
        if known is not None and (known.is_edited or known.shipped_words == "\n".join(words)):
            continue
        free = (
            [word for word in words if folded(word) not in taken]
            if kind == Term.Kind.SAME
            else words
        )
        if len(free) < 2 or (kind == Term.Kind.OPPOSITE and frozenset(map(folded, words)) in pairs):
            continue  # a person's own entry says it already
        term = known or Term(kind=kind)
        term.words, term.shipped_words = "\n".join(free), "\n".join(words)
        (changed if known else created).append(term)
    gone = [term.pk for term in shipped.values() if not term.is_edited]
    if not created and not changed and not gone and GlossaryVersion.objects.exists():
        return
    Term.objects.bulk_create(created)
    Term.objects.bulk_update(changed, ["words", "shipped_words"])
    Term.objects.filter(pk__in=gone).delete()
    keep_version(None)


def pattern_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of the words in a folded text.

    Words in Latin letters must stand alone; hyphens and blanks are one.
    """
    found = []
    for word in sorted({folded(word) for word in words} - {""}, key=len, reverse=True):
        plain = r"[\s-]?".join(re.escape(part) for part in re.split(r"[\s-]+", word) if part)
        before = r"(?<![a-z0-9])" if word[:1].isascii() and word[:1].isalnum() else ""
        after = r"(?![a-z0-9])" if word[-1:].isascii() and word[-1:].isalnum() else ""
        if plain:
            found.append(f"{before}{plain}{after}")
    return re.compile("|".join(found)) if found else None


def touched_questions(words: Iterable[str]) -> list[tuple[Question, int]]:
    """The questions whose current key points or phrases have one of the words.

    Each comes with the number of those texts, most first.
    """
    pattern = pattern_of(words)
    if pattern is None:
        return []
    live = KeyPoint.objects.filter(
        rubric__status__in=[Rubric.Status.PUBLISHED, Rubric.Status.DRAFT]
    )
    texts: list[tuple[Any, ...]] = list(
        live.values_list("rubric__question_id", "text_zh", "text_en")
    )
    texts += live.filter(phrases__isnull=False).values_list("rubric__question_id", "phrases__text")
    counts: dict[int, set[str]] = {}
    for question_id, *written in texts:
        counts.setdefault(question_id, set()).update(
            text for text in written if text and pattern.search(folded(text))
        )
    questions = Question.objects.in_bulk([pk for pk, held in counts.items() if held])
    return sorted(
        ((question, len(counts[pk])) for pk, question in questions.items()),
        key=lambda pair: (-pair[1], pair[0].pk),
    )
