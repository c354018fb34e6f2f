"""`grade` and `evaluate` as a stranger calls them: files in, JSON or a clear error out, no database."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

POINT = {"kid": "k1", "text": "A stack removes the newest element first."}
RUBRIC = {"qid": "q", "prompt": "What is a stack?", "keypoints": [POINT, {"kid": "k2", "text": "Nested function calls use a stack."}]}
ANSWER = {"aid": "a", "qid": "q", "answer": "A stack removes the newest element first.", "labels": {"k1": 1, "k2": 0}, "score": 50}


@pytest.fixture
def write(tmp_path):
    def write(name, *records):
        content = "\n".join(record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records)
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


def run(command, **options):
    out = StringIO()
    call_command(command, *(f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()), stdout=out)
    return out.getvalue()


def grades(**options):
    return [json.loads(line) for line in run("grade", **options).splitlines()]


def test_grade_prints_a_line_for_each_answer_in_order(write):
    rubrics, answers = write("r", RUBRIC), write("a", ANSWER, ANSWER | {"aid": "b", "answer": ""})
    first, second = grades(rubrics=rubrics, answers=answers)
    assert (first["aid"], second["aid"], second["reasons"]) == ("a", "b", ["blank"])
    assert first["keypoints"]["k1"]["verdict"] == "covered"
    assert {"credit", "verdict", "confidence", "evidence"} <= first["keypoints"]["k1"].keys()
    assert {"aid", "score", "keypoints", "needs_review", "reasons"} <= first.keys()


def test_output_file_holds_what_standard_output_would(write, tmp_path):
    files = {"rubrics": write("r", RUBRIC), "answers": write("a", ANSWER)}
    target = tmp_path / "out.jsonl"
    assert run("grade", output=target, **files) == ""
    assert target.read_text(encoding="utf-8") == run("grade", **files)


def test_half_a_character_is_written_escaped(write):
    out = run("grade", rubrics=write("r", RUBRIC), answers=write("a", json.dumps(ANSWER | {"aid": "\ud83d"})))
    assert out.encode()
    assert json.loads(out)["aid"] == "\ud83d"


@pytest.mark.parametrize("name", ["seed:1.1", "scaled-dot-product"])
def test_bank_question_needs_no_rubric_and_no_question_in_the_answers(write, name):
    [grade] = grades(bank=name, answers=write("a", {"aid": "a", "answer": "不知道"}))
    assert (grade["score"] < 10, "no_answer" in grade["reasons"]) == (True, True)


def test_marks_for_a_point_the_bank_question_lacks_are_refused(write):
    with pytest.raises(CommandError, match=r"line 1: field 'labels': question 'seed:1.1' has no key point 'k1'"):
        grades(bank="seed:1.1", answers=write("a", ANSWER))


def test_answer_never_learns_from_itself(write):
    files = {"rubrics": write("r", RUBRIC), "answers": write("a", ANSWER)}
    own = write("s", ANSWER | {"labels": {"k1": 0, "k2": 1}})
    assert grades(samples=own, **files) == grades(**files)
    other = write("o", ANSWER | {"aid": "z", "labels": {"k1": 0, "k2": 1}})
    [taught] = grades(samples=other, **files)
    assert [(p["sample"], p["credit"] >= 0.5) for p in taught["keypoints"].values()] == [("z", False), ("z", True)]


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
        ('{"qid": "q", "qid": "r"}', "line 1: field 'qid' stands there twice"),
        ({"prompt": "p"}, "line 1: field 'qid'"),
        (RUBRIC | {"prompt": 3}, "line 1: field 'prompt'"),
        (RUBRIC | {"keypoints": []}, "line 1: needs 'keypoints'"),
        (RUBRIC | {"keypoints": {"k": 1}}, "line 1: field 'keypoints'"),
        (RUBRIC | {"keypoints": [None]}, "line 1: a key point must be an object"),
        (RUBRIC | {"keypoints": [POINT, POINT]}, "line 1: field 'kid': key point 'k1' stands there twice"),
        (kp(text=" "), "line 1, key point 'k1': field 'text'"),
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
        (ANSWER, "line 2: answer 'a' stands in this file twice"),
        ({"qid": "q", "answer": "x"}, "line 2: field 'aid'"),
        (ANSWER | {"aid": "b", "qid": "z"}, "line 2: field 'qid': no rubric for question 'z'"),
        (ANSWER | {"aid": "b", "answer": None}, "line 2: field 'answer'"),
        (ANSWER | {"aid": "b", "answer": "字" * 20_001}, "line 2: field 'answer' has 20001 characters"),
        (ANSWER | {"aid": "b", "labels": [1]}, "line 2: field 'labels'"),
        (ANSWER | {"aid": "b", "labels": {"k9": 1}}, "line 2: field 'labels': question 'q' has no key point 'k9'"),
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


def test_other_encodings_are_refused_and_a_byte_order_mark_is_not(write, tmp_path):
    rubrics, line = write("r", RUBRIC), json.dumps(ANSWER)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n" + line.encode("utf-16"))
    with pytest.raises(CommandError, match=r"line 2: not UTF-8 text.*save the file as UTF-8"):
        run("grade", rubrics=rubrics, answers=path)
    path.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert len(grades(rubrics=rubrics, answers=path)) == 1


@pytest.mark.parametrize("text", ["a" * 20_000, "字" * 20_000, "x\n" * 5_000, "(a+)+$" * 3_000, "A stack\u2028pops\u0085first"])
def test_an_authors_or_a_candidates_odd_text_is_never_run_as_a_pattern(write, text):
    [grade] = grades(
        rubrics=write("r", kp(aliases=["(a+)+$" * 500, text[:5_000]])), answers=write("a", ANSWER | {"answer": text, "labels": {}})
    )
    assert 0 <= grade["score"] <= 100


def test_evaluate_prints_the_agreed_figures_and_the_baselines(write):
    files = {"rubrics": write("r", RUBRIC), "answers": write("a", ANSWER, ANSWER | {"aid": "b", "answer": "A stack is a red fruit."})}
    report = json.loads(run("evaluate", json=True, **files))
    agreed = {"n_answers", "n_labels", "auc", "f1", "precision", "recall", "contradiction_catch", "score", "by_kind", "review"}
    assert agreed <= report.keys()
    assert report["score"].keys() == {"pearson", "spearman", "qwk", "mae"}
    assert report["baselines"].keys() == {"length", "partial_ratio", "token_set_ratio", "always_yes"}
    assert report["baselines"]["always_yes"]["auc"] == 0.5
    table = run("evaluate", **files)
    assert all(name in table for name in report["baselines"])


def test_evaluate_learns_from_some_and_measures_the_rest_alike_every_time(write):
    files = {
        "rubrics": write("r", RUBRIC),
        "answers": write("a", *(ANSWER | {"aid": f"a{n}", "answer": f"word{n} stack"} for n in range(5))),
    }
    report = json.loads(run("evaluate", json=True, learn=2, folds=3, **files))
    assert report["n_answers"] == 3 * 3
    assert report["untaught"]["n_answers"] == 3 * 3
    assert report == json.loads(run("evaluate", json=True, learn=2, folds=3, **files))
