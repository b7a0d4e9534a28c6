"""Where a batch works until its output is in S3, so that a server that is killed goes on where it was.

``files.json``      the names of the input's files, once they have been fetched and checked
``N.input``         the records of the Nth of them
``N.output``        the lines that answer them, in the same order
``N.tally``         a line for each of those: whether it is an error, and its tokens
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from burnish.server.batch.records import Outcome

BATCHES = "batches"


class Tally(msgspec.Struct, kw_only=True):
    """How many records were answered or failed, and the tokens of all."""

    successes: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def records(self) -> int:
        """How many records there are."""
        return self.successes + self.failures

    def add(self, is_error: bool, input_tokens: int, output_tokens: int) -> None:
        """Count a record."""
        self.failures += is_error
        self.successes += not is_error
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens


def total_of(tallies: Iterable[Tally]) -> Tally:
    """What was counted of several files together."""
    total = Tally()
    for tally in tallies:
        total.successes += tally.successes
        total.failures += tally.failures
        total.input_tokens += tally.input_tokens
        total.output_tokens += tally.output_tokens
    return total


@dataclass(frozen=True)
class BatchFolder:
    """The folder of one batch."""

    path: Path

    @property
    def names(self) -> list[str] | None:
        """The names of the input's files; None where they have not all been fetched and checked."""
        try:
            return msgspec.json.decode((self.path / "files.json").read_bytes(), type=list[str])
        except FileNotFoundError:
            return None

    def begin(self) -> None:
        """Have an empty folder: what an earlier attempt has fetched may have changed since."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)

    def keep_names(self, names: list[str]) -> None:
        """Write which files there are, which also says that they are whole."""
        draft = self.path / "files.json.draft"
        draft.write_bytes(msgspec.json.encode(names))
        draft.replace(self.path / "files.json")

    def input(self, number: int) -> Path:
        """The records of the file of a number."""
        return self.path / f"{number}.input"

    def output(self, number: int) -> Path:
        """The lines that answer them."""
        return self.path / f"{number}.output"

    def journal(self, number: int) -> AnswerJournal:
        """The answers to the records of the file of a number, as far as they go."""
        return AnswerJournal(self.output(number), self.path / f"{number}.tally")

    def tallies(self) -> dict[int, Tally]:
        """What was counted of the answers that there are, by the number of the file."""
        tallies = {}
        for number in range(len(self.names or ())):
            with self.journal(number) as journal:
                tallies[number] = journal.tally
        return tallies

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)


def batch_folder(data: Path, job_id: str) -> BatchFolder:
    """The folder of a batch, in a server's data folder."""
    return BatchFolder(data / BATCHES / job_id)


def batch_folders(data: Path) -> list[BatchFolder]:
    """The folders of all batches in a server's data folder."""
    return [BatchFolder(path) for path in sorted((data / BATCHES).glob("*"))]


def remove_other_folders(data: Path, kept: Collection[str]) -> None:
    """Remove the folders of all batches but those of these ids."""
    for folder in batch_folders(data):
        if folder.path.name not in kept:
            folder.remove()


class AnswerJournal:
    """The answers to one file's records. What a server that was killed has half written is cut off."""

    def __init__(self, output: Path, tally: Path) -> None:
        self._output = output.open("a+b")
        self._tally = tally.open("a+b")
        self.tally = self._recovered()

    def __enter__(self) -> AnswerJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._output.close()
        self._tally.close()

    def append(self, outcome: Outcome) -> None:
        """Write the answer to the next record."""
        counted = (outcome.is_error, outcome.input_tokens, outcome.output_tokens)
        # The answer first: one that is not in the tally is cut off, and given again.
        _write(self._output, outcome.line)
        _write(self._tally, b"%d %d %d\n" % counted)
        self.tally.add(*counted)

    def _recovered(self) -> Tally:
        """What was counted of the answers that are whole; everything after them is cut off."""
        tally, ends = Tally(), [0, 0]
        self._output.seek(0)
        self._tally.seek(0)
        for counted in self._tally:
            line = self._output.readline()
            if not (counted.endswith(b"\n") and line.endswith(b"\n")):
                break
            is_error, input_tokens, output_tokens = map(int, counted.split())
            tally.add(bool(is_error), input_tokens, output_tokens)
            ends = [ends[0] + len(line), ends[1] + len(counted)]
        for file, end in zip((self._output, self._tally), ends, strict=True):
            file.truncate(end)
            file.seek(0, os.SEEK_END)
        return tally


def _write(file: IO[bytes], line: bytes) -> None:
    file.write(line)
    file.flush()
