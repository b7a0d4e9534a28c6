"""Burnish: from a folder of labelled documents to a fine-tuned model, on Amazon Bedrock or at home.

The public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burnish.aws.clients import Clients, open_clients
    from burnish.aws.imports import ModelImportJobConfig
    from burnish.configs import (
        CustomModelDeploymentConfig,
        FinetuningJobConfig,
        ProvisionedThroughputConfig,
        VpcConfig,
    )
    from burnish.datasets.manifest import Manifest, read_manifest
    from burnish.datasets.prepare import prepare_dataset
    from burnish.datasets.prepared import Destination, Preparation, PreparedDataset
    from burnish.datasets.sources import read_folder, source_named
    from burnish.datasets.splitting import SplitPlan
    from burnish.errors import (
        AccessDenied,
        BurnishError,
        CannotConnect,
        Conflict,
        InvalidConfig,
        InvalidDocuments,
        InvalidInput,
        InvalidRecords,
        JobFailed,
        NotFound,
        Rejected,
        ServiceError,
        WaitTimeout,
    )
    from burnish.service import ModelFinetuningService
    from burnish.types import (
        CustomizationType,
        CustomModelDeploymentResult,
        DeploymentStatus,
        DeploymentType,
        FinetuningJobResult,
        JobStatus,
        ProvisionedThroughputResult,
        ProvisioningStatus,
    )

__all__ = [
    "AccessDenied",
    "BurnishError",
    "CannotConnect",
    "Clients",
    "Conflict",
    "CustomModelDeploymentConfig",
    "CustomModelDeploymentResult",
    "CustomizationType",
    "DeploymentStatus",
    "DeploymentType",
    "Destination",
    "FinetuningJobConfig",
    "FinetuningJobResult",
    "InvalidConfig",
    "InvalidDocuments",
    "InvalidInput",
    "InvalidRecords",
    "JobFailed",
    "JobStatus",
    "Manifest",
    "ModelFinetuningService",
    "ModelImportJobConfig",
    "NotFound",
    "Preparation",
    "PreparedDataset",
    "ProvisionedThroughputConfig",
    "ProvisionedThroughputResult",
    "ProvisioningStatus",
    "Rejected",
    "ServiceError",
    "SplitPlan",
    "VpcConfig",
    "WaitTimeout",
    "open_clients",
    "prepare_dataset",
    "read_folder",
    "read_manifest",
    "source_named",
]

_HOMES = {
    "burnish.aws.clients": ("Clients", "open_clients"),
    "burnish.aws.imports": ("ModelImportJobConfig",),
    "burnish.datasets.manifest": ("Manifest", "read_manifest"),
    "burnish.datasets.prepare": ("prepare_dataset",),
    "burnish.datasets.prepared": ("Destination", "Preparation", "PreparedDataset"),
    "burnish.datasets.sources": ("read_folder", "source_named"),
    "burnish.datasets.splitting": ("SplitPlan",),
    "burnish.configs": (
        *("CustomModelDeploymentConfig", "FinetuningJobConfig", "ProvisionedThroughputConfig", "VpcConfig"),
    ),
    "burnish.service": ("ModelFinetuningService",),
    "burnish.types": (
        *("CustomModelDeploymentResult", "DeploymentStatus", "FinetuningJobResult", "JobStatus"),
        *("ProvisionedThroughputResult", "ProvisioningStatus", "CustomizationType", "DeploymentType"),
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # The errors, most of the names, live together.
    return getattr(import_module(_HOME_OF.get(name, "burnish.errors")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
