"""What the documents say holds."""

import re

import pytest
from django.conf import settings

from tests.conftest import REPOSITORY

DOCUMENTS = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]


def test_questions_in_examples_are_in_the_bank():
    bank = "".join(
        path.read_text(encoding="utf-8")
        for path in (REPOSITORY / "questions" / "bank").glob("*.yaml")
    )
    known = set(re.findall(r"^ *-? *slug: (\S+)$", bank, re.MULTILINE))
    named = {
        slug
        for path in DOCUMENTS
        for slug in re.findall(r'"question": "([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_between_documents_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_variable_an_operator_may_set_is_in_the_page_on_operations():
    page = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    variables = re.findall(
        r"^#?((?:TOUCHSTONE|POSTGRES)_\w+)=",
        (REPOSITORY / ".env.example").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [name for name in variables if f"`{name}`" not in page] == []
    assert settings.AXES_FAILURE_LIMIT == 8  # docs/security.md and docs/api.md name the number
