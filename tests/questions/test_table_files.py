"""JSON, CSV and workbooks that are wrong or hostile.

Each mistake is named with its place, and nothing bursts.
"""

import datetime
import io
import json
import zipfile

import pytest
from openpyxl import Workbook

from questions.files.bank import parse_questions
from questions.files.document import BankFileError, Document
from tests.processor_time import processor_time_below

QUESTION = {"slug": "q", "prompt": {"zh": "问"}, "key_points": [{"key": "k", "text": {"zh": "点"}}]}
HEAD = "slug,prompt_zh,key,text_zh,weight,minutes\n"
ROW = "q,问,k,点,,\n"


def problems(content, name: str) -> list[str]:
    with pytest.raises(BankFileError) as caught:
        parse_questions(content if isinstance(content, bytes) else content.encode(), name=name)
    return [str(problem) for problem in caught.value.problems]


def workbook(*rows, sheet: str = "questions", change=lambda book: None) -> bytes:
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def warned(document: Document) -> list[str]:
    return [f"{warning.line}: {warning.what}" for warning in document.warnings]


XLSX_HEAD = ("slug", "prompt_zh", "key", "text_zh", "weight", "minutes", "seed")
XLSX_ROW = ("q", "问", "k", "点", None, None, None)


# JSON ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ('{"questions": [}', 1, "this is not JSON: "),
        ('{"questions":\n NaN}', 2, "NaN is not a JSON number"),
        ('{"questions": [],\n "questions": []}', 2, "the field “questions” appears twice here"),
        ("[" * 5_000, 1, "lists or mappings are nested deeper than 20"),
        ('{"questions": ' + '{"a":' * 5_000, 1, "lists or mappings are nested deeper than 20"),
        (
            json.dumps({"questions": [QUESTION | {"minutes": 5}]}).replace("5}", "9" * 5_000 + "}"),
            1,
            "“minutes” must be a whole number",
        ),
        (
            json.dumps({"questions": [QUESTION | {"minutes": "5"}]}),
            1,
            "“minutes” must be a whole number",
        ),
        (
            json.dumps({"questions": [QUESTION | {"prompt": {"zh": "\ud800"}}]}),
            1,
            "“zh” has a NUL character or half of one",
        ),
        (
            json.dumps({"questions": [QUESTION, QUESTION]}, indent=1),
            17,
            "the slug “q” is already used in line 3",
        ),
        (
            '{"questions": [\n' + json.dumps(QUESTION | {"colour": 1}) + "]}",
            2,
            "a question has no field “colour”",
        ),
        ("7", 1, "the file must be written as fields"),
    ],
)
def test_a_mistake_in_json_is_named_with_its_line(content, line, what):
    assert any(
        problem.startswith(f"x.json:{line}: {what}") for problem in problems(content, "x.json")
    ), problems(content, "x.json")


# CSV ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            HEAD + ROW.replace("k,点", "k,"),
            ["x.csv:2: “text” needs a text under text_zh or text_en."],
        ),
        (
            HEAD + "q,问,k,点,heavy,soon\n",
            ["2: “weight” must be a number", "2: “minutes” must be a whole number"],
        ),
        (
            "slug|key\nq|k\n",
            [
                "x.csv:1: there is no column “slug|key”. Do you mean “",
                "x.csv:1: the first row must name the columns",
            ],
        ),
        (
            "slug,prompt_zh,prompt_zh\nq,问,问\n",
            ["x.csv:1: the column “prompt_zh” appears twice, in columns 2 and 3."],
        ),
        ("slug,wieght\nq,1\n", ["x.csv:1: there is no column “wieght”. Do you mean “weight”?"]),
        (HEAD + "q,问,k,点,1,2,more\n", ["x.csv:2: column 7 contains “more” and has no name."]),
        (HEAD + ',问,k,"点\n点",,\n', ["x.csv:2: the cell of “slug” is empty."]),
        (HEAD + ROW + '"q,问\n\n', ["x.csv:3: the row that begins here is not CSV: "]),
        (HEAD + ROW + "q,别的,k2,点,,\n", ["x.csv:3: “prompt_zh” of q differs from row 2."]),
        (
            HEAD + ROW + '\n"q",,k,"第二\n行",,\n',
            ["x.csv:4: the key “k” is already used in line 2."],
        ),
        ("slug,prompt_zh\n" + "q,问\n" * 50_001, ["there are more than 50000 rows"]),
        ("slug" + "," * 200 + "\n", ["there are more than 100 columns"]),
        ("slug\n", ["the list “questions” is missing or empty"]),
        ((HEAD + ROW).encode("gb18030"), ["is not UTF-8. Save the file as UTF-8."]),
        ((HEAD + ROW).encode("utf-16-le"), [": "]),
    ],
)
def test_a_mistake_in_csv_is_named_with_its_line(content, told):
    found = problems(content, "x.csv")

    assert len(found) == len(told), found
    assert all(any(said in problem for problem in found) for said in told), found


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_csv_is_read_as_spreadsheets_save_it(delimiter, encoding, ends):
    content = (HEAD + ROW).replace(",", delimiter).replace("\n", ends).encode(encoding)

    (record,) = parse_questions(content, name="x.csv").questions

    assert (record.prompt["zh"], record.key_points[0]["text"]["zh"]) == ("问", "点")


def test_a_table_sorted_another_way_keeps_its_questions_together():
    content = 'slug,prompt_zh,key,text_zh,says_it,term_groups\nb,,k2,乙,,\na,甲？,k1,甲,"说一\n说二",方差 | variance\nb,乙？,k1,丙,,\n'

    second, first = parse_questions(content.encode(), name="x.csv").questions

    assert [point["key"] for point in second.key_points] == ["k2", "k1"]
    assert (second.prompt["zh"], second.topics) == ("乙？", None)
    assert first.key_points[0]["phrases"] == [
        ["says_it", "说一"],
        ["says_it", "说二"],
        ["term_group", "方差\nvariance"],
    ]


# Workbooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((1.1, "问", "k", "点"), "x.xlsx:2: “slug” contains the number 1.1, which drops zeros."),
        (
            ("q", "问", "k", datetime.date(2026, 1, 3)),
            (
                "x.xlsx:2: “text_zh” contains a date or time (2026-01-03 00:00:00), not what was "
                "typed."
            ),
        ),
        (("q", "问", "k", "=1+1"), "x.xlsx:2: “text_zh” contains a formula."),
        (("q", "问", "k", "#REF!"), "x.xlsx:2: “text_zh” contains the error #REF!."),
        (("q", "问", "k", "点", "heavy"), "x.xlsx:2: “weight” must be a number"),
        (("q", "问", "k", "点", None, None, 1.1), "x.xlsx:2: “seed” contains the number 1.1"),
    ],
)
def test_what_a_spreadsheet_made_of_a_text_is_named_with_its_row(row, told):
    assert any(
        problem.startswith(told) for problem in problems(workbook(XLSX_HEAD, row), "x.xlsx")
    ), problems(workbook(XLSX_HEAD, row), "x.xlsx")


def test_numbers_stand_for_themselves_where_one_belongs():
    (record,) = parse_questions(
        workbook(XLSX_HEAD, ("q", "问", "k", 42, 2.5, 7.0)), name="x.xlsx"
    ).questions

    assert (record.key_points[0]["text"]["zh"], record.key_points[0]["weight"], record.minutes) == (
        "42",
        "2.50",
        7,
    )


def test_merged_and_hidden_cells_are_read_and_remarked():
    def change(book) -> None:
        book.active.merge_cells("A2:A3")
        book.active.row_dimensions[3].hidden = True
        book.active.column_dimensions["D"].hidden = True
        book.create_sheet("notes").append(["x"])

    content = workbook(XLSX_HEAD, XLSX_ROW, (None, None, "k2", "另一点"), change=change)

    document = parse_questions(content, name="x.xlsx")

    assert [point["key"] for point in document.questions[0].key_points] == ["k", "k2"]
    assert [said.split("(")[0].split("Only")[0].strip() for said in warned(document)] == [
        "None: the sheet “notes” is not read.",
        "None: cells are merged",
        "3: hidden rows were read anyway",
        "None: hidden columns were read anyway",
    ]


def rezipped(content: bytes, change, *, compression=zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", compression) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()}
        change(parts)
        for name, part in parts.items():
            new.writestr(name, part)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda parts: parts.update({"xl/big.xml": b"<a>" + b" " * 19_000_000 + b"</a>"}),
            "over 100 times its size",
        ),
        (
            lambda parts: parts.update({f"xl/{n}.bin": bytes(2_000_000 // 2) for n in range(21)}),
            "unpacks to more than 20 MB",
        ),
        (
            lambda parts: parts.update({f"xl/{n}.xml": b"<a/>" for n in range(201)}),
            "more than 200 parts",
        ),
        (lambda parts: parts.update({"../../etc/x.xml": b"<a/>"}), "points outside it"),
        (lambda parts: parts.update({"/etc/x.xml": b"<a/>"}), "points outside it"),
        (
            lambda parts: parts.update({SHEET: b"<a>" * 100 + b"</a>" * 100}),
            "nested deeper than 50",
        ),
        (
            lambda parts: parts.update({SHEET: ENTITIES + b"<a>&b;</a>"}),
            "declares a document type or entities",
        ),
        (
            lambda parts: parts.update(
                {"xl/workbook.xml": ENTITIES + parts["xl/workbook.xml"].split(b"?>")[-1]}
            ),
            "declares a document type",
        ),
        (
            lambda parts: parts.update(
                {SHEET: parts[SHEET].replace(b'<row r="2"', b'<row r="1000000"')}
            ),
            "beyond row 50000 or column 100",
        ),
        (
            lambda parts: parts.update({SHEET: parts[SHEET].replace(b'"A2"', b'"XFD2"')}),
            "beyond row 50000 or column 100",
        ),
        (lambda parts: parts.update({SHEET: parts[SHEET][:-30]}), "is not XML"),
        (lambda parts: parts.pop("xl/workbook.xml"), "the workbook is damaged"),
    ],
    ids=[
        "tight",
        "large",
        "many",
        "slip",
        "absolute",
        "deep",
        "entities",
        "entities in the book",
        "rows",
        "columns",
        "cut",
        "no book",
    ],
)
def test_a_workbook_made_to_burst_is_refused_soon(change, told):
    content = rezipped(workbook(XLSX_HEAD, XLSX_ROW), change)

    with processor_time_below(5):
        found = problems(content, "x.xlsx")

    assert told in found[0]


def test_an_old_or_locked_workbook_says_how_to_save_it():
    assert (
        "Save it as .xlsx without a password"
        in problems(b"\xd0\xcf\x11\xe0" + bytes(100), "x.xlsx")[0]
    )


def test_a_workbook_packed_in_another_way_is_refused():
    content = rezipped(
        workbook(XLSX_HEAD, XLSX_ROW), lambda parts: None, compression=zipfile.ZIP_LZMA
    )

    assert "packed in a way that spreadsheet programs don't use" in problems(content, "x.xlsx")[0]


def test_the_first_sheet_is_read_where_none_is_called_questions():
    assert (
        parse_questions(workbook(XLSX_HEAD, XLSX_ROW, sheet="Tabelle1"), name="x.xlsx")
        .questions[0]
        .slug
        == "q"
    )
