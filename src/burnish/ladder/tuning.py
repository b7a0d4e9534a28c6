"""One run of a rung: a job, a deployment, the answers, and nothing left of either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from uuid import uuid4

from burnish.aws.base_models import family_claiming
from burnish.aws.clients import Clients
from burnish.configs import FinetuningJobConfig
from burnish.datasets.documents import Part
from burnish.datasets.prepared import PreparedDataset
from burnish.errors import JobFailed
from burnish.evaluation.identity import identity_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.predictors import ConversePredictor
from burnish.ladder.rungs import Rung
from burnish.ladder.workplaces import Workplace
from burnish.records import ClassificationPrompt
from burnish.types import FinetuningJobResult, JobStatus

OnPoll = Callable[[FinetuningJobResult], None]


@dataclass(frozen=True, kw_only=True)
class TunedRung:
    """A rung's model that answers, and how long its job took."""

    model_id: str
    seconds: float


@contextmanager
def tuned(rung: Rung, dataset: PreparedDataset, place: Workplace, *, on_poll: OnPoll) -> Iterator[TunedRung]:
    """The rung's model, tuned on a data set and deployed; both are deleted after the block.

    Raises `JobFailed` with the job's own message.
    """
    began = monotonic()
    job = _completed_job(rung, dataset, place, on_poll)
    seconds = _seconds_of(job) or monotonic() - began
    service = place.service
    assert job.model_id  # noqa: S101 - it has completed
    deployed = service.deploy_custom_model(job.model_id, job.job_name, polling_interval=place.poll_seconds)
    yield TunedRung(model_id=deployed.model_id, seconds=seconds)
    # Not in a `finally`: after a failure or an interrupt, the workplace deletes whatever there is.
    service.undeploy_custom_model(deployed.model_id)
    service.delete_custom_model(job.model_id)


def predictor_of(
    rung: Rung, model_id: str, clients: Clients, *, prompt: ClassificationPrompt, journal: Journal
) -> ConversePredictor:
    """What asks a rung's model. Its answers go into the journal."""
    return ConversePredictor(
        name=rung.name,
        model_id=model_id,
        runtime=clients.bedrock_runtime,
        prompt=prompt,
        journal=journal,
        identify=partial(identity_of, clients),
    )


def majority_answers(dataset: PreparedDataset, pages: Sequence[Page]) -> list[Prediction]:
    """The label that is commonest in training for every page, as sure as it is common there."""
    counts = Counter(document.label for document, _ in dataset.manifest.pages_of(Part.TRAIN))
    label = min(counts, key=lambda one: (-counts[one], one))
    shares = {one: counts[one] / counts.total() for one in dataset.labels}
    return [
        Prediction(
            page=page.name,
            label=page.label,
            answer=label,
            predicted=label,
            probabilities=shares,
            seconds=0.0,
        )
        for page in pages
    ]


def _completed_job(
    rung: Rung, dataset: PreparedDataset, place: Workplace, on_poll: OnPoll
) -> FinetuningJobResult:
    """The job of a run. Raises `JobFailed`."""
    job = place.service.create_finetuning_job(_job_config(rung, dataset, place))
    done = place.service.wait_for_job_completion(
        job.job_arn, polling_interval=place.poll_seconds, on_poll=on_poll
    )
    if done.status is not JobStatus.COMPLETED:
        raise JobFailed(f"The {done}")
    return done


def _job_config(rung: Rung, dataset: PreparedDataset, place: Workplace) -> FinetuningJobConfig:
    assert rung.model  # noqa: S101 - only what has a model is tuned
    name = f"{place.name}-{uuid4().hex[:8]}"
    validation = dataset.manifest.files.get(Part.VALIDATION)
    return FinetuningJobConfig(
        base_model=rung.model,
        model_type=family_claiming(place.clients, rung.model).name,
        training_data_uri=dataset.train_uri,
        validation_data_uri=validation.uri if validation else None,
        output_uri=f"{place.folder}/output/",
        role_arn=place.role_arn,
        job_name=name,
        model_name=name,
    )


def _seconds_of(job: FinetuningJobResult) -> float | None:
    if job.creation_time is None or job.end_time is None:
        return None
    return (job.end_time - job.creation_time).total_seconds()
