"""Keeps tests away from the data folder and the settings of a running installation.

Loaded by pytest before anything reads the settings.
"""

import atexit
import os
import shutil
import tempfile

ASKED_FOR = "TOUCHSTONE_TEST_DATABASE_URL"  # how tests/on_postgres.py says where to run

for name in [name for name in os.environ if name.startswith("TOUCHSTONE_") and name != ASKED_FOR]:
    del os.environ[name]
if ASKED_FOR in os.environ:
    os.environ["TOUCHSTONE_DATABASE_URL"] = os.environ[ASKED_FOR]
os.environ["TOUCHSTONE_DATA"] = tempfile.mkdtemp(prefix="touchstone-test-")
atexit.register(shutil.rmtree, os.environ["TOUCHSTONE_DATA"], ignore_errors=True)
