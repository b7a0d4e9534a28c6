"""Other projects' tests get a server that answers as Bedrock does, and nothing before they ask for it."""

from __future__ import annotations

pytest_plugins = ["pytester"]

TUNING = '''
import boto3

RECORD = (
    '{"schemaVersion": "bedrock-conversation-2024", "system": [{"text": "Be brief."}], "messages": ['
    '{"role": "user", "content": [{"text": "What is this? %d"}]},'
    '{"role": "assistant", "content": [{"text": "invoice"}]}]}'
)


def test_our_code_tunes_a_model(burnish_environment):
    """Plain boto3, as our code has it: no endpoint, no key, no mock."""
    s3, iam, bedrock = (boto3.client(name) for name in ("s3", "iam", "bedrock"))
    s3.create_bucket(Bucket="ours")
    s3.put_object(Bucket="ours", Key="train.jsonl", Body="\\n".join(RECORD % n for n in range(16)).encode())
    role = burnish_environment.service().create_or_update_model_customization_role(buckets=["ours"])
    job = bedrock.create_model_customization_job(
        jobName="ours",
        customModelName="ours",
        roleArn=role,
        baseModelIdentifier=burnish_environment.models[0],
        trainingDataConfig={"s3Uri": "s3://ours/train.jsonl"},
        outputDataConfig={"s3Uri": "s3://ours/output/"},
        hyperParameters={"epochCount": "1"},
    )
    done = burnish_environment.service().wait_for_job_completion(job["jobArn"], polling_interval=0.5)
    assert str(done.status) == "Completed", done.failure_message


def test_the_environment_is_that_of_one_test_alone(burnish_server):
    import os

    assert os.environ.get("AWS_ENDPOINT_URL") != burnish_server.url
'''


def test_a_project_tunes_a_model_in_its_tests_with_boto3_alone(pytester):
    pytester.makepyfile(TUNING)
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q")
    outcome.assert_outcomes(passed=2)


def test_nothing_heavy_is_loaded_for_tests_that_ask_for_nothing(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_nothing(request):
            assert request.config.pluginmanager.hasplugin("burnish")
            assert not {"torch", "boto3", "transformers", "starlette"} & set(sys.modules)
        """
    )
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q")
    outcome.assert_outcomes(passed=1)


def test_its_option_is_explained(pytester):
    shown = pytester.runpytest_subprocess("--help")
    shown.stdout.fnmatch_lines(["*--burnish-model=MODEL*"])
