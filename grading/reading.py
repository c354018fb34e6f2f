"""How a text is read, by the engine and by a second reader where there is one: alike for grades, the test bench and the commands."""

from __future__ import annotations

from collections.abc import Sequence

from grading import engine
from grading.engine.second_reader import SecondReader


def read_text(
    text: str,
    rubric: engine.CompiledRubric,
    *,
    samples: Sequence[engine.Sample] = (),
    reader: SecondReader | None = None,
) -> engine.GradeResult:
    """The engine's grade, with the reader's view mixed in. Raises EngineError for a text that is too long."""
    return engine.grade(text, rubric, samples=samples, second=reader)
