"""Validation of data sets: every problem that the service would refuse, with its line and what to do.

Client and server share the rules, so that a job fails for what a check reports, in the same words. They work
on lines, wherever they come from; `burnish.datasets.record_files` reads them from files and from S3. What
AWS's own validators leave out is checked too: leaks between files, equal records with different labels,
imbalance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from burnish.checking.dataset_checks import count_problems, quality_problems
from burnish.checking.file_names import name_problems
from burnish.checking.problems import Problem, raise_for
from burnish.checking.scanning import Scan, scan_records
from burnish.families import DatasetRules

__all__ = ["Problem", "check_dataset", "problems_of", "raise_for", "refusals_of"]


def check_dataset(
    train: Iterable[bytes], validation: Iterable[bytes] | None, *, rules: DatasetRules
) -> list[Problem]:
    """Every problem of a training set and, where there is one, of a validation set, with leaks between."""
    scans = [scan_records(train, rules=rules, where="train")]
    if validation is not None:
        scans.append(scan_records(validation, rules=rules, where="validation"))
    return problems_of(scans, rules)


def problems_of(scans: Sequence[Scan], rules: DatasetRules) -> list[Problem]:
    """The problems of scanned files: the first to train on, the second to validate, others to test with.

    Problems of single lines come first; those beyond the limit are only counted.
    """
    counts = count_problems(scans[0], scans[1:2], rules, also=scans[2:])
    return [*_line_problems(scans), *counts, *quality_problems(scans)]


def refusals_of(train: Scan, validation: Sequence[Scan], rules: DatasetRules) -> list[Problem]:
    """The problems for which a service refuses a job: errors of files, lines and counts.

    Warnings of lines are included. Contradictions and leaks are not: see
    `burnish.checking.dataset_checks.quality_problems`.
    """
    scans = [train, *validation]
    names = [problem for scan in scans for problem in name_problems(scan.where, rules)]
    return [*names, *_line_problems(scans), *count_problems(train, validation, rules)]


def _line_problems(scans: Sequence[Scan]) -> Iterator[Problem]:
    for scan in scans:
        yield from scan.problems
    for scan in scans:
        warned = sum(problem.is_warning for problem in scan.problems)
        if more := scan.errors - (len(scan.problems) - warned):
            yield Problem(where=scan.where, text=f"and {more} more errors")
        if more := scan.warnings - warned:
            yield Problem(where=scan.where, text=f"and {more} more warnings", is_warning=True)
