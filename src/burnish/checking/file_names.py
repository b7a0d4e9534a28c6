"""The rules for names of record files."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.checking.block_rules import uri_findings
from burnish.checking.problems import Problem
from burnish.families import DatasetRules


def name_problems(file: str, rules: DatasetRules) -> Iterator[Problem]:
    """What is wrong with the name of a file of records, given as a path or as an S3 URI."""
    if not file.endswith(rules.file_suffix):
        text = f"its name does not end in {rules.file_suffix}, which AWS's validators require: rename it"
        yield Problem(where=file, text=text)
    if file.startswith("s3://"):
        for finding in uri_findings(file, "the name", rules, None):
            yield Problem(where=file, text=finding.text, is_warning=finding.is_warning)
