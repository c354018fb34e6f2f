"""Reads the bank's files of marked answers: the samples of one topic's questions each. The format stands in questions/bank/README.md."""

from __future__ import annotations

from django.utils.translation import gettext as _

from questions.files.document import MAX_QUESTIONS, SampleRecord
from questions.files.reader import Reader
from questions.files.yaml_bank import load_yaml


def parse_samples_yaml(text: str, *, path: str) -> list[SampleRecord]:
    """The marked answers of one topic. Raises BankFileError with every mistake found, each with its line."""
    reader = Reader(path)
    root = reader.mapping(load_yaml(text, path), 1, _("the file"), ("topic", "samples"))
    reader.text(root, "topic", required=True)
    records = [
        reader.sample(item, line) for item, line in reader.items(root, "samples", required=True)
    ]
    if len(records) > MAX_QUESTIONS:
        reader.problem(
            1,
            _("there are more than %(most)s marked answers. Split the file.")
            % {"most": MAX_QUESTIONS},
        )
    reader.finish()
    return records
