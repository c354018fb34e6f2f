"""What the documents say holds."""

import re
import tomllib

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


def picture_of_the_house() -> list[str]:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    return page.split("## The house", 1)[1].split("```", 2)[1].strip("\n").splitlines()


def test_the_picture_of_the_house_shows_its_rooms_in_the_order_that_lint_holds():
    floors = [line.split("/")[0] for line in picture_of_the_house() if line[0] != " "]
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    assert floors == contracts[0]["layers"]


def test_every_room_in_the_picture_of_the_house_is_there():
    floor, missing = "", []
    for line in picture_of_the_house():
        if line[0] != " ":
            floor = line.split("/")[0]
        missing.extend(
            f"{floor}/{room}"
            for room in re.findall(r"(?<= )[a-z_]+(?:/|\.py)(?= |$)", line)
            if not (REPOSITORY / floor / room).exists()
        )
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_files_that_a_document_names_are_there(document):
    rooms = "api|audit|benchmarks|config|desk|docs|grading|interview|ops|questions|static|tests"
    named = re.findall(rf"`((?:{rooms})/[\w./-]+)`", document.read_text(encoding="utf-8"))
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
