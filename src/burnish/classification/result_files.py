"""What came of a classification, in an SQLite file that is browsed without reading it whole.

The tables are for other programs. This file, ``out.csv.results.sqlite`` beside ``out.csv``, is for whoever
shows results a screenful at a time: counting and filtering go through its indexes, whatever its size.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias

from burnish.classification.decisions import LabelVerdict, ReviewDecision
from burnish.classification.page_answers import DocumentAnswers
from burnish.disk import reporting_full_disk
from burnish.errors import InvalidInput, NotFound

#: By the place in the table, or the least sure first, with what has no probability at the head.
Order: TypeAlias = Literal["document", "least-sure"]
_ORDERS: dict[Order, str] = {"document": "rowid", "least-sure": "probability, rowid"}
#: Of the layout: a later one that differs gets another number.
_LAYOUT = 1
_SCHEMA = f"""
PRAGMA user_version = {_LAYOUT};
PRAGMA journal_mode = OFF;
CREATE TABLE documents (
    document TEXT NOT NULL, path TEXT NOT NULL, first_page INTEGER, last_page INTEGER, label TEXT,
    probability REAL, runner_up TEXT, runner_up_probability REAL, decision TEXT NOT NULL, reason TEXT NOT NULL
);
"""
#: Made after the rows, which is quicker.
_INDEXES = """
CREATE INDEX by_probability ON documents (probability);
CREATE INDEX by_decision ON documents (decision, label);
CREATE INDEX by_decision_and_probability ON documents (decision, probability);
CREATE INDEX by_label ON documents (label, probability);
"""


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """A document, or one of a bundle: its label, what is to be done with it, and where its file lies."""

    document: str
    #: Of the file on the machine that classified it, which may be gone by now.
    path: str
    first_page: int | None
    last_page: int | None
    label: str | None
    probability: float | None
    runner_up: str | None
    runner_up_probability: float | None
    decision: ReviewDecision
    #: Why it is to be reviewed; empty where it is accepted.
    reason: str


_COLUMNS = tuple(field.name for field in fields(ResultRow))


def result_row(answers: DocumentAnswers, verdict: LabelVerdict) -> ResultRow:
    """A verdict as a row, with the file that it is about."""
    first, last = verdict.pages or (None, None)
    return ResultRow(
        document=verdict.document,
        path=answers.path,
        first_page=first,
        last_page=last,
        label=verdict.label,
        probability=verdict.probability,
        runner_up=verdict.runner_up,
        runner_up_probability=verdict.runner_up_probability,
        decision=verdict.decision,
        reason=verdict.reason,
    )


def write_result_file(path: Path, rows: Iterable[ResultRow]) -> None:
    """Write a result file, of which readers and crashes see the old content or the new one."""
    with reporting_full_disk(path.parent), tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        fresh = Path(folder) / path.name
        with closing(sqlite3.connect(fresh)) as database, database:
            database.executescript(_SCHEMA)
            places = ", ".join("?" * len(_COLUMNS))
            database.executemany(f"INSERT INTO documents VALUES ({places})", map(_cells, rows))  # noqa: S608
            database.executescript(_INDEXES)
        fresh.replace(path)


def _cells(row: ResultRow) -> tuple[object, ...]:
    return tuple(str(cell) if isinstance(cell, ReviewDecision) else cell for cell in _values(row))


def _values(row: ResultRow) -> Iterator[object]:
    return (getattr(row, name) for name in _COLUMNS)


class ResultFile:
    """A finished classification to look through. What is written while it is open, the next one shows.

    Raises `NotFound` where there is no such file, and `InvalidInput` where it is another kind of file. It is
    for one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NotFound(f"{str(path)!r} does not exist: `burnish classify` writes it beside its table")
        self._database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            (layout,) = self._database.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise InvalidInput(f"{str(path)!r} holds no results of `burnish classify` ({error})") from error
        if layout != _LAYOUT:
            self._database.close()
            raise InvalidInput(
                f"{str(path)!r} was written by another version of Burnish: run the same `burnish classify` "
                "again, which asks about nothing twice"
            )

    def __enter__(self) -> ResultFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def count(self, *, decision: ReviewDecision | None = None, label: str | None = None) -> int:
        """How many documents there are with this decision and this label."""
        where, given = _condition(decision, label)
        asked = f"SELECT count(*) FROM documents{where}"  # noqa: S608 - names of columns, and no value
        return int(self._database.execute(asked, given).fetchone()[0])

    def rows(
        self,
        *,
        offset: int = 0,
        limit: int = 50,
        decision: ReviewDecision | None = None,
        label: str | None = None,
        order: Order = "document",
    ) -> list[ResultRow]:
        """At most ``limit`` documents from the place ``offset`` on, with this decision and this label."""
        where, given = _condition(decision, label)
        columns = ", ".join(_COLUMNS)
        chosen = f"{columns} FROM documents{where} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?"
        found = self._database.execute(f"SELECT {chosen}", (*given, limit, offset))
        return [_row(cells) for cells in found]

    def labels(self, *, decision: ReviewDecision | None = None) -> dict[str, int]:
        """How many documents have each label; those without one are not among them."""
        where, given = _condition(decision, None)
        asked = f"SELECT label, count(*) FROM documents{where} GROUP BY label ORDER BY label"  # noqa: S608
        return {label: count for label, count in self._database.execute(asked, given) if label}


def _condition(decision: ReviewDecision | None, label: str | None) -> tuple[str, tuple[str, ...]]:
    given = {"decision": decision and str(decision), "label": label}
    chosen = {name: value for name, value in given.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in chosen)
    return (f" WHERE {where}" if where else ""), tuple(chosen.values())


def _row(cells: tuple[object, ...]) -> ResultRow:
    named = dict(zip(_COLUMNS, cells, strict=True))
    return ResultRow(**{**named, "decision": ReviewDecision(str(named["decision"]))})  # type: ignore[arg-type]
