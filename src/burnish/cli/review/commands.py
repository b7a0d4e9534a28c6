"""The commands of `burnish review`."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from burnish.cli.display import notice_if_interrupted, open_stage
from burnish.cli.options import AsJson, option
from burnish.cli.output import print_message, print_result, show_json, show_table
from burnish.shown_times import shown_time

if TYPE_CHECKING:
    from burnish.aws.clients import Client
    from burnish.datasets.revising import Revision
    from burnish.families import DatasetRules
    from burnish.review import ReviewQueue

app = App(
    name="review",
    help="Decide what a model was unsure of, and make the next version of its data set of it.",
    help_format="plaintext",
)

Table = Annotated[str, Parameter(help="The table that `burnish classify --to` has written.")]
Reviewer = Annotated[
    str | None, Parameter(name="--as", help="Who decides; by default BURNISH_REVIEWER or this user.")
]
Dataset = Annotated[str, Parameter(help="The data set's folder or manifest, as s3://…")]


def _queue(table: str, reviewer: str | None) -> ReviewQueue:
    from burnish.aws.clients import open_clients
    from burnish.review import open_review

    queue = open_review(table, reviewer=reviewer, s3=open_clients().s3 if table.startswith("s3://") else None)
    for name, reason in queue.unavailable.items():
        print_message(f"Cannot be reviewed: {name}: {reason}")
    return queue


@app.command
def decide(
    table: Table,
    /,
    *,
    reviewer: Reviewer = None,
    without_text: Annotated[bool, option("Do not read the text off each document to show it.")] = False,
) -> None:
    """Decide in the terminal, the most useful documents first: least sure, then unlike anything seen."""
    from burnish.cli.review.deciding import decide_all

    queue = _queue(table, reviewer)
    with queue.journal, notice_if_interrupted("Every decision is kept: run the same command to go on."):
        decide_all(queue, with_text=not without_text)
        print_result(f"{queue.progress()}.")
        print_message(
            f"`burnish review results {shlex.quote(table)}` writes all documents with their labels."
        )


@app.command
def status(table: Table, /, *, as_json: AsJson = False) -> None:
    """Show how far a review is, by label and by reviewer."""
    queue = _queue(table, None)
    with queue.journal:
        progress = queue.progress()
    if as_json:
        show_json({"progress": progress, "left": progress.left, "data_set": queue.dataset})
        return
    if progress.labels:
        show_table(("label", "decided"), progress.labels.items())
        show_table(("reviewer", "decided"), progress.reviewers.items())
    print_result(f"{progress}.")


@app.command
def export(
    table: Table,
    /,
    *,
    to: Annotated[Path, Parameter(help="The CSV to write, to decide in a spreadsheet.")] = Path(
        "decisions.csv"
    ),
) -> None:
    """Write what is to be decided, and what is decided, to a CSV: fill in its column decision."""
    from burnish.review import export_decisions
    from burnish.review.decision_sheets import LEAVE_OUT

    queue = _queue(table, None)
    with queue.journal:
        count = export_decisions(queue, to)
    print_result(f"{count} documents: {to}")
    labels = ", ".join(queue.labels)
    print_message(f"Fill in the column decision with a label ({labels}), or {LEAVE_OUT}; then import it.")


@app.command
def results(
    table: Table,
    /,
    *,
    to: Annotated[Path, Parameter(help="The CSV to write.")] = Path("reviewed.csv"),
) -> None:
    """Write all documents with their labels to a CSV: decided by a person, or accepted from the model."""
    from burnish.review import write_reviewed_table

    queue = _queue(table, None)
    with queue.journal:
        print_result(f"{write_reviewed_table(queue, to)}. {to}")


@app.command(name="import")
def import_(
    table: Table,
    decisions: Annotated[Path, Parameter(help="The CSV that was exported and filled in.")],
    /,
    *,
    reviewer: Reviewer = None,
) -> None:
    """Take the decisions of a CSV that was exported and filled in; none of them if a line is wrong."""
    from burnish.review import import_decisions

    queue = _queue(table, reviewer)
    with queue.journal:
        done = import_decisions(queue, decisions)
    for one in done.conflicts:
        print_message(one)
    print_result(f"{done}.")


@app.command
def apply(
    table: Table,
    /,
    *,
    dataset: Annotated[
        str | None, Parameter(help="The data set to revise; by default the one it was classified by.")
    ] = None,
    model: Annotated[
        str | None, Parameter(help="The base model whose rules apply; by default the data set's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the next version of the data set of what is decided; the version before is kept."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.revising import DatasetStore
    from burnish.review import apply_review

    queue, clients = _queue(table, None), open_clients()
    again = "No version was made: run the same command again."
    with queue.journal, notice_if_interrupted(again), open_stage("documents", quiet=as_json) as display:
        store = DatasetStore(
            s3=clients.s3,
            owner=clients.account_id,
            rules=_rules(clients.s3, queue, dataset, model),
            on_document=lambda done, total: display.show("read and uploaded", done=done, total=total),
        )
        revision = apply_review(queue, store, dataset=dataset)
    _show_revision_json(revision) if as_json else _show_revision(revision)


def _rules(s3: Client, queue: ReviewQueue, dataset: str | None, model: str | None) -> DatasetRules:
    """The rules of the model that is given, or that the data set was prepared for."""
    from burnish.cli.dataset_options import rules_of
    from burnish.datasets.manifest import read_manifest
    from burnish.errors import InvalidConfig
    from burnish.review.applying import current_dataset

    place = dataset or current_dataset(queue)
    known = read_manifest(s3, place).model
    given = model or (known if isinstance(known, str) else None)
    if given is None:
        raise InvalidConfig(f"The data set {place}", ["it does not say for which model it is: give --model"])
    return rules_of(given)


def _show_revision(revision: Revision) -> None:
    for one in revision.left_out:
        print_message(f"Not trained on: {one}")
    for name in revision.declined:
        print_message(f"Left out, of none of the labels: {name}")
    if not revision.is_new:
        print_result(f"No new version: nothing differs from {revision.parent}")
        return
    added, relabelled, removed = map(len, (revision.added, revision.relabelled, revision.removed))
    print_result(f"Training documents: {added} added, {relabelled} relabelled, {removed} removed")
    print_result("Validation and test documents: unchanged")
    print_result(f"Version before: {revision.parent}")
    print_result(f"Data set: {revision.place}")
    for part, file in revision.manifest.files.items():
        print_result(f"  {part}: {file.uri}")


def _show_revision_json(revision: Revision) -> None:
    show_json(
        {
            "manifest": str(revision.place),
            "parent": str(revision.parent),
            "is_new": revision.is_new,
            "added": revision.added,
            "relabelled": revision.relabelled,
            "removed": revision.removed,
            "unchanged": revision.unchanged,
            "declined": revision.declined,
            "left_out": revision.left_out,
            "files": revision.manifest.files,
        }
    )


@app.command
def versions(dataset: Dataset, /, *, as_json: AsJson = False) -> None:
    """List the versions of a data set: what each was made from, and by whose decisions."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.versions import versions_of

    found = versions_of(open_clients().s3, dataset)
    if as_json:
        show_json(found)
        return
    names = {one.uri: one.name for one in found}
    columns = ("version", "train", "validation", "test", "made from", "decisions", "by", "until")
    show_table(
        columns,
        [
            (
                f"{one.name}{' (current)' * one.is_current}",
                *one.parts.values(),
                names.get(one.parent or "", "-"),
                one.decisions or "-",
                ", ".join(one.reviewers) or "-",
                shown_time(one.decided) if one.decided else "-",
            )
            for one in found
        ],
    )


