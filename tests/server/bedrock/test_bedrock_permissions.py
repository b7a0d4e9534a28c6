"""What each operation of Bedrock needs to be allowed, and of whom it is refused."""

import json
from itertools import count

import pytest

from burnish.server.bedrock.operations import OPERATIONS
from burnish.server.bedrock.permissions import bedrock_permissions
from burnish.server.iam.key_ring import KeyRing
from burnish.server.iam.users import new_user
from burnish.server.resources import CustomModel, Deployment
from burnish.server.wire.access import require_access
from burnish.server.wire.call import Call, Identity, ServiceFault

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reads-everything"
JOB = {
    "baseModelIdentifier": "local.tiny-v1:0",
    "roleArn": ROLE,
    "jobTags": [{"key": "team", "value": "forms"}],
}
numbers = count()


@pytest.fixture
def refusal(control, region):
    """Asks for an operation as a user whom statements permit something, and tells the refusal."""

    def ask(operation, *statements, service="bedrock", **parameters):
        user = new_user(control.iam, f"user-{next(numbers)}", ACCOUNT)
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        control.iam.database.execute(
            "insert into entity_policies values ('user', ?, 'permits', ?)", user.name, document
        )
        acting = KeyRing(control.credentials, control.iam).principal_of(user)
        caller = Identity(
            account_id=ACCOUNT, access_key="AKIA", region=region.name, acting=acting, context=acting.context
        )
        call = Call(service=service, operation=operation, parameters=parameters, caller=caller)
        try:
            require_access(call, bedrock_permissions(control))
        except ServiceFault as fault:
            return fault.message.partition("perform: ")[2]
        return None

    return ask


def allow(action, resource="*", **further):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **further}


@pytest.mark.attack(
    "Bedrock API",
    "a job is created with a role that its creator may not pass to Bedrock",
    "403: iam:PassRole",
)
def test_whoever_creates_a_job_needs_to_pass_its_role(refusal):
    creates = allow("bedrock:CreateModelCustomizationJob")
    said = refusal("CreateModelCustomizationJob", creates, **JOB)
    assert said.startswith(f"iam:PassRole on resource: {ROLE} because no identity-based policy allows")
    elsewhere = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    assert refusal("CreateModelCustomizationJob", creates, allow("iam:PassRole", Condition=elsewhere), **JOB)
    here = {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}
    passes = allow("iam:PassRole", ROLE, Condition=here)
    assert refusal("CreateModelCustomizationJob", creates, passes, **JOB) is None


def test_a_job_needs_its_base_model_and_the_model_to_come(refusal, region):
    passes = allow("iam:PassRole", ROLE)
    base = f"arn:aws:bedrock:{region.name}::foundation-model/local.tiny-v1:0"
    creates = allow("bedrock:CreateModelCustomizationJob", base)
    assert "custom-model/*" in refusal("CreateModelCustomizationJob", creates, passes, **JOB)
    both = allow("bedrock:CreateModelCustomizationJob", [base, f"arn:aws:bedrock:*:{ACCOUNT}:custom-model/*"])
    assert refusal("CreateModelCustomizationJob", both, passes, **JOB) is None
    tagged = both | {"Condition": {"StringEquals": {"aws:RequestTag/team": "letters"}}}
    assert refusal("CreateModelCustomizationJob", tagged, passes, **JOB)


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("Converse", "bedrock:InvokeModel"),
        ("ConverseStream", "bedrock:InvokeModelWithResponseStream"),
        ("CountTokens", "bedrock:CountTokens"),
    ],
)
def test_a_model_is_asked_with_the_action_of_the_reference(refusal, region, operation, action):
    model = f"arn:aws:bedrock:{region.name}::foundation-model/local.tiny-v1:0"
    asked = {"service": "bedrock-runtime", "modelId": "local.tiny-v1:0"}
    assert refusal(operation, allow(action, model), **asked) is None
    assert refusal(operation, allow("bedrock:Get*"), **asked).startswith(f"{action} on resource: {model}")


@pytest.mark.attack(
    "Bedrock API", "a model is asked about an image in S3 that the caller may not read", "403: s3:GetObject"
)
def test_a_model_reads_only_what_its_caller_may_read(refusal):
    image = {"format": "png", "source": {"s3Location": {"uri": "s3://papers/secret.png"}}}
    messages = [{"role": "user", "content": [{"text": "What?"}, {"image": image}]}]
    asked = {"service": "bedrock-runtime", "modelId": "local.tiny-v1:0"}
    body = json.dumps({"messages": messages}).encode()
    for operation, given in (("Converse", {"messages": messages}), ("InvokeModel", {"body": body})):
        invokes = allow("bedrock:InvokeModel")
        said = refusal(operation, invokes, **asked, **given)
        assert said.startswith("s3:GetObject on resource: arn:aws:s3:::papers/secret.png")
        reads = allow("s3:GetObject", "arn:aws:s3:::papers/*")
        assert refusal(operation, invokes, reads, **asked, **given) is None


def test_a_name_stands_for_the_arn_and_the_tags_of_what_it_names(refusal, control, region):
    model = CustomModel(
        arn=region.arn("custom-model/local.tiny-v1:0"),
        region=region.name,
        name="mine",
        job_arn=region.arn("model-customization-job"),
        base_model_id="local.tiny-v1:0",
        weights_id=None,
        adapter="models/x",
    )
    deployment = Deployment(
        arn=region.arn("custom-model-deployment"), region=region.name, name="live", model_arn=model.arn
    )
    control.store.database.execute("pragma foreign_keys = off")
    control.store.add(model, tags={"team": "forms"})
    control.store.add(deployment)
    own = allow("bedrock:*", Condition={"StringEquals": {"aws:ResourceTag/team": "forms"}})
    assert refusal("GetCustomModel", own, modelIdentifier="mine") is None
    assert refusal("DeleteCustomModel", allow("bedrock:*", model.arn), modelIdentifier="mine") is None
    said = refusal("GetCustomModelDeployment", own, customModelDeploymentIdentifier="live")
    assert deployment.arn in said


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_no_operation_is_open_to_a_user_without_permissions(refusal, operation):
    names = ("jobIdentifier", "modelIdentifier", "modelId", "provisionedModelId", "modelArn", "resourceARN")
    given = (
        dict.fromkeys((*names, "customModelDeploymentIdentifier", "inferenceProfileIdentifier"), "x")
        | JOB
        | {"jobIdentifiers": ["x"]}
    )
    assert refusal(operation, allow("s3:*"), **given).startswith(f"bedrock:{operation} on resource: ")
