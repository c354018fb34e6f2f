from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from grading.engine.second_reader import SecondReader
from grading.evaluation.bank import shipped_glossary
from grading.evaluation.files import read_marked_answers, read_rubrics, read_samples
from grading.evaluation.report import evaluate, json_line
from grading.management.files import FileCommand


class Command(FileCommand):
    help = (
        "Grade a file of marked answers and compare the grades with the marks, and with "
        "graders that don't read the answer. No database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rubrics",
            type=Path,
            metavar="R.jsonl",
            required=True,
            help="rubrics, one question per line",
        )
        super().add_arguments(parser)
        parser.add_argument(
            "--learn",
            type=int,
            default=0,
            metavar="K",
            help="learn from K marked answers per question, measure the rest",
        )
        parser.add_argument(
            "--folds",
            type=int,
            default=5,
            help="seeded draws that --learn is averaged over (default 5)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, *, reader: SecondReader | None, **options: Any) -> None:
        if options["learn"] < 0 or options["folds"] < 1:
            raise CommandError("--learn must be 0 or more and --folds 1 or more.")
        if options["learn"] and options["samples"]:
            raise CommandError("Give either --samples or --learn.")
        rubrics = read_rubrics(options["rubrics"])
        answers = read_marked_answers(options["answers"], rubrics)
        samples = read_samples(options["samples"], rubrics) if options["samples"] else {}
        report = evaluate(
            rubrics,
            answers,
            glossary=shipped_glossary(),
            samples=samples,
            learn=options["learn"],
            folds=options["folds"],
            reader=reader,
        )
        self.print_lines(
            [json_line(report, in_ascii=not self.is_utf8) if options["json"] else _table(report)]
        )


def _table(report: dict[str, Any]) -> str:
    def line(name: str, figures: dict[str, Any]) -> str:
        cells = [
            figures["auc"],
            figures["f1"],
            figures["contradiction_catch"],
            *figures["score"].values(),
        ]
        return f"{name:16}" + "".join(
            f"{'-' if cell is None else format(cell, '.3f'):>10}" for cell in cells
        )

    lines = [
        f"{report['n_answers']} answers, {report['n_labels']} marks"
        + (f", with {report['reader']}" if "reader" in report else ""),
        "",
    ]
    lines.append(
        f"{'':16}"
        + "".join(
            f"{name:>10}" for name in ("auc", "f1", "catch", "pearson", "spearman", "qwk", "mae")
        )
    )
    lines.append(line("touchstone", report))
    if "without_reader" in report:
        lines.append(line("  without reader", report["without_reader"]))
    if "untaught" in report:
        lines.append(line("  untaught", report["untaught"]))
    lines += [line(f"  {name}", figures) for name, figures in report["baselines"].items()]
    if report["by_kind"]:
        lines += ["", f"{'kind':16}{'n':>10}{'marked':>10}{'given':>10}"]
        for kind, row in report["by_kind"].items():
            lines.append(
                f"{kind:16}{row['n']:>10}"
                f"{row.get('marked', float('nan')):>10.1f}{row['given']:>10.1f}"
            )
    if report["review"]:
        lines += [
            "",
            "review: " + ", ".join(f"{name} {value}" for name, value in report["review"].items()),
        ]
    return "\n".join(lines)
