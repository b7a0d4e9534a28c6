"""The records of a job, read through its role and checked as `burnish check` checks them.

What the rules of the base model refuse is refused here in the same words, and so is what its own family takes
and the open models here cannot learn from. What a service would train on, though a model learns badly from
it (contradictions, leaks between training and validation), is trained on and said in `JobRecords.doubts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from burnish.checking import Problem, raise_for, refusals_of
from burnish.checking.dataset_checks import quality_problems
from burnish.checking.record_parts import Medium
from burnish.checking.scanning import Scan, scan_records
from burnish.errors import AccessDenied, InvalidInput, NotFound
from burnish.families import CustomizationType, DatasetRules, RecordSchema, family_of
from burnish.json_lines import lines_in, numbered_lines
from burnish.pages import media_rules
from burnish.parallel import map_ordered
from burnish.records import Record, plain_text_of, record_of

#: As long as Bedrock's failureMessage can be.
MAX_MESSAGE_LENGTH = 2048
#: Pages that are read at a time.
READERS = 2


class Storage(Protocol):
    """Where a job's objects lie."""

    def read(self, uri: str, *, most_bytes: int | None = None) -> bytes:
        """The bytes of an object. Raises `AccessDenied` or `NotFound`, naming it.

        One of more than ``most_bytes`` is not fetched: `InvalidInput`.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedRecord:
    """A record and where it stands."""

    record: Record
    where: str
    line: int

    def problem(self, text: str) -> Problem:
        """An error of this record."""
        return Problem(where=self.where, line=self.line, text=text)


@dataclass(frozen=True, kw_only=True)
class JobRecords:
    """The records of a job, and ``doubts``: what a model may learn badly from."""

    training: list[PlacedRecord] = field(default_factory=list)
    validation: list[PlacedRecord] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)

    def pages(self) -> dict[Medium, PlacedRecord]:
        """Every page image as records name it, with the first that does."""
        first: dict[Medium, PlacedRecord] = {}
        for placed in (*self.training, *self.validation):
            for image in placed.record.images:
                medium = Medium("image", image.source.s3_location.uri, image.format.lower())
                first.setdefault(medium, placed)
        return first


def rules_here(base_model_id: str, method: CustomizationType = CustomizationType.FINE_TUNING) -> DatasetRules:
    """The rules for records that this server trains on: those of the model, and no more than text and images.

    A stand-in has the rules of the model that it stands in for.
    """
    family = family_of(base_model_id)
    rules = family.tuning(base_model_id, method).rules if family else DatasetRules(max_images=None)
    return replace(
        rules,
        max_videos=0,
        max_documents=0,
        takes_reasoning=False,
        takes_tools=False,
        reader="this server's models read",
    )


def read_job_records(
    storage: Storage, training: str, validation: Sequence[str], *, rules: DatasetRules
) -> JobRecords:
    """The records of these S3 URIs. Raises `InvalidRecords` with every reason to refuse the job."""
    bodies = {uri: storage.read(uri) for uri in (training, *validation)}
    scans = {uri: _scanned(uri, body, rules) for uri, body in bodies.items()}
    held_out = [scans[uri] for uri in validation]
    refused = refusals_of(scans[training], held_out, rules)
    raise_for(refused, longest=MAX_MESSAGE_LENGTH)
    return JobRecords(
        training=list(_placed(training, bodies[training], rules)),
        validation=[placed for uri in validation for placed in _placed(uri, bodies[uri], rules)],
        doubts=[*refused, *quality_problems([scans[training], *held_out])],
    )


def check_pages(
    storage: Storage,
    records: JobRecords,
    *,
    rules: DatasetRules,
    on_page: Callable[[], None] = lambda: None,
) -> None:
    """Decode every page image. Raises `InvalidRecords` with those that are not what their records say."""
    pages = records.pages()
    faults = map_ordered(partial(_fault_of, storage, rules), pages, workers=READERS)
    wrong = []
    for placed, fault in zip(pages.values(), faults, strict=True):
        if fault:
            wrong.append(placed.problem(fault))
        on_page()
    raise_for(wrong, longest=MAX_MESSAGE_LENGTH)


def _fault_of(storage: Storage, rules: DatasetRules, page: Medium) -> str | None:
    try:
        body = storage.read(page.uri, most_bytes=rules.max_bytes("image"))
    except AccessDenied:
        return f"the role may not read the image {page.uri}: allow s3:GetObject on it"
    except NotFound:
        return f"there is no object {page.uri}: upload it, or correct the URI"
    except InvalidInput as error:  # it is larger than may be, and says so
        return str(error)
    wrong = media_rules.medium_problem(page, size=len(body), body=body, rules=rules)
    return f"{page.uri} {wrong}" if wrong else None


def _scanned(uri: str, body: bytes, rules: DatasetRules) -> Scan:
    bucket = uri.split("/")[2]
    return scan_records(lines_in([body]), rules=rules, where=uri, bucket=bucket)


def _placed(uri: str, body: bytes, rules: DatasetRules) -> Iterator[PlacedRecord]:
    read = plain_text_of if rules.schema is RecordSchema.PLAIN_TEXT else record_of
    for number, line in numbered_lines(lines_in([body])):
        yield PlacedRecord(record=read(line, where=f"{uri}, line {number},"), where=uri, line=number)
