"""Applying a person's corrections to documents: new labels, and documents to leave out.

A decision applies to one content in one source: the document with that SHA-256 in that source. So a decision
about a training document never changes a held-out one, even of the same name, and a document that has changed
since is left alone. Decisions that were not applied are listed with the reason.

A decision without a digest, as people write it by hand, applies to the document of that name in the first
source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from burnish.csv_cells import unguarded
from burnish.datasets.correction_files import AS_ACTION, AS_LABEL, DROP, KEEP, Correction, Corrections
from burnish.datasets.documents import Document, Documents, SkippedDocument
from burnish.datasets.source_names import is_source
from burnish.errors import InvalidDocuments
from burnish.label_spellings import with_suggestion


@dataclass(frozen=True, kw_only=True)
class AppliedCorrections:
    """The outcome of decisions: how many changed a document, how many confirmed one, and the others."""

    origin: str
    changed: int
    confirmed: int
    not_applied: tuple[SkippedDocument, ...] = ()

    def __str__(self) -> str:
        kept = f" and {self.confirmed} confirm what is there" if self.confirmed else ""
        return (
            f"{self.origin}: {self.changed} decision{'s' * (self.changed != 1)} applied{kept}, "
            f"{len(self.not_applied)} not applied"
        )


@dataclass(frozen=True, kw_only=True)
class _Meaning:
    """The effect of a decision on a document. By default it stays as it is."""

    drops: bool = False
    label: str | None = None


#: By the place of a source and the digest of a document in it: the decision and what it means.
_Decided = dict[tuple[int, str], tuple[Correction, _Meaning]]


def apply_corrections(
    sources: Sequence[Documents], corrections: Corrections
) -> tuple[list[Documents], AppliedCorrections]:
    """Apply corrections to sources; the new sources, and the outcome of the decisions.

    Raises `InvalidDocuments`, naming the line, for probable mistakes: a name that is missing or ambiguous, a
    label that no document has, two decisions about one document.
    """
    labels = sorted({label for source in sources for label in source.labels})
    decided: _Decided = {}
    not_applied: list[SkippedDocument] = []
    for row in corrections.rows:
        if not row.decision.strip():
            continue
        meaning = _meaning(row, labels)
        found = _target(row, sources)
        if isinstance(found, str):
            not_applied.append(SkippedDocument(name=row.name or row.digest or "", reason=found))
            continue
        place, document = found
        # The label that it has already: the same decision as ``keep``, and no conflict with it.
        meant = _Meaning() if meaning.label == document.label else meaning
        _decide(decided, (place, document.digest), row, meant)
    changed = sum(meant != _Meaning() for _, meant in decided.values())
    applied = AppliedCorrections(
        origin=corrections.name,
        changed=changed,
        confirmed=len(decided) - changed,
        not_applied=tuple(not_applied),
    )
    return [_changed(one, place, decided) for place, one in enumerate(sources)], applied


def _decide(decided: _Decided, target: tuple[int, str], row: Correction, meaning: _Meaning) -> None:
    earlier, meant = decided.setdefault(target, (row, meaning))
    if meant != meaning:
        raise InvalidDocuments(
            f"{earlier.place} and line {row.line} decide differently about {row.name or row.digest!r}: "
            f"{earlier.decision.strip()!r} and {row.decision.strip()!r}. Leave one of them"
        )


def _changed(source: Documents, place: int, decided: _Decided) -> Documents:
    kept, dropped = [], []
    for one in source.documents:
        row, meaning = decided.get((place, one.digest), (None, _Meaning()))
        if row and meaning.drops:
            dropped.append(SkippedDocument(name=one.name, reason=f"left out by {row.file}"))
        else:
            kept.append(replace(one, label=meaning.label) if meaning.label else one)
    return replace(source, documents=tuple(kept), skipped=(*source.skipped, *dropped))


def _meaning(row: Correction, labels: Sequence[str]) -> _Meaning:
    """What a decision says. Raises `InvalidDocuments` where it is no action, and no label that there is."""
    said = row.decision.strip()
    word = said.casefold()
    if word.startswith(AS_ACTION) and word.removeprefix(AS_ACTION).strip() in (KEEP, DROP):
        return _Meaning(drops=word.endswith(DROP))
    if word in (KEEP, DROP):
        if any(label.strip().casefold() == word for label in labels):
            raise InvalidDocuments(
                f"{row.place}: {said!r} is a label here, and what is written to {word} a document. Write "
                f"'{AS_LABEL}{said}' for the label, or '{AS_ACTION}{word}' for the other"
            )
        return _Meaning(drops=word == DROP)
    return _Meaning(label=_label(row, labels))


def _label(row: Correction, labels: Sequence[str]) -> str:
    said = row.decision.strip()
    inner = said[len(AS_LABEL) :].strip() if said.casefold().startswith(AS_LABEL) else said
    # As it is written first: a label may itself begin with a space, an apostrophe or `label:`.
    for text in (row.decision, said, inner, unguarded(said)):
        if text in labels:
            return text
        if len(matches := [label for label in labels if label.strip() == text]) == 1:
            return matches[0]
    raise InvalidDocuments(
        f"{row.place}: no document has the label {with_suggestion(said, labels)}. The labels are "
        f"{', '.join(map(repr, labels))}; to leave a document out, write {DROP!r}"
    )


def _target(row: Correction, sources: Sequence[Documents]) -> tuple[int, Document] | str:
    """The place of the source and the document in it that a decision is about, or why there is none."""
    named = [place for place, one in enumerate(sources) if row.source and is_source(row.source, one.origin)]
    meant = named if row.source else [0]
    if not meant:
        given = " and ".join(repr(one.origin) for one in sources)
        return (
            f"it was decided for the source {row.source!r}, which is not {given}: if it has only moved, "
            "write its new place into the column 'source'"
        )
    found = [(place, one) for place in meant for one in _documents(row, sources[place])]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidDocuments(_ambiguity(row, found, sources))
    return _reason(row, sources[meant[0]])


def _documents(row: Correction, source: Documents) -> Iterator[Document]:
    """The documents of a source with the digest of a decision, or where it has none with its name."""
    if row.digest:
        return (one for one in source.documents if one.digest == row.digest)
    return (one for one in source.documents if one.name in row.names)


def _ambiguity(row: Correction, found: Sequence[tuple[int, Document]], sources: Sequence[Documents]) -> str:
    candidates = ", ".join(
        f"{one.name!r} of {sources[place].origin!r} (sha256:{one.digest})" for place, one in found[:5]
    )
    return (
        f"{row.place}: {row.name or row.digest!r} could be any of {len(found)} documents: {candidates}. Give "
        "the columns 'source' and 'digest', as `burnish audit` writes them"
    )


def _reason(row: Correction, source: Documents) -> str:
    """Why its source has no such document. Raises `InvalidDocuments` where only a name says which."""
    if left_out := next((one for one in source.skipped if one.name in row.names), None):
        return f"it is left out already: {left_out.reason}"
    if not row.digest:
        raise InvalidDocuments(
            f"{row.place}: {source.origin!r} does not hold a document {row.name!r}. Names are those that "
            "`burnish audit` lists; for a document of another source, give its column 'source'"
        )
    if any(one.name in row.names for one in source.documents):
        return "its content has changed since the decision: review it again"
    return f"it is no longer in {source.origin!r}"
