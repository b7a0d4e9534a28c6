"""Which models the command line evaluates, on which pages, and the remarks that go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.options import named
from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.cli.evaluation.options import AskingOptions
    from burnish.datasets.manifest import Manifest
    from burnish.evaluation import AskedPages, Meter, Page
    from burnish.evaluation.journal import Journal
    from burnish.evaluation.predictors import ConversePredictor
    from burnish.evaluation.recorded import RecordedPredictor
    from burnish.types import FinetuningJobResult


@dataclass(frozen=True)
class Questions:
    """The pages of a data set that models are asked about."""

    clients: Clients
    manifest: Manifest
    asking: AskingOptions

    @property
    def chosen(self) -> AskedPages:
        """Which pages these are."""
        from burnish.datasets.documents import Part
        from burnish.evaluation import AskedPages

        asking = self.asking
        return AskedPages(
            manifest=self.manifest, part=Part(asking.part), most=asking.pages, calibrate=asking.calibrate
        )

    @cached_property
    def pages(self) -> list[Page]:
        """The pages, with their images."""
        from burnish.datasets.documents import Part
        from burnish.evaluation.manifest_pages import pages_of

        return pages_of(self.clients.s3, self.manifest, Part(self.asking.part), most=self.asking.pages)

    @cached_property
    def validation_pages(self) -> list[Page]:
        """The pages to calibrate on, if that is asked for."""
        from burnish.datasets.documents import Part
        from burnish.evaluation.manifest_pages import pages_of

        return pages_of(self.clients.s3, self.manifest, Part.VALIDATION) if self.asking.calibrate else []

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Width and height of all these pages, by digest: what is asked once, whatever it is called."""
        from burnish.datasets.documents import Part

        pages = self.manifest.pages_of(Part(self.asking.part))[: self.asking.pages]
        if self.asking.calibrate:
            pages += self.manifest.pages_of(Part.VALIDATION)
        return {page.digest: (page.width, page.height) for _, page in pages}


def endpoints_of(clients: Clients, models: Mapping[str, str]) -> dict[str, str]:
    """What to call each model by: the ARN of what answers for a name or for a custom model, or its own id.

    Raises `InvalidConfig`, naming each model that nothing answers for.
    """
    from burnish.aws.endpoints import endpoint_to_call
    from burnish.errors import AccessDenied, NotFound

    found, problems = dict(models), []
    for name, model in models.items():
        try:
            found[name] = endpoint_to_call(clients.bedrock, model)
        except NotFound as error:
            problems.append(f"{name}: {error.in_terminal}")
        # It may be callable as it is: whoever may call a model need not be allowed to list any.
        except AccessDenied:
            continue
    if problems:
        raise InvalidConfig("The list of models", problems)
    return found


def asked_models(
    models: Mapping[str, str],
    questions: Questions,
    journal: Journal,
    meters: Mapping[str, Meter],
    on_notice: Callable[[str], None],
) -> list[ConversePredictor]:
    """The models that are asked, each with its meter, where there is one.

    Raises `InvalidConfig` naming those that do not exist, or are not ready.
    """
    from functools import partial

    from burnish.evaluation.identity import identity_of
    from burnish.evaluation.predicting import Asking
    from burnish.evaluation.predictors import ConversePredictor, require_ready

    asked = [
        ConversePredictor(
            name=name,
            model_id=model,
            runtime=questions.clients.bedrock_runtime,
            prompt=questions.manifest.classification_prompt(),
            journal=journal,
            asking=Asking(concurrency=questions.asking.concurrency, meter=meters.get(name)),
            samples=questions.asking.samples,
            identify=partial(identity_of, questions.clients),
            on_notice=on_notice,
        )
        for name, model in models.items()
    ]
    require_ready(asked)
    return asked


def count_what_was_paid(meters: Mapping[str, Meter], models: Mapping[str, str], journal: Journal) -> None:
    """Count on the meters what the answers have cost that are in the journal, whichever model gave them."""
    # The maximum is for the whole evaluation, however often it was begun. Two names may be of one model: its
    # answers were paid for once.
    name_of = {models[name]: name for name in meters}
    for model, name in name_of.items():
        for known in journal.answers_of(model):
            meters[name].pay(known.input_tokens or 0, known.output_tokens or 0)


def recorded_models(answers: tuple[str, ...], manifest: Manifest) -> list[RecordedPredictor]:
    """The recorded answers, by their names."""
    from burnish.evaluation.manifest_pages import page_names
    from burnish.evaluation.recorded import RecordedPredictor

    known = page_names(manifest)
    return [
        RecordedPredictor(
            name=name,
            path=Path(path),
            labels=manifest.prompt.labels,
            known=known,
            # They stand in the report, and are shown with it.
            on_notice=lambda remark: None,
        )
        for name, path in named(answers, "--answers")
    ]


def require_distinct_names(names: list[str]) -> None:
    """Raise `InvalidConfig` where one name stands for two, or there is none."""
    if not names:
        raise InvalidConfig("The evaluation", ["no model is named: give at least one after the data set"])
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidConfig("The evaluation", [f"two are named {twice[0]!r}: give each its own name"])


def jobs_and_remarks(
    asked: list[ConversePredictor],
    recorded: list[RecordedPredictor],
    questions: Questions,
    jobs_named: tuple[str, ...],
) -> tuple[dict[str, FinetuningJobResult], dict[str, tuple[str, ...]]]:
    """The jobs of models by their names, and what is to be said of each. Raises for pages that were seen."""
    from burnish.evaluation.jobs_of_models import jobs_of_models
    from burnish.evaluation.seen_pages import require_unseen

    clients = questions.clients
    models = {one.name: one.identity.model_arn for one in asked} | {one.name: None for one in recorded}
    jobs = jobs_of_models(clients, named(jobs_named, "--job"), models)
    # Recorded answers name no model: only where a job is given can it be told what was seen.
    answered = {one.name for one in asked} | jobs.keys()
    known = {name: arn or _made_by(jobs, name) for name, arn in models.items() if name in answered}
    remarks = require_unseen(clients, known, questions.chosen, allow_seen=questions.asking.allow_seen_pages)
    for name in jobs:
        if models[name] is None:
            remarks[name] += (f"It was not checked that the job of {name} made the model that answers.",)
    return jobs, remarks


def _made_by(jobs: Mapping[str, FinetuningJobResult], name: str) -> str | None:
    return jobs[name].model_id if name in jobs else None
