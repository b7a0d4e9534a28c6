"""The inference process as the server sees it: a child that is started when it is first needed."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from burnish.errors import CannotStart, InvalidInput

#: A line holds a whole question: several page images in base64.
LONGEST_LINE = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class AskedTurn:
    """One turn: its text, and its page images as PNG, JPEG, GIF or WebP."""

    role: str
    text: str
    pages: tuple[bytes, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question to a model. ``choice`` names a JSON member and its labels; without it, text is generated."""

    weights: Path
    adapter: Path | None = None
    system: str = ""
    turns: Sequence[AskedTurn] = ()
    choice: Mapping[str, Any] | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)


class InferenceProcess:
    """Asks the inference process, and starts it again when it has died."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._numbers = itertools.count()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None

    async def load(self, weights: Path, adapter: Path | None) -> None:
        """Have a model loaded. Raises `CannotStart` or `InvalidInput` when it cannot be."""
        await self._asked(Asked(weights=weights, adapter=adapter))

    async def answer(self, asked: Asked) -> dict[str, Any]:
        """The members of an `burnish.engine.inference.Answer`."""
        return await self._asked(asked)

    async def stop(self) -> None:
        """End the process; whoever waits for an answer hears that it ended."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._listener:
            await self._listener

    async def _asked(self, asked: Asked) -> dict[str, Any]:
        process = await self._running()
        number = str(next(self._numbers))
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            assert process.stdin  # noqa: S101 - it was asked for
            process.stdin.write(_line(number, asked))
            await process.stdin.drain()
            message = await answered
        except ConnectionError as error:
            raise CannotStart("The inference process has ended: ask again, and it is started anew") from error
        finally:
            self._waiting.pop(number, None)
        if "error" in message:
            raise (InvalidInput if message["kind"] == "validation" else CannotStart)(message["error"])
        return dict(message["answer"] or {})

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await self._started()
                self._listener = asyncio.create_task(self._listen(self._process))
            return self._process

    async def _started(self) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "burnish.engine.serving",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, "OMP_WAIT_POLICY": "passive"},
                start_new_session=True,
                limit=LONGEST_LINE,
            )

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout  # noqa: S101 - it was asked for
        async for line in process.stdout:
            message = json.loads(line)
            if (waiting := self._waiting.get(message["id"])) and not waiting.done():
                waiting.set_result(message)
        await process.wait()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(CannotStart(f"The inference process ended; {self._log} says why"))


def _line(number: str, asked: Asked) -> bytes:
    turns = [
        {**asdict(turn), "pages": [base64.b64encode(page).decode() for page in turn.pages]}
        for turn in asked.turns
    ]
    question = {
        "id": number,
        "weights": str(asked.weights),
        "adapter": str(asked.adapter) if asked.adapter else None,
        "system": asked.system,
        "turns": turns,
        "choice": asked.choice,
        "sampling": dict(asked.sampling),
    }
    return json.dumps(question).encode() + b"\n"
