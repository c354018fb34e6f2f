from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grading.engine.lint import lint
from grading.evaluation.bank import bank_samples, shipped_glossary


class Command(BaseCommand):
    help = (
        "Run the engine's lint over every question of the shipped bank's files. No database. "
        "Fails if anything is found."
    )
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        rubrics, _, _ = bank_samples()
        glossary = shipped_glossary()
        findings = [
            (slug, finding)
            for slug, rubric in rubrics.items()
            for finding in lint(rubric, glossary=glossary)
        ]
        for slug, finding in findings:
            about = f" “{finding.phrase}”" if finding.phrase else ""
            self.stderr.write(
                f"{slug}: {', '.join(finding.keys)}:{about} {finding.suggestion} ({finding.code})"
            )
        if findings:
            raise CommandError(f"{len(findings)} findings in {len(rubrics)} questions.")
        self.stdout.write(
            f"{len(rubrics)} questions, "
            f"{sum(len(rubric.key_points) for rubric in rubrics.values())} "
            "key points: no problems found"
        )
