"""`burnish check`: whether a service would accept a data set, and whether the data is fit to train on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.cli.dataset_options import BaseModel, rules_of
from burnish.cli.display import open_stage
from burnish.cli.options import AsJson, option
from burnish.cli.output import print_result, show_json, show_table

if TYPE_CHECKING:
    from burnish.datasets.record_files import CheckReport


def check(
    train: Annotated[str, Parameter(help="Training records: a .jsonl, local or s3://…")],
    /,
    *,
    model: BaseModel,
    validation: Annotated[str | None, Parameter(help="Validation records.")] = None,
    test: Annotated[str | None, Parameter(help="Test records.")] = None,
    media: Annotated[
        bool,
        option("Also fetch the media in the records and decode the images."),
    ] = False,
    tokenizer: Annotated[
        Path | None, Parameter(help="Count tokens with the tokenizer in this folder of weights.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check records against every rule of the model, and for leaks and contradictions."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.record_files import check_files
    from burnish.errors import InvalidRecords

    files = [train, *filter(None, (validation, test))]
    with open_stage("media", quiet=as_json or not media) as display:
        report = check_files(
            files,
            rules=rules_of(model),
            s3=lambda: open_clients().s3,
            with_media=media,
            tokenizer=tokenizer,
            on_record=lambda done, total: display.show("media of records", done=done, total=total),
        )
    _show_json(report) if as_json else _show(report)
    # After the list, and as an error: a script must not start a job on what was refused.
    if report.errors:
        raise InvalidRecords(f"{_counts(report)}. Fix the errors before you start a job; nothing was spent")


def _counts(report: CheckReport) -> str:
    """How many errors there are, and warnings where there are any."""
    found = {"error": len(report.errors), "warning": len(report.warnings)}
    return " and ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in found.items() if count)


def _show(report: CheckReport) -> None:
    for problem in report.problems:
        print_result(f"{'warning' if problem.is_warning else 'error'}: {problem}")
    show_table(
        ("file", "records", "labels"),
        [(file, count, len(report.labels[file])) for file, count in report.records.items()],
    )
    for file, tokens in report.tokens.items():
        print_result(f"{file}: {tokens.total} tokens in total, {tokens.largest} in the longest record")


def _show_json(report: CheckReport) -> None:
    show_json(
        {
            "errors": report.errors,
            "warnings": report.warnings,
            "records": report.records,
            "labels": report.labels,
            "tokens": report.tokens,
        }
    )
