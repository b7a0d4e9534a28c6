"""The inputs and the result of a preparation."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.aws.objects import S3Uri
from burnish.data_frames import data_frame, html_table
from burnish.datasets.documents import Part, SkippedDocument
from burnish.datasets.manifest import Manifest
from burnish.datasets.pages import DEFAULT_RENDERING, Rendering
from burnish.datasets.render_worker import PageFacts
from burnish.datasets.splitting import SplitPlan
from burnish.errors import InvalidConfig
from burnish.extraction_prompts import Prompt
from burnish.families import DatasetRules
from burnish.names import MAX_S3_URI_LENGTH, destination_problem

if TYPE_CHECKING:
    from pandas import DataFrame

#: The longest key below a destination: Bedrock limits whole URIs.
MAX_KEY_LENGTH = len("/pages//.png") + 60 + 64


@dataclass(frozen=True, kw_only=True)
class TestPage:
    """A page that was kept out of training: its image on this machine, and the true label."""

    __test__ = False  # pytest would collect the class because of its name

    document: str
    number: int
    label: str
    png: Path


@dataclass(frozen=True, kw_only=True)
class PreparedDataset:
    """A data set that a job can be started with. ``notes`` are what a user should know of how it was made."""

    manifest_uri: str
    manifest: Manifest
    test_pages: tuple[TestPage, ...]
    notes: tuple[str, ...] = ()

    @property
    def train_uri(self) -> str:
        """The records to train on."""
        return self.manifest.files[Part.TRAIN].uri

    @property
    def validation_uri(self) -> str:
        """The records to validate with."""
        return self.manifest.files[Part.VALIDATION].uri

    @property
    def train_records(self) -> int:
        """How many there are to train on."""
        return self.manifest.files[Part.TRAIN].records

    @property
    def validation_records(self) -> int:
        """How many there are to validate with."""
        return self.manifest.files[Part.VALIDATION].records

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(self.manifest.prompt.labels)

    @property
    def skipped(self) -> tuple[SkippedDocument, ...]:
        """What was left out, and why."""
        return tuple(SkippedDocument(name=one.name, reason=one.reason) for one in self.manifest.dropped)

    @property
    def prompt(self) -> Prompt:
        """What is asked about every page."""
        return self.manifest.page_prompt()

    def frame(self) -> DataFrame:
        """How many records each type has in each part, as a DataFrame."""
        columns, rows = self._counts()
        return data_frame(columns, rows).set_index("type")

    def _repr_html_(self) -> str:
        remarks = "".join(f"<li>{escape(str(one))}</li>" for one in (*self.notes, *self.skipped))
        return f"{html_table(*self._counts())}<p>{escape(self.manifest_uri)}</p><ul>{remarks}</ul>"

    def _counts(self) -> tuple[list[str], list[list[object]]]:
        counts = Counter(
            (document.label, part) for part in Part for document, _ in self.manifest.records_of(part)
        )
        labels = sorted({label for label, _ in counts})
        rows: list[list[object]] = [[label, *(counts[label, part] for part in Part)] for label in labels]
        return ["type", *map(str, Part)], rows


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a data set goes: a folder of a bucket that belongs to the account ``owner`` (twelve digits)."""

    bucket: str
    prefix: str
    owner: str

    def __post_init__(self) -> None:
        problems = _problems_with(S3Uri(self.bucket, self.prefix))
        if not re.fullmatch("[0-9]{12}", self.owner):
            problems.append(f"owner is {self.owner!r}: it must be an account's twelve digits")
        if problems:
            raise InvalidConfig("The destination of the data set", problems)

    @property
    def folder(self) -> S3Uri:
        """The folder in S3."""
        return S3Uri(self.bucket, self.prefix.strip("/"))

    def place_of(self, label: str, page: PageFacts) -> S3Uri:
        """Where a page's image goes: named for its label and content, in characters that Bedrock takes."""
        return self.folder.child(f"pages/{slug_of(label)}/{page.digest}.png")


def require_place(place: S3Uri) -> S3Uri:
    """The place, if a data set can be written there. Raises `InvalidConfig`."""
    if problems := _problems_with(place):
        raise InvalidConfig("The destination of the data set", problems)
    return place


def _problems_with(place: S3Uri) -> list[str]:
    problem = destination_problem(str(place))
    if problem is None and len(str(place)) > MAX_S3_URI_LENGTH - MAX_KEY_LENGTH:
        most = MAX_S3_URI_LENGTH - MAX_KEY_LENGTH
        problem = f"it has more than {most} characters, which leaves no room for the names of pages"
    return [f"{place} is not a destination that Bedrock accepts: {problem}"] if problem else []


def slug_of(label: str) -> str:
    """A label in the characters that are safe in a key and in a file name. Not unique: never decode it."""
    # Bedrock takes few characters in a key, and labels may be in any script.
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:60] or "type"


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """The options of a preparation. ``keep_copies`` allows copies of a document in several parts.

    ``rules`` are those of a base model. Where its id is given too, as ``model``, the data set is not taken by
    mistake for one of another model.
    """

    rules: DatasetRules
    model: str | None = None
    plan: SplitPlan = field(default_factory=SplitPlan)
    rendering: Rendering = DEFAULT_RENDERING
    prompt: Prompt | None = None
    keep_copies: bool = False
    readers: int = 2
