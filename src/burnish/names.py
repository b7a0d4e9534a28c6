"""Patterns of names, ARNs and URIs, as the service defines them."""

from __future__ import annotations

import re

# Equivalent to the service's patterns, but rewritten to match in linear time: the server matches hostile
# input.
JOB_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+.\-]{0,62}")
MODEL_NAME = re.compile(r"(?=.{1,63}\Z)([0-9a-zA-Z][_-]?)+")
ROLE_ARN = re.compile(r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")
CUSTOM_MODEL_ARN = re.compile(
    r"arn:aws[^:]*:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:custom-model/[^/]+/[a-z0-9]{12}"
)
#: What a server of one's own says that it is, in the header ``server`` of every response.
SERVER_NAME = "burnish"
#: What headers begin with that Bedrock knows nothing of.
OWN_HEADERS = "x-burnish-"
#: A header of one's own server beside what it says of a model: which weights answer, and which program.
WEIGHTS_HEADER = "x-burnish-weights"
#: And beside what it says of a job: how far the phase in progress is, as a `types.JobProgress` in JSON.
PROGRESS_HEADER = "x-burnish-progress"
#: And beside what it says of unfinished jobs: when they begin and end, as a `types.JobSchedule` in JSON for
#: one, and as an object of them by the ids of the jobs for a list.
SCHEDULE_HEADER = "x-burnish-schedule"
#: And: the hyperparameters that a job trains with, also those that it did not name, as a JSON object.
HYPERPARAMETERS_HEADER = "x-burnish-hyperparameters"
#: And: the members of a request that were kept and have no effect, as a JSON list.
WITHOUT_EFFECT_HEADER = "x-burnish-without-effect"
#: A header of a request to stop a job: ``true`` where it is to keep the model as it is by then.
KEEP_MODEL_HEADER = "x-burnish-keep-model"
#: A header of a request to a model: ``true`` where a custom model is to answer that nothing deploys.
ON_DEMAND_HEADER = "x-burnish-on-demand"
#: A header of an answer that ``--faults`` has changed: the kind of the fault.
FAULT_HEADER = "x-burnish-fault"

#: Tags of jobs and custom models: the manifest of the data set, and the custom model that was tuned further.
MANIFEST_TAG = "burnish:manifest"
BASE_MODEL_TAG = "burnish:base-model"

S3_URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+)*/?")

MAX_S3_URI_LENGTH = 1024

#: The file that keeps the answers of models, beside the report on them.
ANSWERS_NAME = "answers.jsonl"

LAMBDA_ARN = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:[a-z]{2}(-gov)?-[a-z]+-\d:\d{12}:function:[\w-]+(:(\$LATEST|[\w-]+))?"
)
KMS_KEY = re.compile(
    r"(arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:)?((key/)?[a-zA-Z0-9-]{36}|alias/[a-zA-Z0-9-_/]+)"
)


def destination_problem(uri: str) -> str | None:
    """Why nothing can be written to an S3 URI, or to a folder of it, by Bedrock's rules or safely.

    Servers that keep objects in folders take ``a//b`` and ``a/./b`` for ``a/b``: what is written to one
    would replace what is in the other.
    """
    steps = uri.removeprefix("s3://").removesuffix("/").split("/")
    if "" in steps or "." in steps or ".." in steps:
        return (
            "it has //, or a step . or .., which many servers take for another place, where it would replace "
            "what is there: leave it out"
        )
    if not S3_URI.fullmatch(uri):
        return (
            "it must look like s3://bucket/key: a bucket's name has 3 to 63 characters, and a key letters, "
            "digits, and - _ . ! * ' ( ) only"
        )
    return f"it has more than {MAX_S3_URI_LENGTH} characters" if len(uri) > MAX_S3_URI_LENGTH else None
