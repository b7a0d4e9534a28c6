"""The stages between the data set and the clean-up, each over the service's API and nothing under it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
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
    """A job that has completed, with its role and its model."""

    job: FinetuningJobResult
    model_arn: str
    role_arn: str


def tune(
    plan: Plan, dataset: PreparedDataset, service: ModelFinetuningService, display: Display
) -> DemoModel:
    """The model that a job has made of the data set. Raises `JobFailed` with the job's own message."""
    display.show("creating the role")
    role_arn = service.create_or_update_model_customization_role(buckets=[BUCKET])
    started = service.create_finetuning_job(_job_config(plan, dataset, role_arn))
    steps = plan.training_steps(dataset.train_records)
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
    display.show(f"{steps} steps, {_losses(job)}")
    return DemoModel(job=job, model_arn=job.model_id, role_arn=role_arn)


def provision(tuned: DemoModel, service: ModelFinetuningService, display: Display) -> str:
    """The ARN under which the tuned model answers."""
    config = ProvisionedThroughputConfig(
        model_id=tuned.model_arn, provisioned_model_name=f"demo-{uuid.uuid4().hex[:8]}", model_type=MODEL_TYPE
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
    return throughput.provisioned_model_arn


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
    tuned: DemoModel, provisioned_arn: str, service: ModelFinetuningService, display: Display
) -> None:
    """Delete what the run has made in the account, the throughput first, and list each as deleted."""
    # In this order: it alone is billed by the hour, and its model cannot be deleted before it is gone.
    display.show("deleting the provisioned throughput")
    service.delete_provisioned_throughput(provisioned_arn, model_type=MODEL_TYPE)
    service.wait_for_deletion(provisioned_arn)
    display.say(f"Deleted the provisioned throughput {provisioned_arn}")
    service.delete_custom_model(tuned.model_arn)
    display.say(f"Deleted the custom model {tuned.model_arn}")
    service.delete_role(tuned.role_arn)
    display.say(f"Deleted the role {tuned.role_arn}")
    display.show("throughput, custom model and role deleted")


def _job_config(plan: Plan, dataset: PreparedDataset, role_arn: str) -> FinetuningJobConfig:
    # Never the same twice: the names of jobs stay taken, on a server that was kept as well.
    name = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    return FinetuningJobConfig(
        base_model=plan.model.id,
        model_type=MODEL_TYPE,
        training_data_uri=dataset.train_uri,
        validation_data_uri=dataset.validation_uri,
        output_uri=f"s3://{BUCKET}/output/",
        role_arn=role_arn,
        job_name=name,
        model_name=name,
        hyperparameters=plan.hyperparameters(dataset.train_records),
    )


def _losses(job: FinetuningJobResult) -> str:
    named = {"training": job.training_loss, "validation": job.validation_loss}
    return ", ".join(f"{name} loss {loss:.3f}" for name, loss in named.items() if loss is not None)
