"""`grade` and `evaluate` as a stranger calls them.

Files in, JSON or a clear error out, no database.
"""

import json
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from grading import engine
from grading.engine import second_reader as readers
from grading.services.run import reader_named
from tests.conftest import REPOSITORY
from tests.installations import plain_environment

POINT = {"kid": "k1", "text": "A stack removes the newest element first."}
RUBRIC = {
    "qid": "q",
    "prompt": "What is a stack?",
    "keypoints": [POINT, {"kid": "k2", "text": "Nested function calls use a stack."}],
}
ANSWER = {
    "aid": "a",
    "qid": "q",
    "answer": "A stack removes the newest element first.",
    "labels": {"k1": 1, "k2": 0},
    "score": 50,
}


@pytest.fixture
def write(tmp_path):
    def write(name, *records):
        content = "\n".join(
            record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
            for record in records
        )
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


def run(command, **options):
    out = StringIO()
    call_command(
        command,
        *(f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()),
        stdout=out,
    )
    return out.getvalue()


def grades(**options):
    return [json.loads(line) for line in run("grade", **options).splitlines()]


def test_grade_prints_a_line_for_each_answer_in_order(write):
    rubrics, answers = write("r", RUBRIC), write("a", ANSWER, ANSWER | {"aid": "b", "answer": ""})
    first, second = grades(rubrics=rubrics, answers=answers)
    assert (first["aid"], second["aid"], second["reasons"]) == ("a", "b", ["blank"])
    assert first["keypoints"]["k1"]["verdict"] == "covered"
    assert {"credit", "verdict", "chance", "confidence", "evidence"} <= first["keypoints"][
        "k1"
    ].keys()
    assert {"aid", "score", "keypoints", "needs_review", "reasons"} <= first.keys()


def test_output_file_holds_what_standard_output_would(write, tmp_path):
    files = {"rubrics": write("r", RUBRIC), "answers": write("a", ANSWER)}
    target = tmp_path / "out.jsonl"
    assert run("grade", output=target, **files) == ""
    assert target.read_text(encoding="utf-8") == run("grade", **files)


def test_half_a_character_is_written_escaped(write):
    out = run(
        "grade",
        rubrics=write("r", RUBRIC),
        answers=write("a", json.dumps(ANSWER | {"aid": "\ud83d"})),
    )
    assert out.encode()
    assert json.loads(out)["aid"] == "\ud83d"


@pytest.mark.parametrize("name", ["seed:1.1", "scaled-dot-product"])
def test_bank_question_needs_no_rubric_and_no_question_in_the_answers(write, name):
    [grade] = grades(bank=name, answers=write("a", {"aid": "a", "answer": "不知道"}))
    assert (grade["score"] < 10, "no_answer" in grade["reasons"]) == (True, True)


def test_marks_for_a_point_the_bank_question_lacks_are_refused(write):
    with pytest.raises(
        CommandError, match=r"line 1: field 'labels': question 'seed:1.1' has no key point 'k1'"
    ):
        grades(bank="seed:1.1", answers=write("a", ANSWER))


def test_answer_never_learns_from_itself(write):
    files = {"rubrics": write("r", RUBRIC), "answers": write("a", ANSWER)}
    own = write("s", ANSWER | {"labels": {"k1": 0, "k2": 1}})
    assert grades(samples=own, **files) == grades(**files)
    other = write("o", ANSWER | {"aid": "z", "labels": {"k1": 0, "k2": 1}})
    [taught] = grades(samples=other, **files)
    assert [(p["sample"], p["credit"] >= 0.5) for p in taught["keypoints"].values()] == [
        ("z", False),
        ("z", True),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "either --rubrics or --bank"),
        ({"rubrics": "r", "bank": "seed:1.1"}, "either --rubrics or --bank"),
        ({"bank": "seed:99.9"}, "no question 'seed:99.9'"),
        ({"rubrics": "/nowhere/r"}, "/nowhere/r: No such file"),
    ],
)
def test_grade_says_what_it_needs(write, given, message):
    with pytest.raises(CommandError, match=message):
        run("grade", answers=write("a", ANSWER), **given)


