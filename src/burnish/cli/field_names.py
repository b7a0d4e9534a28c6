"""The fields of configs as the command line calls them: its users never see the configs."""

from __future__ import annotations

import re

FIELDS = {
    "base_model": "--model",
    "training_data_uri": "the training data",
    "validation_data_uri": "--validation",
    "validation_split": "--validation-split",
    "output_uri": "--output",
    "role_arn": "--role",
    "job_name": "the job's name",
    "model_name": "the model's name",
    "model_uri": "the folder of weights",
    "model_id": "the model",
    "model_units": "--units",
    "commitment_duration": "--commitment",
    "provisioned_model_name": "the throughput's name",
    "deployment_name": "the deployment's name",
    "description": "--description",
    "test_share": "--test-share",
    "validation_share": "--validation-share",
    "per_label": "--per-label",
}
#: Quoted texts come first, so that a field's name inside of one stays: it is what somebody gave.
_QUOTED_OR_FIELD = re.compile(rf"'[^'\n]*'|\b({'|'.join(FIELDS)})\b(?= (?:is|are|has|leaves|with)\b)")


def with_options(message: str) -> str:
    """The message with options in the place of the fields that it speaks of."""
    return _QUOTED_OR_FIELD.sub(lambda found: FIELDS.get(found[0], found[0]), message)
