"""A stratified split of a JSONL file into training and validation records.

Every label keeps its share. Memory is bounded whatever the size of the file: a few thousand hashes are kept
for each label, and what the first pass learned about a record goes to a scratch file, twelve bytes a record.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import InvalidRecords
from burnish.families import DatasetRules
from burnish.json_lines import NotJsonLines, numbered_lines
from burnish.phrasing import Phrasing
from burnish.records import exchange_of, label_of

#: Labels with at most this many distinct records get their exact share; larger ones, within half a per cent.
EXACT_UP_TO = 16_384
#: With more distinct answers than this they are free text and no labels: the split is not stratified then.
MAX_LABELS = 1_000

_NO_SPLIT = "Leave out validation_split."
_SMALLER_SPLIT = "Add records, or give a smaller validation_split."
_LARGER_SPLIT = "Add records, or give a larger validation_split."

_NOTE = struct.Struct("<QI")
_NOTES_AT_ONCE = 4_096


@dataclass(frozen=True, kw_only=True)
class SplitFile:
    """The training or the validation records of a split, as a file on disk."""

    path: Path
    digest: str
    records: int


def split_file(
    source: Path, folder: Path, *, where: str, share: float, seed: int
) -> tuple[SplitFile, SplitFile]:
    """The training and the validation records of a file, copied byte for byte into ``folder``.

    Takes two passes: the first notes each record's label and a hash of its prompt. Within a label, the
    records with the smallest hashes validate, so that equal prompts always land in the same file. Raises
    `InvalidRecords` naming the line, or when no record can be set aside.
    """
    notes = folder / "notes"
    labels = _note_records(source, notes, where=where, seed=seed)
    records = notes.stat().st_size // _NOTE.size
    thresholds = _thresholds(labels, share=share, where=where, records=records)
    training, validation = _Writer(folder / "train.jsonl"), _Writer(folder / "validation.jsonl")
    # The second pass: thresholds are known only after all records of a label have been seen.
    for line, (prompt_hash, label) in zip(_lines(source), _read_notes(notes), strict=True):
        # By the prompt alone: two records that ask the same must not end up in both files, whatever they
        # answer.
        (validation if prompt_hash <= thresholds[label] else training).write(line)
    notes.unlink()
    return training.finished(), validation.finished()


def require_counts(training: SplitFile, validation: SplitFile, rules: DatasetRules, *, where: str) -> None:
    """Raise `InvalidRecords` where a service would refuse a job for the numbers of records in a split."""
    most = rules.max_validation_records
    if most == 0:
        problem, remedy = "the model takes no validation data", _NO_SPLIT
    elif most is not None and validation.records > most:
        problem, remedy = f"at most {most} can be used to validate", _SMALLER_SPLIT
    elif training.records < rules.min_records:
        problem, remedy = f"at least {rules.min_records} are needed to train on", _SMALLER_SPLIT
    elif validation.records < rules.min_validation_records:
        problem, remedy = f"at least {rules.min_validation_records} are needed to validate", _LARGER_SPLIT
    else:
        return
    raise InvalidRecords(
        f"{where} would be split into {training.records} records to train on and {validation.records} to "
        f"validate with, and {problem}.",
        remedy=remedy,
    )


def _note_records(source: Path, notes: Path, *, where: str, seed: int) -> list[_Label]:
    """Every label by its number; the prompt hash and label number of each record go into ``notes``."""
    numbers: dict[str, int] = {}
    labels: list[_Label] = []
    with source.open("rb") as file, notes.open("wb", buffering=1 << 16) as out:
        for position, line in _numbered(file, where):
            exchange = exchange_of(line, where=f"{where}, line {position},")
            number = _number_of(label_of(exchange.answer) or "", numbers, labels)
            prompt_hash = _hash_of(exchange.asked, seed)
            labels[number].add(prompt_hash)
            # On disk: twelve bytes for each of tens of millions of records would not stay in memory.
            out.write(_NOTE.pack(prompt_hash, number))
    # Free-text answers: one shared threshold for all records, in the place of one for each answer.
    return labels if len(numbers) <= MAX_LABELS else [_Label(None)] * len(labels)


def _number_of(label: str, numbers: dict[str, int], labels: list[_Label]) -> int:
    if label not in numbers and len(numbers) > MAX_LABELS:
        return 0  # stratification is off by now, so the dictionary need not grow with the file
    number = numbers.setdefault(label, len(numbers))
    if number == len(labels):
        labels.append(_Label(array("Q")))
    return number


def _hash_of(asked: Sequence[str], seed: int) -> int:
    """A hash of the seed and of the prompt: of its page images, or else of its text."""
    # The seed goes in first, so that another seed makes another split of the same records.
    digest = hashlib.blake2b("\0".join([str(seed), *asked]).encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


class _Label:
    """The prompt hashes of a label's records, as long as there are few enough to keep."""

    def __init__(self, hashes: array[int] | None) -> None:
        self._hashes = hashes

    def add(self, prompt_hash: int) -> None:
        """Count a record."""
        if self._hashes is not None:
            self._hashes.append(prompt_hash)
            if len(self._hashes) > EXACT_UP_TO:
                self._hashes = None

    def threshold(self, share: float) -> int:
        """The largest hash that still validates; -1 where no record can. Each file gets at least one."""
        if self._hashes is None:
            # Hashes are uniformly distributed: with this many, a share of their range holds that share of
            # them.
            return int(share * 2**64)
        # Duplicates count once: they share a hash, and so cannot be separated.
        distinct = sorted(set(self._hashes))
        if len(distinct) < 2:
            return -1
        count = min(max(round(share * len(distinct)), 1), len(distinct) - 1)
        return distinct[count - 1]


def _thresholds(labels: list[_Label], *, share: float, where: str, records: int) -> list[int]:
    thresholds = [label.threshold(share) for label in labels]
    if all(threshold < 0 for threshold in thresholds):
        raise InvalidRecords(
            f"{where} has too few records to set some aside for validation: {records} in all, and no label "
            "with two different ones.",
            remedy=Phrasing(
                command="Add records, or give validation records with --validation.",
                call="Add records, or give validation records as validation_data_uri.",
            ),
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
    """Writes one of the two files, and hashes what it writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=1 << 20)
        self._digest = hashlib.sha256()
        self._records = 0

    def write(self, line: bytes) -> None:
        """Append a line unchanged."""
        self._file.write(line)
        self._digest.update(line)
        self._records += 1

    def finished(self) -> SplitFile:
        """Close the file and describe it."""
        self._file.close()
        return SplitFile(path=self._path, digest=self._digest.hexdigest(), records=self._records)
