"""Send answers in over HTTP, and read their grades.

Grades are served here and not in `grading`, because the session decides who sees one. The bank is,
because interviews keep questions out of it.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer, ListSerializer
from rest_framework.throttling import ScopedRateThrottle

from api.endpoint import Endpoint
from api.problems import Problem, refused_parameter
from api.schema import UNAUTHENTICATED, problems
from grading.models import Grade
from interview.models import Answer
from interview.roles import CANDIDATE, INTEGRATOR
from interview.serializers import (
    KEY,
    GradeSerializer,
    ReceiptSerializer,
    SubmissionSerializer,
    SubmissionStateSerializer,
    questions_named,
    unusable_key,
)
from interview.services.errors import RefusedError
from interview.services.submissions import Submission, submit_from_program
from interview.standing import StandingResult, standing_result, with_results
from interview.visibility import (
    answers_readable_by,
    may_read_result,
    may_read_review,
    questions_readable_by,
    results_readable_by,
)
from questions.api import QuestionsView, QuestionView
from questions.models import QuestionQuerySet

MAX_ITEMS = 500
MAX_WAIT_S = 30
# A waiting request holds a thread of the web process. Two of them leave enough threads for others.
# A third one is answered without waiting.
MAX_WAITING = 2
POLL_FIRST_S, POLL_LAST_S = 0.05, 0.5

waiting = threading.BoundedSemaphore(MAX_WAITING)


# Send ---------------------------------------------------------------------------------------------


class MaySubmit(BasePermission):
    """Integrators and candidates. Stores on the request which of the two the sender is."""

    def has_permission(self, request: Request, view: Any) -> bool:
        roles = set(
            request.user.groups.filter(name__in=[INTEGRATOR, CANDIDATE]).values_list(
                "name", flat=True
            )
        )
        request.sends_for_others = INTEGRATOR in roles  # type: ignore[attr-defined]
        return bool(roles)


class SubmissionsView(Endpoint):
    permission_classes = (IsAuthenticated, MaySubmit)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "submissions"

    @extend_schema(
        operation_id="submit",
        tags=["submissions"],
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Sending the same key again returns what the first request stored. "
                "In a list, each item's key is this one with its index, unless the item has a "
                "client_key.",
            )
        ],
        request=PolymorphicProxySerializer(
            component_name="OneOrManySubmissions",
            serializers=[
                SubmissionSerializer,
                ListSerializer(
                    child=SubmissionSerializer(), allow_empty=False, max_length=MAX_ITEMS
                ),  # type: ignore[list-item]
            ],
            resource_type_field_name=None,
            many=False,
        ),
        responses={
            202: PolymorphicProxySerializer(
                component_name="OneOrManyReceipts",
                serializers=[ReceiptSerializer, ReceiptSerializer(many=True)],
                resource_type_field_name=None,
                many=False,
            )
        }
        | problems(
            _400="Malformed; `errors` names each place.",
            **UNAUTHENTICATED,
            _403="Neither an integrator nor a candidate.",
            _409="question_not_open, reserved or key_reused: well formed, but it can't be done "
            "now.",
            _413="Larger than 1 MB.",
            _429="Too many requests. Retry-After says when to go on.",
            _503="The database is busy. Nothing was stored.",
        ),
    )
    def post(self, request: Request) -> Response:
        """Send in one answer, or a list of up to 500: all are stored and queued, or none.

        A list is answered with a list in its order. A candidate's token sends in the candidate's
        own practice; `candidate` is ignored then.
        """
        is_list = isinstance(request.data, list)
        # What JSON holds.
        items: list[Any] = request.data if is_list else [request.data]  # type: ignore[assignment]
        context = {"questions": questions_named(items)}
        key = idempotency_key(request)
        serializer: BaseSerializer[Any] = (
            ListSerializer(
                data=items,
                child=SubmissionSerializer(),
                allow_empty=False,
                max_length=MAX_ITEMS,
                context=context,
            )
            if is_list
            else SubmissionSerializer(data=items[0], context=context)
        )
        serializer.is_valid(raise_exception=True)
        values: list[Any] = serializer.validated_data if is_list else [serializer.validated_data]
        for_others: bool = request.sends_for_others  # type: ignore[attr-defined]  # by MaySubmit
        submissions = [
            Submission(
                question=value["question"],
                text=value["text"],
                candidate=value["candidate"] if for_others else "",
                reference=value["reference"],
                client_key=value.get("client_key")
                or (f"{key}:{index}" if key and is_list else key),
            )
            for index, value in enumerate(values)
        ]
        try:
            answers = submit_from_program(
                integrator=self.caller,
                submissions=submissions,
                candidate=None if for_others else self.caller,
            )
        except RefusedError as error:
            raise refusal(error, is_list=is_list) from error
        receipts = ReceiptSerializer(receipts_of(answers, request), many=True).data
        if is_list:
            return Response(receipts, status=202)
        return Response(
            receipts[0], status=202, headers={"Location": receipts[0]["urls"]["submission"]}
        )


def idempotency_key(request: Request) -> str | None:
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        message = unusable_key()
        raise Problem(
            "invalid",
            message,
            errors=[{"header": "Idempotency-Key", "code": "invalid", "message": message}],
        )
    return key


def refusal(error: RefusedError, *, is_list: bool) -> Problem:
    """The problem document for what is well formed and can't be done now."""
    place: dict[str, Any] = {"code": error.code, "message": error.message}
    if is_list and error.index is not None:
        place = {"index": error.index, "pointer": f"#/{error.index}"} | place
    return Problem(error.code, error.message, status=409, errors=[place])