@app.command
def diff(
    dataset: Dataset,
    earlier: Annotated[str, Parameter(help="A version, by the digits its name begins with.")],
    /,
    *,
    later: Annotated[str | None, Parameter(help="The other version; by default the current one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how two versions of a data set differ: documents added, relabelled and removed, and by label."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.manifest import folder_of, read_manifest
    from burnish.datasets.versions import difference_between, version_place

    s3 = open_clients().s3
    places = [version_place(s3, dataset, one) if one else folder_of(dataset) for one in (earlier, later)]
    found = difference_between(*(read_manifest(s3, place) for place in places))
    if as_json:
        show_json(found)
        return
    rows = [(label, before, after) for label, (before, after) in found.training.items()]
    show_table(("label", "training before", "after"), rows)
    for name in found.added:
        print_result(f"added: {name}")
    for one in found.relabelled:
        print_result(f"relabelled: {one.document}: {one.before} to {one.after}")
    for name in found.removed:
        print_result(f"removed: {name}")
    print_result(f"{found}.")


@app.command
def compare(
    before: Annotated[str, Parameter(help="The model of the version before, by name, id or ARN.")],
    after: Annotated[str, Parameter(help="The model of the version after.")],
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder for the report.")] = Path("burnish-review"),
    calibrate: Annotated[bool, option("Also ask about validation pages, to calibrate confidence.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure both models on the held-out pages, which no review enters, with the paired test."""
    from burnish.aws.clients import open_clients
    from burnish.classification.on_demand_endpoint import OnDemandEndpoint
    from burnish.classification.tuned_models import model_named
    from burnish.cli.evaluation.commands import evaluate
    from burnish.cli.evaluation.options import AskingOptions, ReportOptions
    from burnish.review.before_and_after import held_out_of

    clients = open_clients()
    models = {"before": model_named(clients, before), "after": model_named(clients, after)}
    dataset = held_out_of(clients, models["before"], models["after"])
    with ExitStack() as deployed:
        endpoints = {
            name: deployed.enter_context(
                OnDemandEndpoint(clients, model, output=f"{out.resolve()} {name}", on_notice=print_message)
            ).arn()
            for name, model in models.items()
        }
        evaluate(
            dataset,
            *(f"{name}={endpoint}" for name, endpoint in endpoints.items()),
            asking=AskingOptions(calibrate=calibrate),
            report=ReportOptions(out=out, title="Before and after the review"),
            as_json=as_json,
        )
