from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from grading.engine.second_reader import SecondReader
from grading.evaluation.bank import bank_rubric, shipped_glossary
from grading.evaluation.files import read_answers, read_rubrics, read_samples
from grading.evaluation.report import grade_answers, grade_record, json_line
from grading.management.files import FileCommand


class Command(FileCommand):
    help = "Grade a file of answers offline, without a database: one JSON line per answer."

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

    def run(self, *, reader: SecondReader | None, **options: Any) -> None:
        if bool(options["rubrics"]) == bool(options["bank"]):
            raise CommandError("Give either --rubrics or --bank.")
        if options["bank"]:
            rubrics = {options["bank"]: bank_rubric(options["bank"])}
        else:
            rubrics = read_rubrics(options["rubrics"])
        question = options["bank"] or ""
        answers = read_answers(options["answers"], rubrics, question=question)
        samples = (
            read_samples(options["samples"], rubrics, question=question)
            if options["samples"]
            else {}
        )
        results = grade_answers(
            rubrics, answers, glossary=shipped_glossary(), samples=samples, reader=reader
        )
        records = [
            grade_record(answer, result) for answer, result in zip(answers, results, strict=True)
        ]
        if options["output"]:
            try:
                options["output"].write_text(
                    "".join(f"{json_line(record)}\n" for record in records),
                    encoding="utf-8",
                )
            except OSError as error:
                raise CommandError(f"{options['output']}: {error.strerror or error}") from error
        else:
            self.print_lines(json_line(record, in_ascii=not self.is_utf8) for record in records)
