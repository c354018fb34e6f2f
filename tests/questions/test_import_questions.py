"""`manage.py import_questions`.

All or nothing, twice is once, people's changes stay, and a mistake is named with its place.
"""

import io
import os

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEntry
from questions.exchange import apply
from questions.models import KeyPoint, Phrase, Question, Rubric, Topic
from questions.services.rubrics import start_draft
from tests import factories

pytestmark = pytest.mark.django_db

MARKDOWN = """### 1、什么是过拟合？

1、训练误差小而测试误差大。
2、模型记住了噪声。

### 2、什么是欠拟合？

训练误差也很大。模型容量不够。

https://example.org/notes
"""

YAML = """topic: training
questions:
  - slug: overfitting
    difficulty: easy
    minutes: 3
    prompt: {zh: 什么是过拟合？, en: What is overfitting?}
    key_points:
      - key: gap
        text: {zh: 训练误差小而测试误差大, en: Low training error and high test error}
"""
POINT_MORE = "        "  # where a further field of YAML's key point stands
QUESTION_MORE = "    "


@pytest.fixture
def write(tmp_path):
    def written(content, name="notes.md"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_questions", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    before = everything()
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert everything() == before
    return str(caught.value)


def everything() -> list:
    """Every row an import could touch, with the times it was changed."""
    tables = [
        list(model.objects.order_by("pk").values())
        for model in (Question, Rubric, KeyPoint, Phrase, Topic, AuditEntry)
    ]
    return [*tables, sorted(Question.topics.through.objects.values_list("question_id", "topic_id"))]


def rubrics(slug: str) -> list[tuple[int, str, list[str]]]:
    found = Rubric.objects.filter(question__slug=slug).order_by("version")
    return [
        (rubric.version, rubric.status, [point.text_zh for point in rubric.key_points.all()])
        for rubric in found
    ]


# What an import does ------------------------------------------------------------------------------


def test_an_import_makes_drafts_that_no_candidate_is_asked(write):
    out = run(write(MARKDOWN))

    first, second = Question.objects.order_by("slug")
    assert (first.slug, first.prompt_zh, first.seed, first.source_url) == (
        "seed-1-1",
        "什么是过拟合？",
        "1.1",
        "https://example.org/notes",
    )
    assert {first.status, second.status} == {Question.Status.DRAFT}
    assert rubrics("seed-1-1") == [(1, "draft", ["训练误差小而测试误差大。", "模型记住了噪声。"])]
    assert out.splitlines() == [
        "created   seed-1-1  什么是过拟合？",
        "created   seed-1-2  什么是欠拟合？",
        "2 questions, 4 key points: 2 created",
    ]


@pytest.mark.parametrize("publish", [[], ["--publish"]])
def test_a_dry_run_shows_the_key_points_and_changes_nothing(write, publish):
    path = write(MARKDOWN)
    before = everything()

    out = run(path, "--dry-run", *publish)

    assert everything() == before
    assert "            k2  模型记住了噪声。" in out.splitlines()
    assert (
        out.splitlines()[-1]
        == "2 questions, 4 key points: 2 created (dry run, nothing was changed)"
    )


def test_a_dry_run_over_questions_that_are_there_changes_nothing_either(write):
    run(write(MARKDOWN), "--publish")
    path = write(MARKDOWN.replace("记住了噪声", "学到了噪声"))
    before = everything()

    out = run(path, "--dry-run", "--publish")

    assert everything() == before
    assert (
        out.splitlines()[-1]
        == "2 questions, 4 key points: 1 changed, 1 unchanged (dry run, nothing was changed)"
    )


@pytest.mark.parametrize("publish", [[], ["--publish"]])
@pytest.mark.parametrize(("content", "name"), [(MARKDOWN, "notes.md"), (YAML, "bank.yaml")])
@pytest.mark.parametrize("topic_known", [True, False])
def test_a_second_import_changes_nothing(write, content, name, publish, topic_known):
    if topic_known:
        factories.TopicFactory(slug="training")
    path = write(content, name)
    run(path, *publish)
    before = everything()

    out = run(path, *publish)

    assert everything() == before
    assert out.splitlines()[-1].endswith(f": {Question.objects.count()} unchanged")


def test_publishing_freezes_the_rubrics_and_opens_the_questions(write):
    run(write(MARKDOWN), "--publish")

    assert Question.objects.published().count() == 2
    assert [status for _version, status, _points in rubrics("seed-1-1")] == ["published"]


def test_drafts_of_an_earlier_import_are_opened_by_a_later_one_that_publishes(write):
    path = write(MARKDOWN)
    run(path)

    out = run(path, "--publish")

    assert out.splitlines()[-1] == "2 questions, 4 key points: 2 changed"
    assert Question.objects.published().count() == 2
    assert Rubric.objects.count() == 2


def test_an_archived_question_stays_closed(write):
    run(write(MARKDOWN), "--publish")
    Question.objects.filter(slug="seed-1-1").update(status=Question.Status.ARCHIVED)

    run(write(MARKDOWN), "--publish")

    assert Question.objects.get(slug="seed-1-1").status == Question.Status.ARCHIVED


def test_changed_key_points_of_a_published_question_wait_in_version_2(write):
    run(write(MARKDOWN), "--publish")
    changed = write(MARKDOWN.replace("记住了噪声", "学到了噪声"))

    out = run(changed)

    assert "changed   seed-1-1" in out
    assert "unchanged seed-1-2" in out
    assert rubrics("seed-1-1") == [
        (1, "published", ["训练误差小而测试误差大。", "模型记住了噪声。"]),
        (2, "draft", ["训练误差小而测试误差大。", "模型学到了噪声。"]),
    ]


def test_publishing_changed_key_points_retires_version_1(write):
    run(write(MARKDOWN), "--publish")
    run(write(MARKDOWN.replace("记住了噪声", "学到了噪声")), "--publish")

    assert [(version, status) for version, status, _points in rubrics("seed-1-1")] == [
        (1, "retired"),
        (2, "published"),
    ]
    assert [(version, status) for version, status, _points in rubrics("seed-1-2")] == [
        (1, "published")
    ]


def test_a_changed_prompt_of_a_published_question_starts_version_2_since_grades_depend_on_it(write):
    run(write(MARKDOWN), "--publish")

    run(write(MARKDOWN.replace("什么是过拟合", "过拟合是什么")), "--publish")

    assert list(
        Rubric.objects.filter(question__slug="seed-1-1")
        .order_by("version")
        .values_list("status", "prompt_zh")
    ) == [
        ("retired", "什么是过拟合？"),
        ("published", "过拟合是什么？"),
    ]


def test_a_changed_draft_is_rewritten_in_place(write):
    run(write(MARKDOWN))

    run(write(MARKDOWN.replace("记住了噪声", "学到了噪声")))

    assert rubrics("seed-1-1") == [(1, "draft", ["训练误差小而测试误差大。", "模型学到了噪声。"])]


def edit_question(question: Question, author) -> None:
    Question.objects.filter(pk=question.pk).update(is_edited=True)


def write_rubric(question: Question, author) -> None:
    start_draft(question, author=author)


@pytest.mark.parametrize("edit", [edit_question, write_rubric])
def test_a_question_that_a_person_edited_is_kept_as_it_is(write, author, edit):
    run(write(MARKDOWN), "--publish")
    edit(Question.objects.get(slug="seed-1-1"), author)
    before = everything()

    out = run(
        write(MARKDOWN.replace("什么是过拟合", "过拟合是什么").replace("记住了噪声", "学到了噪声")),
        "--publish",
    )

    assert everything() == before
    assert "kept      seed-1-1" in out
    assert (
        "note: questions marked “kept” were edited in the dashboard, so the file does not "
        "overwrite them; --overwrite does." in out.splitlines()
    )
    assert out.splitlines()[-1] == "2 questions, 4 key points: 1 unchanged, 1 kept"


def test_an_import_leaves_the_mark_of_an_edit_made_meanwhile(write, monkeypatch):
    run(write(MARKDOWN))
    planned = apply.plan_import

    def edited_behind_the_plan(*args, **options):
        plan = planned(*args, **options)
        Question.objects.update(is_edited=True)
        return plan

    monkeypatch.setattr(apply, "plan_import", edited_behind_the_plan)
    run(write(MARKDOWN.replace("什么是过拟合", "过拟合是什么")))

    question = Question.objects.get(slug="seed-1-1")
    assert (question.prompt_zh, question.is_edited) == ("过拟合是什么？", True)


def test_what_the_file_does_not_say_stays(write):
    run(write(MARKDOWN))
    topic = factories.TopicFactory()
    question = Question.objects.get(slug="seed-1-1")
    question.topics.add(topic)
    Question.objects.filter(pk=question.pk).update(difficulty="hard", suggested_minutes=9)

    run(write(MARKDOWN.replace("记住了噪声", "学到了噪声")))

    question.refresh_from_db()
    assert (question.difficulty, question.suggested_minutes, list(question.topics.all())) == (
        "hard",
        9,
        [topic],
    )


def test_a_bank_file_brings_all_its_fields(write):
    factories.TopicFactory(slug="training")
    more = "        weight: 1.5\n        required: true\n        hint: {zh: 看测试集}\n        feedback: {en: Compare both errors.}\n"
    phrases = "        says_it: [背下了训练集]\n        term_groups: [[方差, variance], [8, 16]]\n        contradicts: [误差都大]\n"

    run(write(YAML + more + phrases, "bank.yaml"))

    question = Question.objects.get(slug="overfitting")
    point = KeyPoint.objects.get(rubric__question=question)
    assert (
        question.difficulty,
        question.suggested_minutes,
        [topic.slug for topic in question.topics.all()],
    ) == ("easy", 3, ["training"])
    assert (point.key, str(point.weight), point.required, point.hint_zh, point.feedback_en) == (
        "gap",
        "1.50",
        True,
        "看测试集",
        "Compare both errors.",
    )
    assert list(point.phrases.values_list("kind", "text")) == [
        ("says_it", "背下了训练集"),
        ("term_group", "方差\nvariance"),
        ("term_group", "8\n16"),
        ("contradicts", "误差都大"),
    ]


def test_several_files_are_imported_together(write):
    assert (
        run(write(MARKDOWN), write(YAML, "bank.yml")).splitlines()[-1]
        == "3 questions, 5 key points: 3 created"
    )


def test_a_prefix_keeps_the_questions_of_two_documents_apart(write):
    path = write(MARKDOWN)
    run(path)

    run(path, "--prefix", "course")

    assert set(Question.objects.values_list("slug", flat=True)) == {
        "seed-1-1",
        "seed-1-2",
        "course-1-1",
        "course-1-2",
    }


def test_a_gap_in_the_numbers_is_noted_with_its_line(write):
    path = write(MARKDOWN.replace("### 2、", "### 3、"))

    assert f"{path}:6: note: number 3 follows number 1" in run(path)


# What it refuses ----------------------------------------------------------------------------------


def test_one_bad_file_stops_the_good_one_beside_it_and_its_mistake_is_named_with_the_line(write):
    good, bad = write(MARKDOWN), write(YAML.replace("easy", "gruesome"), "bank.yaml")

    assert refusal(good, bad).splitlines() == [
        f"{bad}:4: “difficulty” must be one of easy, medium, hard; it is “gruesome”.",
        "Nothing was imported.",
    ]
    assert not Question.objects.exists()


def test_the_mistakes_of_all_files_are_named(write):
    first, second = write("words\n"), write(YAML.replace("easy", "gruesome"), "bank.yaml")

    assert [line.split(": ")[0] for line in refusal(first, second).splitlines()[:-1]] == [
        f"{first}:1",
        f"{second}:4",
    ]


def test_one_slug_in_two_files_is_refused(write):
    first, second = write(MARKDOWN), write(MARKDOWN, "again.md")

    assert f"{second}:1: the slug “seed-1-1” is already used at {first}:1." in refusal(
        first, second
    )


def test_a_failure_in_the_middle_leaves_nothing_behind(write, monkeypatch):
    written = []

    def fail_at_the_second(draft, content):
        if written:
            raise RuntimeError("the disk is full")
        written.append(draft)

    monkeypatch.setattr(apply, "write_key_points", fail_at_the_second)

    with pytest.raises(RuntimeError, match="disk is full"):
        run(write(MARKDOWN))

    assert not Question.objects.exists()


OTHER = MARKDOWN.replace("什么是过拟合？", "Adam优化器比SGD多存了哪些状态？").replace(
    "什么是欠拟合？", "数据并行时梯度怎样同步？"
)


def test_another_document_without_a_prefix_does_not_overwrite_the_first(write):
    run(write(MARKDOWN))
    other = write(OTHER, "other.md")

    assert refusal(other).startswith(
        f"{other}:1: seed-1-1 is a different question here, “什么是过拟合？”, and so are 2 of 2."
    )


def test_a_document_that_was_rewritten_can_be_imported_by_naming_its_prefix(write):
    run(write(MARKDOWN))
    run(write(OTHER), "--prefix", "seed")

    assert list(Question.objects.order_by("slug").values_list("prompt_zh", flat=True)) == [
        "Adam优化器比SGD多存了哪些状态？",
        "数据并行时梯度怎样同步？",
    ]


def test_a_topic_that_is_not_there_is_noted_with_its_file(write):
    path = write(YAML, "bank.yaml")

    assert f"{path}:3: note: there is no topic “training”" in run(path)
    assert not Question.objects.get().topics.exists()


@pytest.mark.parametrize("prefix", ["", "Two Words", "-x", "a_b", "题", "a" * 61])
def test_a_prefix_that_makes_no_slug_is_refused(write, prefix):
    assert "--prefix must be at most 60 lower-case letters" in refusal(
        write(MARKDOWN), f"--prefix={prefix}"
    )


@pytest.mark.parametrize("name", ["notes.txt", "notes.pdf", "notes"])
def test_an_unknown_ending_is_refused(write, name):
    path = write(MARKDOWN, name)

    said = f"{path}: files that end in “{name.removeprefix('notes')}” can't be read. Use one of .yaml, .json, .csv, .xlsx, .md."
    assert refusal(path).startswith(said)


def test_a_missing_file_is_named(tmp_path):
    assert f"{tmp_path / 'none.md'}: there is no such file." in refusal(str(tmp_path / "none.md"))


@pytest.mark.parametrize("name", ["folder", "folder.md", "folder.yaml"])
def test_a_folder_is_refused_as_one(tmp_path, name):
    (tmp_path / name).mkdir()

    assert f"{tmp_path / name}: this is a folder." in refusal(str(tmp_path / name))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")

    assert "this is not a regular file" in refusal(str(tmp_path / "pipe.md"))


def test_a_file_name_with_a_nul_is_refused():
    assert "can't be read" in refusal("a\0.md")


def test_text_that_is_not_utf_8_is_refused_with_its_line_and_byte(write):
    path = write(MARKDOWN.encode() + "\n### 3、什么是正则化？\n".encode("gbk"))

    assert (
        f"{path}:12: byte {len(MARKDOWN.encode()) + 6} (counted from 0) is not UTF-8. Save the "
        "file as UTF-8." in refusal(path)
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_understood(write, encoding):
    run(write(MARKDOWN.encode(encoding)))

    assert Question.objects.get(slug="seed-1-1").prompt_zh == "什么是过拟合？"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (MARKDOWN.encode("utf-32"), ": the file is in UTF-32. Save it as UTF-8."),
        (MARKDOWN.encode("utf-16") + b"\0", " is not UTF-16. Save the file as UTF-8."),
        (MARKDOWN.replace("噪声", "噪\0声"), ":4: there is a NUL character. Remove it."),
        (MARKDOWN.encode("utf-16-le"), " is not UTF-8."),
        ("", ": the file is empty. There is nothing to import."),
        ("\ufeff \r\n\t\n", ": the file is empty. There is nothing to import."),
        ("### 1. A?\n" + "x" * (20 * 1024 * 1024), ": the file is larger than 20 MB."),
    ],
    ids=[
        "UTF-32",
        "half of a UTF-16 unit",
        "NUL",
        "UTF-16 without a mark",
        "empty",
        "blank",
        "too large",
    ],
)
def test_a_file_that_is_no_plain_text_is_refused(write, content, message):
    path = write(content)

    found = refusal(path)

    assert found.startswith(path)
    assert message in found