def receipts_of(answers: Sequence[Answer], request: Request) -> list[dict[str, Any]]:
    prefetch_related_objects(answers, "grades")
    receipts = []
    for answer in answers:
        grade = answer.newest_grade
        if grade is None:
            raise LookupError(f"Answer {answer.pk} was stored without a grade.")
        receipts.append(
            {
                "id": answer.public_id,
                "grade": grade.public_id,
                "status": grade.status,
                "reference": answer.session.external_reference,
                "urls": urls_of(answer, grade, request),
            }
        )
    return receipts


def urls_of(answer: Answer, grade: Grade | None, request: Request) -> dict[str, str | None]:
    return {
        "submission": reverse("v1:submission", args=[answer.public_id], request=request),
        "grade": reverse("v1:grade", args=[grade.public_id], request=request) if grade else None,
    }


# Read ---------------------------------------------------------------------------------------------


class ReadableQuestionsView(QuestionsView):
    def bank(self) -> QuestionQuerySet:
        return questions_readable_by(self.caller)


class ReadableQuestionView(QuestionView):
    def bank(self) -> QuestionQuerySet:
        return questions_readable_by(self.caller)


class SubmissionView(Endpoint):
    @extend_schema(
        operation_id="read_submission",
        tags=["submissions"],
        parameters=[
            OpenApiParameter(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S},
                description="Wait until the submission is graded or failed, for this many seconds "
                "at most. A busy server responds sooner: check `status` and ask again.",
            )
        ],
        responses={200: SubmissionStateSerializer}
        | problems(
            _400="`wait` is not a whole number from 0 to 30.",
            **UNAUTHENTICATED,
            _404="No such submission of yours.",
        ),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """How far a submission is, and its score once it is graded and shown to you."""
        wait_s = seconds_to_wait(request)
        readable = answers_readable_by(self.caller)
        if wait_s:
            answer_id = readable.filter(public_id=public_id).values_list("pk", flat=True).first()
            if answer_id is not None:
                wait_until_graded(answer_id, wait_s)
        answer = with_results(readable).filter(public_id=public_id).first()
        if answer is None:
            raise Http404
        return Response(
            SubmissionStateSerializer(submission_document(answer, self.caller, request)).data
        )


