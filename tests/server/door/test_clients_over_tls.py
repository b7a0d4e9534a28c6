"""boto3 over TLS, with the certificate that `burnish env` tells it to trust."""

import boto3
import pytest

from burnish.server.app import create_app
from burnish.server.door.tls import certificate_of
from burnish.server.iam.key_ring import KeyRing
from burnish.server.s3.gateway import ObjectsGateway


@pytest.fixture
def client_over_tls(served, object_store, serving, certificate, monkeypatch):
    tls = certificate_of(*certificate)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tls.file))
    key = served.credentials
    app = create_app(
        handlers=served.handlers,
        credentials=KeyRing(key, served.iam),
        objects=ObjectsGateway(object_store[0].endpoint, KeyRing(key, served.iam)),
    )
    with serving(app, tls=tls.context) as url:

        def client(service):
            return boto3.client(
                service,
                endpoint_url=url.replace("http://127.0.0.1", "https://localhost"),
                region_name="us-east-1",
                aws_access_key_id=key.access_key,
                aws_secret_access_key=key.secret_key,
            )

        yield client


def test_bedrocks_and_s3s_clients_work_over_tls(client_over_tls):
    assert client_over_tls("sts").get_caller_identity()["Account"]
    s3 = client_over_tls("s3")
    s3.create_bucket(Bucket="over-tls")
    s3.put_object(Bucket="over-tls", Key="page", Body=b"content")
    assert s3.get_object(Bucket="over-tls", Key="page")["Body"].read() == b"content"


def test_a_bedrock_api_key_is_all_that_bedrocks_client_needs(client_over_tls, handling, monkeypatch):
    calls = handling("bedrock", "ListCustomModels", {"modelSummaries": []})
    iam = client_over_tls("iam")
    iam.create_user(UserName="bearer")
    iam.attach_user_policy(UserName="bearer", PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess")
    key = iam.create_service_specific_credential(UserName="bearer", ServiceName="bedrock.amazonaws.com")
    token = key["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", token)
    client_over_tls("bedrock").list_custom_models()
    assert calls[0].caller.principal.name == "bearer"
