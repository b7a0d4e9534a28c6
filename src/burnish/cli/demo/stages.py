"""The stages between the data set and the clean-up, each over the service's API and nothing under it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.demo.plan import BUCKET, MODEL_TYPE, Plan
from burnish.cli.display import Display
from burnish.configs import FinetuningJobConfig, ProvisionedThroughputConfig
from burnish.errors import JobFailed, NotFound
from burnish.types import FinetuningJobResult, JobStatus, ProvisioningStatus

if TYPE_CHECKING:
    from burnish.aws.artifacts import TrainingStep
    from burnish.datasets.prepared import PreparedDataset
    from burnish.evaluation import (
        DataFacts,
        LossPoint,
        ModelEvaluation,
        Page,
        Prediction,
        Report,
        TrainingFacts,
    )
    from burnish.evaluation.predicting import Runtime
    from burnish.records import ClassificationPrompt
    from burnish.service import ModelFinetuningService

POLL_SECONDS = 1


@dataclass(frozen=True, kw_only=True)
class TunedModel:
    """A job that has completed, with its role and its model."""

    job_arn: str
    model_arn: str
    role_arn: str


@dataclass(frozen=True, kw_only=True)
class DemoQuestions:
    """What both models are asked: held-out pages, and validation pages to fit the base model's biases on."""

    held_out: Sequence[Page]
    validation: Sequence[Page]
    prompt: ClassificationPrompt


@dataclass(frozen=True, kw_only=True)
class Evaluations:
    """Both models on the same pages."""

    base: ModelEvaluation
    tuned: ModelEvaluation


def tune(
    plan: Plan, dataset: PreparedDataset, service: ModelFinetuningService, display: Display
) -> TunedModel:
    """The model that a job has made of the data set. Raises `JobFailed` with the job's own message."""
    display.show("creating the role")
    role_arn = service.create_or_update_model_customization_role(buckets=[BUCKET])
    started = service.create_finetuning_job(_job_config(plan, dataset, role_arn))
    steps = plan.training_steps(dataset.train_records)
    job = service.wait_for_job_completion(
        started.job_arn,
        model_type=MODEL_TYPE,
        polling_interval=POLL_SECONDS,
        on_poll=lambda job: _show_job(job, steps, service, display),
    )
    if job.status is not JobStatus.COMPLETED or job.model_id is None:
        raise JobFailed(
            f"The fine-tuning job ended as {job.status}: {job.failure_message or 'no reason given'}"
        )
    display.show(f"{steps} steps, {_losses(job)}")
    return TunedModel(job_arn=job.job_arn, model_arn=job.model_id, role_arn=role_arn)


def provision(tuned: TunedModel, service: ModelFinetuningService, display: Display) -> str:
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
    model_ids: tuple[str, str], questions: DemoQuestions, runtime: Runtime, display: Display
) -> Evaluations:
    """The base and the tuned model (``model_ids``, in this order) asked about the same pages.

    A job fits the tuned model's label biases on the validation pages; the base model's are fitted on the same
    pages here, so that it is compared at its best.
    """
    asking = _Asking(questions.prompt, runtime, display)
    base = asking.evaluation_of("base", model_ids[0], questions.held_out)
    validation = asking.predictions_of("base", model_ids[0], questions.validation)
    tuned = asking.evaluation_of("tuned", model_ids[1], questions.held_out)
    base = _at_its_best(base, validation)
    display.show(f"accuracy {base.metrics.accuracy:.2f} base, {tuned.metrics.accuracy:.2f} tuned")
    return Evaluations(base=base, tuned=tuned)


def training_facts(
    plan: Plan, tuned: TunedModel, records: int, service: ModelFinetuningService, endpoint: str
) -> TrainingFacts:
    """What the report says about the training."""
    from burnish.evaluation import TrainingFacts

    return TrainingFacts(
        base_model=plan.model.id,
        job_arn=tuned.job_arn,
        custom_model_arn=tuned.model_arn,
        hyperparameters=plan.hyperparameters(records),
        training_losses=_points(service.get_training_metrics(tuned.job_arn)),
        validation_losses=_points(service.get_validation_metrics(tuned.job_arn)),
        endpoint=endpoint,
    )


