"""Checks of a job's data before it is created: buckets, objects, records, and the media they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from burnish.aws.clients import Client
from burnish.aws.findings import Findings
from burnish.aws.objects import S3Uri, bucket_region, lines_of, list_objects, size_of
from burnish.checking import refusals_of
from burnish.checking.block_rules import uri_pattern
from burnish.checking.dataset_checks import quality_problems
from burnish.checking.media_uris import media_uris_in
from burnish.checking.scanning import Scan, scan_records
from burnish.configs import FinetuningJobConfig
from burnish.errors import NotFound
from burnish.families import DatasetRules

#: How many problems of one kind are listed before the rest is only counted.
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class DataFindings(Findings):
    """The findings, and ``objects``: one from each folder that the job's role must be able to read."""

    objects: list[S3Uri] = field(default_factory=list)


def check_data(s3: Client, config: FinetuningJobConfig, *, region: str, rules: DatasetRules) -> DataFindings:
    """Check a job's data as far as possible in advance. Reads the records, never the media.

    ``rules`` are those of the job's model and customization type. Errors in the sense of `burnish check` are
    problems.
    """
    found = DataFindings()
    given = [config.training_data_uri, *filter(None, [config.validation_data_uri])]
    sources = [S3Uri.parse(uri) for uri in given]
    # Bedrock finds this out only once it has accepted the job.
    for bucket in dict.fromkeys(uri.bucket for uri in (*sources, S3Uri.parse(config.output_uri))):
        with found.noting_denials(f"the region of the bucket {bucket!r}"):
            found.problems.extend(_bucket_problems(s3, bucket, region))
    scans = []
    for source in sources:
        with found.noting_denials(f"the records of {source}"):
            scans += _scanned(s3, source, rules, found)
    # Counts and leaks only make sense when every file could be read.
    if len(scans) == len(sources):
        found.problems.extend(_record_problems(scans, rules))
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


def _scanned(s3: Client, source: S3Uri, rules: DatasetRules, found: DataFindings) -> list[Scan]:
    """The scan of an object's records; empty where the object is missing or empty."""
    size = size_of(s3, source)
    if not size:
        state = "is empty" if size == 0 else "does not exist"
        found.problems.append(f"{source} {state}: give the URI of a JSONL file of records")
        return []
    found.objects.append(source)
    media = _Media(source, rules)
    lines = media.noted(lines_of(s3, source))
    scan = scan_records(lines, rules=rules, where=str(source), bucket=source.bucket)
    found.problems.extend(_some(media.missing(s3)))
    found.objects.extend(media.one_of_each_folder())
    return [scan]


def _record_problems(scans: Sequence[Scan], rules: DatasetRules) -> Iterator[str]:
    """The errors of the records, abbreviated file by file."""
    problems = [*refusals_of(scans[0], scans[1:], rules), *quality_problems(scans)]
    errors = [problem for problem in problems if not problem.is_warning]
    for where in dict.fromkeys(problem.where for problem in errors):
        yield from _some([str(problem) for problem in errors if problem.where == where])


class _Media:
    """The images, videos and documents that the records of one object refer to, by folder."""

    def __init__(self, source: S3Uri, rules: DatasetRules) -> None:
        self._source = source
        self._is_uri = uri_pattern(rules.key_punctuation)
        self._folders: dict[str, dict[str, int]] = {}

    def noted(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Pass the lines on, and note the media that they refer to."""
        for number, line in enumerate(lines, 1):
            for text in media_uris_in(line):
                self._add(text, number)
            yield line

    def _add(self, text: str, number: int) -> None:
        """Note a URI. Malformed ones are skipped: the rules of records report them."""
        if not self._is_uri(text):
            return
        uri = S3Uri.parse(text)
        if uri.bucket == self._source.bucket:
            folder, _, name = uri.key.rpartition("/")
            self._folders.setdefault(folder, {}).setdefault(name, number)

    def missing(self, s3: Client) -> list[str]:
        """The media that do not exist."""
        return [
            f"line {number} of {self._source} names s3://{self._source.bucket}/{key}, which does not exist"
            for folder, names in self._folders.items()
            for key, number in self._missing_in(s3, folder, names)
        ]

    def one_of_each_folder(self) -> list[S3Uri]:
        """One object from each folder. Policies grant folders, so one permission check stands for all."""
        return [
            S3Uri(self._source.bucket, _key(folder, next(iter(names))))
            for folder, names in self._folders.items()
        ]

    def _missing_in(self, s3: Client, folder: str, names: dict[str, int]) -> Iterator[tuple[str, int]]:
        prefix = _key(folder, "")
        # One listing for each folder, and not one request for each of perhaps a hundred thousand pages.
        there = {uri.key for uri in list_objects(s3, S3Uri(self._source.bucket, prefix))}
        for name, number in names.items():
            if _key(folder, name) not in there:
                yield _key(folder, name), number


def _key(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _some(problems: list[str]) -> list[str]:
    rest = len(problems) - SHOWN
    return [*problems[:SHOWN], *([f"… and {rest} more of this kind"] if rest > 0 else [])]
