"""How long a user waits before anything happens: the package's import, and the help of its commands.

The rival is the import of boto3.

    python benchmarks/starting.py
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

RUNS = 11
BURNISH = str(Path(sys.executable).with_name("burnish"))
PROGRAMS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import burnish": [sys.executable, "-c", "import burnish"],
    "import boto3": [sys.executable, "-c", "import boto3"],
    "burnish --help": [BURNISH, "--help"],
    "burnish job create --help": [BURNISH, "job", "create", "--help"],
    "burnish evaluate --help": [BURNISH, "evaluate", "--help"],
}


def main() -> None:
    """Run each a few times and print the medians."""
    nothing = seconds_of(PROGRAMS["python -c pass"])
    print("| program | s | less Python's own start |")
    print("| --- | --- | --- |")
    for name, command in PROGRAMS.items():
        taken = seconds_of(command)
        print(f"| {name} | {taken:.3f} | {max(taken - nothing, 0):.3f} |")


def seconds_of(command: list[str]) -> float:
    """The median of several runs; the first, which fills caches, does not count."""
    taken = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return median(taken[1:])


if __name__ == "__main__":
    main()