def kp(**fields):
    return RUBRIC | {"keypoints": [POINT | fields]}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("", "no rubrics in this file"),
        ("{", "line 1: not JSON"),
        ("[" * 100_000, "line 1: not JSON"),
        ("[]", "line 1: expected an object"),
        ('{"qid": "q", "qid": "r"}', "line 1: field 'qid' appears twice"),
        ({"prompt": "p"}, "line 1: field 'qid'"),
        (RUBRIC | {"prompt": 3}, "line 1: field 'prompt'"),
        (RUBRIC | {"keypoints": []}, "line 1: needs 'keypoints'"),
        (RUBRIC | {"keypoints": {"k": 1}}, "line 1: field 'keypoints'"),
        (RUBRIC | {"keypoints": ""}, "line 1: field 'keypoints'"),
        (
            RUBRIC | {"keypoints": [POINT | {"kid": f"k{n}"} for n in range(101)]},
            "line 1: field 'keypoints' has 101 key points",
        ),
        (RUBRIC | {"promt": "What?", "prompt": None}, "line 1: field 'prompt'"),
        (
            {"qid": "q", "promt": "What?", "keypoints": [POINT]},
            "line 1: there is no field 'promt'; use one of qid, lang, prompt",
        ),
        (
            {"qid": "q", "prompt": "", "reference": "字" * 5_001},
            "line 1: field 'reference' has 5001 characters",
        ),
        (
            {"qid": "q", "prompt": "", "reference": "x", "other_references": {}},
            "line 1: field 'other_references'",
        ),
        (RUBRIC | {"prompt": "字" * 50_001}, "line 1: field 'prompt' has 50001 characters"),
        (
            kp(aliases=["字" * 5_000] * 20),
            "line 1: the rubric's texts have 100057 characters together",
        ),
        (RUBRIC | {"keypoints": [None]}, "line 1: a key point must be an object"),
        (
            RUBRIC | {"keypoints": [POINT, POINT]},
            "line 1: field 'kid': key point 'k1' appears twice",
        ),
        (kp(text=" "), "line 1, key point 'k1': field 'text'"),
        (kp(text="……"), "line 1, key point 'k1': field 'text' has no word"),
        (kp(text="the of"), "line 1, key point 'k1': field 'text' has no word"),
        (
            kp(text="🙂", aliases=["A stack removes the newest element."]),
            "line 1, key point 'k1': field 'text' has no word",
        ),
        (kp(text="字" * 5_001), "line 1, key point 'k1': field 'text' has 5001 characters"),
        (kp(kid="k" * 61), "line 1: field 'kid' has 61 characters"),
        (
            kp(wieght=2),
            (
                "line 1, key point 'k1': there is no field 'wieght'; use one of kid, text, aliases, "
                "terms, contradicts, weight"
            ),
        ),
        (kp(alias=["x"]), "line 1, key point 'k1': there is no field 'alias'"),
        (kp(says_it=["x"]), "line 1, key point 'k1': there is no field 'says_it'"),
        (kp(aliases=False), "line 1, key point 'k1': field 'aliases'"),
        (kp(aliases=""), "line 1, key point 'k1': field 'aliases'"),
        (
            kp(aliases=["字" * 200_000]),
            "line 1, key point 'k1': field 'aliases' has 200000 characters",
        ),
        (kp(aliases=["x"] * 2_001), "line 1, key point 'k1': field 'aliases' has 2001 items"),
        (kp(terms={}), "line 1, key point 'k1': field 'terms'"),
        (kp(terms=[["x"], False]), "line 1, key point 'k1': field 'terms'"),
        (kp(terms=[["字" * 5_001]]), "line 1, key point 'k1': field 'terms' has 5001 characters"),
        (kp(contradicts=0), "line 1, key point 'k1': field 'contradicts'"),
        (kp(weight=0), "line 1: field 'weight': no key point has a weight above 0"),
        (kp(aliases="x"), "line 1, key point 'k1': field 'aliases'"),
        (kp(terms=["x"]), "line 1, key point 'k1': field 'terms'"),
        (kp(contradicts=[1]), "line 1, key point 'k1': field 'contradicts'"),
        (kp(required="no"), "line 1, key point 'k1': field 'required'"),
        (kp(weight=float("nan")), "line 1, key point 'k1': field 'weight'"),
        (kp(weight=float("inf")), "line 1, key point 'k1': field 'weight'"),
        (kp(weight=-1), "line 1, key point 'k1': field 'weight'"),
        (kp(weight=10**400), "line 1, key point 'k1': field 'weight'"),
        (json.dumps(RUBRIC)[:-1] + ', "n": 1' + "0" * 5_000 + "}", "line 1: not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["grade", "evaluate"])
def test_broken_rubric_is_named_by_file_line_and_field(write, command, record, message):
    path = write("r.jsonl", record)
    with pytest.raises(CommandError) as error:
        run(command, rubrics=path, answers=write("a", ANSWER))
    assert str(error.value).startswith(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("nonsense", "line 2: not JSON"),
        (ANSWER, "line 2: answer 'a' appears twice in this file"),
        ({"qid": "q", "answer": "x"}, "line 2: field 'aid'"),
        (ANSWER | {"aid": "b", "qid": "z"}, "line 2: field 'qid': no rubric for question 'z'"),
        (ANSWER | {"aid": "b", "answer": None}, "line 2: field 'answer'"),
        (
            ANSWER | {"aid": "b", "answer": "字" * 20_001},
            "line 2: field 'answer' has 20001 characters",
        ),
        (ANSWER | {"aid": "b", "labels": [1]}, "line 2: field 'labels'"),
        (ANSWER | {"aid": "b", "labels": ""}, "line 2: field 'labels'"),
        (ANSWER | {"aid": "b", "labels": 0}, "line 2: field 'labels'"),
        (
            {"aid": "b", "qid": "q", "answer": "x", "label": {"k1": 1}},
            "line 2: there is no field 'label'; use one of aid, qid, kind, answer",
        ),
        (ANSWER | {"aid": "b", "kind": 0}, "line 2: field 'kind'"),
        (
            ANSWER | {"aid": "b", "labels": {"k9": 1}},
            "line 2: field 'labels': question 'q' has no key point 'k9'",
        ),
        (ANSWER | {"aid": "b", "labels": {"k1": 2}}, "line 2: field 'labels.k1'"),
        (ANSWER | {"aid": "b", "labels": {"k1": float("nan")}}, "line 2: field 'labels.k1'"),
        (ANSWER | {"aid": "b", "labels": {"k1": True}}, "line 2: field 'labels.k1'"),
        (ANSWER | {"aid": "b", "score": 10**400}, "line 2: field 'score'"),
        (ANSWER | {"aid": "b", "kind": ["x"]}, "line 2: field 'kind'"),
    ],
)
@pytest.mark.parametrize("option", ["answers", "samples"])
def test_broken_answer_is_named_by_file_line_and_field(write, option, record, message):
    good, bad = write("a", ANSWER), write("b.jsonl", ANSWER, record)
    with pytest.raises(CommandError) as error:
        run("grade", **({"rubrics": write("r", RUBRIC), "answers": good} | {option: bad}))
    assert str(error.value).startswith(bad)
    assert message in str(error.value)


