from typing import Any

from django.core.management.base import BaseCommand

from ops.bootstrap import compile_translations


class Command(BaseCommand):
    help = (
        "Compile the interface's translations. `serve` and `bootstrap` do it themselves; "
        "a read-only image does it at build time."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{compile_translations()} compiled")
