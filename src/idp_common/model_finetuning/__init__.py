"""The import path that existing code uses. Everything here is `burnish` under another name."""

from burnish.service import ModelFinetuningService
from burnish.types import (
    FinetuningJobConfig,
    FinetuningJobResult,
    JobStatus,
    ProvisionedThroughputConfig,
    ProvisionedThroughputResult,
)

__all__ = [
    "FinetuningJobConfig",
    "FinetuningJobResult",
    "JobStatus",
    "ModelFinetuningService",
    "ProvisionedThroughputConfig",
    "ProvisionedThroughputResult",
]
