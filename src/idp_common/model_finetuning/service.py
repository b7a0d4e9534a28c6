"""Upstream's service: its methods, with its names of arguments and its defaults, over `burnish`'s own.

Upstream is the module of this name in AWS's accelerator for intelligent document processing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from burnish import configs, service, types
from burnish.aws.clients import Client, Clients, open_clients
from burnish.aws.jobs import SPLIT_SEED
from burnish.aws.objects import S3Uri, split_training_data
from burnish.aws.preflight import Preflight
from burnish.settings import settings_from
from idp_common.model_finetuning import available_models, models, translation
from idp_common.model_finetuning.client_errors import raising_client_errors
from idp_common.model_finetuning.deprecation import deprecated

log = logging.getLogger(__name__)

_SPLIT = "%s stays as it is: its split is written beside it, where upstream would overwrite it"


class ModelFinetuningService:
    """`burnish.ModelFinetuningService`, called as upstream's is; what upstream has not, is Burnish's.

    Errors of the service can be caught as botocore's `ClientError` too. Making the service contacts nobody.
    """

    def __init__(
        self,
        region: str | None = None,
        config: Mapping[str, Any] | None = None,
        *,
        clients: Clients | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self.config = dict(config or {})
        self._clients = clients or open_clients(
            region=region or self.config.get("region"), endpoint_url=endpoint_url
        )
        settings = translation.service_settings(self.config)
        self._settings = settings_from(settings)
        self._service = service.ModelFinetuningService(config=settings, clients=self._clients)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever Burnish's service has
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._service, name)

    @property
    def region(self) -> str:
        """Given here, else in the configuration, else in the environment."""
        return self._clients.region

    @property
    def model_configs(self) -> Mapping[str, Any]:
        """What the configuration says under ``model_finetuning``."""
        section: Mapping[str, Any] = self.config.get("model_finetuning") or {}
        return section

    @property
    def bedrock_client(self) -> Client:
        """The client of boto3 for jobs, models and deployments."""
        return self._clients.bedrock

    @property
    def s3_client(self) -> Client:
        """The client of boto3 for objects."""
        return self._clients.s3

    @raising_client_errors
    def create_finetuning_job(
        self, config: models.FinetuningJobConfig | configs.FinetuningJobConfig | Mapping[str, Any]
    ) -> models.FinetuningJobResult:
        """A job that has been started, ``PENDING`` while the service has said no more of it."""
        strict = translation.job_config(config, self._settings)
        if strict.validation_split:
            log.info(_SPLIT, strict.training_data_uri)
        told = self._service.create_finetuning_job(strict)
        return models.FinetuningJobResult.of(told, model_type=strict.model_type)

    @raising_client_errors
    def check_finetuning_job(
        self,
        config: models.FinetuningJobConfig | configs.FinetuningJobConfig | Mapping[str, Any],
        *,
        has_role: bool = True,
    ) -> Preflight:
        """What would make a job fail; reads only."""
        strict = translation.job_config(config, self._settings)
        return self._service.check_finetuning_job(strict, has_role=has_role)

    @raising_client_errors
    def get_job_status(
        self, job_arn: str = "", model_type: str = "nova", *, job_identifier: str | None = None
    ) -> models.FinetuningJobResult:
        """The job of this ARN or name as it is now."""
        job = translation.named(job_arn, job_identifier, names=("job_arn", "job_identifier"))
        told = self._service.get_job_status(job, model_type)
        return models.FinetuningJobResult.of(told, model_type=model_type)

    @raising_client_errors
    def wait_for_job_completion(
        self,
        job_arn: str = "",
        model_type: str = "nova",
        polling_interval: float = 60,
        max_wait_time: float | None = None,
        on_poll: Callable[[types.FinetuningJobResult], None] | None = None,
        begin_within: float | None = None,
        *,
        job_identifier: str | None = None,
    ) -> models.FinetuningJobResult:
        """The ended job. Raises `WaitTimeout` after ``max_wait_time`` seconds; without them it never does."""
        told = self._service.wait_for_job_completion(
            translation.named(job_arn, job_identifier, names=("job_arn", "job_identifier")),
            model_type,
            polling_interval,
            _limit(max_wait_time),
            on_poll,
            begin_within,
        )
        return models.FinetuningJobResult.of(told, model_type=model_type)

    @raising_client_errors
    def create_provisioned_throughput(
        self,
        config: models.ProvisionedThroughputConfig | configs.ProvisionedThroughputConfig | Mapping[str, Any],
    ) -> models.ProvisionedThroughputResult:
        """A throughput that is being created. It is billed by the hour from now until it is deleted."""
        strict = translation.throughput_config(config)
        told = self._service.create_provisioned_throughput(strict)
        return models.ProvisionedThroughputResult.of(told, model_type=strict.model_type)

    @raising_client_errors
    def get_provisioned_throughput(
        self,
        provisioned_model_arn: str = "",
        model_type: str = "nova",
        *,
        provisioned_model_id: str | None = None,
    ) -> models.ProvisionedThroughputResult:
        """The throughput of this ARN, id or name as it is now."""
        throughput = _throughput(provisioned_model_arn, provisioned_model_id)
        told = self._service.get_provisioned_throughput(throughput, model_type)
        return models.ProvisionedThroughputResult.of(told, model_type=model_type)

    #: The same under the name that goes with `get_job_status`.
    get_provisioning_status = get_provisioned_throughput

    def get_provisioned_throughput_status(
        self,
        provisioned_model_arn: str = "",
        model_type: str = "nova",
        *,
        provisioned_model_id: str | None = None,
    ) -> models.ProvisionedThroughputResult:
        """Upstream's name for `get_provisioned_throughput`."""
        deprecated("get_provisioned_throughput_status", "call get_provisioned_throughput")
        return self.get_provisioned_throughput(
            _throughput(provisioned_model_arn, provisioned_model_id), model_type
        )

    @raising_client_errors
    def wait_for_provisioning_completion(
        self,
        provisioned_model_arn: str = "",
        model_type: str = "nova",
        polling_interval: float = 60,
        max_wait_time: float | None = None,
        on_poll: Callable[[types.ProvisionedThroughputResult], None] | None = None,
        *,
        provisioned_model_id: str | None = None,
    ) -> models.ProvisionedThroughputResult:
        """The throughput in service, or failed. Without ``max_wait_time`` no `WaitTimeout` is ever raised."""
        told = self._service.wait_for_provisioning_completion(
            _throughput(provisioned_model_arn, provisioned_model_id),
            model_type,
            polling_interval,
            _limit(max_wait_time),
            on_poll,
        )
        return models.ProvisionedThroughputResult.of(told, model_type=model_type)

    @raising_client_errors
    def delete_provisioned_throughput(
        self,
        provisioned_model_arn: str = "",
        model_type: str = "nova",
        *,
        provisioned_model_id: str | None = None,
    ) -> dict[str, Any]:
        """Delete a throughput, which ends its bill. Nothing is in the answer."""
        throughput = _throughput(provisioned_model_arn, provisioned_model_id)
        self._service.delete_provisioned_throughput(throughput, model_type)
        return {}

    @raising_client_errors
    def create_custom_model_deployment(
        self,
        config: models.CustomModelDeploymentConfig | configs.CustomModelDeploymentConfig | Mapping[str, Any],
    ) -> models.CustomModelDeploymentResult:
        """An on-demand deployment that is being created."""
        told = self._service.create_custom_model_deployment(translation.deployment_config(config))
        return models.CustomModelDeploymentResult.of(told)

    @raising_client_errors
    def get_custom_model_deployment(
        self, deployment_arn: str = "", *, deployment_identifier: str | None = None
    ) -> models.CustomModelDeploymentResult:
        """The deployment of this ARN or name as it is now."""
        told = self._service.get_custom_model_deployment(_deployment(deployment_arn, deployment_identifier))
        return models.CustomModelDeploymentResult.of(told)

    @raising_client_errors
    def list_custom_model_deployments(
        self, *, status: types.DeploymentStatus | None = None, model_arn: str | None = None
    ) -> list[models.CustomModelDeploymentResult]:
        """The deployments of the account in this region, newest first."""
        told = self._service.list_custom_model_deployments(status=status, model_arn=model_arn)
        return [models.CustomModelDeploymentResult.of(one) for one in told]

    @raising_client_errors
    def wait_for_deployment_completion(
        self,
        deployment_identifier: str,
        polling_interval: float = 60,
        max_wait_time: float | None = None,
    ) -> models.CustomModelDeploymentResult:
        """Upstream's name for `burnish.ModelFinetuningService.wait_for_deployment`."""
        deprecated("wait_for_deployment_completion", "call wait_for_deployment")
        told = self._service.wait_for_deployment(
            deployment_identifier, polling_interval=polling_interval, max_wait_time=_limit(max_wait_time)
        )
        return models.CustomModelDeploymentResult.of(told)

    @raising_client_errors
    def delete_custom_model_deployment(
        self,
        deployment_arn: str = "",
        *,
        deployment_identifier: str | None = None,
        max_wait_time: float = 600,
    ) -> dict[str, Any]:
        """Delete a deployment, and return once it is gone. Nothing is in the answer."""
        deployment = _deployment(deployment_arn, deployment_identifier)
        self._service.delete_custom_model_deployment(deployment, max_wait_time=max_wait_time)
        return {}

    @raising_client_errors
    def list_available_models(self) -> models.AvailableModelsResult:
        """The base models that can be fine-tuned, and the custom models that answer on demand."""
        return available_models.list_available_models(self._service)

    def _parse_s3_uri(self, uri: str) -> tuple[str, str]:
        """The bucket and the key of an S3 URI."""
        place = S3Uri.parse(uri)
        return place.bucket, place.key

    @raising_client_errors
    def _prepare_data_split(
        self,
        training_data_uri: str,
        validation_data_uri: str | None = None,
        validation_split: float = 0.2,
    ) -> dict[str, str]:
        """The records to train and to validate with. A file that is split stays as it is."""
        if not validation_data_uri:
            training_data_uri, validation_data_uri = split_training_data(
                self._clients.s3, training_data_uri, share=validation_split, seed=SPLIT_SEED
            )
        return {"training_data_uri": training_data_uri, "validation_data_uri": validation_data_uri}


def _throughput(arn: str, identifier: str | None) -> str:
    return translation.named(arn, identifier, names=("provisioned_model_arn", "provisioned_model_id"))


def _deployment(arn: str, identifier: str | None) -> str:
    return translation.named(arn, identifier, names=("deployment_arn", "deployment_identifier"))


def _limit(max_wait_time: float | None) -> float:
    """Seconds to wait at most. Upstream's default is to wait for ever."""
    if max_wait_time:
        return max_wait_time
    deprecated("Waiting without a limit", "give max_wait_time in seconds, such as 86_400")
    return math.inf
