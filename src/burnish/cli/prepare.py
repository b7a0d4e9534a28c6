"""`burnish prepare`: a data set in S3 from labelled documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.cli.cluster_preparation import (
    ClusterWork,
    prepare_there,
    require_for_cluster,
)
from burnish.cli.dataset_options import (
    BaseModel,
    RecordOptions,
    SplitOptions,
    rules_of,
)
from burnish.cli.display import notice_if_interrupted, open_stage
from burnish.cli.options import AsJson, DryRun
from burnish.cli.output import print_message, print_result, show_json, show_table
from burnish.cli.source_options import (
    ReadingOptions,
    Source,
    documents_of,
    documents_with_fields,
    show_applied,
    show_notes,
)

if TYPE_CHECKING:
    from burnish.aws.objects import S3Uri
    from burnish.datasets.corrections import AppliedCorrections
    from burnish.datasets.documents import Documents
    from burnish.datasets.prepared import Preparation, PreparedDataset
    from burnish.datasets.splitting import SplitPlan
    from burnish.extraction_prompts import Prompt

GOES_ON = "No data set was created. Pages read so far are cached: run the same command again to continue."


def prepare(
    source: Source,
    /,
    *,
    to: Annotated[str, Parameter(help="Destination of the data set, as s3://bucket/prefix.")],
    model: BaseModel,
    reading: ReadingOptions | None = None,
    split: SplitOptions | None = None,
    record: RecordOptions | None = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Turn labelled documents into a data set: pages and records in S3, checked, with a manifest."""
    from burnish.aws.clients import open_clients
    from burnish.aws.objects import S3Uri
    from burnish.datasets.prepared import Preparation, require_place
    from burnish.records import classification_prompt

    reading, split, record = reading or ReadingOptions(), split or SplitOptions(), record or RecordOptions()
    place, plan, rules = S3Uri.parse(to), split.plan(), rules_of(model)
    require_place(place)
    open_clients().require_known_region()
    preparation = Preparation(
        rules=rules,
        model=model,
        plan=plan,
        rendering=record.rendering(),
        keep_copies=split.keep_copies,
    )
    if reading.cluster:
        require_for_cluster(source, reading, split, record, dry_run=dry_run)
        prepare_there(source, place, ClusterWork(preparation, reading, record), as_json=as_json)
        return
    # After the place, the model and the region: a mistake in those must not cost the reading of the source.
    if record.task == "extraction":
        found, applied = documents_with_fields(source, reading, held_out=split.held_out), None
        prompt: Prompt = record.fields_prompt(found)
    else:
        found, applied = documents_of(source, reading, held_out=split.held_out)
        prompt = classification_prompt(found.labels, record.meanings(found))
    if not as_json:
        show_notes(found)
    if dry_run:
        _show_plan(found, plan, applied, as_json=as_json)
        return
    preparation = replace(preparation, prompt=prompt)
    dataset = _prepared(found, place, preparation, quiet=as_json)
    _show_json(dataset, applied) if as_json else _show(dataset, applied)


def _prepared(found: Documents, place: S3Uri, preparation: Preparation, *, quiet: bool) -> PreparedDataset:
    """The data set in S3; shows progress."""
    from burnish.aws.clients import open_clients
    from burnish.aws.objects import ensure_bucket
    from burnish.datasets.prepare import prepare_dataset
    from burnish.datasets.prepared import Destination

    clients = open_clients()
    ensure_bucket(clients.s3, place.bucket, region=clients.region)
    with notice_if_interrupted(GOES_ON), open_stage("documents", quiet=quiet) as display:
        dataset = prepare_dataset(
            found,
            s3=clients.s3,
            destination=Destination(bucket=place.bucket, prefix=place.key, owner=clients.account_id),
            preparation=preparation,
            on_document=lambda done, total: display.show("read and uploaded", done=done, total=total),
        )
        display.show(f"{len(dataset.manifest.documents)} documents, {len(dataset.skipped)} skipped")
    return dataset


def _show_plan(
    found: Documents, plan: SplitPlan, applied: AppliedCorrections | None, *, as_json: bool
) -> None:
    """How many documents of each type would go where, as far as can be told without reading them."""
    from burnish.datasets.documents import Part
    from burnish.datasets.splitting import sampled, split_documents

    parts = split_documents(sampled(found.documents, plan), plan).parts
    counts = {
        label: {str(part): sum(one.label == label for one in parts[part]) for part in Part}
        for label in found.labels
    }
    if as_json:
        show_json(
            {
                "labels": counts,
                "left_out": found.skipped,
                "notes": found.notes,
                "corrections": applied,
            }
        )
        return
    for one in found.skipped:
        print_message(f"Skipped: {one}")
    show_applied(applied)
    show_table(("type", *Part), [(label, *count.values()) for label, count in counts.items()])
    print_message("Nothing was read or uploaded; copies and unreadable documents are only found then.")


def _show(dataset: PreparedDataset, applied: AppliedCorrections | None) -> None:
    from burnish.datasets.documents import Part

    whole = dataset.manifest
    for one in dataset.skipped:
        print_message(f"Skipped: {one}")
    show_applied(applied)
    counts = {
        (label, part): sum(document.label == label for document, _ in whole.pages_of(part))
        for label in dataset.labels
        for part in Part
    }
    rows = [(label, *(counts[label, part] for part in Part)) for label in dataset.labels]
    total = ("all", *(whole.files[part].records if part in whole.files else 0 for part in Part))
    show_table(("type", *Part), [*rows, total])
    print_result(f"Data set: {dataset.manifest_uri}")
    for part, file in whole.files.items():
        print_result(f"  {part}: {file.uri}")


def _show_json(dataset: PreparedDataset, applied: AppliedCorrections | None) -> None:
    show_json(
        {
            "manifest": dataset.manifest_uri,
            "files": dataset.manifest.files,
            "labels": dataset.labels,
            "documents": len(dataset.manifest.documents),
            "dropped": dataset.manifest.dropped,
            "notes": dataset.notes,
            "corrections": applied,
        }
    )
