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
#: In the place of the arguments of ``burnish samples``: five documents of each type, or fields.
FEW_SAMPLES = (
    'samples "$2" --per-label 4 --held-out-per-label 1 '
    """$([[ "$*" == *"--task extraction"* ]] && echo --task extraction)"""
)


def write_programs(folder: Path, *, serving: str, sampling: str = '"$@"') -> None:
    """Put the programs of a reader into a folder: servers get more options, samples are made as is said."""
    folder.mkdir()
    burnish = f"{sys.executable} -m burnish.cli"
    programs = {
        "burnish": (
            f'case "$1" in\n'
            f'  serve) exec {burnish} "$@" {serving};;\n'
            f"  samples) {burnish} {sampling};;\n"
            f'  *) exec {burnish} "$@";;\n'
            "esac"
        ),
        "python": f'exec {sys.executable} "$@"',
        "pytest": f'exec {sys.executable} -m pytest "$@"',
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
