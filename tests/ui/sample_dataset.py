"""A data set in two versions, and an audit of it: copies of different labels, names that are scripts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sample_work import SCRIPT, page_image

from burnish.aws.objects import S3Uri
from burnish.datasets.audit_sheet import write_audit
from burnish.datasets.auditing import Audit, Copies, JudgedLabel
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document, Part
from burnish.datasets.manifest import (
    DatasetFile,
    DatasetLineage,
    Dropped,
    LabelDecision,
    Manifest,
    ManifestDocument,
    ManifestPage,
    PromptFacts,
    SplitFacts,
    kept_place,
    write_manifest,
)
from burnish.datasets.pages import Rendering

LABELS = ("form", "invoice", "letter", SCRIPT)
PER_LABEL = 9
RELABELLED, REMOVED, ADDED = "letter/00.png", "letter/01.png", f"{SCRIPT}/\x1b[2Jadded.png"
SUSPECT, OUTLIER = "form/00.png", "invoice/02.png"


@dataclass(frozen=True, kw_only=True)
class SampleDataset:
    """Where the two versions stay."""

    folder: str
    earlier: str
    later: str
    #: The digest of a document of the later version.
    hostile_document: str


def write_sample_dataset(s3, place: S3Uri, audit_folder: Path) -> SampleDataset:
    """The data set, the later version being its current one, and the audit of the earlier one."""
    first = _first_version(s3, place)
    earlier = kept_place(place, first)
    write_manifest(s3, place, first)
    second = _second_version(s3, place, first, earlier)
    write_manifest(s3, place, second)
    _write_sample_audit(first, audit_folder)
    return SampleDataset(
        folder=str(place),
        earlier=str(earlier),
        later=str(kept_place(place, second)),
        hostile_document=second.documents[-1].digest,
    )


def _first_version(s3, place: S3Uri) -> Manifest:
    documents = [
        _document(s3, place, f"{label}/{number:02}.png", label, number)
        for label in LABELS[:3]
        for number in range(PER_LABEL)
    ]
    group = documents[0].group
    documents[PER_LABEL] = msgspec.structs.replace(documents[PER_LABEL], group=group)
    parts = {part: DatasetFile(uri=f"{place}/{part}.jsonl", sha256="0" * 64, records=9) for part in Part}
    return Manifest(
        source="papers of ours",
        model="amazon.nova-lite-v1:0:300k",
        rendering=Rendering(),
        split=SplitFacts(seed=7, test_share=0.2, validation_share=0.2, per_label=None, copies="together"),
        prompt=PromptFacts(
            labels=list(LABELS),
            descriptions={"form": f"To be filled in {SCRIPT}"},
            system="",
            task="Which type of document is this?",
        ),
        files=parts,
        documents=documents,
        dropped=[Dropped(name=f"{SCRIPT}.pdf", reason="it is encrypted")],
    )


def _second_version(s3, place: S3Uri, first: Manifest, earlier: S3Uri) -> Manifest:
    known = {one.name: one for one in first.documents}
    added = _document(s3, place, ADDED, SCRIPT, 0)
    decided = {RELABELLED: "invoice", REMOVED: None}
    decisions = [
        _decision(known[name], before="letter", after=after, by="Ada") for name, after in decided.items()
    ]
    decisions.append(_decision(added, before=None, after=SCRIPT, by=SCRIPT))
    documents = [
        msgspec.structs.replace(one, label="invoice") if one.name == RELABELLED else one
        for one in first.documents
        if one.name != REMOVED
    ]
    return msgspec.structs.replace(
        first,
        documents=[*documents, added],
        lineage=DatasetLineage(
            parent=str(earlier), parent_sha256=earlier.key[-21:-5] * 4, decisions=decisions
        ),
    )


def _decision(one: ManifestDocument, *, before: str | None, after: str | None, by: str) -> LabelDecision:
    return LabelDecision(
        document=one.name,
        digest=one.digest,
        by=by,
        at=datetime(2026, 11, 20, 14, 3, tzinfo=UTC),
        before=before,
        after=after,
    )


def _document(s3, place: S3Uri, name: str, label: str, number: int) -> ManifestDocument:
    body = page_image(f"{name[-12:]} {number}")
    digest = hashlib.sha256(body).hexdigest()
    s3.put_object(Bucket=place.bucket, Key=f"{place.key}/pages/{digest}.png", Body=body)
    page = ManifestPage(uri=f"{place}/pages/{digest}.png", digest=digest, width=620, height=800)
    part = (Part.TRAIN, Part.TRAIN, Part.TRAIN, Part.VALIDATION, Part.TEST)[number % 5]
    return ManifestDocument(name=name, digest=digest, label=label, part=part, group=digest, pages=[page])


def _write_sample_audit(manifest: Manifest, folder: Path) -> None:
    found = {
        one.name: Document(path=Path(one.name), label=one.label, digest=one.digest, name=one.name)
        for one in manifest.documents
    }
    features = [
        DocumentFeatures(document=one, lines=(), appearance=b"", thumbnail=b"", detail=b"", hashes=None)
        for one in found.values()
    ]
    audit = Audit(
        documents=len(found),
        judged=(JudgedLabel(document=found[SUSPECT], suggested="letter", probability=0.81),),
        copies=(Copies(documents=(found["form/01.png"], found["invoice/01.png"])),),
        outliers=(found[OUTLIER],),
    )
    write_audit(audit, features, folder, source=manifest.source)
