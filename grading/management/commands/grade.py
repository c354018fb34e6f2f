from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grading import evaluation


class Command(BaseCommand):
    help = "Grade a file of answers offline, without a database: one JSON line per answer."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rubrics", type=Path, metavar="R.jsonl", help="rubrics, one question a line")
        parser.add_argument("--bank", metavar="SLUG", help="instead of --rubrics: a question of the shipped bank, by slug or as seed:1.1")
        parser.add_argument("--answers", type=Path, metavar="A.jsonl", required=True, help="answers, one a line")
        parser.add_argument("--samples", type=Path, metavar="FILE", help="marked answers to learn from; none learns from itself")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of standard output")

    def handle(self, **options: Any) -> None:
        if bool(options["rubrics"]) == bool(options["bank"]):
            raise CommandError("Give either --rubrics or --bank.")
        try:
            if options["bank"]:
                rubrics = {options["bank"]: evaluation.bank_rubric(options["bank"])}
            else:
                rubrics = evaluation.read_rubrics(options["rubrics"])
            question = options["bank"] or ""
            answers = evaluation.read_answers(options["answers"], rubrics, question=question)
            samples = {}
            if options["samples"]:
                samples = evaluation.samples_by_question(evaluation.read_answers(options["samples"], rubrics, question=question))
            results = evaluation.grade_answers(rubrics, answers, glossary=evaluation.shipped_glossary(), samples=samples)
        except evaluation.InputError as error:
            raise CommandError(str(error)) from error
        records = [evaluation.grade_record(answer, result) for answer, result in zip(answers, results, strict=True)]
        lines = [evaluation.json_line(record) for record in records]
        if options["output"]:
            try:
                options["output"].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['output']}: {error.strerror or error}") from error
        else:
            for line in lines:
                self.stdout.write(line)
