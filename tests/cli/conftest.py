import subprocess
import sys

import pytest


@pytest.fixture
def burnish(tmp_path):
    """Runs the command line in a process of its own, in an empty folder and with no data of its user's."""

    def run(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "burnish.cli", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "COLUMNS": "100", **environment},
            check=False,
        )

    return run
