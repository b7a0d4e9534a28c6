"""Whether a service would take a data set: every problem, with its line and what to do.

Client and server share the rules: a job refuses what a check refuses, in the same words. They look at lines,
wherever they come from; `burnish.datasets.record_files` reads them from files and from S3. What AWS's own
validators leave out is checked too: leaks between the parts, equal records with different labels, balance.
"""

from __future__ import annotations

from collections.abc import Iterable

from burnish.checking.problems import Problem, raise_for
from burnish.checking.scanning import Scan, scan_records
from burnish.checking.whole_sets import set_problems
from burnish.families import DatasetRules

__all__ = ["Problem", "check_dataset", "check_records", "problems_of", "raise_for"]


def check_dataset(
    train: Iterable[bytes], validation: Iterable[bytes], *, rules: DatasetRules
) -> list[Problem]:
    """Every problem of a training and a validation set, and of the two together."""
    return problems_of(
        [
            scan_records(train, rules=rules, where="train"),
            scan_records(validation, rules=rules, where="validation"),
        ],
        rules,
    )


def check_records(lines: Iterable[bytes], *, rules: DatasetRules, where: str) -> list[Problem]:
    """Every problem of one training set; an empty list when there is none."""
    return problems_of([scan_records(lines, rules=rules, where=where)], rules)


def problems_of(scans: list[Scan], rules: DatasetRules) -> list[Problem]:
    """The problems of scanned parts, those of lines first; what is not kept of them is counted."""
    problems = [problem for scan in scans for problem in scan.problems]
    for scan in scans:
        left = scan.errors + scan.warnings - len(scan.problems)
        if left:
            problems.append(Problem(where=scan.where, text=f"and {left} more problems of this kind"))
    return [*problems, *set_problems(scans, rules)]