def test_line_may_have_fields_that_nobody_reads_and_nulls_for_what_it_lacks(write):
    rubrics = write(
        "r",
        RUBRIC
        | {
            "topic": "data",
            "keypoints": [POINT | {"aliases": None, "terms": [[], ["", " "]]}],
            "lang": "en",
        },
    )
    [grade] = grades(
        rubrics=rubrics,
        answers=write(
            "a", ANSWER | {"labels": None, "score": None, "kind": None, "id": 7, "by": "Ann"}
        ),
    )
    assert grade["keypoints"]["k1"]["verdict"] == "covered"


@pytest.mark.parametrize(
    ("command", "files", "message"),
    [
        ("grade", {"answers": []}, "/a: no answers in this file"),
        ("evaluate", {"answers": []}, "/a: no answers in this file"),
        (
            "evaluate",
            {"answers": [{"aid": "a", "qid": "q", "answer": "x"}]},
            "/a: no answer has 'labels' or a 'score'",
        ),
        ("grade", {"samples": []}, "/s: no answers in this file"),
        (
            "grade",
            {"samples": [{"aid": "s", "qid": "q", "answer": "x"}]},
            "/s: no answer has 'labels' to learn from",
        ),
        (
            "evaluate",
            {"samples": [{"aid": "s", "qid": "q", "answer": "x"}]},
            "/s: no answer has 'labels' to learn from",
        ),
        ("evaluate", {"learn": 2}, "--learn 2: no question has more than 2 marked answers"),
    ],
)
def test_files_that_would_leave_nothing_to_do_are_refused(write, command, files, message):
    answers = [ANSWER, ANSWER | {"aid": "b"}, {"aid": "c", "qid": "q", "answer": "x"}]
    given = {"rubrics": write("r", RUBRIC), "answers": write("a", *files.get("answers", answers))}
    given |= {"samples": write("s", *files["samples"])} if "samples" in files else {}
    with pytest.raises(CommandError, match=message):
        run(command, **given, **{name: value for name, value in files.items() if name == "learn"})


