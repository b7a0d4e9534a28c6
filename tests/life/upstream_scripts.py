"""What upstream's published scripts do with the module, in their order and by their arguments.

The sentences are ours. Errors of the scripts themselves are corrected: dates that JSON does not know, a
``topK`` that Converse refuses, PNG that is called JPEG, a question at the keyboard.
"""

from __future__ import annotations

import json
from pathlib import Path

import boto3

from idp_common.model_finetuning import (
    FinetuningJobConfig,
    FinetuningJobResult,
    JobStatus,
    ModelFinetuningService,
    ProvisionedThroughputConfig,
    ProvisionedThroughputResult,
)

REGION = "us-east-1"
ANY_BUCKET = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::*", "arn:aws:s3:::*/*"],
        }
    ],
}
BEDROCK_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def create_role(name: str = "IDPModelCustomizationRoleuseast1") -> str:
    """`create_finetuning_job.py --create-role`."""
    iam = boto3.client("iam", region_name=REGION)
    role = iam.create_role(
        Path="/service-role/", RoleName=name, AssumeRolePolicyDocument=json.dumps(BEDROCK_MAY_ASSUME)
    )
    policy = iam.create_policy(PolicyName=f"{name}S3AccessPolicy", PolicyDocument=json.dumps(ANY_BUCKET))
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Policy"]["Arn"])
    return role["Role"]["Arn"]


def create_job(training_data_uri: str, role_arn: str, details: Path, **options: object) -> str:
    """`create_finetuning_job.py`: the details of the ended job are in a file; its ARN."""
    service = ModelFinetuningService(region=REGION)
    config = FinetuningJobConfig(
        base_model="arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
        training_data_uri=training_data_uri,
        role_arn=role_arn,
        hyperparameters={"epochCount": "2", "learningRate": str(0.00001), "batchSize": "1"},
        validation_split=0.2,
        model_type="nova",
        **options,
    )
    result = service.create_finetuning_job(config)
    save_job(result, details)
    final = service.wait_for_job_completion(
        result.job_arn, model_type="nova", polling_interval=1, max_wait_time=None
    )
    save_job(final, details)
    assert final.status == JobStatus.COMPLETED, final.failure_reason
    return result.job_arn


def save_job(result: FinetuningJobResult, file: Path) -> None:
    """The details of a job, as the scripts hand them on."""
    details = {
        "job_arn": result.job_arn,
        "job_name": result.job_name,
        "status": result.status.value,
        "model_id": result.model_id,
        "creation_time": result.creation_time,
        "end_time": result.end_time,
        "failure_reason": result.failure_reason,
        "model_type": result.model_type,
    }
    file.write_text(json.dumps(details, default=str))


def job_status(job_arn: str) -> FinetuningJobResult:
    """`create_finetuning_job.py --status-only`."""
    return ModelFinetuningService(region=REGION).get_job_status(job_arn, model_type="nova")


def create_throughput(job_details: Path, name: str, details: Path) -> ProvisionedThroughputResult:
    """`create_provisioned_throughput.py --job-details-file`: the throughput in service."""
    service = ModelFinetuningService(region=REGION)
    model_id = json.loads(job_details.read_text())["model_id"]
    config = ProvisionedThroughputConfig(
        model_id=model_id, provisioned_model_name=name, model_units=1, model_type="nova"
    )
    result = service.create_provisioned_throughput(config)
    save_throughput(result, details)
    final = service.wait_for_provisioning_completion(
        result.provisioned_model_arn, model_type="nova", polling_interval=1, max_wait_time=1800
    )
    save_throughput(final, details)
    assert final.status == "InService", final.failure_reason
    return final


def save_throughput(result: ProvisionedThroughputResult, file: Path) -> None:
    """The details of a throughput."""
    details = {
        "provisioned_model_arn": result.provisioned_model_arn,
        "provisioned_model_id": result.provisioned_model_id,
        "status": result.status,
        "creation_time": result.creation_time,
        "failure_reason": result.failure_reason,
        "model_type": result.model_type,
    }
    file.write_text(json.dumps(details, default=str))


def throughput_status(arn: str) -> ProvisionedThroughputResult:
    """`create_provisioned_throughput.py --status-only`."""
    return ModelFinetuningService(region=REGION).get_provisioned_throughput_status(arn, model_type="nova")


def list_throughputs() -> list[str]:
    """`create_provisioned_throughput.py --list-models`: their names."""
    listed = boto3.client("bedrock", region_name=REGION).list_provisioned_model_throughputs()
    return [one["provisionedModelName"] for one in listed["provisionedModelSummaries"]]


def delete_throughput(arn: str) -> dict:
    """`create_provisioned_throughput.py --delete`."""
    return ModelFinetuningService(region=REGION).delete_provisioned_throughput(arn, model_type="nova")


def classify(arn: str, image: bytes) -> str:
    """`inference_example.py --provisioned-model-arn`: the text that the model answers with."""
    response = boto3.client("bedrock-runtime", region_name=REGION).converse(
        modelId=arn,
        system=[{"text": "You are a document classification expert."}],
        messages=[
            {
                "role": "user",
                "content": [
                    {"text": "Return the type of the document as JSON."},
                    {"image": {"format": "png", "source": {"bytes": image}}},
                ],
            }
        ],
        inferenceConfig={"maxTokens": 20, "topP": 0.1, "temperature": 0.0},
    )
    assert response["usage"]["inputTokens"]
    return response["output"]["message"]["content"][0]["text"]
