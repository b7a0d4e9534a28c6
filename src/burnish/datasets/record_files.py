"""Checks of record files, on this machine or in S3, in one pass each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, lines_of
from burnish.checking import problems_of
from burnish.checking.file_names import name_problems
from burnish.checking.problems import Problem
from burnish.checking.scanning import Scan, scan_records
from burnish.checking.tokens import TokenCounts, count_tokens, open_tokenizer
from burnish.datasets.media import media_problems
from burnish.errors import InvalidRecords
from burnish.families import DatasetRules


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What a check has found. ``records`` and ``labels`` are counts, by file."""

    problems: tuple[Problem, ...]
    records: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    #: Where a tokenizer was given.
    tokens: Mapping[str, TokenCounts] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What would make the service refuse the data set."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What may go wrong."""
        return tuple(problem for problem in self.problems if problem.is_warning)


def check_files(
    files: list[str],
    *,
    rules: DatasetRules,
    s3: Callable[[], Client],
    with_media: bool = False,
    tokenizer: Path | None = None,
    on_record: Callable[[int, int], None] = lambda done, total: None,
) -> CheckReport:
    """Everything about the files of a data set: the first trains, the second validates, the third tests.

    Each is a path or an ``s3://`` URI. ``s3`` makes a client where one is needed. Media are read only when
    asked for: that takes as long as fetching them; ``on_record`` hears of how many records, of all, they
    have been read. With the folder of a ``tokenizer`` tokens are counted.
    """
    scans = [_scan(file, rules, s3) for file in files]
    names = [problem for file in files for problem in name_problems(file, rules)]
    problems = [*names, *problems_of(scans, rules)]
    # What is no JSONL was said once, and would be said again by every further check.
    readable = [scan.where for scan in scans if scan.is_json_lines]
    # Only on request: fetching every page takes far longer than reading the records.
    if with_media:
        problems += _media_problems([scan for scan in scans if scan.is_json_lines], rules, s3, on_record)
    tokens = {}
    if tokenizer:
        opened = open_tokenizer(tokenizer)
        for file in readable:
            tokens[file], found = count_tokens(_lines(file, s3), opened, rules=rules, where=file)
            problems += found
    return CheckReport(
        problems=tuple(problems),
        records={scan.where: scan.records for scan in scans},
        labels={scan.where: dict(scan.counts().most_common()) for scan in scans},
        tokens=tokens,
    )


def _media_problems(
    scans: Sequence[Scan],
    rules: DatasetRules,
    s3: Callable[[], Client],
    on_record: Callable[[int, int], None],
) -> Iterator[Problem]:
    total, before = sum(scan.records for scan in scans), 0
    for scan in scans:
        yield from media_problems(
            _lines(scan.where, s3),
            rules=rules,
            where=scan.where,
            s3=s3(),
            # Lines may be blank, so there may be more of them than of records.
            on_line=lambda line, before=before: on_record(min(before + line, total), total),  # type: ignore[misc]
        )
        before += scan.records


def _scan(file: str, rules: DatasetRules, s3: Callable[[], Client]) -> Scan:
    bucket = S3Uri.parse(file).bucket if file.startswith("s3://") else None
    return scan_records(_lines(file, s3), rules=rules, where=file, bucket=bucket)


def _lines(file: str, s3: Callable[[], Client]) -> Iterator[bytes]:
    if file.startswith("s3://"):
        yield from lines_of(s3(), S3Uri.parse(file))
        return
    try:
        with Path(file).open("rb") as lines:
            yield from lines
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InvalidRecords(
            f"{file!r} is not a file of records: give a .jsonl file or its s3:// URI"
        ) from error
