from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ops.bootstrap import demo_accounts, prepare


class Command(BaseCommand):
    help = (
        "Bring the installation up to date: translations, migrations, roles, question bank, "
        "static files. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="also make the demo accounts and a sample interview"
        )

    def handle(self, *, demo: bool, **options: Any) -> None:
        prepare(self.stdout.write, demo=demo)
        for name, password in demo_accounts() if demo else []:
            self.stdout.write(f"{name}: {password}")
