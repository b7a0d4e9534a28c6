"""The training worker, a process of its own: claims one job, trains, settles.

Run as ``python -m burnish.server.training.worker INPUT``, where INPUT is a `WorkerInput`. It holds the job's
lock for as long as it lives, writes its progress to the store, and the job's artefacts to S3, where Bedrock
writes them. The training itself knows nothing of either. What is wrong with the job ends the job; what is
wrong with the server ends this process or makes it wait, and the job goes on.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from burnish.checking import raise_for
from burnish.disk import write_through
from burnish.engine.conversations import Example, TrainingData, example_of
from burnish.engine.held_out import how_made, judged
from burnish.engine.kinds import loaded, save_tuned
from burnish.engine.out_of_memory import ran_out_of_memory
from burnish.engine.pages import PageContent, PageReader, Reading
from burnish.engine.tunable_model import Progress, TrainingSettings, TunableModel, TunedModel
from burnish.engine.typicality import save_typical_pages
from burnish.errors import (
    BurnishError,
    CannotStart,
    DiskFull,
    InvalidInput,
    InvalidRecords,
    MissingWeights,
    ServiceUnavailable,
)
from burnish.held_out_confidence import NOTHING_HELD_OUT, measured_confidence
from burnish.parallel import map_ordered
from burnish.server.arns import id_in, new_arn
from burnish.server.credentials import credentials_at
from burnish.server.databases import StateUnavailable, UnreadableRow
from burnish.server.iam.store import IamStore
from burnish.server.job_files import attempt_folder, lock_file, models_folder
from burnish.server.job_input import READER_OF_WORKER_INPUT, WorkerInput
from burnish.server.resources import PHASES, CustomModel, Job
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store
from burnish.server.training.attempt import Attempt, Stopped, Superseded
from burnish.server.training.job_lock import held_lock
from burnish.server.training.job_log import JobLog
from burnish.server.training.job_news import PHASE_NAMES
from burnish.server.training.job_output import LOG_NAME, PatientStorage, output_folder
from burnish.server.training.job_records import (
    MAX_MESSAGE_LENGTH,
    READERS,
    JobRecords,
    PlacedRecord,
    check_pages,
    read_job_records,
    rules_here,
)
from burnish.server.training.training_settings import (
    manner_of,
    settings_file,
    trained_hyperparameters,
    with_chosen,
)
from burnish.server.training.work import Work
from burnish.server.training.worker_process import OUT_OF_MEMORY, SERVER_FAULT
from burnish.server.wire.call import Identity
from burnish.shown_texts import log_lines
from burnish.text_readers import text_reader

NICENESS = 10
_FAULTS_OF_THE_SERVER = (
    ServiceUnavailable,
    DiskFull,
    MissingWeights,
    CannotStart,
    StateUnavailable,
    UnreadableRow,
    sqlite3.Error,
)

#: By its name, for the job's log takes what the package logs: run by itself, this module is ``__main__``.
log = logging.getLogger("burnish.server.training.worker")


def run(work: Work) -> int:
    """Take a job as far as it goes, write that down, and give the process's exit status."""
    attempt = work.attempt
    try:
        _complete(work)
    except Stopped:
        log.info("Stopped")
        work.job_log.write()
        attempt.settle("Stopped")
    # Before `BurnishError`, which most of them are: a job must not fail for them.
    except _FAULTS_OF_THE_SERVER as error:
        return _left(work, error)
    except BurnishError as error:
        _fail(work, str(error))
    except OSError as error:
        # Libraries raise it as well, without a number, for files whose content is wrong: that is no fault of
        # the disk, and would be the same at every further attempt.
        if error.errno is not None:
            return _left(work, error)
        _fail_unexpectedly(work)
    except Exception as error:
        if ran_out_of_memory(error):
            log.exception("Out of memory in the job %s", work.job.arn)
            return OUT_OF_MEMORY
        _fail_unexpectedly(work)
    return 0


def _left(work: Work, error: Exception) -> int:
    """Leave the job to the next attempt: something of the server failed, and not the job."""
    log.exception("Leaving the job %s to the next attempt", work.job.arn)
    work.attempt.leave(f"for the server's files, of which one failed ({error})")
    return SERVER_FAULT


