"""Verdicts as a table: CSV, JSON lines or Parquet, by the name of the file, written whole or not at all."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from burnish.classification.decisions import LabelVerdict
from burnish.csv_cells import guarded
from burnish.disk import reporting_full_disk
from burnish.errors import InvalidConfig

COLUMNS = (
    "document",
    "pages",
    "label",
    "probability",
    "runner_up",
    "runner_up_probability",
    "decision",
    "reason",
)
Row = tuple[str | float | None, ...]
_ROWS_AT_ONCE = 1000


def row_of(verdict: LabelVerdict) -> Row:
    """A verdict as a row; what is not known is None."""
    return (
        verdict.document,
        pages_told(verdict.pages),
        verdict.label,
        _rounded(verdict.probability),
        verdict.runner_up,
        _rounded(verdict.runner_up_probability),
        str(verdict.decision),
        verdict.reason,
    )


def pages_told(pages: tuple[int, int] | None) -> str | None:
    """Pages as ``3`` or ``3-5``."""
    if pages is None:
        return None
    first, last = pages
    return str(first) if first == last else f"{first}-{last}"


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)


def require_table_name(name: str) -> None:
    """Raise `InvalidConfig` unless a table can be written to a file of this name."""
    if _suffix(name) not in _WRITERS:
        problem = f"its name must end in {', '.join(_WRITERS)}, which says what is written"
        raise InvalidConfig(f"The output {name!r}", [problem])
    if _suffix(name) == ".parquet":
        import pyarrow  # noqa: F401  now, and not after the last answer


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write rows to a file, of which readers and crashes see the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with reporting_full_disk(path.parent), _replacing(path) as fresh:
        _WRITERS[_suffix(path.name)](fresh, rows)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        yield Path(name)
        Path(name).chmod(0o644)  # `mkstemp` makes files that only their owner can read
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write_csv(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            # Names of files are other people's text: a spreadsheet must not run them.
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])


def _write_json_lines(path: Path, rows: Iterable[Row]) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(msgspec.json.encode(dict(zip(COLUMNS, row, strict=True))) + b"\n")


def _write_parquet(path: Path, rows: Iterable[Row]) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    numbers = {"probability", "runner_up_probability"}
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in COLUMNS])
    with ParquetWriter(path, schema) as writer:
        waiting = iter(rows)
        while some := list(islice(waiting, _ROWS_AT_ONCE)):
            writer.write_table(pa.table(list(zip(*some, strict=True)), schema=schema))


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


_WRITERS: dict[str, Callable[[Path, Iterable[Row]], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_json_lines,
    ".parquet": _write_parquet,
}
