"""How much a file of questions may hold."""

from __future__ import annotations

MAX_BYTES = 2 * 1024 * 1024  # of an upload, read while somebody waits
MAX_FILE_BYTES = 10 * MAX_BYTES  # of a file on this machine, named by who may run commands on it
MAX_QUESTIONS = 5_000
MAX_KEY_POINTS = 100
MAX_TEXT = 50_000  # characters of one text: an answer nobody would finish saying
MAX_SAMPLES = 50_000
MAX_SLUG = 80
MAX_URL = 500
MAX_DEPTH = 20
MAX_PROBLEMS = 50  # shown; ten times as many end the reading
MAX_WARNINGS = 500
MAX_KEY = 60  # characters of a key point's key or a topic's slug
MAX_NAME = 80
MAX_SEED = 10
MAX_MINUTES = 32_767  # what the question's field holds
MAX_DIGITS = 30
MAX_ITEMS = 2_000  # wordings of one kind, words of a term group, topics
MAX_SAMPLE_NAME = 120
MAX_SAMPLE_KIND = 30