def _fail(work: Work, message: str) -> None:
    log.error("Failed: %s", message)
    # Before the job's end, with which its readers stop to read.
    work.job_log.write()
    work.attempt.settle("Failed", message[:MAX_MESSAGE_LENGTH])


def _fail_unexpectedly(work: Work) -> None:
    log.exception("The job %s failed unexpectedly", work.job.arn)
    _fail(work, "Encountered an internal error. See the server's log of this job")


def _complete(work: Work) -> None:
    work.attempt.begin()
    if work.job.attempts > 1:
        work.job_log.resume()
        log.info("Attempt %d, from the beginning", work.job.attempts)
    # Nobody but who holds the job's lock writes there: what lies there was left by attempts that are over.
    shutil.rmtree(models_folder(work.data, work.job.id), ignore_errors=True)
    with _phase(work, "validation"):
        records = _validated(work)
    with _phase(work, "dataProcessing"):
        model = loaded(work.weights, {})
        hyperparameters = trained_hyperparameters(work.job.hyperparameters)
        pages = _pages(work, records, model.reading_for(hyperparameters))
        data = TrainingData(
            training=_examples(model, records.training, pages),
            validation=_examples(model, records.validation, pages),
        )
        settings = _settings(work, model.settings(hyperparameters, data))
    with _phase(work, "training"):
        progress = Progress(on_step=work.add_step, on_validation=work.add_validation)
        tuned = model.train(data, settings, progress=progress, starting_from=_tuned_before(work))
        _tell_confidence(work, tuned, data)
        log.info("Trained. Writing the model %s", work.job.model_name)
        work.write()
        _keep(work, tuned, data.training)


@contextmanager
def _phase(work: Work, name: str) -> Iterator[None]:
    """Mark a phase as in progress and then as completed; how else it ends is written with the job's end."""
    work.attempt.check()
    work.attempt.mark_phase(name, "InProgress")
    log.info("Phase: %s", PHASE_NAMES[name])
    work.job_log.write()
    yield
    if name != PHASES[-1]:  # the last one is completed together with the job
        work.attempt.mark_phase(name, "Completed")


def _validated(work: Work) -> JobRecords:
    request = work.job.request
    work.output.check_access()
    rules = rules_here(work.job.base_model_id)
    records = read_job_records(
        work.storage,
        request.training_data_config.s3_uri,
        request.validation_uris,
        rules=rules,
    )
    pages = len(records.pages())
    log.info(
        "Records to train on %d, to validate %d; pages %d",
        len(records.training),
        len(records.validation),
        pages,
    )
    work.attempt.expect(pages)
    check_pages(work.storage, records, rules=rules, on_page=work.advance)
    work.output.write_doubts(records.doubts)
    return records


def _pages(work: Work, records: JobRecords, reading: Reading) -> dict[str, PageContent]:
    """Every page, by its URI, as the model asks for it."""
    reader = PageReader(lambda: work.attempt.patiently(text_reader))
    places = {page.uri: placed for page, placed in records.pages().items()}

    def read(uri: str) -> PageContent:
        try:
            image = work.storage.read(uri)
            return work.attempt.patiently(lambda: reader.read(image, reading))
        except InvalidInput as error:
            raise InvalidRecords(str(places[uri].problem(f"{uri} cannot be read: {error}"))) from error

    work.attempt.expect(len(places))
    pages = {}
    for uri, page in zip(places, map_ordered(read, places, workers=READERS), strict=True):
        pages[uri] = page
        work.advance()
    return pages


def _examples(
    model: TunableModel, records: Sequence[PlacedRecord], pages: Mapping[str, PageContent]
) -> tuple[Example, ...]:
    """The records as examples. Raises `InvalidRecords` with those that the model cannot learn from."""
    examples = tuple(example_of(placed.record, pages) for placed in records)
    problems = [records[found.index].problem(found.problem) for found in model.problems(examples)]
    raise_for(problems, longest=MAX_MESSAGE_LENGTH)
    return examples


