"""Pages of the documentation, run as their reader would: the programs that they call, and what is said."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

#: A busy machine is no fault of a page.
SECONDS = 1800
FEW_SAMPLES = "--per-label 4 --held-out-per-label 1"


def write_programs(folder: Path, *, serving: str, few_samples: bool = False) -> None:
    """Put ``burnish`` and ``python`` into a folder: servers get more options, and samples may be few."""
    folder.mkdir()
    burnish = f"exec {sys.executable} -m burnish.cli"
    task = """$([[ "$*" == *"--task extraction"* ]] && echo --task extraction)"""
    sampling = f'samples "$2" {FEW_SAMPLES} {task}' if few_samples else '"$@"'
    programs = {
        "burnish": (
            f'case "$1" in\n'
            f'  serve) {burnish} "$@" {serving};;\n'
            f"  samples) {burnish} {sampling};;\n"
            f'  *) {burnish} "$@";;\n'
            "esac"
        ),
        "python": f'exec {sys.executable} "$@"',
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(stat.S_IRWXU)


def run_page(page: Path, folder: Path, environment: dict[str, str]) -> tuple[str, int]:
    """What the blocks of a page say, run in a folder, and their status. Nothing is left running."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "run_page.py"), str(page)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=environment,
        start_new_session=True,
    ) as program:
        try:
            said, _ = program.communicate(timeout=SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGTERM)
    return said, program.returncode
