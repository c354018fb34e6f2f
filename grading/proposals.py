"""The learning loop: propose words for the rubric where a marked answer is graded wrongly.

An author decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from grading import engine
from grading.agreement import machine_says_yes, person_says_yes
from grading.bench import Bench, Effect, benches_of, effect_of, marked_answers, try_text
from questions.models import MAX_WORDING_LENGTH, KeyPoint, Phrase, Proposal, Question, Sample
from questions.services.drafting import clauses_of
from questions.services.rubrics import start_draft


class KeyPointGoneError(Exception):
    """The draft has no such key point any more."""


class ProposalDecidedError(Exception):
    """Somebody accepted or dismissed the proposal meanwhile."""


def propose_changes(
    sample: Sample,
    *,
    author: User | None,
    pointed: Mapping[str, str] | None = None,
    keys: Iterable[str] | None = None,
) -> list[Proposal]:
    """Propose words for each key point that the rubric judges wrongly in the sample.

    It is a wording where the rubric misses the point, a contradiction where it credits it wrongly.

    `pointed` holds the words a person pointed at, by key; elsewhere the clause that the engine
    likes best is taken. `keys` are the key points to look at, all by default. What was proposed
    before, also if it was dismissed, is not proposed again.
    """
    draft, published = benches_of(sample.question)
    bench = draft or published
    if bench is None:
        return []
    result = try_text(bench, sample.text)
    wanted = set(sample.marks if keys is None else keys)
    points = {point.key: point for point in bench.content.key_points}
    wrong = [
        point
        for point in result.key_points
        if point.key in sample.marks
        and point.key in wanted
        and person_says_yes(sample.marks[point.key]) != machine_says_yes(point.verdict)
    ]
    if not wrong:
        return []
    clauses = clauses_of(sample.text)
    alone: list[dict[str, float]] = []
    made = []
    for point in wrong:
        is_missed = person_says_yes(sample.marks[point.key])
        text = " ".join((pointed or {}).get(point.key, "").split())[:MAX_WORDING_LENGTH]
        if not text and is_missed:
            alone = alone or [chances_of(bench, clause) for clause in clauses]
            text = max(
                zip(clauses, alone, strict=True),
                key=lambda pair: pair[1][point.key],
                default=("", {}),
            )[0]
        elif not text:
            text = clause_at(sample.text, point.evidence, clauses)
        if not text or text in {phrase.text for phrase in points[point.key].phrases}:
            continue
        proposal, is_new = Proposal.objects.get_or_create(
            question=sample.question,
            key=point.key,
            kind=Proposal.Kind.SAYS_IT if is_missed else Proposal.Kind.CONTRADICTS,
            text=text,
            defaults={"sample": sample, "author": author},
        )
        if is_new:
            made.append(proposal)
    return made


def chances_of(bench: Bench, clause: str) -> dict[str, float]:
    """How likely each key point is said by the clause alone."""
    return {point.key: point.chance for point in try_text(bench, clause).key_points}


def clause_at(text: str, evidence: Sequence[engine.Span], clauses: Sequence[str]) -> str:
    """The clause that holds most of the evidence, the shortest where several do.

    Nothing where none holds any.
    """

    def held(clause: str) -> int:
        start = text.find(clause)
        return sum(
            max(0, min(span.end, start + len(clause)) - max(span.start, start)) for span in evidence
        )

    best = max(clauses, key=lambda clause: (held(clause), -len(clause)), default="")
    return best if best and held(best) else ""


def effect_of_proposal(proposal: Proposal, *, text: str = "") -> Effect | None:
    """What accepting it would do, on the draft or, without one, on the published rubric.

    None where its key point is gone or no rubric may have that much text.
    """
    draft, published = benches_of(proposal.question)
    bench = draft or published
    if bench is None or proposal.key not in {point.key for point in bench.content.key_points}:
        return None
    after = bench.with_phrase(proposal.key, proposal.kind, text or proposal.text)
    return effect_of(bench, after, marked_answers(proposal.question)) if after.can_grade else None


@transaction.atomic
def add_phrase(question: Question, *, key: str, kind: str, text: str, author: User) -> Phrase:
    """Put a phrase into the question's draft, starting one where there is none.

    Raises KeyPointGoneError.
    """
    draft = start_draft(question, author=author)
    point = KeyPoint.objects.select_related("rubric").filter(rubric=draft, key=key).first()
    if point is None:
        raise KeyPointGoneError(key)
    same = point.phrases.filter(kind=kind, text=text).first()
    if same is not None:
        return same
    last = point.phrases.order_by("-order").first()
    return Phrase.objects.create(
        key_point=point, kind=kind, text=text, order=last.order + 1 if last else 0
    )


@transaction.atomic
def accept_proposal(proposal: Proposal, *, text: str, actor: User) -> Phrase:
    """Write the proposed words, as the author left them, into the draft.

    Raises KeyPointGoneError and ProposalDecidedError.
    """
    refuse_if_decided(proposal)
    phrase = add_phrase(
        proposal.question, key=proposal.key, kind=proposal.kind, text=text, author=actor
    )
    decide(proposal, Proposal.Status.ACCEPTED, actor)
    return phrase


@transaction.atomic
def dismiss_proposal(proposal: Proposal, *, actor: User) -> None:
    """Put a proposal away for good. Raises ProposalDecidedError."""
    refuse_if_decided(proposal)
    decide(proposal, Proposal.Status.DISMISSED, actor)


def refuse_if_decided(proposal: Proposal) -> None:
    """Of two people who decide at once, the second one is told."""
    if Proposal.objects.select_for_update().get(pk=proposal.pk).status != Proposal.Status.PENDING:
        raise ProposalDecidedError(str(proposal))


def decide(proposal: Proposal, status: Proposal.Status, actor: User) -> None:
    proposal.status, proposal.decided_by_id, proposal.decided_at = status, actor.pk, timezone.now()
    proposal.save(update_fields=["status", "decided_by", "decided_at"])