# Lines 3 to 9 of YAML hold its question, lines 8 and 9 the key point; what is put behind them
# stands in line 10.
@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (YAML.replace("overfitting?}", "overfitting?"), 7, "this is not YAML: "),
        (YAML + "\tx: 1\n", 10, "this is not YAML: "),
        (YAML + "---\ntopic: x\n", 10, "a second document begins here (---)."),
        (YAML.replace("过拟合", "过\x01合"), 6, "the character U+0001 is not allowed in YAML."),
        (YAML + POINT_MORE + "key: again\n", 10, "the field “key” appears twice here. Keep one."),
        (YAML + POINT_MORE + "colour: red\n", 10, "a key point has no field “colour”."),
        (YAML + QUESTION_MORE + "colour: red\n", 10, "a question has no field “colour”."),
        (YAML + "colour: red\n", 10, "the file has no field “colour”."),
        (YAML.replace("zh: 什么", "de: 什么"), 6, "“prompt” has no field “de”."),
        (
            YAML.replace("{zh: 什么是过拟合？, en: What is overfitting?}", "{}"),
            6,
            "“prompt” needs a text under zh or en.",
        ),
        (
            YAML.replace("{zh: 什么是过拟合？, en: What is overfitting?}", "什么？"),
            6,
            "“prompt” must be written as fields: zh, en.",
        ),
        (
            YAML.replace("    prompt:", "    model_answer:"),
            3,
            "“prompt” needs a text under zh or en.",
        ),
        (
            YAML.replace(
                "zh: 训练误差小而测试误差大, en: Low training error and high test error", ""
            ),
            9,
            "“text” needs a text under zh or en.",
        ),
        (
            YAML.replace("slug: overfitting", "slug: Over Fitting"),
            3,
            "“slug” must look like kv-cache; it is “Over Fitting”.",
        ),
        (
            YAML.replace("- slug: overfitting", "- seed: '1.1'"),
            3,
            "the field “slug” is missing or empty.",
        ),
        (
            YAML.replace("key: gap", "key: the gap"),
            8,
            "“key” must look like variance-grows; it is “the gap”.",
        ),
        (
            YAML + YAML.split("questions:\n")[1],
            10,
            "the slug “overfitting” is already used in line 3.",
        ),
        (
            YAML + "      - key: gap\n        text: {zh: 丙}\n",
            10,
            "the key “gap” is already used in line 8.",
        ),
        *[
            (
                YAML + POINT_MORE + f"weight: {weight}\n",
                10,
                "“weight” must be a number from 0.01 to 999.99 with at most two decimals.",
            )
            for weight in ("0", "-1", "1.234", "1000", "heavy", ".inf", ".nan", "true", "[1]")
        ],
        (
            YAML + POINT_MORE + "says_it: &w [甲]\n" + POINT_MORE + "contradicts: *w\n",
            10,
            "anchors and aliases (&name, *name, <<)",
        ),
        (
            YAML + POINT_MORE + "term_groups: &r [*r]\n",
            10,
            "anchors and aliases (&name, *name, <<)",
        ),
        (
            YAML.replace("zh: 训练", "zh: &t 训练") + POINT_MORE + "hint: {zh: *t}\n",
            9,
            "anchors and aliases (&name, *name, <<)",
        ),
        (
            YAML + QUESTION_MORE + "<<: {seed: '1.1'}\n",
            10,
            "anchors and aliases (&name, *name, <<)",
        ),
        (
            YAML + POINT_MORE + "[a, {b: c}]: d\n",
            10,
            "the name of a field is a list or has fields of its own.",
        ),
        (YAML.replace("minutes: 3", "minutes: !!int three"), 5, "tags (!name) are not accepted."),
        (
            YAML + POINT_MORE + 'says_it: ["背\\0下"]\n',
            10,
            "a wording of “says_it” has a NUL character",
        ),
        (
            YAML + POINT_MORE + 'hint: {zh: "\\ud800"}\n',
            10,
            "“zh” has a NUL character or half of one",
        ),
        (
            YAML + POINT_MORE + 'term_groups: [["\\ud800"]]\n',
            10,
            "a term group has a NUL character or half of one",
        ),
        (
            YAML.replace("slug: overfitting", "slug: " + "a" * 81),
            3,
            "“slug” can have at most 80 characters.",
        ),
        (YAML.replace("key: gap", "key: " + "a" * 61), 8, "“key” can have at most 60 characters."),
        (
            YAML + POINT_MORE + "hint: {zh: " + "甲" * 50_001 + "}\n",
            10,
            "“zh” has more than 50000 characters.",
        ),
        (YAML.split("text:", maxsplit=1)[0] + "text:\n", 9, "“text” needs a text under zh or en."),
        (
            YAML + POINT_MORE + "term_groups: " + "[" * 30 + "]" * 30 + "\n",
            10,
            "lists or mappings are nested deeper than 20.",
        ),
        (
            YAML + POINT_MORE + "term_groups: [方差]\n",
            10,
            "a term group is a list of words, like [方差, variance].",
        ),
        (YAML + POINT_MORE + "says_it: words\n", 10, "“says_it” must be a list."),
        (YAML + POINT_MORE + "says_it:\n          - 3\n", 11, "each of “says_it” must be a text."),
        (YAML + POINT_MORE + "required: maybe\n", 10, "“required” must be true or false."),
        (
            YAML + QUESTION_MORE + "source: javascript://example.org\n",
            10,
            "“source” must look like https://example.org/page",
        ),
        (
            YAML + QUESTION_MORE + "source: 'https://[::1'\n",
            10,
            "“source” must look like https://example.org/page",
        ),
        (
            YAML + QUESTION_MORE + "seed: 1.1\n",
            10,
            "“seed” must be text. Put it in quotation marks.",
        ),
        (
            YAML.replace("minutes: 3", "minutes: 0"),
            5,
            "“minutes” must be a whole number from 1 to 32767.",
        ),
        (YAML.split("      - key", maxsplit=1)[0], 7, "the list “key_points” is missing or empty."),
        ("topic: x\nquestions:\n  - only words\n", 3, "a question must be written as fields"),
        ("topic: x\nquestions: []\n", 2, "the list “questions” is missing or empty."),
        ("- a\n", 1, "the file must be written as fields: topic, topics, questions, samples."),
    ],
)
def test_a_mistake_in_a_bank_file_is_named_with_its_line(write, content, line, message):
    path = write(content, "bank.yaml")

    found = refusal(path).splitlines()

    assert any(told.startswith(f"{path}:{line}: {message}") for told in found), found
    assert {told.split(": ")[0] for told in found[:-1]} == {f"{path}:{line}"}, found


