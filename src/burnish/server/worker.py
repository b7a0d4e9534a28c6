"""The training worker, a process of its own: claims one job, trains, settles.

Run as ``python -m burnish.server.worker DATA JOB_ARN OBJECTS_ENDPOINT WEIGHTS``. It writes how far it is
into the store and the job's artefacts into S3, where Bedrock writes them. The training itself knows
nothing of either.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from burnish.cache import cache_folder
from burnish.checking import Problem, raise_for
from burnish.engine.answers import Decision, save_decision
from burnish.engine.calibrating import fitted_decision
from burnish.engine.examples import epochs_of, example_of
from burnish.engine.language_model import LanguageModel, load_language_model, use_free_cores
from burnish.engine.training import (
    Example,
    LoraTraining,
    Progress,
    Step,
    Validation,
    save_adapter,
    train,
)
from burnish.errors import BurnishError, InvalidInput, InvalidRecords
from burnish.fanning import in_order
from burnish.reading import PageReader
from burnish.server.arns import new_arn
from burnish.server.artifacts import metrics_csv
from burnish.server.credentials import credentials_at
from burnish.server.iam.store import IamStore
from burnish.server.job_records import (
    LONGEST_MESSAGE,
    READERS,
    JobRecords,
    PlacedRecord,
    check_pages,
    read_job_records,
    rules_here,
)
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import CustomModel, Job, Store, unbegun_phases
from burnish.server.wire.call import Identity

WRITE_EVERY_SECONDS = 2.0
#: How many doubts about the records go into the log; all go into a file.
LOGGED = 20
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


def run(work: Work) -> None:
    """Take a job to its end, whichever it is, and write that down."""
    try:
        _complete(work)
    except Stopped:
        _settle(work, "Stopped")
    except BurnishError as error:
        _settle(work, "Failed", str(error))
    except OSError as error:
        log.exception("The job %s could not use its files", work.job.arn)
        _settle(
            work,
            "Failed",
            f"A file of the server's failed ({error.strerror or error}): its log of this job says more",
        )
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
        whole = _examples(model, records.training, pages)
        validation = _examples(model, records.validation, pages)
        taught = [placed.record for placed in records.training]
    with _phase(work, "training"):
        progress = Progress(on_step=lambda step: _on_step(work, step), on_validation=work.validations.append)
        tuned = train(
            model,
            epochs_of(model, taught, whole, pages, settings),
            validation,
            settings=settings,
            progress=progress,
            starting_from=_adapter_to_start_from(work),
        )
        answers = [record.answer for record in taught]
        decision = fitted_decision(
            tuned, answers, validation, [placed.record.answer for placed in records.validation]
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


def _validated(work: Work) -> JobRecords:
    request = work.job.request
    validators = (request.get("validationDataConfig") or {}).get("validators") or ()
    work.storage.write(f"{work.output}/.write_access_check_file.temp", b"")
    rules = rules_here(work.job.base_model_id)
    records = read_job_records(
        work.storage,
        request["trainingDataConfig"]["s3Uri"],
        [validator["s3Uri"] for validator in validators],
        rules=rules,
    )
    check_pages(work.storage, records, rules=rules, on_page=work.check_stopped)
    _write_doubts(work, records.doubts)
    return records


def _write_doubts(work: Work, doubts: Sequence[Problem]) -> None:
    """Put what stops no job where who looks after it finds it: beside its metrics, and in its log."""
    if doubts:
        uri = f"{work.output}/input_status/warnings.txt"
        work.storage.write(uri, "".join(f"{doubt}\n" for doubt in doubts).encode())
        log.warning("The records of %s are trained on in spite of %s", work.job.arn, uri)
        for doubt in doubts[:LOGGED]:
            log.warning("%s", doubt)


def _pages(work: Work, records: JobRecords) -> dict[str, str]:
    """The text of every page image, by its URI."""
    reader = PageReader(cache_folder() / "pages")
    named = records.pages()
    # In the order of their URIs, so that a seed leaves out the same lines in whichever order records stand.
    places = {page.uri: named[page] for page in sorted(named, key=lambda page: page.uri)}

    def read(uri: str) -> str:
        try:
            return reader.read(work.storage.read(uri))
        except InvalidInput as error:
            raise InvalidRecords(str(places[uri].problem(f"{uri} cannot be read: {error}"))) from error

    texts = {}
    for uri, text in zip(places, in_order(read, places, workers=READERS), strict=True):
        texts[uri] = text
        work.check_stopped()
    return texts


def _examples(
    model: LanguageModel, records: Sequence[PlacedRecord], pages: Mapping[str, str]
) -> list[Example]:
    """The records as tokens. Raises `InvalidRecords` with those that are longer than the model can see."""
    examples = [example_of(model, placed.record, pages) for placed in records]
    lengths = [len(example.prompt) + len(example.answer) for example in examples]
    too_long = [
        placed.problem(f"{length} tokens; the model sees {model.context}: shorten it")
        for placed, length in zip(records, lengths, strict=True)
        if length > model.context
    ]
    raise_for(too_long, longest=LONGEST_MESSAGE)
    return examples


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
    return model.adapter_in(work.data) if model else None


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
        weights_id=job.weights_id,
        adapter=adapter.relative_to(work.data).as_posix(),
    )
    validation_loss = work.validations[-1].loss if work.validations else None
    # With the job, or somebody who asks in between sees a completed job that still trains.
    training = {**job.phases["training"], "status": "Completed", "changed": time.time()}
    is_complete = work.store.complete(
        job,
        model,
        training_loss=work.steps[-1].loss,
        validation_loss=validation_loss,
        phases={**job.phases, "training": training},
    )
    if not is_complete:
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
