"""The training worker, a process of its own: claims one job, trains, settles.

Run as ``python -m burnish.server.worker DATA JOB_ARN OBJECTS_ENDPOINT WEIGHTS``. It writes how far it is
into the store and the job's artefacts into S3, where Bedrock writes them. The training itself knows
nothing of either.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from burnish.cache import cache_folder
from burnish.engine.answers import Decision, save_decision
from burnish.engine.calibrating import fitted_decision
from burnish.engine.language_model import (
    Conversation,
    LanguageModel,
    Turn,
    load_language_model,
    use_free_cores,
)
from burnish.engine.line_dropout import without_some_lines
from burnish.engine.training import (
    Epochs,
    Example,
    LoraTraining,
    Progress,
    Step,
    Validation,
    save_adapter,
    train,
)
from burnish.errors import AccessDenied, BurnishError, InvalidRecords
from burnish.families import family_of
from burnish.reading import PageReader
from burnish.records import Content, Record, record_of
from burnish.server.arns import new_arn
from burnish.server.artifacts import metrics_csv
from burnish.server.call import Identity
from burnish.server.credentials import credentials_at
from burnish.server.iam_store import IamStore
from burnish.server.storage import RoleStorage
from burnish.server.store import CustomModel, Job, Store, unbegun_phases

WRITE_EVERY_SECONDS = 2.0
LONGEST_MESSAGE = 2048
NICENESS = 10

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The job is to stop."""