def report_on(
    found: Evaluations,
    data: DataFacts,
    training: TrainingFacts,
    seconds: dict[str, float],
    pages: Sequence[Page],
) -> Report:
    """Everything about this run, as one value."""
    from burnish.evaluation import Report, StageTime, thumbnails_of

    return Report(
        title="Fine-tuning demo",
        created=datetime.now(UTC),
        base=found.base,
        tuned=found.tuned,
        data=data,
        training=training,
        stages=tuple(StageTime(name=name, seconds=taken) for name, taken in seconds.items()),
        thumbnails=thumbnails_of(pages, found.tuned),
    )


def write(report: Report, out: Path, display: Display) -> Path:
    """The path of the report, written with its plots and ``summary.json``."""
    from burnish.disk import reporting_full_disk
    from burnish.evaluation import summary_of, write_report, write_summary

    with reporting_full_disk(out):
        path = write_report(report, out)
        write_summary(summary_of(report), out / "summary.json")
    display.show(str(path))
    return path


def clean_up(
    tuned: TunedModel, provisioned_arn: str, service: ModelFinetuningService, display: Display
) -> None:
    """Delete what the run has made in the account, the throughput first, and list each as deleted."""
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


def _show_job(
    job: FinetuningJobResult, steps: int, service: ModelFinetuningService, display: Display
) -> None:
    """The phase that the job is in, and while it trains the step and the loss."""
    under_way = [phase for phase, state in job.status_details.items() if state == "InProgress"]
    phase = under_way[-1].replace("_", " ") if under_way else "queued"
    if phase == "training" and (trained := _trained(service, job.job_arn)):
        last = trained[-1]
        display.show(f"training, loss {last.loss:.3f}", done=min(last.step + 1, steps), total=steps)
    elif not job.status.is_final:
        display.show(phase)


def _trained(service: ModelFinetuningService, job_arn: str) -> list[TrainingStep]:
    try:
        return service.get_training_metrics(job_arn)
    except NotFound:  # replaced by a longer one between the listing and the reading
        return []


def _losses(job: FinetuningJobResult) -> str:
    named = {"training": job.training_loss, "validation": job.validation_loss}
    return ", ".join(f"{name} loss {loss:.3f}" for name, loss in named.items() if loss is not None)


@dataclass(frozen=True)
class _Asking:
    """Asks models about pages and shows how far it is."""

    prompt: ClassificationPrompt
    runtime: Runtime
    display: Display

    def evaluation_of(self, name: str, model_id: str, pages: Sequence[Page]) -> ModelEvaluation:
        from burnish.evaluation import evaluation_of

        self.display.show(f"loading the {name} model")
        return evaluation_of(name, model_id, self.predictions_of(name, model_id, pages), self.prompt.labels)

    def predictions_of(self, name: str, model_id: str, pages: Sequence[Page]) -> list[Prediction]:
        from burnish.evaluation import predict

        done = 0

        def on_prediction(_: Prediction) -> None:
            nonlocal done
            done += 1
            self.display.show(f"pages, {name} model", done=done, total=len(pages))

        return predict(self.runtime, model_id, pages, self.prompt, on_prediction=on_prediction)


def _at_its_best(model: ModelEvaluation, validation: Sequence[Prediction]) -> ModelEvaluation:
    """The model without its favour for some labels, where it told probabilities to measure that by."""
    from burnish.evaluation import calibrated, fit_label_biases

    biases = fit_label_biases(validation, model.metrics.labels)
    return calibrated(model, biases) if biases else model


def _points(steps: Sequence[TrainingStep]) -> tuple[LossPoint, ...]:
    from burnish.evaluation import LossPoint

    return tuple(LossPoint(step=step.step, loss=step.loss) for step in steps)
