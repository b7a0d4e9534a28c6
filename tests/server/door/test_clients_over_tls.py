"""boto3 over TLS, with the certificate that `burnish env` tells it to trust."""

import boto3
import pytest

from burnish.server.app import create_app
from burnish.server.door.tls import certificate_of


@pytest.fixture
def client_over_tls(served, object_store, serving, certificate, monkeypatch):
    tls = certificate_of(*certificate)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tls.file))
    key = served.credentials
    app = create_app(handlers=served.handlers, credentials=key, objects_endpoint=object_store[0].endpoint)
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
