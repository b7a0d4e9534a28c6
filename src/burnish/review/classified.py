"""The items of a finished `burnish classify` run: its table, with what its journal knows of each document."""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, download_file
from burnish.classification.decisions import ReviewDecision
from burnish.classification.outputs import ResultPlaces
from burnish.classification.page_answers import DocumentAnswers
from burnish.classification.result_tables import COLUMNS
from burnish.csv_cells import unguarded
from burnish.errors import InvalidInput, NotFound
from burnish.review.items import ReviewItem, item_key


class ClassifiedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table that `burnish classify` writes."""

    document: str
    pages: str | None
    label: str | None
    probability: float | None
    runner_up: str | None
    runner_up_probability: float | None
    decision: ReviewDecision
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClassifiedItems:
    """What can be reviewed of a classification, all labels that its model knows, and what cannot, by name."""

    items: tuple[ReviewItem, ...]
    labels: tuple[str, ...]
    unavailable: Mapping[str, str]


def classified_items(table: str, s3: Client | None = None) -> ClassifiedItems:
    """The items of the table of a classification, a path or ``s3://…``, in the order of its rows.

    Raises `NotFound` for a table or answers that are not there, and `InvalidInput` for another file.
    """
    known = _answers_by_name(ResultPlaces(to=table).journal)
    items: list[ReviewItem] = []
    unavailable: dict[str, str] = {}
    labels: set[str] = set()
    for row in _rows(table, s3):
        answers = known.get(row.document)
        if answers is None:
            unavailable[row.document] = "the classification has kept no answers about it"
        elif row.pages is None:
            unavailable[row.document] = row.reason
        else:
            item = _item(row, answers)
            if item is None:
                unavailable[row.document] = f"{answers.path} is gone"
            else:
                items.append(item)
            labels.update(answers.pages[0].probabilities or {})
        labels.update(filter(None, (row.label, row.runner_up)))
    return ClassifiedItems(items=tuple(items), labels=tuple(sorted(labels)), unavailable=unavailable)


def _item(row: ClassifiedRow, answers: DocumentAnswers) -> ReviewItem | None:
    """The item of a row; None where its file is gone and was not hashed."""
    path, pages = Path(answers.path), _range_of(row.pages or "")
    digest = answers.digest or _digest_of(path)
    if digest is None:
        return None
    of_row = [page for page in answers.pages if pages[0] <= page.page <= pages[1]]
    typicalities = [page.typicality for page in of_row if page.typicality is not None]
    is_whole = pages == (answers.pages[0].page, answers.pages[-1].page)
    return ReviewItem(
        key=item_key(digest, None if is_whole else pages),
        document=row.document,
        digest=digest,
        path=path,
        pages=pages,
        label=row.label,
        probability=row.probability,
        runner_up=row.runner_up,
        runner_up_probability=row.runner_up_probability,
        is_for_review=row.decision is ReviewDecision.REVIEW,
        reason=row.reason,
        is_unlike_training=any(page.is_unlike_training for page in of_row),
        typicality=min(typicalities, default=None),
        looks=tuple(int(look, 16) for look in answers.looks[pages[0] - 1 : pages[1]] if look),
    )


def _range_of(told: str) -> tuple[int, int]:
    first, _, last = told.partition("-")
    return int(first), int(last or first)


def _digest_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _answers_by_name(path: Path) -> dict[str, DocumentAnswers]:
    """The last answers about each document. Only read: the run may be going on in another process."""
    if not path.is_file():
        raise NotFound(
            f"{str(path)!r} does not exist, in which `burnish classify` keeps its answers: review on the "
            "machine that has classified, with both files side by side"
        )
    decoder, found = msgspec.json.Decoder(DocumentAnswers), dict[str, DocumentAnswers]()
    *lines, _ = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            answers = decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise InvalidInput(
                f"{path}, line {number}, is no answer of `burnish classify` ({error}): classify again"
            ) from error
        found[answers.document] = answers
    return found


def _rows(table: str, s3: Client | None) -> Iterator[ClassifiedRow]:
    if table.startswith("s3://"):
        if s3 is None:
            raise InvalidInput(f"{table} is in S3: give a client to read it with")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / table.rpartition("/")[2]
            download_file(s3, S3Uri.parse(table), copy)
            yield from _rows_of(copy, table)
        return
    path = Path(table)
    if not path.is_file():
        raise NotFound(f"{table!r} does not exist: give the table that `burnish classify --to` has written")
    yield from _rows_of(path, table)


def _rows_of(path: Path, table: str) -> Iterator[ClassifiedRow]:
    for number, cells in enumerate(_READERS[path.suffix.lower()](path), 1):
        try:
            yield msgspec.convert(cells, ClassifiedRow, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidInput(
                f"{table}, row {number}, is not as `burnish classify` has written it ({error}): run the same "
                "classification again, which asks about nothing twice"
            ) from error


def _csv_rows(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # What is empty is not known, except for the reason, which then is none.
            told = {name: unguarded(row.get(name) or "") or None for name in COLUMNS}
            yield {**told, "reason": told["reason"] or ""}


def _json_rows(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def _parquet_rows(path: Path) -> Iterable[Mapping[str, object]]:
    import pyarrow.parquet as pq

    rows: list[Mapping[str, object]] = pq.read_table(path).to_pylist()
    return rows


_READERS = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}
