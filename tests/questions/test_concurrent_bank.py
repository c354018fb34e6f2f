"""Authors at once: at marked answers, words of the glossary, files, and the state of a question."""

import pytest

from audit.models import AuditEntry
from questions.exchange.apply import import_questions
from questions.exchange.plan import plan_import
from questions.exchange.uploads import (
    PreviewOutdatedError,
    import_upload,
    keep_upload,
    plan_digest,
    read_upload,
)
from questions.files.document import key_point
from questions.models import GlossaryVersion, PendingImport, Question, Sample, Term
from questions.services.drafting import NothingToDraftError, draft_from_model_answer
from questions.services.drafts import current_content, save_draft
from questions.services.glossary import remove_terms, write_term
from questions.services.questions import set_question_status
from questions.services.samples import write_sample
from tests import factories
from tests.threads import overlapping

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def authors():
    return [factories.UserFactory() for _ in range(2)]


# Marked answers -----------------------------------------------------------------------------------


def spoken(question: Question, text: str) -> Sample:
    sample = Sample(question=question)
    return write_sample(sample, kind="spoken", text=text, marks={"variance": 1}, author=None)


def test_marked_answers_kept_at_once_get_names_of_their_own():
    question = factories.published_question()

    overlapping(lambda: spoken(question, "one"), lambda: spoken(question, "other"))

    assert dict(Sample.objects.values_list("text", "name")) == {
        "one": "spoken-1",
        "other": "spoken-2",
    }


def test_a_text_kept_twice_at_once_is_one_marked_answer():
    question = factories.published_question()

    one, other = overlapping(*[lambda: spoken(question, "the same")] * 2)

    assert one == other == Sample.objects.get()


# Words --------------------------------------------------------------------------------------------


def in_force() -> list[list[str]]:
    return sorted(GlossaryVersion.objects.first().content["groups"])


def test_words_written_at_once_are_all_in_force(authors):
    write_term(Term(), kind="same", words=["梯度", "gradient"])

    overlapping(
        lambda: write_term(Term(), kind="same", words=["方差", "variance"], actor=authors[0]),
        lambda: write_term(Term(), kind="same", words=["残差", "residual"], actor=authors[1]),
    )

    assert in_force() == [["方差", "variance"], ["梯度", "gradient"], ["残差", "residual"]]


def test_of_two_changes_to_one_entry_the_later_is_in_force(authors):
    term = write_term(Term(), kind="same", words=["方差", "variance"])

    overlapping(
        lambda: write_term(Term.objects.get(), kind="same", words=["方差", "var"]),
        lambda: write_term(Term.objects.get(), kind="same", words=["方差", "σ²"]),
    )

    term.refresh_from_db()
    assert in_force() == [term.word_list] == [["方差", "σ²"]]


def test_an_entry_removed_while_another_is_written_is_out_of_force():
    term = write_term(Term(), kind="same", words=["方差", "variance"])

    overlapping(
        lambda: remove_terms([term]),
        lambda: write_term(Term(), kind="same", words=["残差", "residual"]),
    )

    assert in_force() == [["残差", "residual"]]


# The state of a question --------------------------------------------------------------------------


def test_a_question_archived_by_two_at_once_is_archived_once(authors):
    question = factories.published_question()

    outcomes = overlapping(
        *(
            lambda author=author: set_question_status(
                question, Question.Status.ARCHIVED, actor=author
            )
            for author in authors
        )
    )

    assert outcomes == [True, False]
    assert AuditEntry.objects.filter(action="question.status").count() == 1


# Files --------------------------------------------------------------------------------------------

FILE = """questions:
  - slug: layer-norm
    prompt: {en: What does LayerNorm normalise?}
    key_points: [{key: feature, text: {en: over the features}}]
"""


def imported(upload: PendingImport):
    seen = plan_digest(plan_import([read_upload(upload)]))
    return lambda: import_upload(
        upload.pk, owner=upload.owner, seen=seen, publish=True, overwrite=False
    )


def upload_of(owner, content: str = FILE) -> PendingImport:
    return keep_upload(owner=owner, name="bank.yaml", content=content.encode(), prefix="")


def test_an_import_pressed_twice_at_once_is_done_once(authors):
    upload = upload_of(authors[0])

    outcomes = overlapping(*[imported(upload)] * 2, refusals=(PendingImport.DoesNotExist,))

    assert isinstance(outcomes[1], PendingImport.DoesNotExist)
    assert Question.objects.get().rubrics.get().version == 1


def test_two_people_who_import_one_new_question_at_once_make_it_once(authors):
    imports = [imported(upload_of(author)) for author in authors]

    outcomes = overlapping(*imports, refusals=(PreviewOutdatedError,))

    assert isinstance(outcomes[1], PreviewOutdatedError)
    assert Question.objects.get().rubrics.get().version == 1


def test_an_import_that_meets_an_authors_draft_does_not_overwrite_it(authors):
    import_questions([read_upload(upload_of(authors[0]))], publish=True)
    question = Question.objects.get()
    content = current_content(question)
    content["key_points"][0]["text"]["en"] = "written by hand"
    importing = imported(upload_of(authors[0], FILE.replace("over the", "across the")))

    overlapping(
        lambda: save_draft(question, content, base=None, actor=authors[1]),
        importing,
        refusals=(PreviewOutdatedError,),
    )

    assert current_content(question) == content


def test_a_draft_taken_from_the_model_answer_does_not_overwrite_one_just_saved(authors):
    question = factories.QuestionFactory(status="draft")
    content = current_content(question) | {"key_points": [key_point("mine", {"zh": "", "en": "x"})]}

    overlapping(
        lambda: save_draft(question, content, base=None, actor=authors[0]),
        lambda: draft_from_model_answer(question, author=authors[1], note=""),
        refusals=(NothingToDraftError,),
    )

    assert current_content(question) == content
