"""What would make a job fail is found before it is created, over real HTTP: data, buckets, rights."""

from __future__ import annotations

import json

import pytest
from whole_server import BUCKET, record_line

from burnish.aws import data_preflight, preflight
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.errors import InvalidConfig


@pytest.fixture
def problems(server, job_config):
    """What is found for a config that differs from a good one."""

    def found(**changes) -> str:
        looked = server.service().check_finetuning_job(job_config("never-created", **changes))
        assert looked.unchecked == ()
        return "\n".join(map(str, looked.problems))

    return found


def uploaded(server, name: str, body: bytes, bucket: str = BUCKET) -> str:
    uri = f"s3://{bucket}/{name}"
    upload_bytes(server.clients().s3, S3Uri.parse(uri), body)
    return uri


def test_a_good_job_has_no_problems(problems):
    assert problems() == ""


def test_data_that_is_not_there_or_is_empty_is_named(server, problems):
    assert "s3://bucket/none.jsonl does not exist" in problems(training_data_uri=f"s3://{BUCKET}/none.jsonl")
    empty = uploaded(server, "empty.jsonl", b"")
    assert "empty.jsonl is empty" in problems(training_data_uri=empty)


def test_a_bucket_that_is_not_there_is_named(problems):
    assert "there is no bucket 'nowhere'" in problems(output_uri="s3://nowhere/output/")


def test_media_are_named_with_their_line(server, data_set, problems):
    good = record_line(server.clients().s3, "a-page", 1)
    lines = [
        good,
        good.replace(b"a-page.png", b"not-there.png"),
        good.replace(b"s3://bucket/", b"s3://other-bucket/"),
        good.replace(b"a-page.png", b"a page+1=2.png"),
    ]
    said = problems(training_data_uri=uploaded(server, "media.jsonl", b"".join(lines)))
    assert "line 2 of s3://bucket/media.jsonl names s3://bucket/pages/not-there.png, which does not" in said
    assert "media.jsonl, line 3: s3://other-bucket/pages/a-page.png is not in the bucket of the data" in said
    assert (
        "media.jsonl, line 4: messages[0].content[1].image…uri is 's3://bucket/pages/a page+1=2.png'" in said
    )
    assert len(said.splitlines()) == 3


def test_a_text_that_looks_like_a_member_is_not_taken_for_one(server, problems):
    good = record_line(server.clients().s3, "a-page", 1)
    text = json.dumps('see "uri": "s3://elsewhere/x.png"')[1:-1].encode()
    uri = uploaded(server, "text.jsonl", good.replace(b"invoice", text))
    assert problems(training_data_uri=uri) == ""


def test_media_whose_uris_are_written_with_escaped_slashes_are_looked_for_too(server, data_set, problems):
    good = record_line(server.clients().s3, "a-page", 1)
    line = good.replace(b"s3://bucket/pages/a-page", b"s3:\\/\\/bucket\\/pages\\/not-here")
    assert "names s3://bucket/pages/not-here.png" in problems(
        training_data_uri=uploaded(server, "escaped.jsonl", line)
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda line: line.replace(b'"image"', b'"document"').replace(b"png", b"pdf"),
            "no document can be used",
        ),
        (lambda line: line.replace(b"system", b"sytem"), "does not know: 'sytem'"),
        (lambda line: line.replace(b"expert", b"exp\xe9rt"), "is 0xe9, which is not UTF-8"),
        (lambda line: b"\xef\xbb\xbf" + line, "byte order mark"),
        (lambda line: line + line.replace(rb"\"letter\"", rb"\"memo\""), "the same as line 1, but labelled"),
    ],
)
def test_what_a_check_calls_an_error_of_the_records_is_one_before_a_job(server, problems, change, says):
    line = record_line(server.clients().s3, "a-page", 1)
    said = problems(
        training_data_uri=uploaded(server, "spoilt.jsonl", change(line)), validation_data_uri=None
    )
    assert "s3://bucket/spoilt.jsonl, line " in said
    assert says in said


def test_a_reserved_word_of_the_model_is_found_before_a_job(server, problems):
    line = record_line(server.clients().s3, "a-page", 1).replace(b"invoice", b"User: invoice")
    uri = uploaded(server, "reserved.jsonl", line * 8)
    changes = {"base_model": "amazon.nova-lite-v1:0:300k", "model_type": "nova", "hyperparameters": {}}
    assert "the text holds 'User:'" in problems(training_data_uri=uri, **changes)


def test_many_problems_of_a_kind_are_counted(server, problems):
    good = record_line(server.clients().s3, "a-page", 1)
    lines = [good.replace(b"a-page.png", f"gone-{number}.png".encode()) for number in range(40)]
    said = problems(training_data_uri=uploaded(server, "many.jsonl", b"".join(lines)))
    assert said.count("does not exist") == data_preflight.SHOWN
    assert "… and 35 more of this kind" in said


def test_a_bucket_of_another_region_is_named(server, job_config, monkeypatch):
    monkeypatch.setattr(data_preflight, "bucket_region", lambda s3, bucket: "eu-central-1")
    config = job_config("never-created")
    looked = preflight.check_job(server.clients(), config, config.base_model)
    assert "the bucket 'bucket' is in eu-central-1 and the job in us-east-1" in looked.problems[0]


def test_a_role_that_lacks_a_right_is_told_which(server, data_set, problems):
    clients = server.clients()
    ensure_bucket(clients.s3, "second", region="us-east-1")
    uri = uploaded(server, "data.jsonl", record_line(clients.s3, "a-page", 1), bucket="second")
    said = problems(training_data_uri=uri, output_uri="s3://second/output/")
    assert "may not s3:GetObject on arn:aws:s3:::second/data.jsonl: allow it in its policies" in said
    assert "may not s3:ListBucket on arn:aws:s3:::second:" in said
    assert "may not s3:PutObject on arn:aws:s3:::second/output/any" in said


def test_a_role_that_is_not_there_or_does_not_trust_bedrock_is_told(server, problems):
    nobody = "arn:aws:iam::123456789012:role/Nobody"
    assert f"there is no role {nobody}" in problems(role_arn=nobody)
    iam = server.clients().iam
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    arn = iam.create_role(RoleName="Other", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    assert f"the role {arn} does not trust bedrock.amazonaws.com for jobs of 123456789012" in problems(
        role_arn=arn
    )


def test_no_job_is_created_and_all_problems_come_at_once(server, job_config):
    config = job_config(
        "never-created", training_data_uri=f"s3://{BUCKET}/none.jsonl", output_uri="s3://nowhere/output/"
    )
    with pytest.raises(InvalidConfig) as refused:
        server.service().create_finetuning_job(config)
    assert len(refused.value.problems) >= 3
    assert not [job for job in server.service().list_jobs() if job.job_name == "never-created"]


def test_a_deny_in_a_policy_counts(server, data_set, problems, role):
    iam = server.clients().iam
    statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/pages/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="no-pages", PolicyDocument=document)
    try:
        assert "may not s3:GetObject on arn:aws:s3:::bucket/pages/" in problems()
    finally:
        iam.delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="no-pages")
