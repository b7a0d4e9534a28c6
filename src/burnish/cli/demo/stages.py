"""The stages between the data set and the clean-up, each over the service's API and nothing under it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from burnish.cli.demo.plan import BUCKET, MODEL_TYPE, Plan
from burnish.cli.display import Display
from burnish.cli.evaluation.answers import answers_of, read_pages
from burnish.cli.job_progress import show_job
from burnish.configs import FinetuningJobConfig, ProvisionedThroughputConfig
from burnish.errors import JobFailed
from burnish.names import ANSWERS_NAME
from burnish.types import FinetuningJobResult, JobStatus, ProvisioningStatus

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.datasets.prepared import PreparedDataset
    from burnish.evaluation import Evaluation
    from burnish.service import ModelFinetuningService

POLL_SECONDS = 1


@dataclass(frozen=True, kw_only=True)
class DemoModel:
    """A model that a job has made, and the ARN of the throughput under which it answers."""

    model_arn: str
    throughput_arn: str


def create_role(service: ModelFinetuningService) -> str:
    """The ARN of the role of the demo's jobs."""
    return service.create_or_update_model_customization_role(buckets=[BUCKET])


def tune(config: FinetuningJobConfig, service: ModelFinetuningService, display: Display) -> str:
    """The ARN of the model that a job has made. Raises `JobFailed` with the job's own message."""
    started = service.create_finetuning_job(config)
    job = service.wait_for_job_completion(
        started.job_arn,
        model_type=MODEL_TYPE,
        polling_interval=POLL_SECONDS,
        on_poll=lambda job: show_job(job, display),
    )
    if job.status is not JobStatus.COMPLETED or job.model_id is None:
        raise JobFailed(
            f"The fine-tuning job ended as {job.status}: {job.failure_message or 'no reason given'}"
        )
    display.show(_losses(job))
    return job.model_id


def provision(model_arn: str, service: ModelFinetuningService, display: Display) -> DemoModel:
    """The model with a throughput under which it answers."""
    config = ProvisionedThroughputConfig(
        model_id=model_arn, provisioned_model_name=f"demo-{uuid.uuid4().hex[:8]}", model_type=MODEL_TYPE
    )
    made = service.create_provisioned_throughput(config)
    throughput = service.wait_for_provisioning_completion(
        made.provisioned_model_arn,
        model_type=MODEL_TYPE,
        polling_interval=POLL_SECONDS,
        on_poll=lambda throughput: display.show(str(throughput.status)),
    )
    if throughput.status is not ProvisioningStatus.IN_SERVICE:
        reason = throughput.failure_message or "no reason given"
        raise JobFailed(f"The provisioned throughput ended as {throughput.status}: {reason}")
    return DemoModel(model_arn=model_arn, throughput_arn=throughput.provisioned_model_arn)


def evaluate(
    plan: Plan, models: Mapping[str, str], dataset: PreparedDataset, clients: Clients, display: Display
) -> Evaluation:
    """Models, by their names, asked about the held-out pages, and about validation pages to calibrate by."""
    from burnish.evaluation import AskedPages, Journal
    from burnish.evaluation.comparing import ComparedModels

    compared = ComparedModels(
        clients=clients,
        # Fields have no probabilities that could be calibrated.
        chosen=AskedPages(manifest=dataset.manifest, calibrate=not plan.extracts),
        journal=Journal(plan.out / ANSWERS_NAME),
        models=models,
        # This split was made here: what it lets through belongs in the report, not in the way of it.
        allow_seen=True,
    )
    display.show(f"loading the models {' and '.join(models)}")
    return compared.evaluated(
        title="Fine-tuning demo",
        dataset=dataset.manifest_uri,
        read=partial(read_pages, display, clients),
        ask=partial(answers_of, display),
    )


def clean_up(
    models: Sequence[DemoModel], role_arn: str, service: ModelFinetuningService, display: Display
) -> None:
    """Delete what the run has made in the account, throughputs first, and list each as deleted."""
    # In this order: they alone are billed by the hour, and no model can be deleted before its own is gone.
    for model in models:
        display.show("deleting the provisioned throughput")
        service.delete_provisioned_throughput(model.throughput_arn, model_type=MODEL_TYPE)
        service.wait_for_deletion(model.throughput_arn)
        display.say(f"Deleted the provisioned throughput {model.throughput_arn}")
        service.delete_custom_model(model.model_arn)
        display.say(f"Deleted the custom model {model.model_arn}")
    service.delete_role(role_arn)
    display.say(f"Deleted the role {role_arn}")
    display.show("throughputs, custom models and role deleted")


def job_config(
    base_model: str, dataset: PreparedDataset, role_arn: str, hyperparameters: Mapping[str, str]
) -> FinetuningJobConfig:
    """A job that tunes a base model on the demo's data set."""
    # Never the same twice: the names of jobs stay taken, on a server that was kept as well.
    name = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    return FinetuningJobConfig(
        base_model=base_model,
        model_type=MODEL_TYPE,
        training_data_uri=dataset.train_uri,
        validation_data_uri=dataset.validation_uri,
        output_uri=f"s3://{BUCKET}/output/",
        role_arn=role_arn,
        job_name=name,
        model_name=name,
        hyperparameters=hyperparameters,
    )


def _losses(job: FinetuningJobResult) -> str:
    named = {"training": job.training_loss, "validation": job.validation_loss}
    return ", ".join(f"{name} loss {loss:.3f}" for name, loss in named.items() if loss is not None)
