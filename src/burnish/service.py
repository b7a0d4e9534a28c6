"""The service: fine-tuning jobs and the throughput that makes their models answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from burnish.aws import artifacts, calling, deployments, jobs, models, roles, throughputs
from burnish.aws.artifacts import TrainingStep
from burnish.aws.clients import Clients, open_clients
from burnish.aws.roles import RolePlan
from burnish.families import family_named
from burnish.settings import settings_from
from burnish.types import (
    CustomModelDeploymentConfig,
    CustomModelDeploymentResult,
    DeploymentStatus,
    FinetuningJobConfig,
    FinetuningJobResult,
    JobStatus,
    ProvisionedThroughputConfig,
    ProvisionedThroughputResult,
)


class ModelFinetuningService:
    """Fine-tuning on Amazon Bedrock, or on a server of your own at ``endpoint_url`` (or AWS_ENDPOINT_URL).

    ``config`` may give short names to base models and default hyperparameters, under ``model_finetuning``.
    Making the service contacts nobody. Every method raises `burnish.errors` only.
    """

    def __init__(
        self,
        region: str | None = None,
        config: Mapping[str, Any] | None = None,
        *,
        clients: Clients | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self._settings = settings_from(config)
        self._clients = clients or open_clients(region=region, endpoint_url=endpoint_url)

    def create_or_update_model_customization_role(
        self, role_name_base: str = "IDPModelCustomizationRole", *, buckets: Sequence[str]
    ) -> str:
        """The ARN of a role with which jobs in this region can use these buckets, and no others."""
        return roles.create_or_update_model_customization_role(
            self._clients.iam,
            role_name=roles.role_name_for(role_name_base, self._clients.region),
            account_id=self._clients.account_id,
            region=self._clients.region,
            buckets=buckets,
        )

    def plan_model_customization_role(
        self, role_name_base: str = "IDPModelCustomizationRole", *, buckets: Sequence[str]
    ) -> RolePlan:
        """What `create_or_update_model_customization_role` would do: print it to see the steps."""
        return roles.plan_role(
            self._clients.iam,
            role_name=roles.role_name_for(role_name_base, self._clients.region),
            account_id=self._clients.account_id,
            region=self._clients.region,
            buckets=buckets,
        )

    def delete_role(self, role: str) -> None:
        """Delete a role, given by name or ARN, with its policies."""
        roles.delete_role(self._clients.iam, role)

    def create_finetuning_job(self, config: FinetuningJobConfig) -> FinetuningJobResult:
        """A job that has been started. A config that cannot work raises `InvalidConfig` before any call."""
        return jobs.create_job(self._clients, config, settings=self._settings)

    def get_job_status(self, job_arn: str, model_type: str = "nova") -> FinetuningJobResult:
        """The job as it is now."""
        family_named(model_type)
        return jobs.get_job(self._clients.bedrock, job_arn)

    def wait_for_job_completion(
        self,
        job_arn: str,
        model_type: str = "nova",
        polling_interval: float = 60,
        max_wait_time: float = 86_400,
        on_look: Callable[[FinetuningJobResult], None] | None = None,
        begin_within: float | None = None,
    ) -> FinetuningJobResult:
        """The job once it is over, whichever way. Raises `WaitTimeout` after ``max_wait_time`` seconds.

        So it does for a job that has not begun after ``begin_within`` seconds, where that is given.
        """
        family_named(model_type)
        return jobs.wait_for_job(
            self._clients.bedrock,
            job_arn,
            every=polling_interval,
            timeout=max_wait_time,
            begin_within=begin_within,
            on_look=on_look,
        )

    def stop_job(self, job_arn: str) -> None:
        """Ask a job to stop. It leaves no model behind and cannot be resumed."""
        jobs.stop_job(self._clients.bedrock, job_arn)

    def list_jobs(
        self,
        *,
        status: JobStatus | None = None,
        name_contains: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Iterator[FinetuningJobResult]:
        """The jobs of the account in this region, newest first."""
        return jobs.list_jobs(
            self._clients.bedrock,
            status=status,
            name_contains=name_contains,
            created_after=created_after,
            created_before=created_before,
        )

    def get_training_metrics(self, job_arn: str) -> list[TrainingStep]:
        """The training loss of a job, step by step; empty while there is none."""
        return artifacts.training_metrics(self._clients.s3, self._output_of(job_arn), job_arn)

    def get_validation_metrics(self, job_arn: str) -> list[TrainingStep]:
        """The validation loss of a job, step by step; empty while there is none."""
        return artifacts.validation_metrics(self._clients.s3, self._output_of(job_arn), job_arn)

    def delete_custom_model(self, model: str) -> None:
        """Delete a custom model, given by ARN or name, for good. Its throughput must be gone first."""
        models.delete_model(self._clients.bedrock, model)

    def create_provisioned_throughput(
        self, config: ProvisionedThroughputConfig
    ) -> ProvisionedThroughputResult:
        """A throughput that is being created. It is billed by the hour from now until it is deleted."""
        family_named(config.model_type)
        return throughputs.create_throughput(self._clients.bedrock, config)

    def get_provisioned_throughput(
        self, provisioned_model_arn: str, model_type: str = "nova"
    ) -> ProvisionedThroughputResult:
        """The throughput as it is now."""
        family_named(model_type)
        return throughputs.get_throughput(self._clients.bedrock, provisioned_model_arn)

    #: The same under the name that goes with `get_job_status`.
    get_provisioning_status = get_provisioned_throughput

    def wait_for_provisioning_completion(
        self,
        provisioned_model_arn: str,
        model_type: str = "nova",
        polling_interval: float = 60,
        max_wait_time: float = 3600,
        on_look: Callable[[ProvisionedThroughputResult], None] | None = None,
    ) -> ProvisionedThroughputResult:
        """The throughput in service, or failed. Raises `WaitTimeout` after ``max_wait_time`` seconds."""
        family_named(model_type)
        return throughputs.wait_for_throughput(
            self._clients.bedrock,
            provisioned_model_arn,
            every=polling_interval,
            timeout=max_wait_time,
            on_look=on_look,
        )

    def delete_provisioned_throughput(self, provisioned_model_arn: str, model_type: str = "nova") -> None:
        """Delete a throughput, which ends its bill."""
        family_named(model_type)
        throughputs.delete_throughput(self._clients.bedrock, provisioned_model_arn)

    def wait_for_deletion(self, provisioned_model_arn: str, *, max_wait_time: float = 600) -> None:
        """Return once a deleted throughput is gone, so that its model can be deleted too."""
        throughputs.wait_until_deleted(self._clients.bedrock, provisioned_model_arn, timeout=max_wait_time)

    def create_custom_model_deployment(
        self, config: CustomModelDeploymentConfig
    ) -> CustomModelDeploymentResult:
        """An on-demand deployment that is being created. Raises `InvalidConfig` where its family has none."""
        return deployments.create_deployment(self._clients.bedrock, config)

    def get_custom_model_deployment(self, deployment_arn: str) -> CustomModelDeploymentResult:
        """The deployment as it is now."""
        return deployments.get_deployment(self._clients.bedrock, deployment_arn)

    def list_custom_model_deployments(
        self, *, status: DeploymentStatus | None = None, model_arn: str | None = None
    ) -> Iterator[CustomModelDeploymentResult]:
        """The deployments of the account in this region, newest first."""
        return deployments.list_deployments(self._clients.bedrock, status=status, model_arn=model_arn)

    def update_custom_model_deployment(self, deployment_arn: str, *, model_arn: str) -> None:
        """Have a deployment answer with another custom model of the same base."""
        deployments.update_deployment(self._clients.bedrock, deployment_arn, model_arn=model_arn)

    def wait_for_deployment(
        self,
        deployment_arn: str,
        *,
        polling_interval: float = 30,
        max_wait_time: float = 3600,
        on_look: Callable[[CustomModelDeploymentResult], None] | None = None,
    ) -> CustomModelDeploymentResult:
        """The deployment active, or failed. Raises `WaitTimeout` after ``max_wait_time`` seconds."""
        return deployments.wait_for_deployment(
            self._clients.bedrock,
            deployment_arn,
            every=polling_interval,
            timeout=max_wait_time,
            on_look=on_look,
        )

    def delete_custom_model_deployment(self, deployment_arn: str, *, max_wait_time: float = 600) -> None:
        """Delete a deployment, and return once it is gone, so that its model can be deleted too."""
        deployments.delete_deployment(self._clients.bedrock, deployment_arn)
        deployments.wait_until_deleted(self._clients.bedrock, deployment_arn, timeout=max_wait_time)

    def model_id_to_call(self, model: str) -> str:
        """What to pass as ``modelId`` to call a base model, a custom model, or anything that answers."""
        return calling.model_id_to_call(self._clients.bedrock, model)

    def _output_of(self, job_arn: str) -> str:
        return jobs.get_job(self._clients.bedrock, job_arn).output_uri or ""
