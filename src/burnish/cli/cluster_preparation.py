"""`burnish prepare --cluster`: the same, with the documents read by the machines of a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish.cli.dataset_options import RecordOptions, SplitOptions
from burnish.cli.display import notice_if_interrupted, open_stage
from burnish.cli.output import print_result, show_json, show_table
from burnish.cli.source_options import ReadingOptions, SourceOptions

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.aws.objects import S3Uri
    from burnish.cli.display import Display
    from burnish.datasets.cluster.preparing import ClusterPreparation, Reports
    from burnish.datasets.cluster.publishing import ClusterDataset
    from burnish.datasets.cluster.ray_machines import RayMachines
    from burnish.datasets.documents import SkippedDocument
    from burnish.datasets.prepared import Preparation
    from burnish.records import ClassificationPrompt

GOES_ON = (
    "No data set was created. What the cluster has read is kept: run the same command again to continue."
)


@dataclass(frozen=True)
class ClusterWork:
    """What is prepared, and how the source is read."""

    preparation: Preparation
    reading: ReadingOptions
    record: RecordOptions

    def prompt_for(self, labels: tuple[str, ...]) -> ClassificationPrompt:
        """The prompt for labels. Raises `InvalidDocuments` where --strict forbids them."""
        from burnish.datasets.label_checks import require_distinct
        from burnish.records import classification_prompt

        if self.reading.strict:
            require_distinct(labels, origin="The source")
        return classification_prompt(labels, self.record.described(labels))


def require_for_cluster(
    source: str, reading: SourceOptions, split: SplitOptions, record: RecordOptions, *, dry_run: bool
) -> None:
    """Raise `InvalidConfig` for what is not prepared on clusters."""
    from burnish.errors import InvalidConfig

    refused = {
        "--held-out: put the test documents under SOURCE, as test/ beside train/": split.held_out,
        "--corrections: apply them on one machine": reading.corrections,
        "--control, which is for exports of Label Studio and hf:name": reading.control,
        "--task extraction: prepare fields on one machine": record.task == "extraction",
        "--dry-run: see what it says without --cluster": dry_run,
    }
    problems = [f"a cluster does not take {what}" for what, given in refused.items() if given]
    if not source.startswith("s3://"):
        problems.insert(
            0, f"a cluster reads from S3, and {source!r} is not there: copy the documents to s3://…"
        )
    if problems:
        raise InvalidConfig("--cluster", problems)


def prepare_there(source: str, place: S3Uri, work: ClusterWork, *, as_json: bool) -> None:
    """Prepare the data set on the cluster, and show it."""
    from burnish.aws.clients import open_clients
    from burnish.aws.objects import ensure_bucket
    from burnish.datasets.cluster.preparing import ClusterPreparation
    from burnish.datasets.cluster.ray_machines import ray_machines
    from burnish.datasets.prepared import Destination
    from burnish.datasets.sources.s3_prefixes import prefix_named

    clients = open_clients()
    # The cluster first: nothing is created where there is none.
    with ray_machines(work.reading.cluster or "auto", region=clients.region) as machines:
        asked = ClusterPreparation(
            prefix=prefix_named(source),
            destination=Destination(bucket=place.bucket, prefix=place.key, owner=clients.account_id),
            preparation=work.preparation,
            prompt_for=work.prompt_for,
            layout=work.reading.layout,
        )
        ensure_bucket(clients.s3, place.bucket, region=clients.region)
        dataset = _prepared(asked, clients, machines, quiet=as_json)
    _show_json(dataset) if as_json else _show(dataset)


def _prepared(
    asked: ClusterPreparation, clients: Clients, machines: RayMachines, *, quiet: bool
) -> ClusterDataset:
    from burnish.datasets.cluster.preparing import prepare_on_cluster

    with notice_if_interrupted(GOES_ON), open_stage("documents", quiet=quiet) as display:
        dataset = prepare_on_cluster(
            asked,
            s3=clients.s3,
            machines=machines,
            decoders=machines.facts().decoders,
            reports=_reports(display, asked.prefix),
        )
        display.show(f"{dataset.documents} documents, {dataset.dropped} skipped")
    return dataset


def _reports(display: Display, source: S3Uri) -> Reports:
    from burnish.datasets.cluster.preparing import Reports

    def show_left_out(count: int, first: list[SkippedDocument]) -> None:
        for one in first:
            display.say(f"Skipped: {source}{one}")
        more = f" ({count - len(first)} more are in the manifest)" if count > len(first) else ""
        display.say(f"{count} skipped{more}. Replace what is broken, and run the same command again.")

    def show_notes(notes: tuple[str, ...]) -> None:
        for note in notes:
            display.say(note)

    return Reports(
        on_progress=lambda stage, done, total: display.show(stage, done=done, total=total),
        on_notes=show_notes,
        on_left_out=show_left_out,
    )


def _show(dataset: ClusterDataset) -> None:
    from burnish.datasets.documents import Part

    rows = [(label, *(dataset.counts.get((label, part), 0) for part in Part)) for label in dataset.labels]
    total = ("all", *(dataset.files[part].records if part in dataset.files else 0 for part in Part))
    show_table(("type", *Part), [*rows, total])
    print_result(f"Data set: {dataset.manifest_uri}")
    for part, file in dataset.files.items():
        print_result(f"  {part}: {file.uri}")


def _show_json(dataset: ClusterDataset) -> None:
    show_json(
        {
            "manifest": dataset.manifest_uri,
            "files": dataset.files,
            "labels": dataset.labels,
            "documents": dataset.documents,
            "dropped": dataset.first_dropped,
            "dropped_in_all": dataset.dropped,
            "notes": dataset.notes,
        }
    )
