"""The service: fine-tuning jobs and the throughput that makes their models answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from burnish.aws import (
    artifacts,
    deploying,
    deployments,
    identifiers,
    imports,
    jobs,
    model_ids,
    models,
    preflight,
    roles,
    throughputs,
)
from burnish.aws.artifacts import TrainingStep
from burnish.aws.base_models import require_model_to_serve
from burnish.aws.clients import Clients, open_clients
from burnish.aws.deploying import Deployed
from burnish.aws.identifiers import ResourceKind
from burnish.aws.imports import ImportedModel, ModelImportJob, ModelImportJobConfig
from burnish.aws.models import CustomModelResult
from burnish.aws.preflight import Preflight
from burnish.aws.role_policies import JobScope, role_needs
from burnish.aws.roles import RolePlan
from burnish.aws.states import wait_until_gone
from burnish.batch_inference.batch_service import BatchService
from burnish.calibration.held_out_confidence import HeldOutConfidence
from burnish.configs import (
    CustomModelDeploymentConfig,
    FinetuningJobConfig,
    ProvisionedThroughputConfig,
    VpcConfig,
)
from burnish.datasets import provenance
from burnish.datasets.prepared_for import model_mismatch
from burnish.families import family_named
from burnish.settings import resolve_settings, settings_from
from burnish.types import (
    CustomModelDeploymentResult,
    DeploymentStatus,
    DeploymentType,
    FinetuningJobResult,
    JobStatus,
    ProvisionedThroughputResult,
    ProvisioningStatus,
)

if TYPE_CHECKING:
    from burnish.classification import ClassificationConfig, ClassificationSummary


class ModelFinetuningService:
    """Fine-tuning on Amazon Bedrock, or on a server of your own at ``endpoint_url`` (or AWS_ENDPOINT_URL).

    ``config`` may give short names to base models and default hyperparameters, under ``model_finetuning``.
    ``batches``: batch inference. Making the service contacts nobody; all methods raise `burnish.errors` only.
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
        self.batches = BatchService(self._clients)

    def create_or_update_model_customization_role(
        self,
        role_name_base: str = "IDPModelCustomizationRole",
        *,
        buckets: Sequence[str],
        kms_key_arns: Sequence[str] = (),
        vpc: VpcConfig | None = None,
        grader_lambda_arn: str | None = None,
    ) -> str:
        """The ARN of a role for this region's jobs, which may use these buckets, or folders in S3, alone."""
        return roles.create_or_update_model_customization_role(
            self._clients.iam,
            role_name=roles.role_name_for(role_name_base, self._clients.region),
            needs=role_needs(buckets, kms_key_arns, vpc, grader_lambda_arn),
            scope=self._job_scope(),
        )

    def plan_model_customization_role(
        self,
        role_name_base: str = "IDPModelCustomizationRole",
        *,
        buckets: Sequence[str],
        kms_key_arns: Sequence[str] = (),
        vpc: VpcConfig | None = None,
        grader_lambda_arn: str | None = None,
    ) -> RolePlan:
        """What `create_or_update_model_customization_role` would do: print it to see the steps."""
        return roles.plan_role(
            self._clients.iam,
            role_name=roles.role_name_for(role_name_base, self._clients.region),
            needs=role_needs(buckets, kms_key_arns, vpc, grader_lambda_arn),
            scope=self._job_scope(),
        )

    def delete_role(self, role: str) -> None:
        """Delete a role, given by name or ARN, with its policies."""
        roles.delete_role(self._clients.iam, role)

    def create_finetuning_job(self, config: FinetuningJobConfig) -> FinetuningJobResult:
        """A job that has been started, with tags that name its data set, where its files are of one.

        Called again with the same config, e.g. after a crash, it gives the job that is there. Raises
        `Conflict` for a name of another job, and `InvalidConfig` with all that `check_finetuning_job` finds.
        """
        config = provenance.with_provenance(self._clients.s3, config)
        if earlier := jobs.created_before(self._clients, config, self._settings):
            return earlier
        self.check_finetuning_job(config).require_none(f"The fine-tuning job {config.job_name!r}")
        return jobs.create_job(self._clients, config, settings=self._settings)

    def check_finetuning_job(self, config: FinetuningJobConfig, *, has_role: bool = True) -> Preflight:
        """What would make a job fail; reads only. Without ``has_role`` no permissions are checked."""
        model = resolve_settings(config, self._settings).base_model_id
        # First and alone: most of what is wrong with the records of another model follows from that.
        if mismatch := model_mismatch(self._clients.s3, config, model):
            return Preflight(problems=(mismatch,), unchecked=())
        return preflight.check_job(self._clients, config, model, has_role=has_role)

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
        on_poll: Callable[[FinetuningJobResult], None] | None = None,
        begin_within: float | None = None,
    ) -> FinetuningJobResult:
        """The ended job. Raises `WaitTimeout`, also where it does not ``begin_within`` so many seconds."""
        family_named(model_type)
        return jobs.wait_for_job(
            self._clients.bedrock,
            job_arn,
            interval=polling_interval,
            timeout=max_wait_time,
            begin_within=begin_within,
            on_poll=on_poll,
        )

    def stop_job(self, job_arn: str, *, keep_model: bool = False) -> None:
        """Ask a job to stop: it leaves no model and cannot be resumed. Raises `Conflict` if it is over.

        To ``keep_model`` as it is after its current step can be asked of a server of one's own, not of AWS.
        """
        jobs.end_job(self._clients, job_arn, keep_model=keep_model)

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

    def get_held_out_confidence(self, job_arn: str) -> HeldOutConfidence | None:
        """What a tuned model's confidence is worth on held-out pages; None where the job does not tell."""
        return artifacts.held_out_confidence(self._clients.s3, self._output_of(job_arn), job_arn)

    def get_validation_metrics(self, job_arn: str) -> list[TrainingStep]:
        """The validation loss of a job, step by step; empty while there is none."""
        return artifacts.validation_metrics(self._clients.s3, self._output_of(job_arn), job_arn)

    def list_custom_models(
        self,
        *,
        name_contains: str | None = None,
        base_model_arn: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Iterator[CustomModelResult]:
        """The custom models of the account in this region, newest first. Each costs storage until deleted."""
        return models.list_models(
            self._clients.bedrock,
            name_contains=name_contains,
            base_model_arn=base_model_arn,
            created_after=created_after,
            created_before=created_before,
        )

    def get_custom_model(self, model: str) -> CustomModelResult:
        """The custom model of this ARN or name."""
        return models.get_model(self._clients.bedrock, model)

    def delete_custom_model(self, model: str) -> None:
        """Delete a custom model, given by ARN or name, for good. Its throughput must be gone first."""
        models.delete_model(self._clients.bedrock, model)

    def create_provisioned_throughput(
        self, config: ProvisionedThroughputConfig
    ) -> ProvisionedThroughputResult:
        """A throughput that is being created. It is billed by the hour from now until it is deleted.

        Called again with the same config, the throughput that is there is the result.
        """
        family_named(config.model_type)
        require_model_to_serve(self._clients, config.model_id)
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
        on_poll: Callable[[ProvisionedThroughputResult], None] | None = None,
    ) -> ProvisionedThroughputResult:
        """The throughput in service, or failed. Raises `WaitTimeout` after ``max_wait_time`` seconds."""
        family_named(model_type)
        return throughputs.wait_for_throughput(
            self._clients.bedrock,
            provisioned_model_arn,
            interval=polling_interval,
            timeout=max_wait_time,
            on_poll=on_poll,
        )

    def list_provisioned_throughputs(
        self, *, status: ProvisioningStatus | None = None, model_arn: str | None = None
    ) -> Iterator[ProvisionedThroughputResult]:
        """The throughputs of the account in this region, newest first: all that is billed by the hour."""
        return throughputs.list_throughputs(self._clients.bedrock, status=status, model_arn=model_arn)

    def update_provisioned_throughput(
        self, provisioned_model_arn: str, *, name: str | None = None, model: str | None = None
    ) -> None:
        """Rename a throughput, or have it answer with another model of the same base."""
        throughputs.update_throughput(self._clients.bedrock, provisioned_model_arn, name=name, model=model)

    def delete_provisioned_throughput(self, provisioned_model_arn: str, model_type: str = "nova") -> None:
        """Delete a throughput, which ends its bill."""
        family_named(model_type)
        throughputs.delete_throughput(self._clients.bedrock, provisioned_model_arn)

    def wait_for_deletion(self, provisioned_model_arn: str, *, max_wait_time: float = 600) -> None:
        """Return once a deleted throughput is gone, so that its model can be deleted too."""
        wait_until_gone(lambda: self.get_provisioned_throughput(provisioned_model_arn), timeout=max_wait_time)

    def create_custom_model_deployment(
        self, config: CustomModelDeploymentConfig
    ) -> CustomModelDeploymentResult:
        """An on-demand deployment that is being created. Raises `InvalidConfig` where its family has none.

        Called again with the same config, the deployment that is there is the result.
        """
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
        on_poll: Callable[[CustomModelDeploymentResult], None] | None = None,
    ) -> CustomModelDeploymentResult:
        """The deployment active, or failed. Raises `WaitTimeout` after ``max_wait_time`` seconds."""
        return deployments.wait_for_deployment(
            self._clients.bedrock,
            deployment_arn,
            interval=polling_interval,
            timeout=max_wait_time,
            on_poll=on_poll,
        )

    def delete_custom_model_deployment(self, deployment_arn: str, *, max_wait_time: float = 600) -> None:
        """Delete a deployment, and return once it is gone, so that its model can be deleted too."""
        deployments.delete_deployment(self._clients.bedrock, deployment_arn)
        wait_until_gone(lambda: self.get_custom_model_deployment(deployment_arn), timeout=max_wait_time)

    def deploy_custom_model(
        self,
        model: str,
        name: str,
        *,
        deployment_type: DeploymentType | None = None,
        tags: Mapping[str, str] | None = None,
        polling_interval: float = 30,
        max_wait_time: float = 3600,
    ) -> Deployed:
        """A custom model, given by name or ARN, that answers, once it does: on demand where that can be."""
        return deploying.deploy(
            self._clients.bedrock,
            model,
            name,
            kind=deployment_type,
            tags=tags,
            interval=polling_interval,
            timeout=max_wait_time,
        )

    def undeploy_custom_model(self, model_id: str) -> None:
        """Delete a deployment or throughput, given by name, ARN or its model, and return once it is gone."""
        deploying.undeploy(self._clients.bedrock, model_id)

    def create_model_import_job(self, config: ModelImportJobConfig) -> ModelImportJob:
        """An import of weights of one's own that has been started."""
        return imports.create_import_job(self._clients.bedrock, config)

    def get_model_import_job(self, job: str) -> ModelImportJob:
        """The import job of this ARN or name as it is now."""
        return imports.get_import_job(self._clients.bedrock, job)

    def list_model_import_jobs(self) -> Iterator[ModelImportJob]:
        """The import jobs of the account in this region, newest first."""
        return imports.list_import_jobs(self._clients.bedrock)

    def wait_for_model_import_job(
        self, job: str, *, polling_interval: float = 60, max_wait_time: float = 86_400
    ) -> ModelImportJob:
        """The import job once it is over, whichever way. Raises `WaitTimeout`."""
        return imports.wait_for_import_job(
            self._clients.bedrock, job, interval=polling_interval, timeout=max_wait_time
        )

    def list_imported_models(self) -> Iterator[ImportedModel]:
        """The imported models of the account in this region, newest first."""
        return imports.list_imported_models(self._clients.bedrock)

    def delete_imported_model(self, model: str) -> None:
        """Delete an imported model, given by ARN or name, for good."""
        imports.delete_imported_model(self._clients.bedrock, model)

    def classify_documents(
        self, places: Sequence[str], config: ClassificationConfig
    ) -> ClassificationSummary:
        """Label the documents of folders, files and S3 prefixes, in tables, and count what came out."""
        from burnish.classification import classify_documents

        return classify_documents(self._clients, places, config)

    def model_id_to_call(self, model: str) -> str:
        """What to pass as ``modelId`` to call a base model, a custom model, or anything that answers."""
        return model_ids.model_id_to_call(self._clients.bedrock, model)

    def arn_of(self, kind: ResourceKind, given: str) -> str:
        """The ARN of the resource of a kind that has this name, id or ARN. Raises `NotFound`."""
        return identifiers.arn_of(self._clients.bedrock, kind, given)

    def _job_scope(self) -> JobScope:
        return JobScope(account_id=self._clients.account_id, region=self._clients.region)

    def _output_of(self, job_arn: str) -> str:
        return jobs.get_job(self._clients.bedrock, job_arn).output_uri or ""
