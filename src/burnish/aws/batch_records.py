"""The files of batch inference in S3: requests, one a line, and the lines that answer them.

An answer is told by the id of its record, which the caller chooses, and not by its place: a batch may have
many files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import msgspec

from burnish.aws.batches import BatchJob
from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, lines_of, list_objects, upload_file
from burnish.disk import reporting_full_disk
from burnish.errors import InvalidRecords
from burnish.json_lines import numbered_lines

#: Amazon Bedrock's quotas ("Records per input file per batch inference job", "Batch inference input file size
#: (in GB)", and the fewest records of a job): a batch outside of them fails there once it is validated.
FEWEST_RECORDS = 100
MOST_RECORDS_IN_FILE = 50_000
MOST_BYTES_IN_FILE = 10**9


@dataclass(frozen=True, kw_only=True)
class InputRecord:
    """A request of a batch, in the members of the operation, without the model. Bytes become base64."""

    record_id: str
    model_input: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class OutputRecord:
    """What a record was answered with: the operation's output, or the status and the message of its error."""

    record_id: str
    output: Mapping[str, Any] | None = None
    error_code: int | None = None
    error_message: str | None = None


@dataclass(frozen=True, kw_only=True)
class UploadedRecords:
    """What was written for a batch: ``uri`` is its input."""

    uri: str
    records: int
    files: int
    size: int


class _RecordError(msgspec.Struct, frozen=True, rename="camel"):
    error_code: int | None = None
    error_message: str | None = None


class _OutputLine(msgspec.Struct, frozen=True, rename="camel"):
    record_id: str
    model_output: dict[str, Any] | None = None
    error: _RecordError = _RecordError()


def upload_records(s3: Client, folder: str, records: Iterable[InputRecord]) -> UploadedRecords:
    """Write the requests of a batch to a folder in S3, in as many files as the service's limits need.

    The records are consumed one by one, and kept on disk until their file is full. Raises `InvalidRecords`
    where there are none, or one is too large for a file.
    """
    target, files, total, size = S3Uri.parse(folder), 0, 0, 0
    with TemporaryDirectory(prefix="burnish-batch-") as name, reporting_full_disk(Path(name)):
        path = Path(name) / "records"
        lines = map(_line_of, records)
        pending = next(lines, None)
        while pending is not None:
            with path.open("wb") as file:
                count, pending = _fill(file, pending, lines)
            upload_file(s3, target.child(f"{files:04}.jsonl"), path, content_type="application/jsonl")
            files, total, size = files + 1, total + count, size + path.stat().st_size
    if not total:
        raise InvalidRecords(f"There are no records for a batch at {folder}")
    return UploadedRecords(uri=f"{folder.rstrip('/')}/", records=total, files=files, size=size)


def answers_of(s3: Client, job: BatchJob) -> Iterator[OutputRecord]:
    """The answers of a batch, streamed: all of a completed one, and those that there are of any other."""
    if job.output_folder is None:
        return
    for uri in list_objects(s3, S3Uri.parse(job.output_folder)):
        if uri.key.endswith(".jsonl.out"):  # and not the manifest
            yield from _answers_in(s3, uri)


def _answers_in(s3: Client, uri: S3Uri) -> Iterator[OutputRecord]:
    for number, text in numbered_lines(lines_of(s3, uri)):
        try:
            line = msgspec.json.decode(text, type=_OutputLine)
        except msgspec.MsgspecError as error:
            raise InvalidRecords(f"{uri}, line {number}: this is no answer of a batch ({error})") from error
        yield OutputRecord(
            record_id=line.record_id,
            output=line.model_output,
            error_code=line.error.error_code,
            error_message=line.error.error_message,
        )


def _fill(file: IO[bytes], first: bytes, lines: Iterator[bytes]) -> tuple[int, bytes | None]:
    """Write lines until the file is full; gives their number, and the line that has no room any more."""
    line: bytes | None = first
    count = size = 0
    while line is not None and count < MOST_RECORDS_IN_FILE and size + len(line) <= MOST_BYTES_IN_FILE:
        file.write(line)
        count, size = count + 1, size + len(line)
        line = next(lines, None)
    return count, line


def _line_of(record: InputRecord) -> bytes:
    line = msgspec.json.encode({"recordId": record.record_id, "modelInput": record.model_input}) + b"\n"
    if len(line) > MOST_BYTES_IN_FILE:
        raise InvalidRecords(
            f"The record {record.record_id!r} has {len(line):,} bytes: no file may have as many"
        )
    return line
