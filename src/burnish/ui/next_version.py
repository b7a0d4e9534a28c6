"""From a review to the next model: the next version of the data set, and a job that trains on it."""

from __future__ import annotations

from burnish.aws.base_models import family_claiming
from burnish.aws.clients import Clients
from burnish.datasets.manifest import Manifest, read_manifest
from burnish.datasets.revising import DatasetStore, Revision
from burnish.errors import InvalidConfig
from burnish.families import model_id_of
from burnish.review.applying import apply_review, current_dataset
from burnish.review.queue import ReviewQueue
from burnish.service import ModelFinetuningService
from burnish.tuning_jobs import start_tuning_job
from burnish.types import FinetuningJobResult


def next_version(clients: Clients, queue: ReviewQueue) -> Revision:
    """The next version of the review's data set. Raises `InvalidConfig` where that is not known."""
    place = current_dataset(queue)
    model = _model_of(place, read_manifest(clients.s3, place))
    rules = family_claiming(clients, model).tuning(model_id_of(model)).rules
    return apply_review(queue, DatasetStore(s3=clients.s3, owner=clients.account_id, rules=rules))


def start_training(
    service: ModelFinetuningService, clients: Clients, queue: ReviewQueue, name: str
) -> FinetuningJobResult:
    """A job of this name on the current version of the review's data set, with a role of this name."""
    place = current_dataset(queue)
    manifest = read_manifest(clients.s3, place)
    model = _model_of(place, manifest)
    return start_tuning_job(
        service,
        manifest,
        folder=place,
        base_model=model,
        family=family_claiming(clients, model),
        name=name,
        role=name,
    )


def _model_of(place: str, manifest: Manifest) -> str:
    if not isinstance(manifest.model, str):
        raise InvalidConfig(f"The data set {place}", ["it does not say for which model it was prepared"])
    return manifest.model
