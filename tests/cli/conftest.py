import os
import subprocess
import sys

import pytest


@pytest.fixture
def burnish(tmp_path):
    """Runs the command line in a process of its own, in an empty folder and with no data of its user's."""

    # A checkout that is not the installed one is found by this alone.
    source = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    home = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "COLUMNS": "100"}

    def run(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "burnish.cli", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**source, **home, **environment},
            check=False,
        )

    return run
