"""Jobs, custom models and what serves them, in the file ``state.sqlite3``; each change is one transaction.

The server writes what was accepted before it answers; workers, which are other processes, write how far
they are. What is written survives the death of either.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgspec

from burnish.server.batch_request import BatchRequest
from burnish.server.databases import Database, UnreadableRow
from burnish.server.evaluation_request import EvaluationRequest
from burnish.server.job_input import JobRequest
from burnish.server.migrations import BASE_OF_A_JOB, STATE
from burnish.server.resources import (
    AnyRow,
    CustomModel,
    Deployment,
    EvaluationJob,
    ImportedWeights,
    ImportJob,
    ImportSecurity,
    InvocationJob,
    Job,
    JobPhase,
    ResourceReference,
    Row,
    Throughput,
)
from burnish.server.selections import Selection

FILE_NAME = "state.sqlite3"
#: The index of names knows parts from this length on.
_MIN_INDEXED_PART = 3
#: Up to so many names are taken from the index and sorted, in a few milliseconds. Where more have a part in
#: common, a page is full sooner when the list is read in its own order.
_FEW_NAMES = 1000


_TABLES: dict[type[Any], str] = {
    Job: "jobs",
    CustomModel: "models",
    Throughput: "throughputs",
    Deployment: "deployments",
    ImportJob: "imports",
    ImportedWeights: "imported_models",
    InvocationJob: "invocation_jobs",
    EvaluationJob: "evaluation_jobs",
}


class Store:
    """The state of one server, in the file ``state.sqlite3`` of its data folder."""

    def __init__(self, data: Path) -> None:
        self.database = Database(data / FILE_NAME, STATE)

    def close(self) -> None:
        """Let the file go."""
        self.database.close()

    def add(
        self,
        row: AnyRow,
        *,
        token: tuple[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a new resource, with the (operation, token) that asked for it and its tags."""
        with self.database.change():
            self._insert(row, tags or {})
            if token:
                self.database.execute("insert into tokens values (?, ?, ?)", *token, row.arn)

    def change(
        self, kind: type[Row], arn: str, *, expected: Mapping[str, Any] | None = None, **changes: Any
    ) -> bool:
        """Set some members of a resource. False, and nothing set, where others are not as ``expected``."""
        with self.database.change():
            return self._update(kind, arn, changes, expected or {})

    def begin_attempt(self, arn: str) -> int | None:
        """The number of a new attempt at a job, higher than any before. None where none is to be made."""
        # Counted and looked at in one statement: between two, somebody could ask the job to stop.
        query = (
            "update jobs set attempts = attempts + 1, waiting_for = null "
            "where arn = ? and status = 'InProgress' returning attempts"
        )
        with self.database.change():
            begun = self.database.rows(query, arn)
        return int(begun[0]["attempts"]) if begun else None

    def complete(self, job: Job, model: CustomModel, **changes: Any) -> bool:
        """Keep a job's model, with the tags it was to have, and call the job complete, at once.

        False, and nothing kept, where by then somebody has asked the job to stop (what was promised holds)
        or a later attempt owns it.
        """
        tags = {tag.key: tag.value for tag in job.request.custom_model_tags}
        settled = {"status": "Completed", "ended_at": time.time(), "waiting_for": None, **changes}
        expected = {"status": "InProgress", "attempts": job.attempts}
        with self.database.change():
            # Refused by the attempt's number as well: a worker that was suspended may wake up after another
            # has taken over.
            if not self._update(Job, job.arn, {**settled, "model_arn": model.arn}, expected):
                return False
            self._insert(model, tags)
        return True

    def complete_import(self, job: ImportJob, model: ImportedWeights) -> None:
        """Keep an imported model, with its tags, and call its import complete, at once."""
        ended = {"status": "Completed", "ended_at": time.time(), "model_arn": model.arn}
        with self.database.change():
            if self._update(ImportJob, job.arn, ended, {"status": "InProgress"}):
                self._insert(model, job.model_tags)

    def get(self, kind: type[Row], arn: str) -> Row | None:
        """The resource of an ARN, or None. Raises `UnreadableRow` where it is damaged."""
        return next(iter(self._rows(kind, "arn = ?", arn)), None)

    def find(self, kind: type[Row], region: str, identifier: str) -> Row | None:
        """A resource by its ARN, its name, or the id at the end of its ARN; None when there is none."""
        # One after the other, each by its index, and the name first: a name may be spelled as the id of
        # another resource. Of the three only an ARN has colons.
        columns = ("arn",) if ":" in identifier else ("name", "substr(arn, -12)")
        for column in columns:
            if found := self._rows(kind, f"{column} = ? and region = ? limit 1", identifier, region):
                return found[0]
        return None

    def page(self, kind: type[Row], region: str, selection: Selection, *, size: int) -> list[Row]:
        """The first ``size`` resources of a kind that a selection has in a region and that can be read."""
        found: list[Row] = []
        while len(found) < size:
            most = size - len(found)
            stored = self._selected(kind, region, selection, most)
            for row in stored:
                with suppress(UnreadableRow):
                    found.append(_row(kind, row))
            if len(stored) < most:
                break
            selection = replace(selection, after=(stored[-1]["created_at"], stored[-1]["arn"]))
        return found

    def is_named(self, kind: type[Row], region: str, name: str) -> bool:
        """Whether a resource of a kind has this name."""
        query = f"select 1 from {_TABLES[kind]} where region = ? and name = ?"
        return self.database.row(query, region, name) is not None

    def has_job(self, region: str, **members: str) -> bool:
        """Whether some job has these members, e.g. a name."""
        condition = " and ".join(["region = ?", *(f"{name} = ?" for name in members)])
        query = f"select 1 from jobs where {condition}"
        return self.database.row(query, region, *members.values()) is not None

    def job_tuning(self, model_arn: str) -> ResourceReference | None:
        """An unfinished job that tunes a custom model further; None when there is none."""
        query = (
            f"select arn, name from jobs where {BASE_OF_A_JOB} = ? and status in ('InProgress', 'Stopping')"
        )
        found = self.database.row(query, model_arn)
        return ResourceReference(arn=found[0], name=found[1]) if found else None

    def latest_completed(self, like: Job, *, most: int = 5, among: int = 200) -> list[Job]:
        """The latest jobs that have completed on the model of a job, among the latest on any model."""
        latest = "select * from jobs where status = 'Completed' order by created_at desc, arn desc limit ?"
        query = f"select * from ({latest}) where base_model_id = ? and weights_id is ? limit ?"
        found = []
        for stored in self.database.rows(query, among, like.base_model_id, like.weights_id, most):
            with suppress(UnreadableRow):
                found.append(_row(Job, stored))
        return found

    def references(self, kind: type[Row], *statuses: str) -> list[ResourceReference]:
        """Which resources of a kind, of any region, are in one of some states, oldest first.

        An index answers, so that rows that cannot be read are named as well.
        """
        states = ", ".join("?" * len(statuses))
        query = f"select arn, name from {_TABLES[kind]} where status in ({states}) order by created_at, arn"
        return [ResourceReference(arn=row[0], name=row[1]) for row in self.database.rows(query, *statuses)]

    def every(self, kind: type[Row]) -> list[Row]:
        """Every resource of a kind, of any region, oldest first."""
        return self._rows(kind, "true")

    def remove(self, row: CustomModel | Throughput | Deployment | ImportedWeights | EvaluationJob) -> None:
        """Forget a resource and its tags."""
        with self.database.change():
            self.database.execute(f"delete from {_TABLES[type(row)]} where arn = ?", row.arn)
            self.database.execute("delete from tags where arn = ?", row.arn)

    def made_for(self, operation: str, token: str | None) -> str | None:
        """The ARN of what an earlier request with this token made, or None."""
        found = self.database.row(
            "select arn from tokens where operation = ? and token = ?", operation, token
        )
        return str(found["arn"]) if found else None

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of a resource."""
        query = "select key, value from tags where arn = ? order by key"
        return {row["key"]: row["value"] for row in self.database.rows(query, arn)}

    def set_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a resource, or change their values."""
        with self.database.change():
            self._write_tags(arn, tags)

    def remove_tags(self, arn: str, keys: list[str]) -> None:
        """Take tags off a resource."""
        with self.database.change():
            for key in keys:
                self.database.execute("delete from tags where arn = ? and key = ?", arn, key)

    def exists(self, arn: str) -> bool:
        """Whether any resource has this ARN."""
        query = " union all ".join(f"select 1 from {table} where arn = ?1" for table in _TABLES.values())
        return self.database.row(query, arn) is not None

    def _selected(self, kind: type[Any], region: str, selection: Selection, size: int) -> list[sqlite3.Row]:
        source, searched = self._source(kind, selection.name_contains)
        condition, values = selection.where(region)
        query = f"select * from {source} where {condition} order by {selection.order} limit {size:d}"
        return self.database.rows(query, *searched, *values)

    def _source(self, kind: type[Any], name_part: str) -> tuple[str, tuple[str, ...]]:
        """What a search reads: the rows that the index of names finds where they are few, else the table."""
        table = _TABLES[kind]
        if len(name_part) < _MIN_INDEXED_PART:
            return table, ()
        # In quotes it is a text to find; without them, OR, - and * in a name are operators of the search.
        phrase = '"{}"'.format(name_part.replace('"', '""'))
        query = "select count(*) from (select 1 from name_parts where name_parts match ? limit ?)"
        ((count,),) = self.database.rows(query, phrase, _FEW_NAMES + 1)
        if count > _FEW_NAMES:
            return table, ()
        # SQLite keeps to the order of a `cross join`, the few names first; otherwise it may read the table.
        joined = f"name_parts cross join names on number = name_parts.rowid cross join {table} using (arn)"
        return f"(select {table}.* from {joined} where name_parts match ?)", (phrase,)

    def _rows(self, kind: type[Row], condition: str, *values: object) -> list[Row]:
        query = f"select * from {_TABLES[kind]} where {condition}"
        return [_row(kind, stored) for stored in self.database.rows(query, *values)]

    def _insert(self, row: AnyRow, tags: Mapping[str, str]) -> None:
        values = {item.name: _stored(getattr(row, item.name)) for item in fields(row)}
        columns = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        self.database.execute(f"insert into {_TABLES[type(row)]} ({columns}) values ({places})", **values)
        self._write_tags(row.arn, tags)

    def _update(
        self, kind: type[Any], arn: str, changes: Mapping[str, Any], expected: Mapping[str, Any]
    ) -> bool:
        values = {name: _stored(value) for name, value in changes.items()}
        if kind not in (CustomModel, ImportedWeights):
            values["modified_at"] = time.time()
        settings = ", ".join(f"{name} = :{name}" for name in values)
        # By `is` and not `=`, which is never true of a null.
        conditions = " and ".join(["arn = :arn", *(f"{name} is :expected_{name}" for name in expected)])
        given = {**values, "arn": arn, **{f"expected_{name}": value for name, value in expected.items()}}
        query = f"update {_TABLES[kind]} set {settings} where {conditions}"
        return self.database.execute(query, **given) == 1

    def _write_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        query = (
            "insert into tags values (?, ?, ?) on conflict (arn, key) do update set value = excluded.value"
        )
        for key, value in tags.items():
            self.database.execute(query, arn, key, value)


