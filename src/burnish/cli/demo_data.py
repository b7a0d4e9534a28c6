"""The demo's documents and the data set that is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli import demo_plan
from burnish.cli.demo_folder import claim
from burnish.cli.demo_plan import BUCKET, REGION, Plan
from burnish.cli.display import Display

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.datasets.prepare import PreparedDataset, TestPage
    from burnish.datasets.splitting import Split
    from burnish.evaluation import DataFacts, Page


@dataclass(frozen=True, kw_only=True)
class Material:
    """Documents divided into parts; ``how`` says in a sentence what is held out."""

    split: Split
    how: str
    #: The folder that held-out documents are named after.
    held_out: Path
    descriptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many documents there are in all parts."""
        return len(self.split.train) + len(self.split.validation) + len(self.split.test)


def gather_documents(plan: Plan, display: Display) -> Material:
    """The user's documents, or a sample set. The output folder is claimed once the former are known good."""
    material = _users(plan, plan.documents) if plan.documents else _samples(plan, display)
    labels = len(material.split.labels)
    whose = "yours" if plan.documents else "a sample set of Burnish's own"
    display.show(f"{material.count} documents of {labels} types, {whose}")
    return material


def prepare(plan: Plan, material: Material, clients: Clients, display: Display) -> PreparedDataset:
    """The data set in the server's S3, and the held-out pages as images on disk."""
    from burnish.aws.objects import ensure_bucket
    from burnish.datasets.prepare import Destination, prepare_dataset
    from burnish.families.open_weights import OPEN_WEIGHTS
    from burnish.records import classification_prompt

    done = 0

    def on_page(_: object) -> None:
        nonlocal done
        done += 1
        display.show("pages", done=done, total=max(material.count, done))

    ensure_bucket(clients.s3, BUCKET, region=REGION)
    dataset = prepare_dataset(
        material.split,
        s3=clients.s3,
        destination=Destination(bucket=BUCKET, prefix="dataset", owner=clients.account_id),
        rules=OPEN_WEIGHTS.tuning(plan.model.id).rules,
        test_folder=plan.out / "held-out-pages",
        prompt=classification_prompt(material.split.labels, material.descriptions),
        on_page=on_page,
    )
    _show_outcome(dataset, display)
    return dataset


def held_out_pages(material: Material, dataset: PreparedDataset) -> list[Page]:
    """The held-out pages with their images, each under its document's path."""
    from burnish.evaluation import Page

    return [
        Page(name=_name_of(page, material.held_out), label=page.label, png=page.png.read_bytes())
        for page in dataset.test_pages
    ]


def validation_pages(dataset: PreparedDataset, clients: Clients) -> list[Page]:
    """The pages that the job validates with, as its records name them."""
    from burnish.aws.objects import S3Uri, read_bytes
    from burnish.evaluation import Page
    from burnish.records import label_of, record_of

    uri = S3Uri.parse(dataset.validation_uri)
    records = [record_of(line) for line in read_bytes(clients.s3, uri).splitlines()]
    return [
        Page(name=image, label=label_of(record.answer) or "", png=read_bytes(clients.s3, S3Uri.parse(image)))
        for record in records
        for image in record.image_uris
    ]


def data_facts(material: Material, dataset: PreparedDataset) -> DataFacts:
    """What the report says about the data."""
    from burnish.evaluation import DataFacts, Skipped

    return DataFacts(
        documents=material.count,
        train_records=dataset.train_records,
        validation_records=dataset.validation_records,
        split=material.how,
        skipped=tuple(Skipped(name=str(one.path), reason=one.reason) for one in dataset.skipped),
    )


def _users(plan: Plan, folder: Path) -> Material:
    from burnish.datasets.sources import read_folder
    from burnish.datasets.splitting import split_documents

    split = split_documents(
        read_folder(folder),
        test_share=demo_plan.TEST_SHARE,
        validation_share=demo_plan.VALIDATION_SHARE,
        seed=plan.seed,
    )
    claim(plan.out, documents=folder)
    share = f"{demo_plan.TEST_SHARE:.0%} of the documents of each type"
    how = f"Held out are {share}, drawn with the seed {plan.seed}."
    return Material(split=split, how=how, held_out=folder)


def _samples(plan: Plan, display: Display) -> Material:
    from burnish.datasets.sources import read_folder
    from burnish.datasets.splitting import split_documents, with_held_out
    from burnish.samples import write_sample_documents

    claim(plan.out, documents=None)
    display.say(f"No --documents given: writing a sample set of its own into {plan.out / 'documents'}")
    written = 0

    def on_document(_: Path) -> None:
        nonlocal written
        written += 1
        total = (plan.training_per_label + plan.held_out_per_label) * 8
        display.show("documents written", done=written, total=max(written, total))

    samples = write_sample_documents(
        plan.out / "documents",
        per_label=plan.training_per_label,
        held_out_per_label=plan.held_out_per_label,
        seed=plan.seed,
        on_document=on_document,
    )
    split = split_documents(
        read_folder(samples.training, at_least=2),
        test_share=0,
        validation_share=demo_plan.SAMPLE_VALIDATION_SHARE,
        seed=plan.seed,
    )
    return Material(
        split=with_held_out(split, read_folder(samples.held_out, at_least=1)),
        how="Held out are pages in layouts, fonts and wordings that no training page has.",
        held_out=samples.held_out,
        descriptions=samples.descriptions,
    )


def _show_outcome(dataset: PreparedDataset, display: Display) -> None:
    for one in dataset.skipped:
        display.say(f"Left out: {one}")
    held_out = len(dataset.test_pages)
    left_out = f", {len(dataset.skipped)} left out" if dataset.skipped else ""
    display.show(
        f"{dataset.train_records} pages to train on, {dataset.validation_records} to validate with, "
        f"{held_out} held out{left_out}"
    )


def _name_of(page: TestPage, folder: Path) -> str:
    name = page.document.relative_to(folder).as_posix()
    return name if page.number == 1 else f"{name}, page {page.number}"
