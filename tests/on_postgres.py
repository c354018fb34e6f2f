"""`python -m tests.on_postgres [ARGUMENTS OF PYTEST]` runs what touches the database on PostgreSQL.

The server is the one that TOUCHSTONE_TEST_DATABASE_URL names, whose account must be allowed to make
databases, or else a private one that is gone with the run.
"""

import os
import subprocess
import sys
from contextlib import nullcontext

from tests.servers import find_postgres, postgres_server


def main(arguments: list[str]) -> int:
    given = os.environ.get("TOUCHSTONE_TEST_DATABASE_URL")
    if not given and find_postgres() is None:
        print(
            "No PostgreSQL server was found on this machine. Install one (Debian and Ubuntu: apt"
            " install postgresql), or name one by"
            " TOUCHSTONE_TEST_DATABASE_URL=postgres://user:password@host/database.",
            file=sys.stderr,
        )
        return 1
    with nullcontext(given) if given else postgres_server() as address:
        command = [sys.executable, "-m", "pytest", *arguments]
        environment = os.environ | {"TOUCHSTONE_TEST_DATABASE_URL": address}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
