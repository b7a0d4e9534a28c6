"""What to call for a model: its endpoint, or a deployment that is made once there is something to ask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import TracebackType

from burnish.aws.clients import Clients
from burnish.aws.deploying import deploy, deployment_type_for, undeploy
from burnish.aws.identifiers import ResourceKind, find_named
from burnish.classification.tuned_models import TEMPORARY, AskedModel
from burnish.errors import InvalidConfig
from burnish.families import DeploymentType

_AWS_POLL_SECONDS, _OWN_POLL_SECONDS = 15.0, 0.5


class OnDemandEndpoint:
    """The endpoint of a model for the length of a block.

    A model without one is deployed on the first call of `arn`, and its deployment deleted at the end. It is
    named for the output of the run, so that a run that was killed leaves it to the next into that output, and
    never to another that may be under way.
    """

    def __init__(
        self, clients: Clients, model: AskedModel, *, output: str, on_notice: Callable[[str], None]
    ) -> None:
        self._clients = clients
        self._model = model
        self._on_notice = on_notice
        which = hashlib.sha256(output.encode()).hexdigest()[:8]
        self._name = f"{TEMPORARY}{(model.model_arn or '').rpartition('/')[2]}-{which}"
        self._arn = model.endpoint

    def __enter__(self) -> OnDemandEndpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._model.is_to_be_deployed and (
            made := find_named(self._clients.bedrock, ResourceKind.DEPLOYMENT, self._name)
        ):
            undeploy(self._clients.bedrock, made)
            self._on_notice("The deployment made for this run is deleted.")

    def arn(self) -> str:
        """What to call. Raises `InvalidConfig` where that would have to be billed by the hour."""
        if self._arn is None:
            self._arn = self._deployed(self._model.model_arn or "")
        return self._arn

    def _deployed(self, model_arn: str) -> str:
        if deployment_type_for(model_arn) is not DeploymentType.ON_DEMAND:
            problem = "it can only be served by throughput that is billed by the hour: deploy it yourself"
            raise InvalidConfig(f"Deploying {model_arn!r} for this run", [problem])
        self._on_notice("The model is not deployed: it is, on demand, for this run alone.")
        interval = _AWS_POLL_SECONDS if self._clients.leads_to_aws else _OWN_POLL_SECONDS
        return deploy(self._clients.bedrock, model_arn, self._name, interval=interval).model_id
