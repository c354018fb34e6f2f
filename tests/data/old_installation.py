"""Make the dumps beside this file: a small installation from before the squash of migrations.

The dumps were made at commit ed27113, in a checkout of it, with an empty data folder:

    export TOUCHSTONE_DATA=/tmp/old TOUCHSTONE_BROKER_URL=memory://
    SCRIPT=.../tests/data/old_installation.py
    python manage.py shell --no-imports < $SCRIPT > old_installation.sqlite.sql

and once more with TOUCHSTONE_DATABASE_URL set to an empty PostgreSQL database (then `pg_dump` is
called, which must be on the path). The imports are those of that commit.
"""

import os
import re
import subprocess
import sys
from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from grading.models import Grade, Regrade
from grading.services import fail_grade, published_rubric, run_grade
from interview.models import Answer, InterviewSession, QuestionSet, SetQuestion
from interview.regrading import apply_regrade, run_preview, start_regrade, undo_regrade
from interview.roles import ensure_roles
from interview.services import record_review
from questions.models import KeyPoint, PendingImport, Phrase, Proposal, Question, Rubric, Topic
from questions.services import publish_rubric, rubric_content, start_draft, write_key_points

TEXTS = ["点积的方差随维度 d 增大。", "不缩放时 softmax 进入饱和区，梯度接近零。", "不知道。"]


def make_question(slug):
    question = Question.objects.create(
        slug=slug,
        prompt_zh="为什么注意力打分要除以根号 d？",
        prompt_en="Why are attention scores divided by the square root of d?",
        model_answer_zh="点积的方差随维度增大，不缩放会让 softmax 饱和，梯度变得很小。",
        status="published",
    )
    rubric = Rubric.objects.create(question=question, version=1)
    for order, (key, text) in enumerate(
        [
            ("variance", "点积的方差随维度 d 增大"),
            ("saturation", "不缩放时 softmax 进入饱和区，梯度接近零"),
        ]
    ):
        point = KeyPoint.objects.create(rubric=rubric, key=key, order=order, text_zh=text)
        Phrase.objects.create(key_point=point, kind="says_it", text=text)
    publish_rubric(rubric)
    return question


def make_answer(question, candidate, text):
    question_set, created = QuestionSet.objects.get_or_create(
        title_en=question.slug, release_policy="on_release"
    )
    if created:
        SetQuestion.objects.create(question_set=question_set, question=question)
    now = timezone.now()
    session = InterviewSession.objects.create(
        candidate=candidate, question_set=question_set, status="submitted", submitted_at=now
    )
    return Answer.objects.create(
        session=session, question=question, text=text, status="submitted", submitted_at=now
    )


def queue(answer):
    return Grade.objects.create(
        answer=answer,
        rubric=published_rubric(answer.question),
        dispatched_at=timezone.now(),
        dispatches=1,
    )


def publish_next(question, weight):
    draft = start_draft(question)
    content = rubric_content(draft)
    content[0]["weight"] = weight
    write_key_points(draft, content)
    return publish_rubric(draft)


def fill():
    candidate = User.objects.create_user("old candidate")
    reviewer = User.objects.create_superuser("old reviewer")
    author = User.objects.create_user("old author", is_staff=True)
    author.groups.add(Group.objects.get(name="author"))
    author.user_permissions.add(
        Permission.objects.get(content_type__app_label="grading", codename="view_regraderow")
    )
    topic = Topic.objects.create(slug="old-topic", name_zh="注意力", name_en="Attention")
    question, other = make_question("old-question"), make_question("other-old-question")
    question.topics.add(topic)

    answers = [make_answer(question, candidate, text) for text in TEXTS]
    for answer in answers:
        run_grade(queue(answer).pk)
    review = record_review(
        answer=answers[0],
        reviewer=reviewer,
        verdicts={"variance": ("partial", "which dimension?")},
        comment="good",
        note="ask again",
    )
    Proposal.objects.create(
        question=question, key="variance", kind="says_it", text="方差变大", sample=answers[0].sample
    )
    PendingImport.objects.create(owner=author, name="bank.yaml", content=b"questions: []")

    publish_next(question, "4.00")
    undone = start_regrade(question, actor=reviewer)
    run_preview(undone.pk)
    apply_regrade(undone, actor=reviewer)
    undo_regrade(undone, actor=reviewer)
    publish_next(question, "9.00")
    applied = start_regrade(question, actor=reviewer)
    run_preview(applied.pk)
    apply_regrade(applied, actor=reviewer)

    run_grade(queue(make_answer(other, candidate, TEXTS[0])).pk)
    waiting = start_regrade(other, actor=reviewer)
    Regrade.objects.filter(pk=waiting.pk).update(dispatched_at=timezone.now())
    failed = queue(make_answer(other, candidate, TEXTS[1]))
    fail_grade(failed, Grade.objects.claim(failed.pk), "the old reason")
    queue(make_answer(other, candidate, TEXTS[2]))
    InterviewSession.objects.create(
        candidate=candidate,
        question_set=QuestionSet.objects.first(),
        deadline=timezone.now() - timedelta(days=1),
    )
    LogEntry.objects.create(
        user=reviewer,
        content_type=ContentType.objects.get_for_model(Regrade),
        object_id=str(applied.pk),
        object_repr=str(applied),
        action_flag=CHANGE,
    )
    return review


def dump():
    if connection.vendor == "sqlite":
        yield from connection.connection.iterdump()
    else:
        made = subprocess.run(
            [
                "pg_dump",
                "--no-owner",
                "--no-privileges",
                "--inserts",
                os.environ["TOUCHSTONE_DATABASE_URL"],
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        yield re.sub(
            r"^(--.*|SET .*|\\.*|SELECT pg_catalog.set_config.*)?\n",
            "",
            made.stdout,
            flags=re.MULTILINE,
        )


call_command("migrate", verbosity=0)
ensure_roles()
fill()
for line in dump():
    sys.stdout.write(f"{line}\n")
