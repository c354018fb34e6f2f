"""A regrade on whole installations.

Many answers with its figures, two people at once, and processes killed in the middle of it.

`REGRADE_ANSWERS=500 pytest tests/test_regrade_processes.py -s` prints the figures for 500 answers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.installations import Installation, embedded, kill_now, team
from tests.servers import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

ANSWERS = int(os.environ.get("REGRADE_ANSWERS", "200"))

# Answers of many candidates to a question of the bank, graded by version 1, some with a reviewer's
# word; then version 2 is published.
PREPARE = """
from django.contrib.auth.models import User
from django.utils import timezone
from grading.models import Grade
from grading.services.queue import published_rubric
from grading.services.run import run_grade
from interview.models import Answer, InterviewSession, Review, ReviewVerdict
from questions.content import rubric_content
from questions.models import Question, Sample
from questions.services.rubrics import publish_rubric, start_draft, write_key_points
question, now = Question.objects.get(slug="scaled-dot-product"), timezone.now()
reviewer, candidate = (User.objects.get(username=name) for name in ("interviewer", "candidate"))
rubric, texts = published_rubric(question), list(Sample.objects.filter(question__slug="scaled-dot-product").values_list("text", flat=True))
key = rubric.key_points.first().key
for number in range(ANSWERS):
    session = InterviewSession.objects.create(candidate=candidate, status="submitted", submitted_at=now)
    text = f"{texts[number % len(texts)]} ({number})"
    answer = Answer.objects.create(session=session, question=question, text=text, status="submitted", submitted_at=now)
    run_grade(Grade.objects.create(answer=answer, rubric=rubric, dispatched_at=now).pk)
    if number % 10 == 0:
        ReviewVerdict.objects.create(review=Review.objects.create(answer=answer, reviewer=reviewer), key=key, verdict="covered")
draft = start_draft(question)
content = rubric_content(draft)
for point, weight in zip(content, ("1.00", "9.00", "4.00", "1.00", "3.00", "1.00")):
    point["weight"] = weight
write_key_points(draft, content)
publish_rubric(draft)
print(question.pk)
"""

STATE = """
import json
from collections import Counter
from django.db.models import Count, Max
from grading.models import Grade
from interview.models import Answer, Regrade, ReviewVerdict
regrade = Regrade.objects.latest("id")
ours = Answer.objects.filter(question=regrade.question)
counting = Grade.objects.filter(status="graded", pk__in=ours.annotate(newest=Max("grades")).values("newest"))
print(json.dumps({
    "status": regrade.status, "rows": Counter(regrade.rows.values_list("status", flat=True)),
    "grades": Counter(ours.annotate(n=Count("grades")).values_list("n", flat=True)),
    "versions": Counter(counting.values_list("rubric__version", flat=True)),
    "without_points": Grade.objects.filter(status="graded", matches=None).count(),
    "verdicts": ReviewVerdict.objects.filter(verdict="covered").count(),
    "scores": [str(score) for score in counting.order_by("answer").values_list("score", flat=True)],
}))
"""


class Desk:
    """The dashboard as its demo interviewer, without a browser."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.get("admin/login/")
        self.post(
            "admin/login/",
            username="interviewer",
            password=installation.passwords["interviewer"],
            next="/admin/",
        )

    def get(self, path: str) -> str:
        with self.opener.open(self.installation.url + path, timeout=120) as response:
            return response.read().decode()

    def post(self, path: str, **fields: str) -> tuple[str, str]:
        """The address and the text of the page that the answer leads to."""
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        request = urllib.request.Request(
            self.installation.url + path, data, {"Referer": self.installation.url}
        )
        with self.opener.open(request, timeout=120) as response:
            return response.url, response.read().decode()

    def start(self, question: str) -> str:
        """Ask for a dry run; the path of its pages."""
        url, _page = self.post(f"admin/interview/regrade/of/{question}/start/")
        return url.removeprefix(self.installation.url).removesuffix("preview/")

    def act(self, regrade: str, then: str) -> str:
        return self.post(f"{regrade}act/", then=then)[1]

    def progress(self, regrade: str) -> int | None:
        """How many answers were looked at; None when the dry run is over."""
        found = re.search(r'<progress[^>]* value="(\d+)"', self.get(f"{regrade}progress/"))
        return int(found[1]) if found else None

    def wait_for(self, regrade: str) -> None:
        wait_until(
            lambda: self.progress(regrade) is None, timeout_s=300, what="the dry run is over"
        )


def prepared(installation: Installation) -> str:
    """The question's id."""
    return (
        installation.manage("shell", "--no-imports", "-c", f"ANSWERS = {ANSWERS}\n{PREPARE}")
        .strip()
        .splitlines()[-1]
    )


