"""JSON without what two programs would read differently."""

from __future__ import annotations

from typing import Any


class DuplicateKeyError(Exception):
    """An object has one key twice; which one counts would be a guess."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An `object_pairs_hook` of json.loads. Raises DuplicateKeyError."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise DuplicateKeyError(key)
        made[key] = value
    return made