def test_question_with_few_marked_answers_does_not_stop_the_others_from_being_measured(write):
    rubrics = write("r", RUBRIC, RUBRIC | {"qid": "p"})
    answers = write(
        "a", *(ANSWER | {"aid": f"{n}"} for n in range(4)), ANSWER | {"aid": "z", "qid": "p"}
    )
    assert (
        json.loads(run("evaluate", rubrics=rubrics, answers=answers, learn=3, folds=1, json=True))[
            "n_answers"
        ]
        == 1
    )


def test_score_alone_marks_a_sample_of_a_model_answer(write):
    rubrics = write(
        "r",
        {
            "qid": "q",
            "prompt": "What is a stack?",
            "reference": "A stack removes the newest element first.",
        },
    )
    answers = write("a", {"aid": "a", "qid": "q", "answer": "the last one in comes out first"})
    samples = write(
        "s", {"aid": "s", "qid": "q", "answer": "the last one in comes out first", "score": 100}
    )
    [untaught], [taught] = (
        grades(rubrics=rubrics, answers=answers),
        grades(rubrics=rubrics, answers=answers, samples=samples),
    )
    assert (untaught["keypoints"]["k1"]["sample"], taught["keypoints"]["k1"]["sample"]) == (
        None,
        "s",
    )
    assert taught["score"] > untaught["score"]


def test_other_encodings_are_refused_and_a_byte_order_mark_is_not(write, tmp_path):
    rubrics, line = write("r", RUBRIC), json.dumps(ANSWER)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n" + line.encode("utf-16"))
    with pytest.raises(CommandError, match=r"line 2: not UTF-8 text.*save the file as UTF-8"):
        run("grade", rubrics=rubrics, answers=path)
    path.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert len(grades(rubrics=rubrics, answers=path)) == 1


@pytest.mark.parametrize(
    "text",
    ["a" * 20_000, "字" * 20_000, "x\n" * 5_000, "(a+)+$" * 3_000, "A stack\u2028pops\u0085first"],
)
def test_an_authors_or_a_candidates_odd_text_is_never_run_as_a_pattern(write, text):
    [grade] = grades(
        rubrics=write("r", kp(aliases=["(a+)+$" * 500, text[:5_000]])),
        answers=write("a", ANSWER | {"answer": text, "labels": {}}),
    )
    assert 0 <= grade["score"] <= 100


def test_evaluate_prints_the_agreed_figures_and_the_baselines(write):
    files = {
        "rubrics": write("r", RUBRIC),
        "answers": write("a", ANSWER, ANSWER | {"aid": "b", "answer": "A stack is a red fruit."}),
    }
    report = json.loads(run("evaluate", json=True, **files))
    agreed = {
        "n_answers",
        "n_labels",
        "auc",
        "f1",
        "precision",
        "recall",
        "contradiction_catch",
        "score",
        "by_kind",
        "review",
    }
    assert agreed <= report.keys()
    assert report["score"].keys() == {"pearson", "spearman", "qwk", "mae"}
    assert report["baselines"].keys() == {
        "length",
        "partial_ratio",
        "token_set_ratio",
        "always_yes",
    }
    assert report["baselines"]["always_yes"]["auc"] == 0.5
    table = run("evaluate", **files)
    assert all(name in table for name in report["baselines"])


