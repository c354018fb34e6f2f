from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from grading.services.queue import requeue_stale


class Command(BaseCommand):
    help = "Send again the grades that a dead worker or broker left behind, once. Beat and `serve` do this every 10 seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--workers-died",
            action="store_true",
            help="no worker or message is left: take back every lease and send everything again now",
        )

    def handle(self, *, workers_died: bool, **options: Any) -> None:
        done = requeue_stale(workers_died=workers_died)
        self.stdout.write(f"{done['sent']} sent again, {done['failed']} failed")
