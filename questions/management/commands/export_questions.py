import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions.exchange.export import export_questions
from questions.files.bank import Format, write_questions
from questions.files.xlsx_writer import UnwritableError
from questions.languages import LANGUAGES
from questions.models import Question, Rubric, Topic


class Command(BaseCommand):
    help = "Write questions with their key points to a file that import_questions reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slugs",
            nargs="*",
            metavar="SLUG",
            help="slugs of questions; all of them if none is given",
        )
        parser.add_argument(
            "--format",
            choices=[str(kind) for kind in Format],
            help="by the ending of --output, or else yaml",
        )
        parser.add_argument(
            "--output", metavar="FILE", help="where to write (standard output if not given)"
        )
        parser.add_argument(
            "--topic", metavar="SLUG", help="only questions of this topic and of those under it"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--published",
            action="store_true",
            help="only questions open for answers, with their published key points",
        )
        which.add_argument(
            "--drafts",
            action="store_true",
            help="only questions that are drafts, or have a draft of their key points",
        )
        parser.add_argument(
            "--language",
            choices=LANGUAGES,
            default="zh",
            help="of a Markdown document, which holds one (default: zh)",
        )

    def handle(
        self,
        *,
        slugs: list[str],
        output: str | None,
        language: str,
        published: bool,
        **options: Any,
    ) -> None:
        kind = chosen_format(options["format"], output)
        document = export_questions(
            self.chosen(slugs, options["topic"], drafts=options["drafts"]), published=published
        )
        if not document.questions:
            raise CommandError("No question matches. Nothing was written.")
        if missing := sorted(set(slugs) - {record.slug for record in document.questions}):
            raise CommandError(
                f"Not among the matching questions: {', '.join(missing)}. Nothing was written."
            )
        try:
            content, remarks = write_questions(document, kind, language=language)
        except UnwritableError as error:
            raise CommandError(f"{error} Choose another format. Nothing was written.") from None
        if output is None:
            self.write_out(content, kind)
        else:
            try:
                Path(output).write_bytes(content)
            except (OSError, ValueError) as error:
                raise CommandError(
                    f"{output}: can't be written ({getattr(error, 'strerror', None) or error})."
                ) from None
        for remark in remarks:
            self.stderr.write(f"note: {remark}")
        points = sum(len(record.key_points) for record in document.questions)
        self.stderr.write(
            f"{len(document.questions)} questions, {points} key points, {len(content)} bytes of "
            f"{kind}"
        )

    def write_out(self, content: bytes, kind: Format) -> None:
        if kind != Format.XLSX:
            self.stdout.write(content.decode().removeprefix("\ufeff"), ending="")
        elif sys.stdout.isatty():
            raise CommandError(
                "A workbook can't be written to a terminal. Give --output FILE.xlsx."
            )
        else:
            sys.stdout.buffer.write(content)

    def chosen(self, slugs: list[str], topic: str | None, *, drafts: bool) -> Any:
        questions = Question.objects.order_by("pk")
        if slugs:
            questions = questions.filter(slug__in=slugs)
        if topic is not None:
            found = Topic.objects.filter(slug=topic).first()
            if found is None:
                raise CommandError(f"There is no topic “{topic}”.")
            questions = questions.in_topic(found)
        if drafts:
            with_draft = Rubric.objects.filter(status=Rubric.Status.DRAFT).values("question")
            questions = questions.filter(pk__in=with_draft) | questions.filter(
                status=Question.Status.DRAFT
            )
        return questions


def chosen_format(named: str | None, output: str | None) -> Format:
    if named:
        return Format(named)
    ending = Path(output or "").suffix.lower().removeprefix(".")
    return Format(ending) if ending in list(Format) else Format.YAML
