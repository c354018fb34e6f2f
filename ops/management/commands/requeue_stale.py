from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ops.sweep import sweep_all


class Command(BaseCommand):
    help = (
        "Sweep once: send again the grades and regrades that a dead worker or broker left behind, "
        "and end the sessions whose time is up. Beat and `serve` do this every 10 seconds."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--workers-died",
            action="store_true",
            help=(
                "no worker or message is left: take back every lease and send everything again now"
            ),
        )

    def handle(self, *, workers_died: bool, **options: Any) -> None:
        done = sweep_all(workers_died=workers_died)
        for name, swept in (("grades", done.grades), ("regrades", done.regrades)):
            self.stdout.write(f"{name}: {swept.sent} sent again, {swept.failed} failed")
        self.stdout.write(f"sessions: {done.closed_sessions} ended")
        if done.broken:
            raise CommandError(f"The sweep of {', '.join(done.broken)} failed; the log says why.")
