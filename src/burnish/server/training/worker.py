"""The training worker, a process of its own: claims one job, trains, settles.

Run as ``python -m burnish.server.training.worker FOLDER ATTEMPT``. It holds the job's lock for as long as it
lives, reports its progress in the job's folder, and writes the job's artefacts to S3, where Bedrock writes
them. It never opens the server's databases. The training itself knows nothing of all that. What is wrong with
the job ends the job; what is wrong with the server ends this process or makes it wait, and the job goes on.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from burnish.calibration.held_out_confidence import NOTHING_HELD_OUT, measured_confidence
from burnish.checking import raise_for
from burnish.disk import write_through
from burnish.engine import fingerprints
from burnish.engine.checkpoints import FolderCheckpoints, Paused, fingerprint_of
from burnish.engine.conversations import Example, TrainingData, example_of
from burnish.engine.held_out import how_made, judged
from burnish.engine.kinds import kind_of, loaded, save_tuned
from burnish.engine.model_figures import training_figures
from burnish.engine.out_of_memory import ran_out_of_memory
from burnish.engine.pages import PageContent, PageReader, Reading
from burnish.engine.portable_models import checksums_of, write_portable
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
from burnish.families import CustomizationType
from burnish.pages.text_readers import text_reader
from burnish.parallel import map_ordered
from burnish.processes.messages import InvalidMessage
from burnish.server.credentials import credentials_at
from burnish.server.job_folder.attempt_input import read_input
from burnish.server.job_folder.heartbeat import beating
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.spec import read_spec
from burnish.server.resources import PHASES
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.training.attempt import Attempt, Stopped, Superseded
from burnish.server.training.distilling import taught
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
from burnish.server.training.launcher import OUT_OF_MEMORY, SERVER_FAULT
from burnish.server.training.pausing import end_paused, pausing_on_sigterm
from burnish.server.training.training_settings import (
    manner_of,
    settings_file,
    trained_hyperparameters,
    with_chosen,
)
from burnish.server.training.work import Work
from burnish.shown_texts import log_lines
from burnish.tuned_models.model_manifest import ModelManifest, TrainingFigures

NICENESS = 10
_FAULTS_OF_THE_SERVER = (
    ServiceUnavailable,
    DiskFull,
    MissingWeights,
    CannotStart,
    InvalidMessage,
)

#: By its name, for the job's log takes what the package logs: run by itself, this module is ``__main__``.
log = logging.getLogger("burnish.server.training.worker")


def run(work: Work) -> int:
    """Take a job as far as it goes, write that down, and give the process's exit status.

    Raises `Superseded` where the job is not this attempt's any more; then there is nothing to write.
    """
    attempt = work.attempt
    try:
        _complete(work)
    except Stopped:
        log.info("Stopped")
        work.job_log.write()
        attempt.settle("Stopped")
    except Paused as pause:
        log.info("The server stops: %s; the next start goes on from there", pause)
        work.job_log.write()
        end_paused()
    except Superseded:  # before `Exception`: that is no fault of the job
        raise
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
    if work.attempt.number > 1:
        work.job_log.resume()
        log.info("Attempt %d", work.attempt.number)
    with _phase(work, "validation"):
        records = _validated(work)
    with _phase(work, "dataProcessing"):
        records = taught(work, records, pages_of=_pages)
        model = loaded(work.weights, {})
        hyperparameters = trained_hyperparameters(work.job.hyperparameters)
        pages = _pages(work, records, model.reading_for(hyperparameters))
        data = TrainingData(
            training=_examples(model, records.training, pages),
            validation=_examples(model, records.validation, pages),
        )
        settings = _settings(work, model.settings(hyperparameters, data))
    with _phase(work, "training"):
        progress = Progress(
            on_step=work.add_step,
            on_validation=work.add_validation,
            is_to_end=lambda: work.attempt.ends_early,
        )
        fingerprint = fingerprint_of(data, settings, weights=fingerprints.fingerprint_of(work.weights))
        with pausing_on_sigterm() as is_to_pause:
            tuned = model.train(
                data,
                settings,
                progress=progress,
                starting_from=work.tuned_before,
                checkpoints=FolderCheckpoints(
                    work.attempt.folder.checkpoints,
                    fingerprint=fingerprint,
                    every_seconds=work.checkpoint_seconds,
                    is_to_pause=is_to_pause,
                ),
            )
        _tell_confidence(work, tuned, data)
        log.info("Trained. Writing the model %s", work.job.model_name)
        work.write()
        _keep(work, tuned, data.training)
        figures = training_figures(data, with_chosen(work.job.hyperparameters, settings), work.losses)
        _hand_out(work, figures)
        training_loss, validation_loss = work.losses
        work.attempt.complete(training_loss=training_loss, validation_loss=validation_loss)


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
    rules = rules_here(work.job.base_model_id, CustomizationType(request.customization_type))
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
    if data.is_plain_text:  # no labels were learned
        return
    answers = judged(tuned.held_out, data)
    if not answers:
        log.info("%s", NOTHING_HELD_OUT)
        return
    found = measured_confidence(answers, made=how_made(tuned.held_out))
    work.output.write_confidence(found.as_file())
    for line in found.lines():
        log.info("%s", line)


def _keep(work: Work, tuned: TunedModel, examples: Sequence[Example]) -> None:
    """Write the model into the attempt's folder, from where the server takes it."""
    # Of a model that is tuned further, the pages are not known that it was trained on before.
    typical = [one for one in examples if not one.is_plain_text] if work.tuned_before is None else ()
    folder = work.attempt.own_folder.model
    work.attempt.patiently(lambda: _save(tuned, typical, folder))


