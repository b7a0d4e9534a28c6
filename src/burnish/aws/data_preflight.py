"""The data of a job, looked at before it is created: buckets, objects, and the media that records name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from burnish.aws.clients import Client
from burnish.aws.findings import Findings
from burnish.aws.objects import S3Uri, bucket_region, lines_of, list_objects, size_of
from burnish.configs import FinetuningJobConfig
from burnish.errors import NotFound
from burnish.names import S3_URI

#: A quote inside a JSON string is escaped, so this finds members and never a text that looks like one.
_MEDIA = re.compile(rb'"(?:uri|image-ref)"\s*:\s*"([^"\\]*)"')
#: How many problems of one kind are listed before the rest is only counted.
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class DataFindings(Findings):
    """What was found, and ``objects``: one of every folder that the job's role must be able to read."""

    objects: list[S3Uri] = field(default_factory=list)


def look_at_data(s3: Client, config: FinetuningJobConfig, *, region: str) -> DataFindings:
    """Everything about a job's data that can be known before. Reads the records, never the media."""
    found = DataFindings()
    given = [config.training_data_uri, *filter(None, [config.validation_data_uri])]
    sources = [S3Uri.parse(uri) for uri in given]
    for bucket in dict.fromkeys(uri.bucket for uri in (*sources, S3Uri.parse(config.output_uri))):
        with found.as_far_as_allowed(f"the region of the bucket {bucket!r}"):
            found.problems.extend(_bucket_problems(s3, bucket, region))
    for source in sources:
        with found.as_far_as_allowed(f"the records of {source}"):
            _look_at_records(s3, source, found)
    return found


def _bucket_problems(s3: Client, bucket: str, region: str) -> Iterator[str]:
    try:
        where = bucket_region(s3, bucket)
    except NotFound:
        yield f"there is no bucket {bucket!r}: make it in {region}, or correct the URI"
        return
    if where not in (None, region):
        yield (
            f"the bucket {bucket!r} is in {where} and the job in {region}: Bedrock uses buckets of its own "
            "region only. Copy the data, or create the job there"
        )


def _look_at_records(s3: Client, source: S3Uri, found: DataFindings) -> None:
    size = size_of(s3, source)
    if not size:
        state = "is empty" if size == 0 else "does not exist"
        found.problems.append(f"{source} {state}: give the URI of a JSONL file of records")
        return
    found.objects.append(source)
    media = _Media(source)
    for number, line in enumerate(lines_of(s3, source), 1):
        for uri in _MEDIA.findall(line):
            media.add(uri.decode(errors="replace"), number)
    found.problems.extend(_some(media.problems))
    found.problems.extend(_some(media.missing(s3)))
    found.objects.extend(media.one_of_each_folder())


class _Media:
    """The images and videos that the records of one object name, by folder."""

    def __init__(self, source: S3Uri) -> None:
        self._source = source
        self._folders: dict[str, dict[str, int]] = {}
        self.problems: list[str] = []

    def add(self, text: str, number: int) -> None:
        """Take in a URI that stands in this line."""
        where = f"line {number} of {self._source} names {text}"
        if not S3_URI.fullmatch(text):
            self.problems.append(
                f"{where}: Bedrock takes keys of letters, digits and - _ . ! * ' ( ) / only, without //. "
                "Upload it under another key"
            )
            return
        uri = S3Uri.parse(text)
        if uri.bucket != self._source.bucket:
            self.problems.append(f"{where}: media must be in the bucket of the records. Copy it there")
            return
        folder, _, name = uri.key.rpartition("/")
        self._folders.setdefault(folder, {}).setdefault(name, number)

    def missing(self, s3: Client) -> list[str]:
        """What is named and is not there."""
        return [
            f"line {number} of {self._source} names s3://{self._source.bucket}/{key}, which does not exist"
            for folder, names in self._folders.items()
            for key, number in self._missing_in(s3, folder, names)
        ]

    def one_of_each_folder(self) -> list[S3Uri]:
        """One object of every folder: whoever may read it may read the others, as policies are written."""
        return [
            S3Uri(self._source.bucket, _key(folder, next(iter(names))))
            for folder, names in self._folders.items()
        ]

    def _missing_in(self, s3: Client, folder: str, names: dict[str, int]) -> Iterator[tuple[str, int]]:
        prefix = _key(folder, "")
        there = {uri.key for uri in list_objects(s3, S3Uri(self._source.bucket, prefix))}
        for name, number in names.items():
            if _key(folder, name) not in there:
                yield _key(folder, name), number


def _key(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _some(problems: list[str]) -> list[str]:
    rest = len(problems) - SHOWN
    return [*problems[:SHOWN], *([f"… and {rest} more of this kind"] if rest > 0 else [])]
