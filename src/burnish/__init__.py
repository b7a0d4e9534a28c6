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
    from burnish.connections import connect
    from burnish.datasets.documents import Part
    from burnish.datasets.manifest import Manifest, read_manifest
    from burnish.datasets.prepare import prepare_dataset
    from burnish.datasets.prepared import Destination, Preparation, PreparedDataset
    from burnish.datasets.previews import preview_pages
    from burnish.datasets.sources import read_documents, read_folder, source_named
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
    from burnish.evaluation.classifying import Classification
    from burnish.evaluation.result import EvaluationResult
    from burnish.samples import sample_documents
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
    from burnish.workspace import Workspace

__all__ = [
    "AccessDenied",
    "BurnishError",
    "CannotConnect",
    "Classification",
    "Clients",
    "Conflict",
    "CustomModelDeploymentConfig",
    "CustomModelDeploymentResult",
    "CustomizationType",
    "DeploymentStatus",
    "DeploymentType",
    "Destination",
    "EvaluationResult",
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
    "Part",
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
    "Workspace",
    "connect",
    "open_clients",
    "prepare_dataset",
    "preview_pages",
    "read_documents",
    "read_folder",
    "read_manifest",
    "sample_documents",
    "source_named",
]

_HOMES = {
    "burnish.aws.clients": ("Clients", "open_clients"),
    "burnish.aws.imports": ("ModelImportJobConfig",),
    "burnish.datasets.documents": ("Part",),
    "burnish.datasets.manifest": ("Manifest", "read_manifest"),
    "burnish.datasets.prepare": ("prepare_dataset",),
    "burnish.datasets.prepared": ("Destination", "Preparation", "PreparedDataset"),
    "burnish.datasets.previews": ("preview_pages",),
    "burnish.datasets.sources": ("read_documents", "read_folder", "source_named"),
    "burnish.datasets.splitting": ("SplitPlan",),
    "burnish.configs": (
        *("CustomModelDeploymentConfig", "FinetuningJobConfig", "ProvisionedThroughputConfig", "VpcConfig"),
    ),
    "burnish.evaluation.classifying": ("Classification",),
    "burnish.evaluation.result": ("EvaluationResult",),
    "burnish.samples": ("sample_documents",),
    "burnish.service": ("ModelFinetuningService",),
    "burnish.types": (
        *("CustomModelDeploymentResult", "DeploymentStatus", "FinetuningJobResult", "JobStatus"),
        *("ProvisionedThroughputResult", "ProvisioningStatus", "CustomizationType", "DeploymentType"),
    ),
    "burnish.connections": ("connect",),
    "burnish.workspace": ("Workspace",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # The errors, most of the names, live together.
    return getattr(import_module(_HOME_OF.get(name, "burnish.errors")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