def test_evaluate_learns_from_some_and_measures_the_rest_alike_every_time(write):
    files = {
        "rubrics": write("r", RUBRIC),
        "answers": write(
            "a", *(ANSWER | {"aid": f"a{n}", "answer": f"word{n} stack"} for n in range(5))
        ),
    }
    report = json.loads(run("evaluate", json=True, learn=2, folds=3, **files))
    assert report["n_answers"] == 3 * 3
    assert report["untaught"]["n_answers"] == 3 * 3
    assert report == json.loads(run("evaluate", json=True, learn=2, folds=3, **files))


# Where it goes ------------------------------------------------------------------------------------

CHINESE = RUBRIC | {"keypoints": [{"kid": "k1", "text": "栈是后进先出的结构"}]}
MIXED = {
    "aid": "🙂",
    "qid": "q",
    "answer": "栈是后进先出的结构",
    "kind": "错误🙂\ud83d",
    "labels": {"k1": 1},
    "score": 100,
}


def written(encoding, command, **options):
    out = TextIOWrapper(BytesIO(), encoding=encoding)
    call_command(
        command,
        *(f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()),
        stdout=out,
    )
    return out.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "latin-1", "utf-16", "utf-8"])
def test_any_output_encoding_gets_the_same_json_and_a_table(write, encoding):
    files = {"rubrics": write("r", CHINESE), "answers": write("a", json.dumps(MIXED))}
    assert json.loads(written(encoding, "grade", **files)) == json.loads(run("grade", **files))
    report = json.loads(written(encoding, "evaluate", json=True, **files))
    assert list(report["by_kind"]) == [MIXED["kind"]]
    kind = MIXED["kind"].encode(encoding, "backslashreplace").decode(encoding)
    assert kind in written(encoding, "evaluate", **files)


