"""An evaluation job at work: its prompts are answered like a batch's records, and then scored."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass, field
from functools import partial

from burnish.disk import reporting_full_disk
from burnish.errors import DiskFull, InvalidRecords
from burnish.server.batch.answering import RUNTIME, RecordAnswering, RuntimeHandlers
from burnish.server.batch.batch_folder import BatchFolder, Tally, total_of
from burnish.server.batch.ending import Ending
from burnish.server.batch.prompts import prompts_at, write_requests
from burnish.server.batch.score_lines import first_error, output_uri, score_lines
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.permissions import bedrock_permissions
from burnish.server.bedrock.places import callable_place
from burnish.server.bedrock.role_access import role_identity, role_storage
from burnish.server.disk_space import FULL, has_room
from burnish.server.evaluation_request import DatasetMetrics
from burnish.server.inference.process import InferenceProcess
from burnish.server.resources import EvaluationJob
from burnish.server.s3.role_storage import RoleStorage

OPERATION = "Converse"

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class EvaluationWork:
    """An evaluation at work: its job, its folder, and what was counted of each dataset."""

    control: Control
    inference: InferenceProcess
    runtime: RuntimeHandlers
    job: EvaluationJob
    folder: BatchFolder
    tallies: dict[int, Tally] = field(default_factory=dict)

    def validate(self) -> None:
        """Fetch the prompts and check them, unless an earlier start of the server has."""
        if self.folder.names is None:
            self.folder.begin()
            datasets = self.job.evaluation_request.datasets
            with reporting_full_disk(self.folder.path):
                for number, dataset in enumerate(datasets):
                    self._fetch(number, dataset)
            self.folder.keep_names([dataset.dataset.name for dataset in datasets])
        self.tallies.update(self.folder.tallies())

    def _fetch(self, number: int, dataset: DatasetMetrics) -> None:
        storage, uri = self._storage(), dataset.dataset.dataset_location.s3_uri
        # The prompts, the requests with them, and the answers, which repeat those.
        if not has_room(self.control.data, 3 * storage.size(uri)):
            raise DiskFull(FULL)
        storage.fetch(uri, prompts_at(self.folder, number))
        try:
            write_requests(self.folder, number, self.job.evaluation_request.model.parameters)
        except InvalidRecords as error:
            raise InvalidRecords(f"{uri}: {error}") from error

    def begin(self) -> None:
        """An evaluation is in progress from the start."""

    def ending(self) -> str | None:
        """How the evaluation ends where it may not go on, because it was stopped."""
        job = self.control.store.get(EvaluationJob, self.job.arn)
        return "Stopped" if job is None or job.status == "Stopping" else None

    async def answer_all(self) -> None:
        """Answer the prompts that have no answer yet, dataset by dataset."""
        request = self.job.evaluation_request
        identifier = request.model.model_identifier
        answering = RecordAnswering(
            control=self.control,
            inference=self.inference,
            runtime=self.runtime,
            caller=partial(role_identity, self.control, request.role_arn, self.job.arn),
            operation=OPERATION,
            model_id=identifier,
            place=callable_place(self.control, self.job.region, identifier),
            needs=bedrock_permissions(self.control)[RUNTIME, OPERATION],
        )
        await answering.answer_folder(self.folder, self.tallies)

    def keep_counts(self) -> None:
        """Nothing of an evaluation counts its prompts."""

    def write_output(self, ending: Ending) -> Ending:
        """Put the scores into S3 once all prompts were answered; a failure where none was."""
        if ending.status != "Completed":
            return ending
        if not total_of(self.tallies.values()).successes:
            return Ending("Failed", f"The model has answered no prompt: {first_error(self.folder)}")
        for number in range(len(self.folder.names or ())):
            with tempfile.TemporaryFile(dir=self.folder.path) as scored:
                scored.writelines(score_lines(self.job, self.folder, number))
                scored.seek(0)
                self._storage().write(output_uri(self.job, number), scored)
        return ending

    def settle(self, ending: Ending) -> None:
        """Write how the job ended, and clear its folder away."""
        end = partial(self.control.store.change, EvaluationJob, self.job.arn, message=ending.message)
        if ending.status != "Completed":
            end(status=ending.status)
        elif not end(expected={"status": "InProgress"}, status=ending.status):
            end(status="Stopped")  # at its last moment
        self.folder.remove()
        told = f": {ending.message}" if ending.message else ""
        log.info("Evaluation %s: %s%s", self.job.name, ending.status, told)

    def _storage(self) -> RoleStorage:
        return role_storage(self.control, self.job.evaluation_request.role_arn, self.job.arn)
