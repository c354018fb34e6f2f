"""The shipped bank's files."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

BANK_DIR = Path(__file__).resolve().parent / "bank"


def load_glossary(path: Path = BANK_DIR / "glossary.yaml") -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]:
    """The shared glossary: (groups of terms that mean the same, pairs that exclude each other)."""
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    groups = tuple(tuple(str(term) for term in group) for group in content["groups"])
    opposites = tuple((str(first), str(second)) for first, second in content["opposites"])
    return groups, opposites
