"""Which fields of documents a person should review: contradictions between copies, values that no page has.

Nothing here is learned. A value is suspect where its field is usually printed as it is written, and this one
is not; where a field is usually written in other words than the page's, such as a category, nothing is said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from burnish.datasets.auditing import copies_among
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document, Part
from burnish.datasets.field_schemas import fields_of
from burnish.datasets.printed_values import is_printed, squeezed
from burnish.page_features.term_counts import text_similarity

#: With fewer values, what is usual for a field cannot be told.
FEWEST_VALUES = 5
#: A field is usually printed as it is written where so many of its values are.
USUALLY_PRINTED = 0.8

Value = str | float


@dataclass(frozen=True, kw_only=True)
class FieldSummary:
    """A field over all documents."""

    name: str
    documents: int
    #: How many have a value of it, and how many different values there are.
    filled: int
    distinct: int
    commonest: str
    #: Of the values that may be printed, how many there are and how many are found on their document.
    values: int
    printed: int

    @property
    def missing(self) -> int:
        """How many documents have no value of it."""
        return self.documents - self.filled

    @property
    def is_usually_printed(self) -> bool:
        """Whether a value that is not found on its document is unusual."""
        return self.values >= FEWEST_VALUES and self.printed >= USUALLY_PRINTED * self.values


@dataclass(frozen=True, kw_only=True)
class UnprintedValue:
    """A value that its document does not show, though the field's values usually stand there."""

    document: Document
    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class FieldCopies:
    """Documents whose first pages are the same page; ``differing`` are the fields in which they differ."""

    documents: tuple[Document, ...]
    differing: tuple[str, ...]

    @property
    def is_leak(self) -> bool:
        """Whether some are to train on and others to test with."""
        parts = {one.part for one in self.documents}
        return Part.TEST in parts and bool(parts - {Part.TEST})


@dataclass(frozen=True, kw_only=True)
class FieldAudit:
    """What a person should review of documents with fields."""

    documents: int
    fields: tuple[FieldSummary, ...]
    unprinted: tuple[UnprintedValue, ...]
    #: Those that contradict each other first.
    copies: tuple[FieldCopies, ...]
    #: Documents of which every field is missing.
    empty: tuple[Document, ...]

    @property
    def contradictions(self) -> int:
        """How many groups of copies have different fields."""
        return sum(bool(one.differing) for one in self.copies)

    @property
    def leaks(self) -> int:
        """How many groups of copies are trained on and tested with."""
        return sum(one.is_leak for one in self.copies)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything to review."""
        return bool(self.unprinted or self.copies or self.empty)


@dataclass(frozen=True, kw_only=True)
class _FieldValue:
    """A value of a document. It is None where the field is null or blank."""

    document: Document
    field: str
    value: Value | None
    #: None where it cannot be told, as of true and false.
    is_printed: bool | None = None


def audit_fields(features: Sequence[DocumentFeatures]) -> FieldAudit:
    """Audit documents with fields, of which all pages were read."""
    values: defaultdict[str, list[_FieldValue]] = defaultdict(list)
    for one in (value for document in features for value in _values_of(document)):
        values[one.field].append(one)
    summaries = tuple(_summary(name, some, len(features)) for name, some in values.items())
    judged = [one.name for one in summaries if one.is_usually_printed]
    suspect = (one for name in judged for one in values[name] if one.is_printed is False)
    filled = {one.document.digest for some in values.values() for one in some if one.value is not None}
    return FieldAudit(
        documents=len(features),
        fields=summaries,
        unprinted=tuple(
            UnprintedValue(document=one.document, field=one.field, value=str(one.value)) for one in suspect
        ),
        copies=tuple(_copies(features)),
        empty=tuple(one.document for one in features if one.document.digest not in filled),
    )


def _summary(name: str, values: Sequence[_FieldValue], documents: int) -> FieldSummary:
    given = [one for one in values if one.value is not None]
    counts = Counter(str(one.value) for one in given)
    told = [one.is_printed for one in given if one.is_printed is not None]
    return FieldSummary(
        name=name,
        documents=documents,
        filled=len({one.document.digest for one in given}),
        distinct=len(counts),
        commonest=max(counts, key=counts.__getitem__, default=""),
        values=len(told),
        printed=sum(told),
    )


def _copies(features: Sequence[DocumentFeatures]) -> list[FieldCopies]:
    groups = copies_among(features, text_similarity([one.text for one in features]))
    found = [
        FieldCopies(documents=one.documents, differing=tuple(_differing(one.documents))) for one in groups
    ]
    return sorted(found, key=lambda one: (not one.differing, not one.is_leak))


def _differing(documents: Sequence[Document]) -> Iterator[str]:
    given = [fields_of(one) for one in documents]
    for name in dict.fromkeys(name for one in given for name in one):
        if any(one.get(name) != given[0].get(name) for one in given[1:]):
            yield name


def _values_of(features: DocumentFeatures) -> Iterator[_FieldValue]:
    """The values of a document's fields, those of lists one by one."""
    page = squeezed(features.whole_text)
    for name, value in _leaves("", fields_of(features.document)):
        found = _FieldValue(document=features.document, field=name, value=None)
        if isinstance(value, bool):
            yield replace(found, value=value)
        elif isinstance(value, str | int | float) and str(value).strip():
            yield replace(found, value=value, is_printed=is_printed(value, page))
        else:
            yield found


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # whatever JSON holds
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(name, inner)
    elif name:
        yield name, value
