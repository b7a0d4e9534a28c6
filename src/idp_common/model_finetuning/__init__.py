"""The import path that existing code uses. Everything here is `burnish` under another name."""

from burnish.configs import FinetuningJobConfig, ProvisionedThroughputConfig
from burnish.service import ModelFinetuningService
from burnish.types import FinetuningJobResult, JobStatus, ProvisionedThroughputResult

__all__ = [
    "FinetuningJobConfig",
    "FinetuningJobResult",
    "JobStatus",
    "ModelFinetuningService",
    "ProvisionedThroughputConfig",
    "ProvisionedThroughputResult",
]
