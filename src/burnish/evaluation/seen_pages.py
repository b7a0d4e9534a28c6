"""Whether models have seen the pages that they are asked about: what they get right there shows nothing."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from burnish.aws.clients import Client, Clients
from burnish.aws.objects import S3Uri, read_bytes, size_of
from burnish.datasets.documents import Part, joint_digest
from burnish.datasets.manifest import Manifest, ManifestDocument, ManifestPage
from burnish.errors import InvalidConfig, ServiceError
from burnish.evaluation.training_data import KnownTraining, Marks, training_data_of
from burnish.parallel import map_ordered

_AT_ONCE = 8


#: A document, and the pages of it that are asked about together.
_Record = tuple[ManifestDocument, tuple[ManifestPage, ...]]


@dataclass(frozen=True, kw_only=True)
class AskedPages:
    """The pages that models are to be asked about: those of a part, and to calibrate by the validation's."""

    manifest: Manifest
    part: Part = Part.TEST
    most: int | None = None
    calibrate: bool = False

    @property
    def listed(self) -> list[_Record]:
        """These pages with their documents, as the manifest lists them."""
        calibrating = self.manifest.records_of(Part.VALIDATION) if self.calibrate else []
        return [*self.manifest.records_of(self.part)[: self.most], *calibrating]

    def sizes(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Widths and heights of all these pages, by digest: what is asked once, whatever it is called."""
        return {
            joint_digest([page.digest for page in pages]): tuple((page.width, page.height) for page in pages)
            for _, pages in self.listed
        }


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Of how many pages of a part a model was trained on how many; ``validated`` are those beside them."""

    part: Part
    pages: int
    trained: int
    validated: int

    @property
    def is_refused(self) -> bool:
        """Whether figures on these pages would mislead whoever asked for them."""
        return self.trained > 0 or (self.validated > 0 and self.part is Part.TEST)

    def __str__(self) -> str:
        counts = ((self.trained, "trained on"), (self.validated, "validated with"))
        seen = " and ".join(f"{what} {count}" for count, what in counts if count)
        return f"was {seen} of the {self.pages} {self.part} pages"


def require_unseen(
    clients: Clients, models: Mapping[str, str | None], asked: AskedPages, *, allow_seen: bool = False
) -> dict[str, tuple[str, ...]]:
    """What is to be said of each model beside its figures, by its name: what it saw, what cannot be told.

    ``models`` are the ARNs of the models that answer, by their names; None where that is not known. Raises
    `InvalidConfig` where a model was trained on pages that it is to be asked about, or validated with test
    pages, unless that is allowed: then it is said.
    """
    remarks: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for name, model_arn in models.items():
        data = _training_data(clients, model_arn)
        seen = _exposures(clients.s3, asked, data)
        problems += [f"{name} {one}: {_remedy(data)}" for one in seen if one.is_refused]
        said = [f"{name} {one}: on new documents it will do worse than here." for one in seen]
        remarks[name] = (*said, *_doubts(name, data))
    if problems and not allow_seen:
        raise InvalidConfig("The evaluation on these pages", problems)
    return remarks


def _training_data(clients: Clients, model_arn: str | None) -> KnownTraining:
    if model_arn is None:
        return KnownTraining(doubts=["it is not known which model answers"])
    return training_data_of(clients, model_arn)


def _doubts(name: str, data: KnownTraining) -> list[str]:
    cannot_tell = f"It cannot be determined whether {name} has seen these pages"
    return [f"{cannot_tell}: {doubt.rstrip('.')}." for doubt in dict.fromkeys(data.doubts)]


def _remedy(data: KnownTraining) -> str:
    same = f", {data.manifest}" if data.manifest else ""
    return (
        f"evaluate it with the data set that it was trained with{same}, or on documents that it has not "
        "seen. With --allow-seen-pages (allow_seen=True) it is evaluated anyway, and the report says so"
    )


def _exposures(s3: Client, asked: AskedPages, data: KnownTraining) -> list[Exposure]:
    """What was seen of the pages that are asked about, and of those that confidence is calibrated by."""
    chosen = [(asked.part, asked.manifest.records_of(asked.part)[: asked.most])]
    if asked.calibrate and asked.part is not Part.VALIDATION:
        chosen.append((Part.VALIDATION, asked.manifest.records_of(Part.VALIDATION)))
    pages = [page for _, records in chosen for _, together in records for page in together]
    for marks in (data.trained, data.validated):
        _mark_equal_images(s3, pages, marks, data.doubts)
        _mark_copies(asked.manifest, marks)
    found = [_exposure(part, some, data) for part, some in chosen]
    # That validation pages were validated with is what they are for, where confidence is calibrated by them.
    return [one for one in found if one.trained or (one.validated and one.part is asked.part)]


def _exposure(part: Part, records: Sequence[_Record], data: KnownTraining) -> Exposure:
    trained = [_is_seen(*record, data.trained) for record in records]
    validated = [_is_seen(*record, data.validated) for record in records]
    beside = sum(late and not early for early, late in zip(trained, validated, strict=True))
    return Exposure(part=part, pages=len(records), trained=sum(trained), validated=beside)


def _is_seen(document: ManifestDocument, pages: Sequence[ManifestPage], marks: Marks) -> bool:
    # All of its pages: one alone may be an annex that other documents have as well.
    known = (page.digest in marks.pages or page.uri in marks.places for page in pages)
    return document.digest in marks.documents or all(known)


def _mark_copies(manifest: Manifest, marks: Marks) -> None:
    """Mark the documents of a data set that are copies of one that was seen."""
    groups = {one.group for one in manifest.documents if _is_wholly_seen(one, marks)}
    marks.documents |= {one.digest for one in manifest.documents if one.group in groups}


def _is_wholly_seen(document: ManifestDocument, marks: Marks) -> bool:
    # One page alone may be blank, and be the same in documents that have nothing else in common.
    images = {page.digest for page in document.pages}
    return document.digest in marks.documents or (bool(images) and images <= marks.pages)


def _mark_equal_images(
    s3: Client,
    pages: Sequence[ManifestPage],
    marks: Marks,
    doubts: list[str],
) -> None:
    """Mark the images that are not named for their content by it, where they may be one of these pages."""
    if not marks.places:
        return
    # Sizes first: of what may be thousands of images only those are fetched that can be equal.
    uris = (page.uri for page in pages if page.uri)
    sizes = set(map_ordered(lambda uri: size_of(s3, S3Uri.parse(uri)), uris, workers=_AT_ONCE))
    digest_of = partial(_digest_if_as_large, s3, sizes)
    digests = list(map_ordered(digest_of, sorted(marks.places), workers=_AT_ONCE))
    marks.pages |= set(filter(None, digests))
    if lost := digests.count(None):
        doubts.append(f"{lost} of {len(digests)} images that it was trained or validated with cannot be read")


def _digest_if_as_large(s3: Client, sizes: Container[int | None], place: str) -> str | None:
    """The digest of an image of one of these sizes, nothing for another, None where it cannot be read."""
    try:
        uri = S3Uri.parse(place)
        size = size_of(s3, uri)
        if size is None:
            return None
        return sha256(read_bytes(s3, uri)).hexdigest() if size in sizes else ""
    except ServiceError:
        return None
