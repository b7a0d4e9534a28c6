"""Asking about pages in a batch: half the price of single calls, and answers when all of them are there.

A batch is written down before it is submitted: a run that is killed at any moment is followed by one that
waits for the same batch, and none is submitted twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from burnish.aws.batch_records import FEWEST_RECORDS, InputRecord, OutputRecord, answers_of, upload_records
from burnish.aws.batches import MOST_HOURS, BatchJob, BatchJobConfig, create_batch, wait_for_batch
from burnish.aws.clients import Clients
from burnish.disk import replace_file, reporting_full_disk
from burnish.errors import InvalidConfig, InvalidInput
from burnish.evaluation.budget import BudgetSpent, Meter
from burnish.evaluation.call_tokens import most_tokens
from burnish.evaluation.predicting import Asking, Page, Prediction, answered_prediction, request_about
from burnish.evaluation.prices import BATCH_SHARE
from burnish.extraction_prompts import Prompt

_AWS_POLL_SECONDS, _OWN_POLL_SECONDS = 60.0, 0.5
#: A job may wait for its turn before its own time begins.
_LONGEST_WAIT_SECONDS = 2 * MOST_HOURS * 3600


class BatchedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document whose pages are in a batch."""

    key: str
    document: str
    path: str
    digest: str
    looks: tuple[str, ...]
    pages: int


class PendingBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch whose answers are not kept yet. The same request, sent again, means the same batch."""

    job_name: str
    model_id: str
    role_arn: str
    input_uri: str
    output_uri: str
    documents: list[BatchedDocument]
    #: None until the service has answered.
    job_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchAsking:
    """How a batch is submitted, and where it is written down."""

    clients: Clients
    #: A base model, an inference profile or a custom model: nothing has to be deployed.
    model_id: str
    #: The role that reads requests and writes answers, created or updated when it is needed.
    role: Callable[[], str]
    #: Where in S3 requests and answers lie.
    folder: str
    #: The file on this machine that says what is pending.
    path: Path
    prompt: Prompt
    asking: Asking
    on_notice: Callable[[str], None] = lambda notice: None
    on_progress: Callable[[str], None] = lambda progress: None

    def pending(self) -> PendingBatch | None:
        """The batch that a run before has submitted, or was about to."""
        if not self.path.exists():
            return None
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=PendingBatch)
        except msgspec.MsgspecError as error:
            raise InvalidInput(
                f"{self.path} describes no batch of `burnish classify` ({error}): delete it to submit another"
            ) from error

    def uploaded(self, pages: Iterator[Page], size_of: Callable[[Page], int]) -> UploadedBatch:
        """Upload the requests about the pages, of whose documents ``size_of`` says how many pages they have.

        Where the budget has no room for all pages of a document, it and those after it are left out.
        """
        run = uuid.uuid4().hex[:12]
        selection = _Selection(asking=self.asking, prompt=self.prompt, size_of=size_of)
        records = (self._record(page) for page in selection.affordable(pages))
        first = next(records, None)
        if first is None:
            return UploadedBatch(input_uri=None, left_out=selection.left_out, spent=selection.spent)
        found = upload_records(self.clients.s3, f"{self.folder}/{run}/requests/", _chained(first, records))
        if self.clients.leads_to_aws and found.records < FEWEST_RECORDS:
            problem = (
                f"it takes at least {FEWEST_RECORDS} pages, and {found.records} are left: use --no-batch"
            )
            raise InvalidConfig("Batch inference", [problem])
        return UploadedBatch(input_uri=found.uri, left_out=selection.left_out, spent=selection.spent)

    def _record(self, page: Page) -> InputRecord:
        # Without a schema on AWS: a model that takes none would refuse every record, and that after hours.
        asking = replace(self.asking, structured=not self.clients.leads_to_aws)
        body = request_about([{"bytes": image} for image in page.images], self.prompt, asking)
        return InputRecord(record_id=page.name.replace(" ", "-"), model_input=body)

    def submit(self, input_uri: str, documents: list[BatchedDocument]) -> PendingBatch:
        """Write down a batch, and then submit it."""
        now = datetime.now(UTC)
        batch = PendingBatch(
            job_name=f"classify-{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}",
            model_id=self.model_id,
            role_arn=self.role(),
            input_uri=input_uri,
            output_uri=f"{input_uri.rstrip('/').rpartition('/')[0]}/answers/",
            documents=documents,
        )
        self._write(batch)
        return self._submitted(batch)

    def _submitted(self, batch: PendingBatch) -> PendingBatch:
        config = BatchJobConfig(
            job_name=batch.job_name,
            model_id=batch.model_id,
            role_arn=batch.role_arn,
            input_uri=batch.input_uri,
            output_uri=batch.output_uri,
        )
        job = create_batch(self.clients.bedrock, config)
        batch = msgspec.structs.replace(batch, job_arn=job.job_arn)
        self._write(batch)
        self.on_notice(
            f"The batch {batch.job_name} is submitted. It goes on if this is interrupted: the next run waits."
        )
        return batch

    def answers(self, batch: PendingBatch) -> Iterator[Prediction]:
        """Wait for a batch, and yield a prediction about each page, whatever became of the batch."""
        if batch.job_arn is None:  # killed before the answer came, or before the request went
            batch = self._submitted(batch)
        job = wait_for_batch(
            self.clients.bedrock,
            batch.job_arn or "",
            interval=_AWS_POLL_SECONDS if self.clients.leads_to_aws else _OWN_POLL_SECONDS,
            timeout=_LONGEST_WAIT_SECONDS,
            on_poll=lambda job: self.on_progress(f"batch: {job.progress}"),
        )
        missing = {f"{one.key} {page}" for one in batch.documents for page in range(1, one.pages + 1)}
        for answer in answers_of(self.clients.s3, job):
            name = answer.record_id.replace("-", " ")
            if name in missing:  # and not from another source than our own requests
                missing.remove(name)
                yield self._prediction(name, answer)
        for name in sorted(missing):
            yield _unanswered(name, job)

    def _prediction(self, name: str, answer: OutputRecord) -> Prediction:
        page = Page(name=name, label="", png=b"")
        if answer.output is None:
            error = answer.error_message or "the batch has no answer to it"
            return Prediction(page=name, label="", error=error, error_code=str(answer.error_code), seconds=0)
        return answered_prediction(page, answer.output, self.prompt, seconds=0)

    def forget(self) -> None:
        """Strike out the batch that was written down: its answers are kept."""
        self.path.unlink(missing_ok=True)

    def _write(self, batch: PendingBatch) -> None:
        with reporting_full_disk(self.path.parent):
            replace_file(self.path, msgspec.json.encode(batch))


@dataclass(frozen=True, kw_only=True)
class UploadedBatch:
    """The requests of a batch in S3; None where there are none."""

    input_uri: str | None
    #: The keys of documents that the budget has no room for.
    left_out: frozenset[str]
    spent: BudgetSpent | None


@dataclass(kw_only=True)
class _Selection:
    """The pages of the documents that the budget has room for."""

    asking: Asking
    prompt: Prompt
    size_of: Callable[[Page], int]
    spent: BudgetSpent | None = None
    _reserved_usd: float = 0.0
    _left_out: set[str] = field(default_factory=set)

    @property
    def left_out(self) -> frozenset[str]:
        return frozenset(self._left_out)

    def affordable(self, pages: Iterator[Page]) -> Iterator[Page]:
        for page in pages:
            key, _, number = page.name.partition(" ")
            if number == "1" and self.asking.meter:
                self._reserve(page, self.asking.meter)
            if self.spent:
                self._left_out.add(key)
                return
            yield page

    def _reserve(self, page: Page, meter: Meter) -> None:
        most = most_tokens(self.prompt, page.sizes, self.asking.images, answer=self.prompt.max_answer_tokens)
        count, budget = self.size_of(page), meter.budget
        usd = meter.price.of_tokens(most.asked * count, most.answered * count) * BATCH_SHARE
        if budget.spent_usd + self._reserved_usd + usd > budget.most_usd:
            taken = budget.spent_usd + self._reserved_usd
            self.spent = BudgetSpent(
                f"${taken:.4g} of ${budget.most_usd:.4g} is spent, or reserved for the batch, and the next "
                f"document may cost up to ${usd:.4g}. Every answer so far is kept."
            )
        self._reserved_usd += usd


def _unanswered(name: str, job: BatchJob) -> Prediction:
    reason = f": {job.message}" if job.message else ""
    error = f"the batch ended as {job.status} without an answer to it{reason}"
    return Prediction(page=name, label="", error=error, error_code="Unanswered", seconds=0)


def _chained(first: InputRecord, rest: Iterator[InputRecord]) -> Iterator[InputRecord]:
    yield first
    yield from rest
