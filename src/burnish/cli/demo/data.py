"""The demo's documents and the data set that is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.demo import plan as plans
from burnish.cli.demo.folder import claim
from burnish.cli.demo.plan import BUCKET, REGION, Plan
from burnish.cli.display import Display, counter_on

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.datasets.documents import Documents
    from burnish.datasets.prepared import PreparedDataset
    from burnish.datasets.splitting import SplitPlan
    from burnish.evaluation.facts import DataFacts
    from burnish.extraction_prompts import Prompt


@dataclass(frozen=True, kw_only=True)
class DemoDocuments:
    """Documents, and how they are split; ``how`` says in a sentence what is held out."""

    found: Documents
    split: SplitPlan
    how: str
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def prompt(self, *, extracts: bool) -> Prompt:
        """What is asked about every page."""
        from burnish.datasets.field_schemas import schema_of
        from burnish.extraction_prompts import extraction_prompt
        from burnish.records import classification_prompt

        if extracts:
            return extraction_prompt(schema_of(self.found))
        return classification_prompt(self.found.labels, self.descriptions)


def gather_documents(plan: Plan, display: Display) -> DemoDocuments:
    """The user's documents, or a sample set. The output folder is claimed once the former are known good."""
    material = _users(plan, plan.documents) if plan.documents else _samples(plan, display)
    count, labels = len(material.found.documents), len(material.found.labels)
    whose = "your own" if plan.documents else "generated samples"
    kind = "with fields" if plan.extracts else f"of {labels} types"
    display.show(f"{count} documents {kind}, {whose}")
    return material


def prepare(plan: Plan, material: DemoDocuments, clients: Clients, display: Display) -> PreparedDataset:
    """The data set in the server's S3, and the held-out pages as images on disk."""
    from burnish.aws.objects import ensure_bucket
    from burnish.datasets.pages import usual_rendering
    from burnish.datasets.prepare import prepare_dataset
    from burnish.datasets.prepared import Destination, Preparation
    from burnish.families.open_weights import OPEN_WEIGHTS

    ensure_bucket(clients.s3, BUCKET, region=REGION)
    dataset = prepare_dataset(
        material.found,
        s3=clients.s3,
        destination=Destination(bucket=BUCKET, prefix="dataset", owner=clients.account_id),
        preparation=Preparation(
            rules=OPEN_WEIGHTS.tuning(plan.model.id).rules,
            model=plan.model.id,
            plan=material.split,
            prompt=material.prompt(extracts=plan.extracts),
            rendering=usual_rendering(extracts=plan.extracts),
        ),
        test_folder=plan.out / "held-out-pages",
        on_document=lambda done, total: display.show("documents", done=done, total=total),
    )
    _show_outcome(dataset, display)
    return dataset


def data_facts(material: DemoDocuments, dataset: PreparedDataset) -> DataFacts:
    """What the report says about the data."""
    from burnish.evaluation.facts import DataFacts

    return DataFacts(
        documents=len(material.found.documents),
        train_records=dataset.train_records,
        validation_records=dataset.validation_records,
        split=material.how,
        skipped=dataset.skipped,
    )


def _users(plan: Plan, folder: Path) -> DemoDocuments:
    from burnish.datasets.splitting import SplitPlan

    found = _users_documents(plan, folder)
    claim(plan.out, documents=folder)
    split = SplitPlan(test_share=plans.TEST_SHARE, validation_share=plans.VALIDATION_SHARE, seed=plan.seed)
    share = f"{plans.TEST_SHARE:.0%} of the documents of each type"
    how = f"{share} are held out, drawn with the seed {plan.seed}, and never a copy of a training document."
    return DemoDocuments(found=found, split=split, how=how)


def _users_documents(plan: Plan, folder: Path) -> Documents:
    from burnish.datasets.documents import require_types
    from burnish.datasets.sources import read_folder
    from burnish.datasets.sources.field_sources import FieldsSource
    from burnish.datasets.sources.folders import HOW_TO_LAY_OUT

    if plan.extracts:
        return FieldsSource(path=folder).read()
    return require_types(read_folder(folder, layout=plan.layout), 3, remedy=HOW_TO_LAY_OUT)


def _samples(plan: Plan, display: Display) -> DemoDocuments:
    from burnish.datasets.documents import with_held_out
    from burnish.datasets.splitting import SplitPlan
    from burnish.samples import write_sample_documents

    claim(plan.out, documents=None)
    display.say(f"No --documents given: generating samples in {plan.out / 'documents'}")
    total = (plan.training_per_label + plan.held_out_per_label) * (1 if plan.extracts else 8)
    samples = write_sample_documents(
        plan.out / "documents",
        per_label=plan.training_per_label,
        held_out_per_label=plan.held_out_per_label,
        seed=plan.seed,
        task=plan.task,
        on_document=counter_on(display, "documents written", total),
    )
    read = partial(_sample_documents, extracts=plan.extracts)
    return DemoDocuments(
        found=with_held_out(*(read(place) for place in (samples.training, samples.held_out))),
        split=SplitPlan(validation_share=plans.SAMPLE_VALIDATION_SHARE, seed=plan.seed),
        how="The held-out pages have layouts, fonts and wordings that no training page has.",
        descriptions=samples.descriptions,
    )


def _sample_documents(folder: Path, *, extracts: bool) -> Documents:
    from burnish.datasets.sources import read_folder
    from burnish.datasets.sources.field_sources import FieldsSource

    return FieldsSource(path=folder).read() if extracts else read_folder(folder)


def _show_outcome(dataset: PreparedDataset, display: Display) -> None:
    for one in dataset.skipped:
        display.say(f"Skipped: {one}")
    for note in dataset.notes:
        display.say(note)
    held_out = len(dataset.test_pages)
    left_out = f", {len(dataset.skipped)} skipped" if dataset.skipped else ""
    display.show(
        f"{dataset.train_records} pages to train on, {dataset.validation_records} to validate with, "
        f"{held_out} held out{left_out}"
    )
