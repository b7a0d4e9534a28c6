"""What AWS does about models that are to answer: deployments, throughput, imports. Part of Bedrock."""

from __future__ import annotations

from burnish.conformance.check import CheckGroup
from burnish.conformance.expectations import expect, expect_equal, refused
from burnish.conformance.shared import custom_model, deployment
from burnish.conformance.subject import Subject

bedrock = CheckGroup("bedrock")
_NOSUCH = "abcdefghijkl"


def _arn(subject: Subject, kind: str) -> str:
    account, region = subject.clients.account_id, subject.clients.region
    return f"arn:aws:bedrock:{region}:{account}:{kind}/{_NOSUCH}"


@bedrock.check("CreateCustomModelDeployment", "a deployment becomes Active", is_billed=True)
def _deployed(subject: Subject) -> None:
    expect(":custom-model-deployment/" in deployment(subject), f"the ARN is {deployment(subject)!r}")


@bedrock.check("CreateCustomModelDeployment", "an unknown model is refused")
def _deployed_unknown(subject: Subject) -> None:
    account, region = subject.clients.account_id, subject.clients.region
    model = f"arn:aws:bedrock:{region}:{account}:custom-model/amazon.nova-micro-v1:0:128k/{_NOSUCH}"
    with refused("ResourceNotFoundException", "ValidationException"):
        subject.clients.bedrock.create_custom_model_deployment(
            modelDeploymentName=subject.name("nosuch"), modelArn=model
        )


@bedrock.check("GetCustomModelDeployment", "a deployment tells its model", is_billed=True)
def _deployment(subject: Subject) -> None:
    found = subject.clients.bedrock.get_custom_model_deployment(
        customModelDeploymentIdentifier=deployment(subject)
    )
    expect_equal(found["modelArn"], custom_model(subject), of="modelArn")
    expect_equal(found["modelDeploymentName"], subject.name("deployment"), of="modelDeploymentName")


@bedrock.check("GetCustomModelDeployment", "an unknown deployment is ResourceNotFoundException")
def _unknown_deployment(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_custom_model_deployment(
            customModelDeploymentIdentifier=_arn(subject, "custom-model-deployment")
        )


@bedrock.check("ListCustomModelDeployments", "a deployment is listed by its name", is_billed=True)
def _listed_deployment(subject: Subject) -> None:
    arn = deployment(subject)
    found = subject.clients.bedrock.list_custom_model_deployments(nameContains=subject.name("deployment"))
    listed = [one["customModelDeploymentArn"] for one in found["modelDeploymentSummaries"]]
    expect_equal(listed, [arn], of="the deployments")


@bedrock.check("DeleteCustomModel", "a model that is deployed cannot be deleted", is_billed=True)
def _deployed_model(subject: Subject) -> None:
    deployment(subject)
    with refused("ConflictException", "ValidationException"):
        subject.clients.bedrock.delete_custom_model(modelIdentifier=custom_model(subject))


@bedrock.check("GetProvisionedModelThroughput", "an unknown throughput is ResourceNotFoundException")
def _unknown_throughput(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_provisioned_model_throughput(
            provisionedModelId=_arn(subject, "provisioned-model")
        )


@bedrock.check("ListProvisionedModelThroughputs", "a name that nothing has finds nothing")
def _no_throughput(subject: Subject) -> None:
    found = subject.clients.bedrock.list_provisioned_model_throughputs(nameContains=subject.prefix)
    expect_equal(found["provisionedModelSummaries"], [], of="the throughputs")


@bedrock.check("GetModelImportJob", "an unknown job is ResourceNotFoundException")
def _unknown_import(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_model_import_job(jobIdentifier=_arn(subject, "model-import-job"))


@bedrock.check("GetImportedModel", "an unknown model is ResourceNotFoundException")
def _unknown_imported(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_imported_model(modelIdentifier=_arn(subject, "imported-model"))


@bedrock.check("ListImportedModels", "a name that nothing has finds nothing")
def _no_imported(subject: Subject) -> None:
    found = subject.clients.bedrock.list_imported_models(nameContains=subject.prefix)
    expect_equal(found["modelSummaries"], [], of="the models")


@bedrock.check("ListModelInvocationJobs", "a name that nothing has finds nothing")
def _no_batch_job(subject: Subject) -> None:
    found = subject.clients.bedrock.list_model_invocation_jobs(nameContains=subject.prefix)
    expect_equal(found.get("invocationJobSummaries", []), [], of="the jobs")


@bedrock.check("GetEvaluationJob", "an unknown job is ResourceNotFoundException")
def _unknown_evaluation(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_evaluation_job(jobIdentifier=_arn(subject, "evaluation-job"))


@bedrock.check("ListEvaluationJobs", "a name that nothing has finds nothing")
def _no_evaluation(subject: Subject) -> None:
    found = subject.clients.bedrock.list_evaluation_jobs(nameContains=subject.prefix)
    expect_equal(found.get("jobSummaries", []), [], of="the jobs")


@bedrock.check("GetInferenceProfile", "an unknown profile is refused")
def _unknown_profile(subject: Subject) -> None:
    with refused("ResourceNotFoundException", "ValidationException"):
        subject.clients.bedrock.get_inference_profile(inferenceProfileIdentifier="us.nosuch-v1:0")


@bedrock.check("PutModelInvocationLoggingConfiguration", "a bucket that does not exist is refused")
def _logs_to_nowhere(subject: Subject) -> None:
    config = {"s3Config": {"bucketName": subject.name("nosuch")}, "textDataDeliveryEnabled": True}
    with refused("ValidationException"):
        subject.clients.bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
