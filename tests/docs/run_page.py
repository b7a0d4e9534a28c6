"""Runs the blocks of one page in this folder and environment: ``python run_page.py page.md``.

Shell variables that a block sets are there in the next one, as they are for a reader with one terminal.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from documentation_pages import Block, blocks_of

STARTED_WITHIN = 60


def main(page: Path) -> None:
    served: list[subprocess.Popen[bytes]] = []
    namespace: dict[str, object] = {"__name__": "page"}
    try:
        for block in blocks_of(page):
            sys.stdout.write(f"--- {time.strftime('%H:%M:%S')}, line {block.line}: {block.kind}\n")
            sys.stdout.flush()
            run(block, namespace, served)
    finally:
        for process in served:
            process.terminate()
            process.wait(30)


def run(block: Block, namespace: dict[str, object], served: list[subprocess.Popen[bytes]]) -> None:
    if block.kind == "bash":
        run_bash(block)
    elif block.kind == "bash serve":
        served.append(subprocess.Popen(["bash", "-c", f"exec {block.code.strip()}"]))
        wait_for(Path("server") / "server.json")
    elif block.kind == "python":
        exec(compile(block.code, f"line {block.line}", "exec"), namespace)  # noqa: S102  # our own pages
    elif block.kind == "python pytest":
        file = Path(f"test_at_line_{block.line}.py")
        file.write_text(block.code)
        subprocess.run([sys.executable, "-m", "pytest", "-q", str(file)], check=True)


def run_bash(block: Block) -> None:
    """Run it, and take over the variables that it leaves."""
    kept = Path("variables-of-the-shell")
    script = f"set -eo pipefail\nset -a\n{block.code}\nenv -0 > {kept}\n"
    subprocess.run(["bash", "-c", script], check=True)
    pairs = (pair.partition("=") for pair in kept.read_text().split("\0") if pair)
    os.environ.clear()
    os.environ.update({name: value for name, _, value in pairs})


def wait_for(sign: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while not sign.exists():
        assert time.monotonic() < deadline, "the server did not come up"
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
