"""Export of a job's losses to TensorBoard and MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.aws.artifacts import TrainingStep
    from burnish.types import FinetuningJobResult

Losses = Mapping[str, Sequence["TrainingStep"]]


def write_tensorboard(losses: Losses, folder: Path | str) -> None:
    """Write each loss as a run of its own into a folder that ``tensorboard --logdir`` shows.

    Raises `InvalidConfig` where the extra ``tensorboard`` is not installed.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise _missing("tensorboard") from error
    for part, steps in losses.items():
        if not steps:
            continue
        writer = EventFileWriter(str(Path(folder) / part))
        for one in steps:
            for tag, value in (("loss", one.loss), ("perplexity", one.perplexity)):
                summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
                writer.add_event(Event(step=one.step, summary=summary))
        writer.close()


def log_to_mlflow(job: FinetuningJobResult, losses: Losses, tracking_uri: str) -> str:
    """The id of an MLflow run with the job's hyperparameters and losses, under the experiment ``burnish``.

    Raises `InvalidConfig` where the extra ``mlflow`` is not installed, or nothing can be logged there.
    """
    try:
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise _missing("mlflow") from error
    try:
        return _logged(job, losses, tracking_uri)
    except MlflowException as error:
        raise InvalidConfig(f"The MLflow tracking URI {tracking_uri!r}", [str(error)]) from error


def _logged(job: FinetuningJobResult, losses: Losses, tracking_uri: str) -> str:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag

    client = MlflowClient(tracking_uri)
    known = client.get_experiment_by_name("burnish")
    experiment = known.experiment_id if known else client.create_experiment("burnish")
    run = client.create_run(experiment, run_name=job.job_name)
    # MLflow wants a time for each value, and the service gives none for single steps.
    began = int(job.creation_time.timestamp() * 1000) if job.creation_time else 0
    client.log_batch(
        run.info.run_id,
        metrics=[
            Metric(f"{part}_loss", one.loss, began, one.step)
            for part, steps in losses.items()
            for one in steps
        ],
        params=[Param(name, value) for name, value in job.trained_hyperparameters.items()],
        tags=[RunTag("job_arn", job.job_arn), RunTag("base_model", job.base_model_arn or "")],
    )
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def _missing(extra: str) -> InvalidConfig:
    return InvalidConfig(extra, [f"it is not installed: pip install 'burnish[{extra}]'"])
