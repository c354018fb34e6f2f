"""Files made to hang, burst or reach outside.

Each is refused soon, with its place and what to do, or read without harm.
"""

import io
import zipfile

import pytest
from openpyxl import Workbook

from questions.files.bank import parse_questions
from questions.files.document import BankFileError, Document
from tests.processor_time import processor_time_below

LIMIT_S = 30  # ten times what the worst of them takes
HEAD = b"slug,prompt_zh,key,text_zh,says_it\n"


def refusal(content: bytes, name: str) -> list[str]:
    with processor_time_below(LIMIT_S), pytest.raises(BankFileError) as caught:
        parse_questions(content, name=name)
    told = [str(problem) for problem in caught.value.problems]
    assert all(problem.encode() for problem in told)  # can be shown and stored
    return told


def read(content: bytes, name: str) -> Document:
    with processor_time_below(LIMIT_S):
        return parse_questions(content, name=name)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b"questions: [" + b"1," * 200_000 + b"]",
            "1: there are more values up to here than a bank of this length should have.",
        ),
        (
            b"k: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(80_000)),
            ": there are more values up to here",
        ),
        (b"[" * 10_000, "1: lists or mappings are nested deeper than 20. Flatten them."),
        (b"- " * 900_000, "1: lists or mappings are nested deeper than 20. Flatten them."),
        (b"? " * 900_000, "1: the name of a field is a list or has fields of its own."),
        (
            b"questions:\n" + b"\n" * 900_000 + b"  - slug: q\n",
            "900002: “prompt” needs a text under zh or en.",
        ),
        (b"%YAML 1.1\n---\nquestions: 1" + b":59" * 600_000, "3: “questions” must be a list."),
        (b"questions: " + b"9" * 1_000_000, "1: “questions” must be a list."),
        (b"questions: !!python/object/apply:os.system [x]\n", "1: tags (!name) are not accepted."),
        (
            b"%TAG ! tag:yaml.org,2002:python/\n---\nquestions: !object/apply:os.system [x]\n",
            "3: tags (!name) are not accepted.",
        ),
        (
            b"a: &a [x]\nb: [*a, *a]\nquestions: *a\n",
            "1: anchors and aliases (&name, *name, <<) are not accepted.",
        ),
        (
            b"questions: []\nquestions: []\n",
            "2: the field “questions” appears twice here. Keep one.",
        ),
        (b'"\\ud800": 1\nquestions: []\n', "1: the file has no field “\ufffd”."),
        (b"questions: []\n---\nquestions: []\n", "2: a second document begins here (---)."),
        (b"questions: \x07\n", "1: the character U+0007 is not allowed in YAML. Remove it."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_yaml(content, told):
    assert any(
        problem.startswith("x.yaml:") and told in problem for problem in refusal(content, "x.yaml")
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"questions":[' + b"1," * 200_000 + b"1]}", "1: there are more values up to here"),
        (
            b"[" * 10_000 + b"]" * 10_000,
            "1: lists or mappings are nested deeper than 20. Flatten them.",
        ),
        (b'{"questions": [\n-Infinity]}', "2: -Infinity is not a JSON number."),
        (b'{"\\ud800": []}', "1: the file has no field “\ufffd”."),
        (b'{"questions": []}\n{"questions": []}', "2: this is not JSON: Extra data"),
        ('{"questions": []}'.encode("utf-16-le"), "1: there is a NUL character. Remove it."),
        ('{"questions": []}'.encode("utf-32"), ": the file is in UTF-32. Save it as UTF-8."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_json(content, told):
    assert any(
        problem.startswith("x.json:") and told in problem for problem in refusal(content, "x.json")
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"slug,prompt_zh\nq,a\0b\n", "2: there is a NUL character. Remove it."),
        (
            b"slug,prompt_zh\nq," + b"x" * 1_900_000,
            "2: “prompt_zh” has more than 50000 characters. Shorten it.",
        ),
        (
            b"slug,prompt_zh\nq," + b"x" * 5_000_000,
            ": the file is larger than 2 MB. Split it into smaller files.",
        ),
        (
            b"slug,prompt_zh\nq," + b"x," * 900_000,
            "there are more mistakes than these 50. Fix these first.",
        ),
        (
            HEAD + b"".join(b"q%d,p,k,t,\n" % n for n in range(5_001)),
            "5002: “questions” has more than 5000 items.",
        ),
        (
            HEAD + b"".join(b"q,p,k%d,t,\n" % n for n in range(101)),
            "102: “key_points” has more than 100 items.",
        ),
        (
            HEAD + b'q,p,k,t,"' + b"".join(b"%d\n" % n for n in range(2_001)) + b'"\n',
            "2: “says_it” has more than 2000 items.",
        ),
        (b"sep=;\n", "1: there is no row that names the columns. Begin with one: slug, "),
        (b"sep=,\n\n  \n", "1: there is no row that names the columns."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_csv(content, told):
    assert any(
        problem.startswith("x.csv:") and told in problem for problem in refusal(content, "x.csv")
    )


@pytest.mark.parametrize(
    "answer",
    [
        "x" * 1_900_000,
        "（1）" * 200_000,
        "1.1." * 400_000,
        "`a" * 900_000,
        "[" * 900_000,
        "http://" * 200_000,
    ],
)
def test_markdown(answer):
    assert refusal(f"### 1、问？\n{answer}".encode(), "x.md")[0].startswith("x.md:")


# Workbooks ----------------------------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    + '<!ENTITY a "&l8;">]>'
)


def workbook(change) -> bytes:
    """A workbook of one question, with its parts changed."""
    book = Workbook()
    book.active.title = "questions"
    for row in (("slug", "prompt_zh", "key", "text_zh"), ("q", "问", "k", "点")):
        book.active.append(row)
    plain, changed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        parts = {name: old.read(name) for name in old.namelist()}
        change(parts)
        for name, part in parts.items():
            new.writestr(name, part)
    return changed.getvalue()


def with_rows(xml: bytes):
    return lambda parts: parts.update(
        {SHEET: parts[SHEET].replace(b"</sheetData>", xml + b"</sheetData>")}
    )


def with_shared_strings(
    rows: list[tuple[str, ...]], *, part: str = "xl/sharedStrings.xml", doctype: str = ""
):
    """The rows' texts stand once in a part of their own, as Excel saves them."""
    texts = list(dict.fromkeys(text for row in rows for text in row))
    strings = (
        f'{doctype}<sst xmlns="{MAIN}">'
        + "".join(f"<si><t>{text}</t></si>" for text in texts)
        + "</sst>"
    )
    cells = ("".join(f'<c t="s"><v>{texts.index(text)}</v></c>' for text in row) for row in rows)
    sheet = (
        f'<worksheet xmlns="{MAIN}"><sheetData>'
        + "".join(f"<row>{row}</row>" for row in cells)
        + "</sheetData></worksheet>"
    )

    def change(parts) -> None:
        kind, relation = (
            f'<Override PartName="/{part}" ContentType="{STRINGS_TYPE}"/>',
            f'<Relationship Type="{OFFICE}/sharedStrings" Target="/{part}" Id="rId99"/>',
        )
        types, relations = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
        parts |= {SHEET: sheet.encode(), part: strings.encode()}
        parts[types] = parts[types].replace(b"</Types>", f"{kind}</Types>".encode())
        parts[relations] = parts[relations].replace(
            b"</Relationships>", f"{relation}</Relationships>".encode()
        )

    return change


NAMES = ("slug", "prompt_zh", "key", "text_zh")


def test_texts_that_excel_keeps_apart_are_read():
    (record,) = read(
        workbook(with_shared_strings([NAMES, ("q", "问", "k", "点")])), "x.xlsx"
    ).questions

    assert (record.slug, record.prompt["zh"]) == ("q", "问")


@pytest.mark.parametrize(
    "doctype", [OUTSIDE, LAUGHS, '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">']
)
def test_a_workbook_that_declares_entities_is_refused(doctype):
    content = workbook(with_shared_strings([NAMES, ("q", "&a;", "k", "点")], doctype=doctype))

    assert refusal(content, "x.xlsx") == [
        (
            "x.xlsx: the workbook declares a document type or entities in its XML. Save it again as "
            ".xlsx."
        )
    ]


@pytest.mark.parametrize("part", ["xl/sharedStrings.bin", "xl/sharedStrings.XML"])
@pytest.mark.parametrize("doctype", [OUTSIDE, LAUGHS])
def test_entities_in_a_part_of_another_name_are_refused_too(part, doctype):
    content = workbook(
        with_shared_strings([NAMES, ("q", "&a;", "k", "点")], part=part, doctype=doctype)
    )

    assert "the workbook is damaged" in refusal(content, "x.xlsx")[0]


def test_one_text_in_thousands_of_cells_is_refused():
    rows = [NAMES, *((f"q{n}", "x" * 40_000, "k", "点") for n in range(1_000))]

    content = workbook(with_shared_strings(rows))

    assert len(content) < 100_000
    assert (
        "the cells have more than 20 million characters. Split the file."
        in refusal(content, "x.xlsx")[0]
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.update(
            {SHEET: parts[SHEET].replace(b'ref="A1:D2"', b'ref="A1:XFD1048576"')}
        ),
        with_rows(b"".join(b'<row r="%d"/>' % n for n in range(3, 200_000))),
        with_rows(b'<row r="1048576"><c r="A1048576" s="1"/></row>'),
    ],
    ids=["a dimension of all cells", "200,000 empty rows", "an empty cell in the last row"],
)
def test_emptiness_costs_nothing(change):
    assert [record.slug for record in read(workbook(change), "x.xlsx").questions] == ["q"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (with_rows(b"<row/>" * 1_000_000), "over 100 times its size. Save it again."),
        (
            with_rows(b"".join(b'<row r="%d"/>' % n for n in range(3, 1_000_000))),
            "the file is larger than 2 MB. Split it",
        ),
        (
            with_rows(b'<row r="%s"><c><v>1</v></c></row>' % (b"9" * 5_000)),
            "the file is damaged or of another kind. Save it again",
        ),
    ],
    ids=["1,000,000 rows packed tightly", "1,000,000 numbered rows", "a row of 5,000 digits"],
)
def test_too_much_of_it_is_refused(change, told):
    assert told in refusal(workbook(change), "x.xlsx")[0]
