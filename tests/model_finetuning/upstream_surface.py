"""The whole surface of upstream's module, read off its source: what a caller can name, give, read and catch.

Of the first version, that the seed document describes, and of the one of 2026, which adds deployments. Not
here, since they belong to the accelerator's own workflow and not to the service: the records of its Step
Functions, ``training_data_utils``, and the list of models that it keeps in a bucket.
"""

from __future__ import annotations

from typing import Any

#: In the place of a default: the argument must be given.
REQUIRED: Any = object()
EMPTY: Any = {}

#: The names of the package, and the modules that have them too.
EXPORTED = {
    "FinetuningJobConfig": "models",
    "FinetuningJobResult": "models",
    "JobStatus": "models",
    "ModelFinetuningService": "service",
    "ProvisionedThroughputConfig": "models",
    "ProvisionedThroughputResult": "models",
}

JOB_STATUSES = {
    "PENDING": "Pending",
    "IN_PROGRESS": "InProgress",
    "COMPLETED": "Completed",
    "FAILED": "Failed",
    "STOPPING": "Stopping",
    "STOPPED": "Stopped",
}

#: The fields of each dataclass, in their order, with their defaults.
DATACLASSES: dict[str, dict[str, Any]] = {
    "FinetuningJobConfig": {
        "base_model": REQUIRED,
        "training_data_uri": REQUIRED,
        "role_arn": REQUIRED,
        "output_uri": None,
        "job_name": None,
        "model_name": None,
        "validation_data_uri": None,
        "hyperparameters": EMPTY,
        "validation_split": 0.2,
        "client_request_token": None,
        "vpc_config": None,
        "tags": None,
        "model_type": "nova",
    },
    "FinetuningJobResult": {
        "job_arn": REQUIRED,
        "job_name": REQUIRED,
        "status": REQUIRED,
        "model_id": None,
        "creation_time": None,
        "end_time": None,
        "failure_reason": None,
        "metrics": None,
        "model_type": "nova",
    },
    "ProvisionedThroughputConfig": {
        "model_id": REQUIRED,
        "provisioned_model_name": REQUIRED,
        "model_units": 1,
        "client_request_token": None,
        "tags": None,
        "model_type": "nova",
    },
    "ProvisionedThroughputResult": {
        "provisioned_model_arn": REQUIRED,
        "provisioned_model_id": REQUIRED,
        "status": REQUIRED,
        "creation_time": None,
        "failure_reason": None,
        "model_type": "nova",
    },
    # As of 2026.
    "CustomModelDeploymentConfig": {
        "model_arn": REQUIRED,
        "deployment_name": REQUIRED,
        "description": None,
        "client_request_token": None,
        "tags": None,
    },
    "CustomModelDeploymentResult": {
        "deployment_arn": REQUIRED,
        "deployment_name": REQUIRED,
        "model_arn": REQUIRED,
        "status": REQUIRED,
        "creation_time": None,
        "last_modified_time": None,
        "failure_reason": None,
    },
    "FinetuningBaseModel": {"id": REQUIRED, "name": REQUIRED, "provider": REQUIRED},
    "CustomModel": {"id": REQUIRED, "name": REQUIRED, "base_model": REQUIRED, "status": REQUIRED},
    "AvailableModelsResult": {"base_models": REQUIRED, "custom_models": REQUIRED},
}

#: The parameters of each method of the service, in their order, with their defaults.
METHODS: dict[str, dict[str, Any]] = {
    "__init__": {"region": None, "config": None},
    "create_finetuning_job": {"config": REQUIRED},
    "get_job_status": {"job_identifier": REQUIRED, "model_type": "nova"},
    "wait_for_job_completion": {
        "job_identifier": REQUIRED,
        "model_type": "nova",
        "polling_interval": 60,
        "max_wait_time": None,
    },
    "create_provisioned_throughput": {"config": REQUIRED},
    "get_provisioned_throughput_status": {"provisioned_model_id": REQUIRED, "model_type": "nova"},
    "wait_for_provisioning_completion": {
        "provisioned_model_id": REQUIRED,
        "model_type": "nova",
        "polling_interval": 60,
        "max_wait_time": None,
    },
    "delete_provisioned_throughput": {"provisioned_model_id": REQUIRED, "model_type": "nova"},
    "_parse_s3_uri": {"uri": REQUIRED},
    "_prepare_data_split": {
        "training_data_uri": REQUIRED,
        "validation_data_uri": None,
        "validation_split": 0.2,
    },
    # As of 2026.
    "create_custom_model_deployment": {"config": REQUIRED},
    "get_custom_model_deployment": {"deployment_identifier": REQUIRED},
    "list_custom_model_deployments": {},
    "delete_custom_model_deployment": {"deployment_identifier": REQUIRED},
    "wait_for_deployment_completion": {
        "deployment_identifier": REQUIRED,
        "polling_interval": 60,
        "max_wait_time": None,
    },
    "list_available_models": {},
}

#: What the service has besides methods.
ATTRIBUTES = ("config", "region", "bedrock_client", "s3_client", "model_configs")
