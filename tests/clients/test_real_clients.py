"""Clients that people hold, as they are shipped, get from the server what they get from AWS."""

from __future__ import annotations

import json

import pytest

MODEL = "amazon.nova-micro-v1:0"
QUESTION = [{"role": "user", "content": [{"text": "What kind of document is an invoice?"}]}]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
RIGHTS = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
RECORD = (
    '{"schemaVersion": "bedrock-conversation-2024", "system": [{"text": "Be brief."}], "messages": ['
    '{"role": "user", "content": [{"text": "What is this? %d"}]},'
    '{"role": "assistant", "content": [{"text": "invoice"}]}]}\n'
)


def answered(ended):
    """The JSON that the AWS CLI prints."""
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def expected(burnish_server):
    """The answer that boto3 gets."""
    return burnish_server.clients().bedrock_runtime.converse(
        modelId=MODEL, messages=QUESTION, inferenceConfig={"maxTokens": 8, "temperature": 0}
    )


@pytest.fixture(scope="module")
def text(expected):
    return expected["output"]["message"]["content"][0]["text"]


def test_the_aws_cli_copies_files_to_s3_and_back(aws, environment):
    (environment.folder / "page.bin").write_bytes(bytes(range(256)) * 40_000)  # in several parts
    assert aws("s3", "mb", "s3://cli-files").returncode == 0
    assert aws("s3", "cp", "page.bin", "s3://cli-files/a/page.bin").returncode == 0
    assert aws("s3", "cp", "s3://cli-files/a/page.bin", "back.bin").returncode == 0
    listed = aws("s3", "ls", "s3://cli-files/a/").stdout.split()
    assert listed[2:] == ["10240000", "page.bin"]
    assert (environment.folder / "back.bin").read_bytes() == (environment.folder / "page.bin").read_bytes()


def test_the_aws_cli_makes_a_role_and_a_job_and_stops_it(aws, environment):
    role = answered(
        aws("iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", json.dumps(TRUST))
    )["Role"]
    assert answered(aws("iam", "get-role", "--role-name", "cli"))["Role"] == role
    rights = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    )
    put = ("iam", "put-role-policy", "--role-name", "cli", "--policy-name", "s3", "--policy-document", rights)
    assert aws(*put).returncode == 0
    (environment.folder / "train.jsonl").write_text("".join(RECORD % number for number in range(16)))
    assert aws("s3", "mb", "s3://cli-data").returncode == 0
    assert aws("s3", "cp", "train.jsonl", "s3://cli-data/train.jsonl").returncode == 0
    words = ["bedrock", "create-model-customization-job", "--job-name", "cli", "--custom-model-name", "cli"]
    words += ["--role-arn", role["Arn"], "--base-model-identifier", f"{MODEL}:128k"]
    words += ["--training-data-config", "s3Uri=s3://cli-data/train.jsonl"]
    words += ["--output-data-config", "s3Uri=s3://cli-data/output/", "--hyper-parameters", "epochCount=2"]
    arn = answered(aws(*words))["jobArn"]
    found = answered(aws("bedrock", "get-model-customization-job", "--job-identifier", arn))
    assert (found["jobName"], found["roleArn"]) == ("cli", role["Arn"])
    assert found["hyperParameters"]["epochCount"] == "2"
    assert found["creationTime"].startswith("20")
    listed = answered(aws("bedrock", "list-model-customization-jobs", "--name-contains", "cli"))
    assert [one["jobArn"] for one in listed["modelCustomizationJobSummaries"]] == [arn]
    stopped = aws("bedrock", "stop-model-customization-job", "--job-identifier", arn)
    assert stopped.returncode == 0 or "ConflictException" in stopped.stderr  # it may have ended by now


def test_the_aws_cli_asks_a_model(aws, text):
    words = ["bedrock-runtime", "converse", "--model-id", MODEL, "--messages", json.dumps(QUESTION)]
    found = answered(aws(*words, "--inference-config", "maxTokens=8,temperature=0"))
    assert found["output"]["message"]["content"] == [{"text": text}]
    assert found["usage"]["totalTokens"] == found["usage"]["inputTokens"] + 8