def state(installation: Installation) -> dict:
    return json.loads(installation.manage("shell", "--no-imports", "-c", STATE))


def whole(found: dict, *, status: str, grades: int, version: int) -> None:
    """Every answer is in the same state, and no human verdict is lost."""
    assert found["rows"] == {status: ANSWERS}
    assert found["grades"] == {str(grades): ANSWERS}
    assert found["versions"] == {str(version): ANSWERS}
    assert (found["without_points"], found["verdicts"]) == (0, -(-ANSWERS // 10))


def processes(installation: Installation, words: str) -> list[int]:
    """The processes of the installation with these words in their command line.

    Those that do the work come last.
    """
    lines = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    table = {
        int(pid): (int(parent), args)
        for pid, parent, args in (line.split(None, 2) for line in lines)
    }
    found, nearest = [], [installation.supervisor or os.getpid()]
    while nearest:
        nearest = [pid for pid, (parent, _args) in table.items() if parent in nearest]
        found += [
            pid for pid in nearest if words in table[pid][1] and "child.py" not in table[pid][1]
        ]
    return found


def peak_mb(pids: list[int]) -> int:
    peaks = [re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in pids]
    return max(int(peak[1]) for peak in peaks if peak) // 1024


@pytest.mark.parametrize(
    "start",
    [embedded, pytest.param(team, marks=[pytest.mark.postgres, pytest.mark.redis])],
    ids=["embedded", "PostgreSQL and Redis"],
)
def test_many_answers_are_previewed_applied_by_two_people_at_once_and_undone(start, request):
    with start() as installation:
        question = prepared(installation)
        one, two = Desk(installation), Desk(installation)
        took: dict[str, float] = {}
        before = {name: peak_mb(processes(installation, name)) for name in ("celery", "gunicorn")}

        def timed(what: str, act) -> object:
            began = time.monotonic()
            done = act()
            took[what] = time.monotonic() - began
            return done

        regrade = timed("start", lambda: one.start(question))
        timed("dry run", lambda: one.wait_for(regrade))
        former = state(installation)
        whole(former, status="previewed", grades=1, version=1)
        timed("page", lambda: one.get(f"{regrade}preview/"))

        both = [
            threading.Thread(target=desk.act, args=(regrade, "apply_all")) for desk in (one, two)
        ]

        def press_both() -> None:
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()

        timed("apply", press_both)
        applied = state(installation)
        whole(applied, status="applied", grades=2, version=2)
        assert applied["scores"] != former["scores"]
        page = timed("undo", lambda: one.act(regrade, "undo"))
        assert f"{ANSWERS} " in page
        undone = state(installation)
        whole(undone, status="undone", grades=3, version=1)
        assert undone["scores"] == former["scores"]
        after = {name: peak_mb(processes(installation, name)) for name in ("celery", "gunicorn")}
        print(
            f"\n{ANSWERS} answers on {request.node.callspec.id}:",
            ", ".join(f"{what} {seconds:.2f} s" for what, seconds in took.items()),
        )
        print(
            "peak memory, MB:",
            ", ".join(f"{name} {before[name]} -> {after[name]}" for name in before),
        )


def test_worker_and_web_are_killed_in_the_middle_and_nothing_is_half_applied():
    with embedded() as installation:
        question = prepared(installation)
        desk = Desk(installation)

        # The worker dies in the middle of the dry run: the next one goes on from there.
        regrade = desk.start(question)
        wait_until(lambda: desk.progress(regrade) != 0, what="the dry run gets on")
        for pid in processes(installation, "celery"):
            kill_now(pid)
        done = desk.progress(regrade)
        assert done is not None, "the dry run was over before the worker was killed"
        assert done < ANSWERS
        desk.wait_for(regrade)
        former = state(installation)
        assert former["status"] == "ready"
        whole(former, status="previewed", grades=1, version=1)

        # The web process dies in the middle of applying: all of it or nothing was applied, and the
        # page says which.
        def press() -> None:
            with suppress(OSError, HTTPException):  # the process it was sent to dies
                desk.act(regrade, "apply_all")

        thread = threading.Thread(target=press)
        thread.start()
        time.sleep(0.15)
        for pid in processes(installation, "gunicorn"):
            kill_now(pid)
        thread.join()
        wait_until(installation.is_ready, what="web is back")
        found = state(installation)
        assert found["rows"] in ({"previewed": ANSWERS}, {"applied": ANSWERS})
        print("\nafter the kill:", found["rows"])
        desk = Desk(installation)
        desk.act(regrade, "apply_all")
        whole(state(installation), status="applied", grades=2, version=2)
        desk.act(regrade, "undo")
        undone = state(installation)
        whole(undone, status="undone", grades=3, version=1)
        assert undone["scores"] == former["scores"]
