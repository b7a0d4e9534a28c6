"""The methods for batches: `ModelFinetuningService.batches`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from burnish.aws import batch_records, batches, identifiers
from burnish.aws.batch_records import OutputRecord
from burnish.aws.batches import BatchJob, BatchJobConfig, BatchStatus
from burnish.aws.clients import Clients
from burnish.aws.identifiers import ResourceKind

if TYPE_CHECKING:
    from burnish.batch_inference.estimates import BatchEstimate
    from burnish.evaluation.prices import ModelPrice


class BatchService:
    """Batch inference: files of requests in S3, answered within hours at half the price of single calls.

    Batches are named by name, id or ARN. Every method raises `burnish.errors` only.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def estimate(self, config: BatchJobConfig, *, price: ModelPrice | None = None) -> BatchEstimate:
        """What a batch will take and cost, by an on-demand price of one's own or the one that is known.

        Raises what makes it fail: no input, lines that are no records, too few of them.
        """
        from burnish.batch_inference.estimates import estimate_batch

        return estimate_batch(self._clients, config, price=price)

    def create(self, config: BatchJobConfig) -> BatchJob:
        """A batch that has been started, after the checks of `estimate`.

        Called again with the same config, e.g. after a crash, it gives the batch that is there. Raises
        `Conflict` for a name of another batch.
        """
        self.estimate(config)
        return batches.create_batch(self._clients.bedrock, config)

    def get(self, batch: str) -> BatchJob:
        """The batch as it is now."""
        return batches.get_batch(self._clients.bedrock, self._arn_of(batch))

    def list(
        self, *, status: BatchStatus | None = None, name_contains: str | None = None
    ) -> Iterator[BatchJob]:
        """The batches of the account in this region, newest first."""
        return batches.list_batches(self._clients.bedrock, status=status, name_contains=name_contains)

    def wait(
        self,
        batch: str,
        *,
        polling_interval: float = 60,
        max_wait_time: float = 86_400,
        on_poll: Callable[[BatchJob], None] | None = None,
    ) -> BatchJob:
        """The batch once it is over, whichever way. Raises `WaitTimeout`."""
        return batches.wait_for_batch(
            self._clients.bedrock,
            self._arn_of(batch),
            interval=polling_interval,
            timeout=max_wait_time,
            on_poll=on_poll,
        )

    def stop(self, batch: str) -> None:
        """Ask a batch to stop: what is answered by then is written. Raises `Conflict` if it is over."""
        batches.stop_batch(self._clients.bedrock, self._arn_of(batch))

    def answers(self, batch: str) -> Iterator[OutputRecord]:
        """The answers of a batch by their record ids, streamed from S3: those that there are."""
        return batch_records.answers_of(self._clients.s3, self.get(batch))

    def _arn_of(self, batch: str) -> str:
        return identifiers.arn_of(self._clients.bedrock, ResourceKind.BATCH, batch)
