"""A JSONL file divided in two: which records train, and which validate.

Every label keeps its share. Memory is bounded whatever the size of the file: a few thousand numbers a label
are kept, and what was found out about each record waits in a file of its own, twelve bytes a record.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import InvalidRecords
from burnish.json_lines import NotJsonLines, numbered_lines
from burnish.records import exchange_of, label_of

#: Up to so many different records of a label its share is exact; beyond, to half a per cent.
EXACT_UP_TO = 16_384
#: So many different answers are no labels, and then every record is of one kind.
MOST_LABELS = 1_000

_NOTE = struct.Struct("<QI")
_NOTES_AT_ONCE = 4_096


@dataclass(frozen=True, kw_only=True)
class Part:
    """One side of a division, as a file on disk."""

    path: Path
    digest: str
    records: int


def divide(source: Path, folder: Path, *, where: str, share: float, seed: int) -> tuple[Part, Part]:
    """The training and the validation part of a file, written into ``folder`` byte for byte.

    Two passes over the file: the first notes, for each record, its label and a hash of what is asked; those
    with the smallest hashes of their label validate, so that equal records fall on the same side wherever
    they stand. Raises `InvalidRecords` naming the line, or when nothing can be set aside.
    """
    notes = folder / "notes"
    labels = _note_records(source, notes, where=where, seed=seed)
    records = notes.stat().st_size // _NOTE.size
    thresholds = _thresholds(labels, share=share, where=where, records=records)
    training, validation = _Writer(folder / "train.jsonl"), _Writer(folder / "validation.jsonl")
    for line, (hashed, label) in zip(_lines(source), _read_notes(notes), strict=True):
        (validation if hashed <= thresholds[label] else training).write(line)
    notes.unlink()
    return training.part(), validation.part()


def _note_records(source: Path, notes: Path, *, where: str, seed: int) -> list[_Label]:
    """The labels, in the order of their numbers; each record's hash and label go into ``notes``."""
    numbers: dict[str, int] = {}
    labels: list[_Label] = []
    with source.open("rb") as file, notes.open("wb", buffering=1 << 16) as out:
        for position, line in _numbered(file, where):
            exchange = exchange_of(line, where=f"{where}, line {position},")
            number = _number_of(label_of(exchange.answer) or "", numbers, labels)
            hashed = _hash_of(exchange.asked, seed)
            labels[number].add(hashed)
            out.write(_NOTE.pack(hashed, number))
    # Where answers are no labels all records are of one kind.
    return labels if len(numbers) <= MOST_LABELS else [_Label(None)] * len(labels)


def _number_of(label: str, numbers: dict[str, int], labels: list[_Label]) -> int:
    if label not in numbers and len(numbers) > MOST_LABELS:
        return 0
    number = numbers.setdefault(label, len(numbers))
    if number == len(labels):
        labels.append(_Label(array("Q")))
    return number


def _hash_of(asked: Sequence[str], seed: int) -> int:
    """A number that depends on the seed and on what is asked: the pages, or else the text."""
    digest = hashlib.blake2b("\0".join([str(seed), *asked]).encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


class _Label:
    """The hashes of a label's records, while they are few enough to be kept."""

    def __init__(self, hashes: array[int] | None) -> None:
        self._hashes = hashes

    def add(self, hashed: int) -> None:
        """Take in a record."""
        if self._hashes is not None:
            self._hashes.append(hashed)
            if len(self._hashes) > EXACT_UP_TO:
                self._hashes = None

    def threshold(self, share: float) -> int:
        """The hash up to which a record validates, with one record at least on each side; -1 for none."""
        if self._hashes is None:
            # So many hashes are spread evenly: a share of their range holds that share of them.
            return int(share * 2**64)
        # A record that comes twice counts once: both copies must fall on the same side.
        different = sorted(set(self._hashes))
        if len(different) < 2:
            return -1
        count = min(max(round(share * len(different)), 1), len(different) - 1)
        return different[count - 1]


def _thresholds(labels: list[_Label], *, share: float, where: str, records: int) -> list[int]:
    thresholds = [label.threshold(share) for label in labels]
    if all(threshold < 0 for threshold in thresholds):
        raise InvalidRecords(
            f"{where} has too few records to set some aside for validation: {records} in all, and no label "
            "with two different ones. Add records, or give validation_data_uri"
        )
    return thresholds


def _numbered(file: Iterable[bytes], where: str) -> Iterator[tuple[int, bytes]]:
    try:
        yield from numbered_lines(file)
    except NotJsonLines as error:
        raise InvalidRecords(f"{where}, line 1: {error}") from error


def _lines(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        yield from (line for _, line in numbered_lines(file))


def _read_notes(notes: Path) -> Iterator[tuple[int, int]]:
    with notes.open("rb") as file:
        while block := file.read(_NOTE.size * _NOTES_AT_ONCE):
            yield from _NOTE.iter_unpack(block)


class _Writer:
    """A part as it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=1 << 20)
        self._digest = hashlib.sha256()
        self._records = 0

    def write(self, line: bytes) -> None:
        """Add a line as it is."""
        self._file.write(line)
        self._digest.update(line)
        self._records += 1

    def part(self) -> Part:
        """The whole part, on disk."""
        self._file.close()
        return Part(path=self._path, digest=self._digest.hexdigest(), records=self._records)
