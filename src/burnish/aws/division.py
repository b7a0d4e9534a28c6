"""A JSONL file divided in two: which records train, and which validate."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import InvalidRecords
from burnish.records import Record, label_of, record_of


@dataclass(frozen=True, kw_only=True)
class Part:
    """One side of a division, as a file on disk."""

    path: Path
    digest: str
    records: int


def divide(source: Path, folder: Path, *, where: str, share: float, seed: int) -> tuple[Part, Part]:
    """The training and the validation part of a file, written into ``folder``.

    Two passes over the file: the first finds, for each label, the records with the smallest hashes; the
    second copies the lines. Eight bytes a record are kept, never the records.
    """
    thresholds = _thresholds(source, where=where, share=share, seed=seed)
    training = _write(folder / "train.jsonl", _lines(source, thresholds, where, seed, validating=False))
    validation = _write(folder / "validation.jsonl", _lines(source, thresholds, where, seed, validating=True))
    return training, validation


def _thresholds(source: Path, *, where: str, share: float, seed: int) -> Mapping[str, int]:
    """For each label the hash up to which a record validates; none where nothing can be spared."""
    hashes: dict[str, array[int]] = {}
    for _, record in _records(source, where):
        hashes.setdefault(_label_of(record), array("Q")).append(_hash_of(record, seed))
    thresholds = {label: _threshold(found, share) for label, found in hashes.items()}
    kept = {label: threshold for label, threshold in thresholds.items() if threshold is not None}
    if not kept:
        count = sum(map(len, hashes.values()))
        raise InvalidRecords(
            f"{where} has too few records to set some aside for validation: {count} in all, and no label "
            "with two different ones. Add records, or give validation_data_uri"
        )
    return kept


def _threshold(hashes: Iterable[int], share: float) -> int | None:
    """The hash that cuts off this share, with at least one record on each side."""
    # A record that comes twice counts once: both copies must fall on the same side.
    different = sorted(set(hashes))
    if len(different) < 2:
        return None
    count = min(max(round(share * len(different)), 1), len(different) - 1)
    return different[count - 1]


def _lines(
    source: Path, thresholds: Mapping[str, int], where: str, seed: int, *, validating: bool
) -> Iterator[bytes]:
    for line, record in _records(source, where):
        threshold = thresholds.get(_label_of(record), -1)
        if (_hash_of(record, seed) <= threshold) == validating:
            yield line


def _records(source: Path, where: str) -> Iterator[tuple[bytes, Record]]:
    with source.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield line, record_of(line, where=f"{where}, line {number},")


def _label_of(record: Record) -> str:
    """The label that a record answers with; answers that are not labels share one, so they are simply cut."""
    return label_of(record.answer) or ""


def _hash_of(record: Record, seed: int) -> int:
    """A number that depends on the seed and on what is asked: the pages, or else the text."""
    asked = record.image_uris or [block.text or "" for turn in record.messages[:-1] for block in turn.content]
    digest = hashlib.blake2b("\0".join([str(seed), *asked]).encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def _write(path: Path, lines: Iterator[bytes]) -> Part:
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            count += 1
    return Part(path=path, digest=digest.hexdigest(), records=count)
