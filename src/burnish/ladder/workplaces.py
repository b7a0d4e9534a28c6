"""Where the models of rungs are trained and asked, and that nothing is left there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from burnish.aws.cleaning import delete_everything_named
from burnish.aws.clients import Clients
from burnish.aws.objects import S3Uri, ensure_bucket
from burnish.datasets.prepared import Destination
from burnish.service import ModelFinetuningService

_AWS_POLL_SECONDS, _OWN_POLL_SECONDS = 30.0, 0.2


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """An endpoint, a folder in its S3, and the name that everything made there begins with."""

    clients: Clients
    folder: S3Uri
    name: str

    @cached_property
    def service(self) -> ModelFinetuningService:
        """Jobs, models and deployments."""
        return ModelFinetuningService(clients=self.clients)

    @cached_property
    def destination(self) -> Destination:
        """Where data sets go; their bucket is created where there is none."""
        ensure_bucket(self.clients.s3, self.folder.bucket, region=self.clients.region)
        return Destination(bucket=self.folder.bucket, prefix=self.folder.key, owner=self.clients.account_id)

    @cached_property
    def role_arn(self) -> str:
        """The role of the jobs, which is created once."""
        return self.service.create_or_update_model_customization_role(self.name, buckets=[self.folder.bucket])

    @property
    def poll_seconds(self) -> float:
        """Seconds between polls: on AWS each counts against a quota."""
        return _AWS_POLL_SECONDS if self.clients.leads_to_aws else _OWN_POLL_SECONDS


@contextmanager
def workplace(clients: Clients, folder: S3Uri) -> Iterator[Workplace]:
    """A workplace of which nothing is left after the block but the objects in its folder.

    Jobs, models, what serves them and the role are deleted, however the block ends.
    """
    place = Workplace(clients=clients, folder=folder, name=f"ladder-{uuid4().hex[:8]}")
    try:
        yield place
    finally:
        if "role_arn" in vars(place):  # without a role, no job has been started
            delete_everything_named(clients, place.name)
