"""The one way in which a value becomes a hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def sha256_of_json(value: Any, *, compact: bool = False) -> str:
    """SHA-256 of a value as JSON with sorted keys: equal for equal values.

    A value that JSON does not know, such as a Decimal or a date, counts as its text.

    `compact` writes no blank behind a comma or a colon. Rubrics are hashed so, everything else is
    not. Hashes of both kinds are stored and compared with new ones, so neither form may change.
    """
    canonical = json.dumps(
        value,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":") if compact else None,
        default=str,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
