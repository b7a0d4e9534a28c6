"""A job on a data set, with the role that it needs: how the faces of Burnish start one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from burnish.aws.objects import S3Uri
from burnish.configs import FinetuningJobConfig
from burnish.datasets.documents import Part
from burnish.types import FinetuningJobResult

if TYPE_CHECKING:
    from burnish.datasets.manifest import Manifest
    from burnish.families import ModelFamily
    from burnish.service import ModelFinetuningService

_STAMP = re.compile(r"-\d{8}-\d{6}\Z")
#: Of a name that another stamp is put behind: together they have as many characters as a name may have.
_STEM_LENGTH = 63 - len("-20261128-090000")


def fresh_name(name: str) -> str:
    """The name with the time after it: job names can never be reused."""
    return f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def name_for_another(name: str) -> str:
    """A fresh name for another job like the one of this name, or for its model."""
    return fresh_name(_STAMP.sub("", name)[:_STEM_LENGTH].rstrip("-_+."))


def start_tuning_job(
    service: ModelFinetuningService,
    manifest: Manifest,
    *,
    folder: str,
    base_model: str,
    family: ModelFamily,
    name: str,
    role: str,
    hyperparameters: Mapping[str, str] | None = None,
) -> FinetuningJobResult:
    """A job, and a model, of this name on the data set in a folder of S3, which has been started.

    The role of the given name is created, or updated to use the folder's bucket.
    """
    files = manifest.files
    role_arn = service.create_or_update_model_customization_role(role, buckets=[S3Uri.parse(folder).bucket])
    return service.create_finetuning_job(
        FinetuningJobConfig(
            base_model=base_model,
            model_type=family.name,
            training_data_uri=files[Part.TRAIN].uri,
            validation_data_uri=files[Part.VALIDATION].uri if Part.VALIDATION in files else None,
            output_uri=f"{folder.rstrip('/')}/output/",
            role_arn=role_arn,
            job_name=name,
            model_name=name,
            hyperparameters=hyperparameters or {},
        )
    )