def _settings(work: Work, settings: TrainingSettings) -> TrainingSettings:
    """How the job trains, written down where who looks at its losses finds it."""
    work.attempt.choose(with_chosen(work.job.hyperparameters, settings))
    work.output.write_settings(settings_file(work.job, settings))
    for manner in manner_of(work.job, settings):
        log.info("The job %s %s", work.job.name, manner)
    return settings


def _tell_confidence(work: Work, tuned: TunedModel, data: TrainingData) -> None:
    """Write down how far the tuned model's confidence is to be trusted, where it tells."""
    answers = judged(tuned.held_out, data)
    if not answers:
        log.info("%s", NOTHING_HELD_OUT)
        return
    found = measured_confidence(answers, made=how_made(tuned.held_out))
    work.output.write_confidence(found.as_file())
    for line in found.lines():
        log.info("%s", line)


def _tuned_before(work: Work) -> Path | None:
    """What the custom model has learned that the job tunes further; None for a base model."""
    job = work.job
    model = work.attempt.store.find(CustomModel, job.region, job.request.base_model_identifier)
    return model.adapter_in(work.data) if model else None


def _keep(work: Work, tuned: TunedModel, examples: Sequence[Example]) -> None:
    """Write the model and complete the job."""
    job = work.job
    adapter = attempt_folder(work.data, job.id, job.attempts)
    # Of a model that is tuned further, the pages are not known that it was trained on before.
    typical = examples if _tuned_before(work) is None else ()
    work.attempt.patiently(lambda: _save(tuned, typical, adapter))
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
    # With the job, or somebody who asks in between sees a completed job that still trains.
    training = job.phases["training"].ended("Completed")
    try:
        work.attempt.complete(
            model,
            training_loss=work.steps[-1].loss,
            validation_loss=work.validations[-1].loss if work.validations else None,
            phases={**job.phases, "training": training},
        )
    except (Stopped, Superseded):
        shutil.rmtree(adapter)
        raise


def _save(tuned: TunedModel, examples: Sequence[Example], folder: Path) -> None:
    """Write a tuned model so that it is there after a power failure, too."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_tuned(tuned, folder)
    save_typical_pages(examples, folder)
    for path in (*folder.rglob("*"), folder, folder.parent, folder.parent.parent):
        write_through(path)


def work_on(given: WorkerInput) -> int:
    """Make an attempt at a job of a server's data folder and give the process's exit status."""
    store = Store(given.data)
    job = store.get(Job, given.job_arn)
    # While this process came up, its server may have gone and another one begun the next attempt.
    if job is None or job.attempts != given.attempt or job.status not in ("InProgress", "Stopping"):
        log.warning("Attempt %d at %s ended before it began", given.attempt, given.job_arn)
        return 0
    owned = Attempt(job, store)
    key, policies = credentials_at(given.data), _policies(given.data, job)
    storage = RoleStorage(given.objects_endpoint, key, policies)
    job_log = JobLog(storage, f"{output_folder(job)}/{LOG_NAME}")
    logging.getLogger("burnish").addHandler(job_log)
    work = Work(
        attempt=owned,
        storage=PatientStorage(storage, owned),
        data=given.data,
        weights=given.weights,
        job_log=job_log,
    )
    try:
        return run(work)
    except Superseded:
        log.warning("Another attempt owns the job %s, or the job has ended", given.job_arn)
        return 0


def _policies(data: Path, job: Job) -> list[str]:
    iam = IamStore(data)
    role = iam.role_by_arn(job.request.role_arn)
    policies = iam.policy_documents_of(role.name) if role else []
    iam.close()
    return policies


def main(given: WorkerInput) -> int:
    """Work on one job of a server's data folder, as the only process that does."""
    log_lines()
    # The server must answer within milliseconds while this computes.
    os.nice(NICENESS)
    try:
        with held_lock(lock_file(given.data, id_in(given.job_arn)), attempt=given.attempt):
            return work_on(given)
    except (OSError, *_FAULTS_OF_THE_SERVER):
        log.exception("The job %s cannot run now", given.job_arn)
        return SERVER_FAULT


if __name__ == "__main__":
    sys.exit(main(READER_OF_WORKER_INPUT.read(sys.argv[1])))
