"""A terminal of a given width, in tmux: commands are typed into it, and what they show is watched."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

POLL_SECONDS = 0.05
#: The exit status of the command before, and a number that grows: the prompt of an earlier one is not taken
#: for that of the next.
PROMPT = re.compile(r"^(\d+) (\d+) ready>$")
#: What identifies a resource, or is pasted as a command: of no use unless it is whole.
_ARN = re.compile(r"arn:aws:\S+")
_WHOLE_ARN = re.compile(
    r"arn:aws:(iam::\d{12}:role/[\w+=,.@/-]+"
    r"|s3:::[\w.-]+(/\*)?"
    r"|bedrock:[a-z0-9-]+::foundation-model/[\w.:-]+"
    r"|bedrock:[a-z0-9-]+:\d{12}:[a-z-]+/([\w.:-]+/)?[a-z0-9]{12})"
)
_numbers = count()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A command that has ended: its exit status, how long it took, and all that it has shown."""

    command: str
    status: int
    seconds: float
    #: For how long nothing on the screen had changed, at most.
    longest_silence: float
    screen: str

    def problems(self, silence: float) -> Iterator[str]:
        """What is wrong with it, where a screen may stay as it is for ``silence`` seconds."""
        if self.status:
            yield f"it ended with {self.status}: {self.screen[-500:]}"
        if self.longest_silence > silence:
            yield f"nothing new was shown for {self.longest_silence:.1f} s"
        if "…" in self.screen:
            yield f"something is cut: {next(line for line in self.screen.splitlines() if '…' in line)}"
        for found in _ARN.findall(self.screen):
            if not _WHOLE_ARN.fullmatch(found.rstrip(".,;)'\"")):
                yield f"an ARN is not whole: {found}"


class Terminal:
    """A shell in a terminal of its own, in a folder, with few variables besides those given."""

    def __init__(self, folder: Path, *, width: int, variables: Mapping[str, str] | None = None) -> None:
        self._name = f"burnish-{next(_numbers)}"
        self._socket = f"burnish-{id(self)}"
        kept = ("HOME", "PATH", "LANG", "PIP_CACHE_DIR", "PIP_INDEX_URL")
        given = [f"{name}={value}" for name, value in (variables or {}).items()]
        inherited = [word for name in kept for word in _variable(name)]
        # No profile of the user's: a prompt of their own would not be recognized.
        shell = ["env", "-i", "TERM=screen-256color", *inherited, *given, "bash", "--norc", "--noprofile"]
        size = ["-x", str(width), "-y", "50"]
        self._tmux("new-session", "-d", "-s", self._name, "-c", str(folder), *size, shlex.join(shell))
        self._tmux("set-option", "-g", "history-limit", "50000")

    def __enter__(self) -> Self:
        # An environment that is activated would put its name before the prompt.
        self.start("export VIRTUAL_ENV_DISABLE_PROMPT=1; PS1='$? \\# ready>'")
        self._wait_for_prompt(after=0, timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("send-keys", "-t", self._name, "C-c")
        time.sleep(1)
        self._tmux("kill-server")

    def type(self, command: str, *, timeout: float = 60) -> Shown:
        """Type a command and wait until the next prompt."""
        _, number = self._prompt() or (0, 0)
        self.start("clear")
        number, _ = self._wait_for_prompt(after=number, timeout=30)
        self._tmux("clear-history", "-t", self._name)
        self.start(command)
        began = time.monotonic()
        _, silence = self._wait_for_prompt(after=number, timeout=timeout)
        status, _ = self._prompt() or (1, 0)
        return Shown(
            command=command,
            status=status,
            seconds=time.monotonic() - began,
            longest_silence=silence,
            screen=self.screen().rstrip(),
        )

    def start(self, command: str) -> None:
        """Type a command and do not wait."""
        self._tmux("send-keys", "-t", self._name, "-l", command)
        self._tmux("send-keys", "-t", self._name, "Enter")

    def screen(self) -> str:
        """What stands on the screen and above it; lines that the terminal has wrapped are whole."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-", "-t", self._name)

    def _prompt(self) -> tuple[int, int] | None:
        """The exit status and the number of the prompt on the last line; None where a command runs."""
        lines = self.screen().rstrip().splitlines()
        found = PROMPT.match(lines[-1]) if lines else None
        return (int(found[1]), int(found[2])) if found else None

    def _wait_for_prompt(self, *, after: int, timeout: float) -> tuple[int, float]:
        """The number of the next prompt, and for how long nothing changed on the way to it, at most."""
        began = changed = time.monotonic()
        longest, before = 0.0, ""
        while True:
            now, screen = time.monotonic(), self.screen()
            if screen != before:
                longest, changed, before = max(longest, now - changed), now, screen
            if (prompt := self._prompt()) and prompt[1] > after:
                return prompt[1], longest
            if now - began > timeout:
                raise TimeoutError(f"no prompt after {timeout:g} s:\n{screen}")
            time.sleep(POLL_SECONDS)

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-L", self._socket, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _variable(name: str) -> list[str]:
    return [f"{name}={os.environ[name]}"] if name in os.environ else []
