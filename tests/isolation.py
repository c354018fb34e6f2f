"""Loaded by pytest before anything reads the settings: tests never touch the data folder, or the settings, of a running installation."""

import atexit
import os
import shutil
import tempfile

KEPT = {"TOUCHSTONE_DATABASE_URL"}  # how tests/on_postgres.py says where to run

for name in [name for name in os.environ if name.startswith("TOUCHSTONE_") and name not in KEPT]:
    del os.environ[name]
os.environ["TOUCHSTONE_DATA"] = tempfile.mkdtemp(prefix="touchstone-test-")
atexit.register(shutil.rmtree, os.environ["TOUCHSTONE_DATA"], ignore_errors=True)