@pytest.fixture
def many(write):
    """Options for more output than a pipe holds, and a function that starts a command in a process of its own."""
    files = [
        f"--rubrics={write('r', RUBRIC)}",
        f"--answers={write('a', *(ANSWER | {'aid': f'{n:0>500}'} for n in range(300)))}",
    ]

    def start(command, *options, stdout):
        return subprocess.Popen(
            [sys.executable, "manage.py", command, *files, *options],
            cwd=REPOSITORY,
            env=plain_environment(
                PYTHONUNBUFFERED=""
            ),  # buffered, as for everybody, so that Python writes once more at its end
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_reader_of_the_output_that_goes_away_ends_it_quietly(many):
    process = many("grade", stdout=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["aid"] == "0" * 500
    process.stdout.close()
    _, said = process.communicate()
    assert (process.returncode, said) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["grade", "evaluate"])
def test_full_disk_behind_the_output_is_one_line(many, command):
    with Path("/dev/full").open("w") as full:
        process = many(command, stdout=full)
        _, said = process.communicate()
    assert (process.returncode, said) == (
        1,
        "CommandError: standard output: No space left on device\n",
    )


# A second reader ----------------------------------------------------------------------------------


class Believer:
    name = "believer-1"

    def read(self, text, rubric):
        return [1.0] * len(rubric.key_points)


@pytest.fixture
def believer(monkeypatch):
    reader_named.cache_clear()
    monkeypatch.setattr(readers, "_registry", {"believer": Believer})
    yield "grading.engine.second_reader:believer"
    reader_named.cache_clear()


@pytest.mark.parametrize("way", ["option", "setting"])
def test_second_reader_takes_part_in_grade_and_is_named(write, believer, settings, way):
    files = {
        "rubrics": write("r", RUBRIC),
        "answers": write("a", ANSWER | {"answer": "nothing of the kind"}),
    }
    [alone] = grades(**files)
    if way == "setting":
        settings.SECOND_READER = believer
    [both] = grades(**files, **({"reader": believer} if way == "option" else {}))
    assert both["engine_version"] == f"{engine.ENGINE_VERSION}+believer-1"
    assert both["score"] > alone["score"] + 40
    assert grades(reader="", **files) == [alone]


@pytest.mark.parametrize("more", [{}, {"learn": 1, "folds": 2}])
def test_evaluate_shows_what_a_second_reader_is_worth(write, believer, more):
    answers = [
        ANSWER,
        ANSWER
        | {"aid": "b", "answer": "nothing of the kind", "labels": {"k1": 0, "k2": 0}, "score": 0},
    ]
    files = {"rubrics": write("r", RUBRIC), "answers": write("a", *answers)}
    alone, both = (
        json.loads(run("evaluate", json=True, reader=reader, **more, **files))
        for reader in ("", believer)
    )
    assert both.pop("reader") == "believer-1"
    same = both.pop("without_reader")
    assert same == {name: alone[name] for name in same}
    assert both.keys() == alone.keys()
    assert both["by_kind"] == alone["by_kind"] == {}
    for figures in ("", "untaught") if more else ("",):
        assert (both[figures] if figures else both)["precision"] < (
            alone[figures] if figures else alone
        )["precision"]
    table = run("evaluate", reader=believer, **more, **files)
    assert "with believer-1" in table
    assert "without reader" in table


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        ("grading.engine.second_reader:nobody", "no reader named 'nobody'; known: believer"),
        ("grading.engine.second_reader", "no reader named ''"),
        ("no.such.module:x", "No module named 'no'"),
        (":x", "Empty module name"),
    ],
)
@pytest.mark.usefixtures("believer")
def test_reader_that_is_not_there_is_named(write, reader, message):
    with pytest.raises(CommandError, match=f"--reader {reader}: {message}"):
        run("grade", reader=reader, rubrics=write("r", RUBRIC), answers=write("a", ANSWER))


def test_explain_shows_one_answer_of_a_file(write):
    rubrics = write("r", RUBRIC)
    answers = write("a", ANSWER, ANSWER | {"aid": "b", "answer": "A stack is a pile of plates."})
    shown = run("grade", explain=True, rubrics=rubrics, answers=answers, aid="b")
    (grade,) = [line for line in grades(rubrics=rubrics, answers=answers) if line["aid"] == "b"]
    assert "  1  A stack is a pile of plates" in shown
    assert shown.endswith(f"  score {grade['score']}\n")


def test_explain_takes_a_text_or_standard_input(write, monkeypatch):
    by_option = run("grade", explain=True, bank="seed:1.1", text="维度越大，打分的方差越大。")
    monkeypatch.setattr("sys.stdin", StringIO("维度越大，打分的方差越大。"))
    assert run("grade", explain=True, bank="seed:1.1") == by_option
    assert "rule: recited" in by_option


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"explain": True, "answers": True}, "2 answers; choose by --aid"),
        ({"explain": True, "answers": True, "aid": "c"}, "no answer 'c'"),
        ({"explain": True, "answers": True, "text": "x"}, "either --answers or --text"),
        ({"explain": True, "text": "x"}, "2 questions; choose by --qid"),
        ({"explain": True, "text": "x", "qid": "nope"}, "no question 'nope'"),
        ({"explain": True, "text": "x" * 20_001, "qid": "q"}, "20001 characters"),
        ({"answers": True, "aid": "a"}, "--aid goes with --explain"),
        ({}, "Give --answers"),
    ],
)
def test_explain_says_which_answer_it_lacks(options, message, write):
    files = {
        "rubrics": write("r", RUBRIC, RUBRIC | {"qid": "other"}),
        "answers": write("a", ANSWER, ANSWER | {"aid": "b"}),
    }
    given = {"rubrics": files["rubrics"]} | options
    if options.get("answers"):
        given["answers"] = files["answers"]
    with pytest.raises(CommandError, match=message):
        run("grade", **given)
