"""Which models can be tuned, and which tuned ones answer, as newer versions of upstream tell of them."""

from __future__ import annotations

from burnish.families import BaseModel, all_families, base_model_of
from burnish.service import ModelFinetuningService
from burnish.types import CustomizationType, CustomModelDeploymentResult, DeploymentStatus
from idp_common.model_finetuning.models import AvailableModelsResult, CustomModel, FinetuningBaseModel


def list_available_models(service: ModelFinetuningService) -> AvailableModelsResult:
    """The listed models that can be fine-tuned, and the custom models with an active deployment."""
    listed = (model for family in all_families() for model in family.models)
    active = service.list_custom_model_deployments(status=DeploymentStatus.ACTIVE)
    return AvailableModelsResult(
        base_models=[_base(model) for model in listed if CustomizationType.FINE_TUNING in model.tunings],
        custom_models=[_custom(service, deployment) for deployment in active],
    )


def _base(model: BaseModel) -> FinetuningBaseModel:
    provider = model.id.partition(".")[0].capitalize()
    return FinetuningBaseModel(id=model.id, name=model.name, provider=provider)


def _custom(service: ModelFinetuningService, deployment: CustomModelDeploymentResult) -> CustomModel:
    base_arn = service.get_custom_model(deployment.model_arn or "").base_model_arn or ""
    base = base_model_of(base_arn)
    return CustomModel(
        id=deployment.deployment_arn,
        name=deployment.deployment_name or "",
        base_model=base.name if base else base_arn,
        status=deployment.status,
    )