def seconds_to_wait(request: Request) -> int:
    raw = request.query_params.get("wait", "0")
    if not re.fullmatch(r"[0-9]{1,2}", raw) or int(raw) > MAX_WAIT_S:
        raise refused_parameter(
            "wait",
            _("wait must be a whole number of seconds from 0 to %(limit)d.")
            % {"limit": MAX_WAIT_S},
        )
    return int(raw)


def wait_until_graded(answer_id: int, seconds: float) -> None:
    """Return once no grade of the answer is queued or running, or the time is over.

    Returns at once where enough other requests are waiting.
    """
    if not waiting.acquire(blocking=False):
        return
    try:
        end, pause = time.monotonic() + seconds, POLL_FIRST_S
        while Grade.objects.unfinished().filter(answer_id=answer_id).exists():
            left = end - time.monotonic()
            if left <= 0:
                return
            if not connection.in_atomic_block:
                connection.close()  # a server has few connections: hold none while asleep
            time.sleep(min(pause, left))
            pause = min(2 * pause, POLL_LAST_S)
    finally:
        waiting.release()


def submission_document(answer: Answer, reader: User, request: Request) -> dict[str, Any]:
    """A submission as the reader sees it: grade and score only if the reader may see them."""
    newest, session = answer.newest_grade, answer.session
    shown = may_read_result(reader, answer)
    result = standing_result(answer, with_review=may_read_review(reader, answer)) if shown else None
    grade = (result.grade if result else newest) if shown else None
    return {
        "id": answer.public_id,
        "question": answer.question.slug,
        "candidate": session.external_candidate,
        "reference": session.external_reference,
        "text": answer.text,
        "submitted_at": answer.submitted_at,
        "status": newest.status if newest else Grade.Status.QUEUED,
        "failure": failure_of(newest, shown=shown),
        "grade": grade and grade.public_id,
        "score": result and result.score,
        "urls": urls_of(answer, grade, request),
    }


def failure_of(grade: Grade | None, *, shown: bool) -> str | None:
    """Why grading failed. The reason may name key points: only those who see them get it."""
    if grade is None or grade.status != Grade.Status.FAILED:
        return None
    return (
        grade.error
        if shown
        else _("Grading failed. Your answer is kept and can be graded again; ask your interviewer.")
    )


class GradeView(Endpoint):
    @extend_schema(
        operation_id="read_grade",
        tags=["grades"],
        responses={200: GradeSerializer}
        | problems(**UNAUTHENTICATED, _404="No such grade, or its result is not shown to you yet."),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """A grade, key point by key point, with the words that earned each.

        Until it is graded there are no score and no key points.
        """
        readable = with_results(results_readable_by(self.caller))
        answer = readable.filter(grades__public_id=public_id).first()
        if answer is None:
            raise Http404
        [grade] = [grade for grade in answer.grades.all() if grade.public_id == public_id]
        result = standing_result(
            answer, grade=grade, with_review=may_read_review(self.caller, answer)
        )
        whole = result.whole_points if result else None
        keys = [point.key_point.key for point in result.points] if result else []
        points = dict(zip(keys, whole.rows, strict=True)) if whole else {}
        document = grade_document(answer, grade, result)
        return Response(
            GradeSerializer(document, context={"text": answer.text, "points": points}).data
        )


def grade_document(answer: Answer, grade: Grade, result: StandingResult | None) -> dict[str, Any]:
    whole = result.whole_points if result else None
    return {
        "id": grade.public_id,
        "submission": answer.public_id,
        "question": answer.question.slug,
        "status": grade.status,
        "counts": grade == answer.standing_grade,
        "failure": failure_of(grade, shown=True),
        "score": result and result.score,
        "machine_score": result and result.machine_score,
        "cap_points": whole and whole.cap,
        "comment": result.review.comment if result and result.review else "",
        "key_points": result.points if result else (),
        "needs_review": grade.needs_review,
        "reasons": grade.reasons,
        "engine_version": grade.engine_version,
        "rubric": grade.rubric,
        "queued_at": grade.queued_at,
        "finished_at": grade.finished_at,
    }