#: What is kept as JSON, strictly of these types.
_JSON_COLUMNS: Mapping[str, msgspec.json.Decoder[Any]] = {
    "request": msgspec.json.Decoder(JobRequest),
    "batch_request": msgspec.json.Decoder(BatchRequest),
    "evaluation_request": msgspec.json.Decoder(EvaluationRequest),
    "hyperparameters": msgspec.json.Decoder(dict[str, str]),
    "security": msgspec.json.Decoder(ImportSecurity),
    "model_tags": msgspec.json.Decoder(dict[str, str]),
    "phases": msgspec.json.Decoder(dict[str, JobPhase]),
}


def _stored(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, Mapping | msgspec.Struct) else value


#: SQLite has no truth values.
_FLAGS = ("ends_early",)


#: What makes a member of what is stored in its column, where that is something else.
_LOADERS: Mapping[str, Callable[[Any], Any]] = {
    **{name: decoder.decode for name, decoder in _JSON_COLUMNS.items()},
    **dict.fromkeys(_FLAGS, bool),
}


#: The columns of each kind of resource, and what loads them.
_COLUMNS: Mapping[type[Any], Mapping[str, Callable[[Any], Any] | None]] = {
    kind: {item.name: _LOADERS.get(item.name) for item in fields(kind)} for kind in _TABLES
}


def _row(kind: type[Row], stored: sqlite3.Row) -> Row:
    # Once by position: a row that is asked for a name compares it with those of all columns before.
    values = dict(zip(stored.keys(), stored, strict=True))
    try:
        return kind(
            **{name: load(values[name]) if load else values[name] for name, load in _COLUMNS[kind].items()}
        )
    except ValueError as error:
        raise UnreadableRow(f"The row of {stored['arn']} in {FILE_NAME} is damaged ({error})") from error
