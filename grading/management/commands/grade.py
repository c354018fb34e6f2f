import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from grading import engine
from grading.engine.explain import explanation
from grading.engine.grader import grading_steps
from grading.engine.second_reader import SecondReader
from grading.evaluation.bank import bank_rubric, shipped_glossary
from grading.evaluation.files import read_answers, read_rubrics, read_samples
from grading.evaluation.report import grade_answers, grade_record, json_line, samples_for
from grading.evaluation.types import AnswerLine
from grading.management.files import FileCommand

OF_EXPLAIN = ("aid", "text", "qid")  # options that only --explain has


class Command(FileCommand):
    help = (
        "Grade a file of answers offline, without a database: one JSON line per answer. "
        "With --explain, show for one answer how its grade comes about."
    )
    needs_answers = False  # --explain can do without

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rubrics", type=Path, metavar="R.jsonl", help="rubrics, one question per line"
        )
        parser.add_argument(
            "--bank",
            metavar="SLUG",
            help="instead of --rubrics: a question of the shipped bank, by slug or as seed:1.1",
        )
        super().add_arguments(parser)
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="write here instead of standard output"
        )
        parser.add_argument(
            "--explain",
            action="store_true",
            help="explain the grade of one answer: of --answers, of --text or of standard input",
        )
        parser.add_argument("--aid", help="with --explain: which answer of the file")
        parser.add_argument("--text", help="with --explain: the answer itself")
        parser.add_argument("--qid", help="with --explain: which question of --rubrics it answers")

    def run(self, *, reader: SecondReader | None, **options: Any) -> None:
        if bool(options["rubrics"]) == bool(options["bank"]):
            raise CommandError("Give either --rubrics or --bank.")
        if options["bank"]:
            rubrics = {options["bank"]: bank_rubric(options["bank"])}
        else:
            rubrics = read_rubrics(options["rubrics"])
        question = options["bank"] or ""
        samples = (
            read_samples(options["samples"], rubrics, question=question)
            if options["samples"]
            else {}
        )
        if options["explain"]:
            answer = one_answer(rubrics, question, options)
            rubric = engine.compile_rubric(rubrics[answer.qid], glossary=shipped_glossary())
            known = samples_for(answer, samples)
            steps = grading_steps(answer.text, rubric, samples=known, second=reader)
            self.write([explanation(steps)], options["output"])
            return
        for name in OF_EXPLAIN:
            if options[name] is not None:
                raise CommandError(f"--{name} goes with --explain.")
        if not options["answers"]:
            raise CommandError("Give --answers.")
        answers = read_answers(options["answers"], rubrics, question=question)
        results = grade_answers(
            rubrics, answers, glossary=shipped_glossary(), samples=samples, reader=reader
        )
        in_ascii = not options["output"] and not self.is_utf8
        self.write(
            [
                json_line(grade_record(answer, result), in_ascii=in_ascii)
                for answer, result in zip(answers, results, strict=True)
            ],
            options["output"],
        )

    def write(self, lines: list[str], output: Path | None) -> None:
        """Write lines to a file, or to standard output where none is named."""
        if output is None:
            self.print_lines(lines)
            return
        try:
            output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror or error}") from error


def one_answer(
    rubrics: Mapping[str, engine.Rubric], question: str, options: Mapping[str, Any]
) -> AnswerLine:
    """The answer to explain. Raises CommandError unless the options name one."""
    if options["answers"]:
        for name in ("text", "qid"):
            if options[name] is not None:
                raise CommandError(f"Give either --answers or --{name}.")
        answers = read_answers(options["answers"], rubrics, question=question)
        chosen = [answer for answer in answers if options["aid"] in (None, answer.aid)]
        if not chosen:
            raise CommandError(f"{options['answers']}: no answer {options['aid']!r}")
        if len(chosen) > 1:
            raise CommandError(f"{options['answers']}: {len(chosen)} answers; choose by --aid.")
        return chosen[0]
    if options["aid"] is not None:
        raise CommandError("--aid goes with --answers.")
    qid = question or options["qid"] or (next(iter(rubrics)) if len(rubrics) == 1 else "")
    if options["bank"] and options["qid"] is not None:
        raise CommandError("Give either --bank or --qid.")
    if not qid:
        raise CommandError(f"{options['rubrics']}: {len(rubrics)} questions; choose by --qid.")
    if qid not in rubrics:
        raise CommandError(f"{options['rubrics']}: no question {qid!r}")
    text = sys.stdin.read() if options["text"] is None else str(options["text"])
    if len(text) > engine.MAX_ANSWER_LENGTH:
        raise CommandError(
            f"the answer has {len(text)} characters; {engine.MAX_ANSWER_LENGTH} is the most"
        )
    return AnswerLine("", qid, text)
