"""The request of a job, for tests that are about something else of it."""

from __future__ import annotations

from burnish.server.job_input import JobRequest, S3Data

REQUEST = JobRequest(
    role_arn="arn:aws:iam::123456789012:role/tuner",
    base_model_identifier="local.m-v1:0",
    training_data_config=S3Data(s3_uri="s3://documents/train.jsonl"),
    output_data_config=S3Data(s3_uri="s3://documents/output"),
)
