"""A job on a data set, with the role that it needs: how the faces of Burnish start one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from burnish.aws.objects import S3Uri
from burnish.configs import FinetuningJobConfig
from burnish.datasets.documents import Part
from burnish.types import FinetuningJobResult

if TYPE_CHECKING:
    from burnish.datasets.manifest import Manifest
    from burnish.families import ModelFamily
    from burnish.service import ModelFinetuningService


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
