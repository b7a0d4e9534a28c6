"""`burnish prepare` and `burnish check`: a data set from documents, and whether a service would take one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.lines import complain, tell
from burnish.cli.options import AsJson, DryRun, family_claiming
from burnish.cli.tables import show_json, show_table

if TYPE_CHECKING:
    from burnish.datasets.documents import Documents
    from burnish.datasets.prepared import PreparedDataset
    from burnish.datasets.splitting import SplitPlan
    from burnish.families import DatasetRules

MODEL = Parameter(help="The base model that is to be tuned, by id or ARN: its rules count.")
Share = validators.Number(gte=0, lt=1)


def prepare(  # noqa: PLR0913  # the options of a command
    source: Annotated[
        str,
        Parameter(help="A folder with a sub-folder per type, a .csv or .jsonl, a .json, s3://…, or hf:name."),
    ],
    /,
    *,
    to: Annotated[str, Parameter(help="Where in S3 the data set goes, as s3://bucket/prefix.")],
    model: Annotated[str, MODEL],
    held_out: Annotated[
        str | None, Parameter(help="Documents to test with, from a source like the first.")
    ] = None,
    test_share: Annotated[
        float, Parameter(help="The share of each type to test with.", validator=Share)
    ] = 0.2,
    validation_share: Annotated[
        float, Parameter(help="The share of each type to validate with.", validator=Share)
    ] = 0.15,
    per_label: Annotated[int | None, Parameter(help="At most so many documents of each type.")] = None,
    pages: Annotated[Literal["first", "all"], Parameter(help="Which pages of a document.")] = "first",
    longest_edge: Annotated[int, Parameter(help="The longest edge of a page, in pixels.")] = 1568,
    descriptions: Annotated[
        Path | None, Parameter(help="What the types mean: a CSV of label and description, or JSON.")
    ] = None,
    corrections: Annotated[
        Path | None, Parameter(help="Decisions about documents, as `burnish audit` writes them.")
    ] = None,
    keep_copies: Annotated[
        bool, Parameter(help="Let copies of a document be on two sides.", negative="", show_default=False)
    ] = False,
    seed: Annotated[int, Parameter(help="Another seed, another split.")] = 0,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a data set of labelled documents: pages and records in S3, checked, with a manifest."""
    from burnish.aws.clients import open_clients
    from burnish.aws.objects import S3Uri, ensure_bucket
    from burnish.cli.display import open_display
    from burnish.datasets.descriptions import read_descriptions
    from burnish.datasets.pages import Rendering
    from burnish.datasets.prepare import prepare_dataset
    from burnish.datasets.prepared import Destination, Preparation
    from burnish.datasets.splitting import SplitPlan
    from burnish.records import classification_prompt

    place = S3Uri.parse(to)
    plan = SplitPlan(test_share=test_share, validation_share=validation_share, per_label=per_label, seed=seed)
    rules = rules_of(model)
    found = documents_of(source, held_out=held_out, corrections=corrections)
    if dry_run:
        _show_plan(found, plan, as_json=as_json)
        return
    clients = open_clients()
    meanings = {**found.descriptions, **(read_descriptions(descriptions) if descriptions else {})}
    preparation = Preparation(
        rules=rules,
        plan=plan,
        rendering=Rendering(pages=pages, longest_edge=longest_edge),
        prompt=classification_prompt(found.labels, meanings),
        keep_copies=keep_copies,
    )
    destination = Destination(bucket=place.bucket, prefix=place.key, owner=clients.account_id)
    ensure_bucket(clients.s3, place.bucket, region=clients.region)
    with open_display(quiet=as_json) as display:
        display.begin("documents")
        dataset = prepare_dataset(
            found,
            s3=clients.s3,
            destination=destination,
            preparation=preparation,
            on_document=lambda done, total: display.show("read and uploaded", done=done, total=total),
        )
        display.show(f"{len(dataset.manifest.documents)} documents, {len(dataset.skipped)} left out")
        display.end(well=True)
    _show_json(dataset) if as_json else _show(dataset)


