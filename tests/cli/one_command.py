"""One command line in a process of its own, forked where Burnish is loaded already: that takes no start.

What a shell would do, it does for real: exit statuses, pipes that nobody reads, terminals, encodings.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pty
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["burnish.cli.app", "burnish.service", "boto3", "rich.console", "cyclopts"])
#: So long a command may take on a machine with much else to do.
PATIENCE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command has ended, and what it has written. ``status`` is negative where a signal ended it."""

    status: int
    stdout: str
    stderr: str

    @property
    def written(self) -> str:
        """All of it, without the codes of a terminal."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.stdout + self.stderr)


def ended(words: list[str], folder: Path, environment: Mapping[str, str], *, encoding="utf-8") -> Ended:
    """Run it with files for its output, in this encoding."""
    out, err = folder / "stdout", folder / "stderr"
    status = _run(words, folder, environment, (str(out), str(err)), encoding)
    return Ended(status=status, stdout=out.read_text(encoding), stderr=err.read_text(encoding))


def ended_unread(words: list[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run it with a pipe for its output that nobody reads any more."""
    err = folder / "stderr"
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    status = _run(words, folder, environment, (str(pipe), str(err)), "utf-8")
    return Ended(status=status, stdout="", stderr=err.read_text())


def ended_in_terminal(words: list[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run it in a terminal."""
    ours, theirs = pty.openpty()
    name = os.ttyname(theirs)
    status = _run(words, folder, {**environment, "TERM": "xterm-256color"}, (name, name), "utf-8")
    os.close(theirs)
    shown = bytearray()
    try:
        while part := os.read(ours, 65_536):
            shown += part
    except OSError:  # the end of a terminal
        pass
    os.close(ours)
    return Ended(status=status, stdout=shown.decode(), stderr="")


def _run(
    words: list[str], folder: Path, environment: Mapping[str, str], outputs: tuple[str, str], encoding: str
) -> int:
    arguments = (words, str(folder), dict(environment), outputs, encoding)
    process = _FORKS.Process(target=_command, args=arguments)
    process.start()
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"{words} has not ended")
    return process.exitcode


def _command(
    words: list[str], folder: str, environment: dict[str, str], outputs: tuple[str, str], encoding: str
) -> None:
    """Become the command: with its folder, environment and streams."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(outputs, start=1):
        # A pipe opens for writing only where it is open for reading, which ends here.
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if path.endswith("pipe") else None
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOCTTY)
        if reader is not None:
            os.close(reader)
        os.dup2(opened, number)
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115  until the process ends
    # As Python itself opens them in a locale of this encoding.
    sys.stdout = _stream(1, encoding, "strict")
    sys.stderr = _stream(2, encoding, "backslashreplace")
    from burnish.cli import main

    main(words)


def _stream(number: int, encoding: str, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(os.fdopen(number, "wb", buffering=0), encoding, errors, write_through=True)
