from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """What is wrong with a file is told in the active language.

    Tests that call a reader read it as commands say it.
    """
    with translation.override(None):
        yield