def test_the_aws_cli_tells_what_a_refusal_says(aws):
    ended = aws("bedrock", "get-custom-model", "--model-identifier", "nosuch")
    assert ended.returncode == 255
    assert "(ResourceNotFoundException) when calling the GetCustomModel operation" in ended.stderr


def test_the_sdk_for_javascript_gets_lists_refusals_answers_and_streams(node, expected, text):
    found = node("sdk.mjs")
    assert MODEL in found["models"]
    assert found["unknown"] == {"name": "ResourceNotFoundException", "status": 404}
    assert found["refused"] == {"name": "ValidationException", "status": 400}
    assert (found["text"], found["usage"], found["stop"]) == (text, expected["usage"], "max_tokens")
    assert found["streamed"] == text
    assert list(dict.fromkeys(found["events"])) == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


def test_the_sdk_for_javascript_signs_nothing_with_a_bedrock_api_key(node, burnish_server, text):
    iam = burnish_server.clients().iam
    iam.create_user(UserName="bearer")
    asking = {
        "Effect": "Allow",
        "Action": ["bedrock:CallWithBearerToken", "bedrock:Get*", "bedrock:Invoke*"],
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [asking]})
    iam.put_user_policy(UserName="bearer", PolicyName="asking", PolicyDocument=policy)
    key = iam.create_service_specific_credential(UserName="bearer", ServiceName="bedrock.amazonaws.com")
    token = key["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    found = node(
        "bearer.mjs",
        AWS_BEARER_TOKEN_BEDROCK=token,
        AWS_ACCESS_KEY_ID=None,
        AWS_SECRET_ACCESS_KEY=None,
    )
    assert (found["model"], found["text"], found["streamed"]) == (MODEL, text, text)
    assert (found["denied"]["name"], found["denied"]["status"]) == ("AccessDeniedException", 403)
    assert "user/bearer is not authorized to perform: bedrock:ListCustomModels" in found["denied"]["message"]


def test_langchain_gets_the_answer_whole_and_as_a_stream(python, expected, text):
    found = python("langchain_chat.py")
    assert (found["text"], found["streamed"], found["stop"]) == (text, text, "max_tokens")
    usage = {name: found["usage"][name] for name in ("input_tokens", "output_tokens", "total_tokens")}
    assert list(usage.values()) == list(expected["usage"].values())[:3]
    assert found["streamed_usage"][-1]["output_tokens"] == 8


def test_langchain_gets_an_object_of_its_schema(python):
    assert python("langchain_structured.py")["kind"] in ("invoice", "letter")


def test_an_agent_of_strands_gets_a_stream(python):
    found = python("strands_agent.py")
    assert len(found["pieces"]) > 1
    # A tiny model rarely ends by itself, and Strands takes an answer that was cut off for an error.
    assert found.get("stop") == "end_turn" or found["error"] == "MaxTokensReachedException"


def test_strands_gets_an_object_of_its_schema_and_the_call_of_a_forced_tool(python):
    assert python("strands_structured.py")["kind"] in ("invoice", "letter")
    found = python("strands_tool.py")
    assert (found["tool"], found["stop"]) == ("file_under", "tool_use")
    assert found["filed"] in ("filed under invoices", "filed under letters")


def test_llamaindex_gets_answers_streams_objects_and_calls_of_tools(python, text):
    found = python("llamaindex_converse.py")
    assert (found["text"], found["streamed"], found["stop"]) == (text, text, "max_tokens")
    assert found["kind"] in ("invoice", "letter")
    assert found["tool"] == "file_under"
    assert found["filed"] in ("filed under invoices", "filed under letters")


def test_litellm_gets_the_answer_whole_as_a_stream_and_refused(python, expected, text):
    found = python("litellm_completion.py")
    assert (found["text"], found["streamed"], found["stop"]) == (text, text, "length")
    assert found["prompt_tokens"] == expected["usage"]["inputTokens"]
    assert found["completion_tokens"] == 8
    assert "amazon.nosuch-v1:0" in found["refusal"]
