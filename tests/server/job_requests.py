"""A job, its request and its model, for tests that are about something else of them."""

from __future__ import annotations

from burnish.server.job_input import JobRequest, S3Data
from burnish.server.resources import CustomModel, Job

REQUEST = JobRequest(
    role_arn="arn:aws:iam::123456789012:role/tuner",
    base_model_identifier="local.m-v1:0",
    training_data_config=S3Data(s3_uri="s3://documents/train.jsonl"),
    output_data_config=S3Data(s3_uri="s3://documents/output"),
)
JOB = Job(
    arn="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/local.m-v1:0/abcdefghijkl",
    region="us-east-1",
    name="a-job",
    model_name="a-model",
    base_model_id="local.m-v1:0",
    request=REQUEST,
    hyperparameters={},
    weights_id="local.m-v1:0",
)
MODEL = CustomModel(
    arn="arn:aws:bedrock:us-east-1:123456789012:custom-model/local.m-v1:0/mnopqrstuvwx",
    region=JOB.region,
    name=JOB.model_name,
    job_arn=JOB.arn,
    base_model_id=JOB.base_model_id,
    weights_id=JOB.weights_id,
    adapter="models/abcdefghijkl",
)