def _hand_out(work: Work, figures: TrainingFigures) -> None:
    """Write the model into the job's output, from where it is downloaded, without a path of this machine."""
    folder = work.attempt.own_folder
    bases = work.attempt.patiently(
        lambda: write_portable(folder.model, work.weights, work.sources, folder.portable)
    )
    manifest = ModelManifest(
        model_name=work.job.model_name,
        kind=kind_of(work.weights).name,
        base_model_id=work.job.base_model_id,
        bases=bases,
        figures=figures,
        files=checksums_of(folder.portable),
    )
    work.output.write_model(folder.portable, manifest)


def _save(tuned: TunedModel, examples: Sequence[Example], folder: Path) -> None:
    """Write a tuned model so that it is there after a power failure, too."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_tuned(tuned, folder)
    save_typical_pages(examples, folder)
    for path in (*folder.rglob("*"), folder, folder.parent, folder.parent.parent):
        write_through(path)


def work_on(folder: JobFolder, number: int) -> int:
    """Make an attempt at a job and give the process's exit status."""
    attempt = Attempt(read_spec(folder), folder, number)
    given = read_input(attempt.own_folder)
    storage = RoleStorage(given.objects_endpoint, credentials_at(given.credentials), given.grants)
    job_log = JobLog(storage, f"{output_folder(attempt.job)}/{LOG_NAME}")
    logging.getLogger("burnish").addHandler(job_log)
    work = Work(
        attempt=attempt,
        storage=PatientStorage(storage, attempt),
        weights=given.weights,
        sources=given.sources,
        tuned_before=given.tuned_before,
        checkpoint_seconds=given.checkpoint_seconds,
        teacher=given.teacher or given.remote_teacher,
        job_log=job_log,
    )
    try:
        return run(work)
    except Superseded:
        log.warning("Another attempt owns the job %s, or the job has ended", attempt.job.arn)
        return 0


def main(folder: JobFolder, number: int) -> int:
    """Work on the job of a folder, as the only process that does."""
    log_lines()
    # The server must answer within milliseconds while this computes.
    os.nice(NICENESS)
    try:
        with held_lock(folder.lock, attempt=number), beating(folder.attempt(number).heartbeat):
            return work_on(folder, number)
    except (OSError, *_FAULTS_OF_THE_SERVER):
        log.exception("The job in %s cannot run now", folder.path)
        return SERVER_FAULT


if __name__ == "__main__":
    sys.exit(main(JobFolder(Path(sys.argv[1])), int(sys.argv[2])))
