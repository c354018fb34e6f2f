"""Marked answers: their files, loading them, and which of them grading learns from."""

import shutil
from pathlib import Path

import pytest
from django.utils import timezone

from interview.models import InterviewSession
from questions.exchange.apply import import_questions
from questions.files.bank import read_samples
from questions.files.document import BankFileError
from questions.files.yaml_bank import parse_samples_yaml
from questions.models import Sample
from questions.services.samples import (
    LEARNED_FROM,
    import_samples,
    remove_sample,
    samples_digest,
    samples_for_grading,
    write_sample,
)
from tests import factories

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def documents(bank_files):
    return [
        document
        for document in bank_files.documents
        if "moe" in document.questions[0].topics or "attention" in document.questions[0].topics
    ]


@pytest.fixture
def loaded(db, documents):
    import_questions(documents, publish=True)
    records = read_samples(DATA, documents)
    import_samples(records)
    return records


# Files --------------------------------------------------------------------------------------------


def test_a_file_gives_each_sample_its_text_and_marks(documents):
    weak, strong, wrong = read_samples(DATA, documents)

    assert (strong.question, strong.name, strong.kind) == (
        "routing-collapse",
        "routing-collapse-strong-1",
        "strong",
    )
    assert strong.text.splitlines()[1] == "因为谁先领先一点谁就练得更多，滚雪球一样。"
    assert wrong.marks == {"routing-collapse": 0.0, "self-reinforcing": 0.0}
    assert weak.marks == {"variance-grows": 0.0, "softmax-saturates": 0.5}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("name: One two", "moe.yaml:4: “name” must look like kv-cache-strong-1; it is “One two”."),
        ("kind: " + "强" * 31, "moe.yaml:5: “kind” can have at most 30 characters, like strong."),
        ("text: ''", "moe.yaml:6: the field “text” is missing or empty."),
        ("text: [a]", "moe.yaml:6: “text” must be text. Put it in quotation marks."),
        ("marks: {a: 0.7}", "moe.yaml:7: the credit of “a” must be 0, 0.5 or 1."),
        ("marks: {a: true}", "moe.yaml:7: the credit of “a” must be 0, 0.5 or 1."),
        ("marks: {a: .nan}", "moe.yaml:7: the credit of “a” must be 0, 0.5 or 1."),
        ("marks: {a b: 1}", "moe.yaml:7: “a b” is not the key of a key point."),
        (
            "marks: []",
            "moe.yaml:7: “marks” must give at least one key point its credit, like {variance: 1}.",
        ),
        ("mark: {a: 1}", "moe.yaml:7: a marked answer has no field “mark”."),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(line, message):
    fields = {
        "name": "name: one",
        "kind": "kind: strong",
        "text": "text: a",
        "marks": "marks: {a: 1}",
    }
    fields[line.partition(":")[0] if not line.startswith("mark:") else "marks"] = line
    lines = [
        "topic: moe",
        "samples:",
        "  - question: routing-collapse",
        *(f"    {field}" for field in fields.values()),
    ]

    with pytest.raises(BankFileError) as caught:
        parse_samples_yaml("\n".join(lines), path="moe.yaml")

    assert message in str(caught.value)


def test_a_sample_must_be_of_a_question_and_of_key_points_the_bank_has(tmp_path, documents):
    folder = tmp_path / "samples"
    folder.mkdir()
    sample = "  - question: {}\n    name: a\n    text: b\n    marks: {{{}: 1}}\n"
    lines = [
        sample.format("nowhere", "a"),
        sample.format("routing-collapse", "a"),
        sample.format("routing-collapse", "routing-collapse"),
    ]
    (folder / "moe.yaml").write_text("topic: moe\nsamples:\n" + "".join(lines), encoding="utf-8")

    with pytest.raises(BankFileError) as caught:
        read_samples(tmp_path, documents)

    said = [(problem.line, problem.what) for problem in caught.value.problems]
    assert said[0] == (3, "the bank has no question “nowhere”.")
    assert said[1][0] == 7
    assert said[1][1].startswith("“routing-collapse” has no key point “a”. It has ")
    assert said[2] == (11, f"the name “a” is already used at {folder / 'moe.yaml'}:7.")


def test_a_bank_without_samples_is_read(tmp_path, documents):
    assert read_samples(tmp_path, documents) == []


def test_every_shipped_question_has_shipped_samples_that_fit_it(bank_files):
    marked = {sample.question for sample in bank_files.samples}
    asked = {record.slug for document in bank_files.documents for record in document.questions}

    assert marked == asked


# Loading ------------------------------------------------------------------------------------------


