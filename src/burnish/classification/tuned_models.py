"""What a model needs to classify as it was trained to: an endpoint, its data set's words, its threshold."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.aws import artifacts
from burnish.aws.clients import Clients
from burnish.aws.endpoints import endpoint_to_call
from burnish.aws.identifiers import ResourceKind, arn_of
from burnish.aws.jobs import get_job
from burnish.aws.models import get_model
from burnish.calibration.held_out_confidence import MOST_WRONG, HeldOutConfidence
from burnish.classification.decisions import ReviewThreshold
from burnish.datasets.manifest import Manifest, read_manifest
from burnish.errors import InvalidConfig, NotFound, ServiceError
from burnish.evaluation.identity import ModelIdentity, identity_of
from burnish.evaluation.training_data import training_data_of

#: The names of deployments that exist for one run begin so. No other run uses them: they may go any moment.
TEMPORARY = "burnish-classify-"


@dataclass(frozen=True, kw_only=True)
class AskedModel:
    """A model, by what it is called by while it is asked about nothing yet."""

    #: The endpoint to call; None for a custom model that nothing answers for.
    endpoint: str | None
    #: The model behind it, where that is known.
    model_arn: str | None

    @property
    def is_to_be_deployed(self) -> bool:
        """Whether it has to be deployed before it answers."""
        return self.endpoint is None


def model_named(clients: Clients, given: str) -> AskedModel:
    """The model of a name, id or ARN, or behind a deployment or throughput. Raises `NotFound`."""
    try:
        endpoint = endpoint_to_call(clients.bedrock, given, ignoring=TEMPORARY)
    except NotFound:
        # Raises, naming what is similar, where there is no such model either.
        return AskedModel(endpoint=None, model_arn=_custom_model(clients, given))
    return AskedModel(endpoint=endpoint, model_arn=identity_of(clients, endpoint).model_arn)


def _custom_model(clients: Clients, given: str) -> str:
    try:
        return arn_of(clients.bedrock, ResourceKind.MODEL, given)
    except NotFound:
        endpoint_to_call(clients.bedrock, given)  # whose message names deployments too
        raise


@dataclass(frozen=True, kw_only=True)
class AskedDataset:
    """The data set that says what is asked, and where it is."""

    place: str
    manifest: Manifest


def dataset_for(clients: Clients, model: AskedModel, given: str, *, dataset: str | None) -> AskedDataset:
    """The data set that says what is asked: the one that is named, or the one that the model was trained on.

    Raises `InvalidConfig` where neither is known.
    """
    if dataset:
        return AskedDataset(place=dataset, manifest=read_manifest(clients.s3, dataset))
    data = training_data_of(clients, model.model_arn or "")
    if data.manifest is None:
        reason = "; ".join(data.doubts) or "it was not tuned on a data set that Burnish prepared"
        raise InvalidConfig(
            f"Classifying with {given!r}",
            [f"{reason}: name the data set whose labels it is to choose from, with --dataset s3://…"],
        )
    return AskedDataset(place=str(data.manifest), manifest=read_manifest(clients.s3, data.manifest))


def review_threshold(clients: Clients, model: AskedModel, given: float | None) -> ReviewThreshold:
    """The threshold that is given, or the one that the model's job has measured on held-out pages."""
    if given is not None:
        return ReviewThreshold(value=given, source="as given")
    if model.model_arn is None or ":custom-model/" not in model.model_arn:
        return ReviewThreshold(value=None, source="no review threshold was measured for a base model")
    try:
        job_arn = get_model(clients.bedrock, model.model_arn).job_arn
        job = get_job(clients.bedrock, job_arn) if job_arn else None
        found = job and artifacts.held_out_confidence(clients.s3, job.output_uri or "", job.job_arn)
    except ServiceError as error:
        return ReviewThreshold(value=None, source=f"the review threshold cannot be read: {error.message}")
    if not found:
        return ReviewThreshold(value=None, source="the model's job has measured no review threshold")
    if found.at_most_five_percent_wrong is None:
        source = f"no threshold keeps wrong answers under {MOST_WRONG:.0%} on {found.pages} held-out pages"
        return ReviewThreshold(value=None, source=source)
    risk = found.at_most_five_percent_wrong
    source = f"{risk.wrong} of {risk.accepted} held-out answers that are as confident were wrong"
    return ReviewThreshold(value=risk.threshold, source=source)


def confidence_on_held_out(clients: Clients, model: AskedModel) -> HeldOutConfidence | None:
    """What the model's job has measured on held-out pages; None where that is not known."""
    if model.model_arn is None or ":custom-model/" not in model.model_arn:
        return None
    try:
        job_arn = get_model(clients.bedrock, model.model_arn).job_arn
        job = get_job(clients.bedrock, job_arn) if job_arn else None
        return artifacts.held_out_confidence(clients.s3, job.output_uri or "", job.job_arn) if job else None
    except ServiceError:
        return None  # as with the review threshold, which says why


def lasting_identity(identity: ModelIdentity) -> tuple[str, ...]:
    """What stays the same of a model however often it is deployed: answers are kept under it."""
    if identity.model_arn and ":custom-model/" in identity.model_arn:
        return (identity.account, identity.region, identity.model_arn)  # its weights never change
    return (identity.account, identity.region, identity.model_arn or identity.model_id, identity.version)
