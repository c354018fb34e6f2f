"""The glossary in force, as grading reads it."""

from __future__ import annotations

from collections.abc import Iterable

from questions.files.bank import load_glossary
from questions.hashing import sha256_of_json
from questions.models import GlossaryVersion, Term

Content = dict[
    str, list[list[str]]
]  # {"groups": [[word, ...], ...], "opposites": [[one, other], ...]}


def newest_hash() -> str | None:
    """Which glossary is in force; None where none was ever loaded and the shipped file counts."""
    return GlossaryVersion.objects.values_list("content_hash", flat=True).first()


def stored_content(content_hash: str | None) -> Content:
    """The words behind a hash.

    Raises GlossaryVersion.DoesNotExist for a hash that never was in force.
    """
    if content_hash is None:
        groups, opposites = load_glossary()
        return {
            "groups": [list(group) for group in groups],
            "opposites": [list(pair) for pair in opposites],
        }
    found = (
        GlossaryVersion.objects.filter(content_hash=content_hash)
        .values_list("content", flat=True)
        .first()
    )
    if found is None:
        raise GlossaryVersion.DoesNotExist(f"No glossary has the hash {content_hash}.")
    content: Content = found
    return content


def content_of(terms: Iterable[Term]) -> Content:
    content: Content = {"groups": [], "opposites": []}
    for term in terms:
        content["groups" if term.kind == Term.Kind.SAME else "opposites"].append(term.word_list)
    return content


def content_hash_of(content: Content) -> str:
    """SHA-256 of the words.

    The order of the entries does not bear on a grade, so it does not bear on the hash.
    """
    return sha256_of_json({kind: sorted(entries) for kind, entries in content.items()})