def test_loading_twice_changes_nothing(loaded):
    before = list(Sample.objects.order_by("pk").values())

    assert import_samples(loaded) == 0
    assert list(Sample.objects.order_by("pk").values()) == before
    assert len(before) == 3


def test_a_changed_file_changes_its_sample_and_a_missing_one_goes(loaded, documents, tmp_path):
    shutil.copytree(DATA / "samples", tmp_path / "samples")
    file = tmp_path / "samples" / "moe.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").split(
            "  - question: routing-collapse\n    name: routing-collapse-wrong-1"
        )[0]
    )

    assert import_samples(read_samples(tmp_path, documents)) == 1
    assert set(Sample.objects.values_list("name", flat=True)) == {
        "routing-collapse-strong-1",
        "scaled-dot-product-weak-1",
    }


def test_what_a_person_changed_or_removed_is_kept(loaded, author):
    strong, wrong = Sample.objects.filter(question__slug="routing-collapse").order_by("name")
    write_sample(strong, kind="strong", text="mine", marks={"routing-collapse": 1}, author=author)
    remove_sample(wrong)

    assert import_samples(loaded) == 0
    assert Sample.objects.in_use().get(question__slug="routing-collapse").text == "mine"


# Which are learned from ---------------------------------------------------------------------------


def marked(question, **fields) -> Sample:
    return write_sample(
        Sample(question=question, **fields),
        kind="",
        text="方差变大",
        marks={"variance": 1},
        author=None,
    )


def test_grading_reads_every_marked_answer_of_the_question_but_its_own(db):
    answer = factories.submitted_answer()
    mine = marked(answer.question, answer=answer, origin=Sample.Origin.OVERRIDE)
    other = marked(answer.question, origin=Sample.Origin.BANK)
    aside = marked(answer.question, is_set_aside=True)
    stranger = marked(factories.published_question())

    assert {pk for _hash, pk in samples_for_grading(answer.question_id)} == {other.pk}
    InterviewSession.objects.update(released_at=timezone.now())
    assert {pk for _hash, pk in samples_for_grading(answer.question_id)} == {mine.pk, other.pk}
    assert [pk for _hash, pk in samples_for_grading(answer.question_id, answer_id=answer.pk)] == [
        other.pk
    ]
    assert not {aside.pk, stranger.pk} & {
        pk for _hash, pk in samples_for_grading(answer.question_id)
    }


def test_where_there_are_too_many_peoples_verdicts_on_real_answers_come_first(db):
    question = factories.published_question()
    Sample.objects.bulk_create(
        Sample(
            question=question,
            name=f"bank-{n}",
            text="a",
            marks={"variance": 1},
            content_hash=f"{n}",
            origin="bank",
        )
        for n in range(LEARNED_FROM + 10)
    )
    override = marked(question, origin=Sample.Origin.OVERRIDE)

    read = samples_for_grading(question.pk)

    assert len(read) == LEARNED_FROM
    assert override.pk in {pk for _hash, pk in read}
    assert read == samples_for_grading(question.pk)


def test_the_digest_says_what_was_learned_from():
    assert samples_digest([]) == ""
    assert samples_digest(["a", "b"]) != samples_digest(["a"])


@pytest.mark.parametrize(
    ("origin", "acceptance", "policy", "is_released", "teaches"),
    [
        # Without a candidate's words: shipped, or written by an author.
        ("bank", "accepted", None, False, True),
        ("author", "accepted", None, False, True),
        # A reviewer's verdicts need both the release and a second person.
        ("override", "proposed", "on_release", False, False),
        ("override", "proposed", "on_release", True, False),
        ("override", "accepted", "on_release", False, False),
        ("override", "accepted", "on_release", True, True),
        ("override", "refused", "on_release", True, False),
        ("override", "accepted", "when_graded", False, False),
        ("override", "accepted", "when_graded", True, True),
        # An author's marks of a real answer, which its candidate sees the result of.
        ("answer", "accepted", "on_release", False, False),
        ("answer", "accepted", "on_release", True, True),
        ("answer", "accepted", "when_graded", False, True),
        ("answer", "proposed", "when_graded", True, False),
    ],
)
def test_which_marked_answers_teach(db, origin, acceptance, policy, is_released, teaches):
    answer = None
    if policy:
        answer = factories.submitted_answer(
            question_set=factories.QuestionSetFactory(release_policy=policy),
            released_at=timezone.now() if is_released else None,
        )
    sample = factories.marked_answer(
        answer.question if answer else None, origin=origin, acceptance=acceptance, answer=answer
    )
    found = samples_for_grading(sample.question_id)
    assert [pk for _hash, pk in found] == ([sample.pk] if teaches else [])