@dataclass
class Work:
    """One job on its way, and everything it needs."""

    job: Job
    store: Store
    storage: RoleStorage
    data: Path
    weights: Path
    steps: list[Step] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    written_at: float = 0.0

    @property
    def output(self) -> str:
        """The S3 folder of the job's artefacts."""
        folder = str(self.job.request["outputDataConfig"]["s3Uri"]).rstrip("/")
        return f"{folder}/model-customization-job-{self.job.id}"

    def check_stopped(self) -> None:
        """Raise `Stopped` when somebody has asked the job to stop."""
        job = self.store.find(Job, self.job.region, self.job.arn)
        if job is None or job.status == "Stopping":
            raise Stopped


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a job."""

    training: list[Record]
    validation: list[Record]


def run(work: Work) -> None:
    """Take a job to its end, whichever it is, and write that down."""
    try:
        _complete(work)
    except Stopped:
        _settle(work, "Stopped")
    except (BurnishError, OSError) as error:
        _settle(work, "Failed", str(error))
    except Exception:
        log.exception("The job %s failed unexpectedly", work.job.arn)
        _settle(work, "Failed", "Encountered an internal error. The server's log of this job says more")


def _complete(work: Work) -> None:
    with _phase(work, "validation"):
        records = _validated(work)
    with _phase(work, "dataProcessing"):
        model = load_language_model(work.weights)
        pages = _pages(work, records)
        settings = _settings(work.job)
        training = _epochs(model, records.training, pages, settings)
        validation = [_example(model, record, pages) for record in records.validation]
    with _phase(work, "training"):
        progress = Progress(on_step=lambda step: _on_step(work, step), on_validation=work.validations.append)
        tuned = train(
            model,
            training,
            validation,
            settings=settings,
            progress=progress,
            starting_from=_adapter_to_start_from(work),
        )
        answers = [record.answer for record in records.training]
        decision = fitted_decision(
            tuned, answers, validation, [record.answer for record in records.validation]
        )
        _write_metrics(work)
        _keep(work, tuned, decision)


@contextmanager
def _phase(work: Work, name: str) -> Iterator[None]:
    """Mark a phase as in progress and then as what came of it."""
    begun = time.time()

    def mark(status: str) -> None:
        phases = {**work.job.phases, name: {"status": status, "begun": begun, "changed": time.time()}}
        work.job = replace(work.job, phases=phases)
        work.store.change(Job, work.job.arn, phases=phases)

    work.check_stopped()
    mark("InProgress")
    try:
        yield
    except Stopped:
        mark("Stopped")
        raise
    except BaseException:
        mark("Failed")
        raise
    mark("Completed")


def _validated(work: Work) -> Records:
    request = work.job.request
    validators = (request.get("validationDataConfig") or {}).get("validators") or ()
    work.storage.write(f"{work.output}/.write_access_check_file.temp", b"")
    training = _read_records(work, request["trainingDataConfig"]["s3Uri"])
    validation = [record for validator in validators for record in _read_records(work, validator["s3Uri"])]
    _check_counts(work.job.base_model_id, len(training), len(validation))
    for uri in {uri for record in (*training, *validation) for uri in record.image_uris}:
        if not work.storage.may("s3:GetObject", uri):
            raise AccessDenied(f"The role may not read the image {uri}: allow s3:GetObject on it")
    return Records(training=training, validation=validation)


def _check_counts(base_model_id: str, training: int, validation: int) -> None:
    family = family_of(base_model_id)
    if family is None:
        return
    rules = family.tuning(base_model_id).rules
    if training < rules.min_records:
        raise InvalidRecords(
            f"{training} training records are too few: {base_model_id} needs {rules.min_records}"
        )
    if training + validation > rules.max_records:
        raise InvalidRecords(
            f"{training + validation} records are too many: {rules.max_records} are the most"
        )
    most = rules.max_validation_records
    if most is not None and validation > most:
        raise InvalidRecords(f"{validation} validation records are too many: {base_model_id} takes {most}")


def _read_records(work: Work, uri: str) -> list[Record]:
    lines = work.storage.read(uri).splitlines()
    records = [
        record_of(line, where=f"Line {number} of {uri}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not records:
        raise InvalidRecords(f"{uri} holds no records")
    for number, record in enumerate(records, start=1):
        if [message.role for message in record.messages[-2:]] != ["user", "assistant"]:
            raise InvalidRecords(
                f"Record {number} of {uri} does not end with a user's turn and the assistant's answer"
            )
    return records


def _pages(work: Work, records: Records) -> dict[str, str]:
    """The text of every page image, by its URI."""
    uris = sorted({uri for record in (*records.training, *records.validation) for uri in record.image_uris})
    reader = PageReader(cache_folder() / "pages")
    images = [work.storage.read(uri) for uri in uris]
    texts = reader.read_all(images, on_page=lambda _: work.check_stopped())
    return dict(zip(uris, texts, strict=True))


def _epochs(
    model: LanguageModel, records: Sequence[Record], pages: dict[str, str], settings: LoraTraining
) -> Epochs:
    """The examples of each epoch, whose pages lack some lines. A record that is too long whole is refused."""
    whole = [_example(model, record, pages) for record in records]

    def examples_of(epoch: int) -> list[Example]:
        rng = random.Random(f"{settings.seed}/lines/{epoch}")  # noqa: S311 - not a secret
        varied = {uri: without_some_lines(text, settings.line_dropout, rng) for uri, text in pages.items()}
        return [_example(model, record, varied) for record in records]

    return examples_of if settings.line_dropout > 0 and pages else lambda _: whole


def _example(model: LanguageModel, record: Record, pages: dict[str, str]) -> Example:
    conversation = Conversation(
        system="\n".join(block.text for block in record.system),
        turns=tuple(_turn(message.role, message.content, pages) for message in record.messages[:-1]),
    )
    prompt, answer = model.prompt_tokens(conversation), model.answer_tokens(record.answer)
    if len(prompt) + len(answer) > model.context:
        raise InvalidRecords(
            f"A record has {len(prompt) + len(answer)} tokens: the model sees {model.context}"
        )
    return Example(prompt=tuple(prompt), answer=tuple(answer))


def _turn(role: str, content: Sequence[Content], pages: dict[str, str]) -> Turn:
    images = [block.image.source.s3_location.uri for block in content if block.image]
    return Turn(
        role=role,
        text="\n".join(block.text for block in content if block.text),
        pages=tuple(pages[uri] for uri in images),
    )


def _settings(job: Job) -> LoraTraining:
    """What the job's hyperparameters say. Families name some of them, and none names all."""
    given, usual = job.hyperparameters, LoraTraining()
    return LoraTraining(
        epochs=int(float(given.get("epochCount", usual.epochs))),
        batch_size=int(float(given.get("batchSize", usual.batch_size))),
        learning_rate=float(given.get("learningRate", usual.learning_rate)),
        warmup_steps=int(float(given.get("learningRateWarmupSteps", usual.warmup_steps))),
        rank=int(float(given.get("loraRank", usual.rank))),
        seed=int(float(given.get("seed", usual.seed))),
        line_dropout=float(given.get("lineDropout", usual.line_dropout)),
    )


