"""The answers about documents as they come, in a file beside the output: whatever ends a run, none is lost.

Memory holds a place in the file for each document, and no answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from burnish.classification.page_answers import DocumentAnswers
from burnish.disk import reporting_full_disk
from burnish.errors import Conflict, InvalidInput
from burnish.evaluation.prices import BATCH_SHARE
from burnish.file_locks import can_lock

JOURNAL_SUFFIX = ".answers.jsonl"


class DocumentJournal:
    """A JSONL file with a line for every document that was asked about; the last line about one counts.

    It belongs to one run at a time. Raises `Conflict` while another has it, unless it is only to be read.
    """

    def __init__(self, path: Path, *, only_read: bool = False) -> None:
        self.path = path
        #: What all answers have taken, those that do not count any more too: they were paid. Tokens of a
        #: batch count half, as they cost half.
        self.input_tokens = self.output_tokens = 0.0
        self._places: dict[bytes, int] = {}
        self._final: set[bytes] = set()
        self._file = _opened(path) if only_read else _locked(path)
        whole = self._read()
        if not only_read:
            # Else the next answer would be appended to the half line, and both be unreadable.
            self._file.truncate(whole)

    def __enter__(self) -> DocumentJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _read(self) -> int:
        """Learn what there is, and return how long it is without a last line that a crash has cut off."""
        self._file.seek(0)
        place = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                break
            self._hold(self._decoded(line, number), place)
            place += len(line)
        return place

    def _decoded(self, line: bytes, number: int) -> DocumentAnswers:
        try:
            return msgspec.json.decode(line, type=DocumentAnswers)
        except msgspec.MsgspecError as error:
            raise InvalidInput(
                f"{self.path}, line {number}, is no answer of `burnish classify` ({error}): choose another "
                "output, or delete it"
            ) from error

    def _hold(self, answers: DocumentAnswers, place: int) -> None:
        key = bytes.fromhex(answers.key)
        self._places[key] = place
        if answers.is_final:
            self._final.add(key)
        for page in answers.pages:
            share = BATCH_SHARE if page.in_batch else 1.0
            self.input_tokens += share * page.input_tokens
            self.output_tokens += share * page.output_tokens

    def knows(self, key: str) -> bool:
        """Whether a document is done. One that could not be read, or a call that failed, is tried again."""
        return bytes.fromhex(key) in self._final

    def keep(self, answers: DocumentAnswers) -> None:
        """Write down the answers about a document; they are on disk when this returns."""
        with reporting_full_disk(self.path.parent):
            place = self._file.seek(0, os.SEEK_END)
            self._file.write(msgspec.json.encode(answers) + b"\n")
            self._file.flush()
            # Answers are paid for: they must survive the machine, and not only this process.
            os.fsync(self._file.fileno())
        self._hold(answers, place)

    @property
    def size(self) -> int:
        """How long the file is, to `rewind` to."""
        return self._file.seek(0, os.SEEK_END)

    def rewind(self, size: int) -> None:
        """Take back everything that was kept since the file was so long."""
        self._file.truncate(size)
        self._places = {key: place for key, place in self._places.items() if place < size}
        self._final &= self._places.keys()

    def answers_of(self, keys: Iterable[bytes]) -> Iterator[DocumentAnswers]:
        """The answers about documents, in the order of their keys; what is not there is passed over."""
        for key in keys:
            if (place := self._places.get(key)) is not None:
                self._file.seek(place)
                yield msgspec.json.decode(self._file.readline(), type=DocumentAnswers)


def _opened(path: Path) -> BinaryIO:
    return path.open("rb") if path.exists() else BytesIO()


def _locked(path: Path) -> BinaryIO:
    with reporting_full_disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    if not can_lock(file.fileno()):
        file.close()
        output = path.name.removesuffix(JOURNAL_SUFFIX)
        raise Conflict(
            f"Another run of `burnish classify` is writing {output!r}: wait for its end, or choose another "
            "output"
        )
    return file
