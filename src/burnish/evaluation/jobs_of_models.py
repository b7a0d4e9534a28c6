"""The jobs that made the models of an evaluation, as they are named, and how they went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from burnish.aws import artifacts
from burnish.aws.artifacts import TrainingStep
from burnish.aws.clients import Clients
from burnish.aws.identifiers import ResourceKind, arn_of
from burnish.aws.jobs import get_job
from burnish.aws.models import get_model
from burnish.errors import InvalidConfig, ServiceError
from burnish.evaluation.facts import LossPoint, TrainingFacts
from burnish.types import FinetuningJobResult


def jobs_of_models(
    clients: Clients, named: Iterable[tuple[str, str]], models: Mapping[str, str | None]
) -> dict[str, FinetuningJobResult]:
    """The job of each model that one is named for, by the model's name.

    ``models`` are the ARNs of the models by their names; None where nothing is known of it. Raises
    `InvalidConfig` where a job has made another model than the one of its name, or none.
    """
    found: dict[str, FinetuningJobResult] = {}
    for name, given in named:
        if name not in models or name in found:
            problem = "it is named twice" if name in found else f"the models are {', '.join(models)}"
            raise InvalidConfig(f"--job {name}={given}", [problem])
        found[name] = _job_of(clients, name, given, models[name])
    return found


def _job_of(clients: Clients, name: str, given: str, model_arn: str | None) -> FinetuningJobResult:
    job = get_job(clients.bedrock, arn_of(clients.bedrock, ResourceKind.JOB, given))
    if job.model_id is None:
        raise InvalidConfig(f"--job {name}={given}", [f"the {job} has made no model: name another, or none"])
    # Loss curves of another model would be believed, as nothing in a report contradicts them.
    if model_arn not in (None, job.model_id):
        problem = f"{name} is {model_arn}, and that job made {job.model_id}: name the job of {name}, or none"
        raise InvalidConfig(f"--job {name}={given}", [problem])
    return job


def training_of(
    clients: Clients, jobs: Mapping[str, FinetuningJobResult], models: Mapping[str, str | None]
) -> dict[str, TrainingFacts]:
    """How models were trained, by their names: in the job that is given, or in the one that made them."""
    tuned = {name: arn for name, arn in models.items() if arn and ":custom-model/" in arn}
    found = {name: _facts_of_model(clients, arn) for name, arn in tuned.items() if name not in jobs}
    given = {name: _facts_of_job(clients, job) for name, job in jobs.items()}
    return given | {name: facts for name, facts in found.items() if facts}


def _facts_of_model(clients: Clients, model_arn: str) -> TrainingFacts | None:
    try:
        job_arn = get_model(clients.bedrock, model_arn).job_arn
        return _facts_of_job(clients, get_job(clients.bedrock, job_arn)) if job_arn else None
    except ServiceError:  # a report is worth having without loss curves
        return None


def _facts_of_job(clients: Clients, job: FinetuningJobResult) -> TrainingFacts:
    output = job.output_uri or ""
    return TrainingFacts(
        base_model=job.base_model_arn or "",
        job_arn=job.job_arn,
        custom_model_arn=job.model_id or "",
        job_name=job.job_name,
        custom_model_name=job.model_name or "",
        hyperparameters=job.trained_hyperparameters,
        training_losses=_points(artifacts.training_metrics(clients.s3, output, job.job_arn)),
        validation_losses=_points(artifacts.validation_metrics(clients.s3, output, job.job_arn)),
    )


def _points(steps: Sequence[TrainingStep]) -> tuple[LossPoint, ...]:
    return tuple(LossPoint(step=one.step, loss=one.loss) for one in steps)
