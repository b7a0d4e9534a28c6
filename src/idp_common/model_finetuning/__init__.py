"""The import path of upstream's module, for code that was written for it; `burnish` is the strict service.

Everything is taken as upstream takes it, and what Burnish has in a better way is taken with a
`DeprecationWarning` that says which.
"""

from idp_common.model_finetuning.models import (
    FinetuningJobConfig,
    FinetuningJobResult,
    JobStatus,
    ProvisionedThroughputConfig,
    ProvisionedThroughputResult,
)
from idp_common.model_finetuning.other_installation import warn_of_other_installation
from idp_common.model_finetuning.service import ModelFinetuningService

__all__ = [
    "FinetuningJobConfig",
    "FinetuningJobResult",
    "JobStatus",
    "ModelFinetuningService",
    "ProvisionedThroughputConfig",
    "ProvisionedThroughputResult",
]

warn_of_other_installation()
