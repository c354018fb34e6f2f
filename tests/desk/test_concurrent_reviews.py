"""Two interviewers save the same answer's form at once.

The second is told and overwrites nothing.
"""

import pytest

from interview.models import Review
from interview.services.reviews import record_review
from tests import factories
from tests.conftest import signed_in, user_in
from tests.desk.test_review import messages_of, sent, stamp_of, url_of
from tests.threads import overlapping

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("is_first", [False, True], ids=["review again", "first review"])
def test_a_review_saved_a_moment_before_is_not_overwritten(roles, is_first):
    answer = factories.graded_answer()
    me, colleague = (user_in("interviewer", name) for name in ("me", "colleague"))
    seen = ""
    if not is_first:
        record_review(answer=answer, reviewer=colleague, verdicts={}, comment="before")
        seen = stamp_of(answer)
    client, body = signed_in(me), sent(answer, seen=seen, comment="mine")

    _saved, response = overlapping(
        lambda: record_review(answer=answer, reviewer=colleague, verdicts={}, comment="theirs"),
        lambda: client.post(url_of(answer.session), body),
    )

    assert "colleague" in messages_of(response)
    assert Review.objects.get().comment == "theirs"