def test_nesting_that_would_exhaust_the_stack_is_refused_like_any_other(write):
    path = write("topic: " + "[" * 500 + "]" * 500 + "\n", "bank.yaml")

    assert "lists or mappings are nested deeper than 20. Flatten them." in refusal(path)


def test_a_tag_that_names_code_runs_none(write, tmp_path):
    path = write(
        f"topic: !!python/object/apply:os.mkdir ['{tmp_path}/made']\nquestions: []\n", "bank.yaml"
    )

    assert f"{path}:" in refusal(path)
    assert not (tmp_path / "made").exists()


def test_a_text_in_one_language_is_enough(write):
    run(write(YAML.replace(", en: What is overfitting?", ""), "bank.yaml"))

    assert Question.objects.get().prompt_en == ""


def test_a_key_point_without_a_word_is_imported_as_a_draft_and_not_published(write):
    path = write(
        YAML.replace("训练误差小而测试误差大", "……").replace(
            "Low training error and high test error", "the of"
        ),
        "bank.yaml",
    )

    assert refusal(path, "--publish").splitlines() == [
        (
            f"{path}:3: overfitting can't be published: key point 1 has no word that an answer could "
            "contain. Write it as a statement."
        ),
        "Nothing was imported.",
    ]
    run(path)
    assert rubrics("overfitting") == [(1, "draft", ["……"])]