def check(
    train: Annotated[str, Parameter(help="The records to train on: a .jsonl, here or as s3://…")],
    /,
    *,
    model: Annotated[str, MODEL],
    validation: Annotated[str | None, Parameter(help="The records to validate with.")] = None,
    test: Annotated[str | None, Parameter(help="The records to test with.")] = None,
    media: Annotated[
        bool,
        Parameter(
            help="Also fetch and decode every image that the records name.", negative="", show_default=False
        ),
    ] = False,
    tokenizer: Annotated[
        Path | None, Parameter(help="A folder of weights, to count tokens as the model does.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check records by every rule of the model, and for leaks and contradictions. Exits 1 for errors."""
    from burnish.aws.clients import open_clients
    from burnish.cli.display import open_display
    from burnish.datasets.checking.files import check_files
    from burnish.errors import InvalidRecords

    files = [train, *filter(None, (validation, test))]
    with open_display(quiet=as_json or not media) as display:
        display.begin("media")
        report = check_files(
            files,
            rules=rules_of(model),
            s3=lambda: open_clients().s3,
            with_media=media,
            tokenizer=tokenizer,
            on_media=lambda done: display.show(f"{done} images looked at"),
        )
        display.end(well=True)
    if as_json:
        show_json(
            {
                "errors": report.errors,
                "warnings": report.warnings,
                "records": report.records,
                "labels": report.labels,
                "tokens": report.tokens,
            }
        )
    else:
        for problem in report.problems:
            tell(f"{'warning' if problem.is_warning else 'error'}: {problem}")
        show_table(
            ("file", "records", "labels"),
            [(file, count, len(report.labels[file])) for file, count in report.records.items()],
        )
        for file, tokens in report.tokens.items():
            tell(f"{file}: {tokens.total} tokens in all, {tokens.largest} in the longest record")
    if report.errors:
        warned = f" and {len(report.warnings)} warnings" if report.warnings else ""
        raise InvalidRecords(
            f"{len(report.errors)} errors{warned}: mend them before a job is started; nothing was spent"
        )


def rules_of(model: str) -> DatasetRules:
    """What a base model asks of its data. Raises `InvalidConfig` for one that no family claims."""
    from burnish.families import model_id_of

    return family_claiming(model).tuning(model_id_of(model)).rules


def documents_of(source: str, *, held_out: str | None, corrections: Path | None) -> Documents:
    """The documents of the sources that the command line names, with what a person has decided."""
    from burnish.datasets.corrections import corrected, read_corrections
    from burnish.datasets.documents import require_types, with_held_out
    from burnish.datasets.sources import source_named
    from burnish.datasets.sources.folders import HOW_TO_LAY_OUT

    found = require_types(source_named(source).read(), 1, remedy=HOW_TO_LAY_OUT)
    if held_out:
        found = with_held_out(found, source_named(held_out).read())
    if corrections:
        found = corrected(found, read_corrections(corrections), origin=corrections.name)
    return found


def _show_plan(found: Documents, plan: SplitPlan, *, as_json: bool) -> None:
    """How many documents of each type would go where, as far as can be told without reading them."""
    from burnish.datasets.documents import Part
    from burnish.datasets.splitting import sampled, split_documents

    parts = split_documents(sampled(found.documents, plan), plan).parts
    counts = {
        label: {str(part): sum(one.label == label for one in parts[part]) for part in Part}
        for label in found.labels
    }
    if as_json:
        show_json({"labels": counts, "left_out": found.skipped})
        return
    for one in found.skipped:
        complain(f"Left out: {one}")
    show_table(("type", *Part), [(label, *count.values()) for label, count in counts.items()])
    complain("Nothing was read or uploaded. Copies and unreadable documents are found when it is.")


def _show(dataset: PreparedDataset) -> None:
    from burnish.datasets.documents import Part

    whole = dataset.manifest
    for one in dataset.skipped:
        complain(f"Left out: {one}")
    counts = {
        (label, part): sum(document.label == label for document, _ in whole.pages_of(part))
        for label in dataset.labels
        for part in Part
    }
    rows = [(label, *(counts[label, part] for part in Part)) for label in dataset.labels]
    total = ("all", *(whole.files[part].records if part in whole.files else 0 for part in Part))
    show_table(("type", *Part), [*rows, total])
    tell(f"Data set: {dataset.manifest_uri}")
    for part, file in whole.files.items():
        tell(f"  {part}: {file.uri}")


def _show_json(dataset: PreparedDataset) -> None:
    show_json(
        {
            "manifest": dataset.manifest_uri,
            "files": dataset.manifest.files,
            "labels": dataset.labels,
            "documents": len(dataset.manifest.documents),
            "dropped": dataset.manifest.dropped,
        }
    )