def _adapter_to_start_from(work: Work) -> Path | None:
    """The adapter of the custom model that the job tunes further; None for a base model."""
    job = work.job
    model = work.store.find(CustomModel, job.region, job.request["baseModelIdentifier"])
    return Path(model.adapter) if model else None


def _on_step(work: Work, step: Step) -> None:
    work.steps.append(step)
    work.check_stopped()
    if time.monotonic() - work.written_at > WRITE_EVERY_SECONDS:
        _write_metrics(work)
        work.written_at = time.monotonic()


def _write_metrics(work: Work) -> None:
    steps = [(step.number, step.epoch, step.loss) for step in work.steps]
    work.storage.write(
        f"{work.output}/training_artifacts/step_wise_training_metrics.csv",
        metrics_csv("training_loss", steps),
    )
    if work.validations:
        points = [(point.step, point.epoch, point.loss) for point in work.validations]
        work.storage.write(
            f"{work.output}/validation_artifacts/post_fine_tuning_validation/validation_metrics.csv",
            metrics_csv("validation_loss", points),
        )


def _keep(work: Work, tuned: LanguageModel, decision: Decision) -> None:
    """Write the model and complete the job."""
    job = work.job
    adapter = work.data / "models" / job.id
    adapter.mkdir(parents=True, exist_ok=True)
    save_adapter(tuned, adapter)
    save_decision(decision, adapter)
    account = job.arn.split(":")[4]
    caller = Identity(account_id=account, access_key="", region=job.region)
    model = CustomModel(
        arn=new_arn(caller, f"custom-model/{job.base_model_id}"),
        region=job.region,
        name=job.model_name,
        job_arn=job.arn,
        base_model_id=job.base_model_id,
        weights=str(work.weights),
        adapter=str(adapter),
    )
    validation_loss = work.validations[-1].loss if work.validations else None
    training_loss = work.steps[-1].loss
    if not work.store.complete(job, model, training_loss=training_loss, validation_loss=validation_loss):
        shutil.rmtree(adapter)
        raise Stopped


def _settle(work: Work, status: str, message: str | None = None) -> None:
    message = message[:LONGEST_MESSAGE] if message else None
    work.store.change(Job, work.job.arn, status=status, failure_message=message, ended_at=time.time())


def main(data: Path, arn: str, endpoint: str, weights: Path) -> None:
    """Work on one job of a server's data folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # The server must answer within milliseconds while this computes.
    os.nice(NICENESS)
    use_free_cores()
    store, iam = Store(data), IamStore(data)
    job = store.find(Job, arn.split(":")[3], arn)
    if job is None:
        sys.exit(f"There is no job {arn}")
    role = iam.role_by_arn(job.request["roleArn"])
    policies = iam.policy_documents_of(role.name) if role else []
    storage = RoleStorage(endpoint, credentials_at(data), policies)
    job = replace(job, phases=unbegun_phases())
    run(Work(job=job, store=store, storage=storage, data=data, weights=weights))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
