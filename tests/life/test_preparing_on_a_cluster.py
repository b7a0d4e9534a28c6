"""`burnish prepare --cluster` as a user types it: a real cluster, a whole server, and the same bytes."""

from __future__ import annotations

import json

import pytest
from whole_server import base_model_id

from burnish.aws.objects import S3Uri, read_bytes, upload_bytes
from burnish.server.credentials import credentials_at


@pytest.fixture
def documents_in_s3(server, documents):
    """The documents in S3, one of them broken."""
    s3 = server.clients().s3
    s3.create_bucket(Bucket="papers")
    for path in documents.rglob("*.png"):
        upload_bytes(s3, S3Uri("papers", f"documents/{path.relative_to(documents)}"), path.read_bytes())
    upload_bytes(s3, S3Uri("papers", "documents/a/broken.png"), b"\x89PNG\r\n\x1a\nbroken")
    return "s3://papers/documents"


@pytest.fixture
def credentials_file(server, tmp_path, monkeypatch):
    """Where the machines of the cluster find a key, which is not passed on to them."""
    key = credentials_at(server.data)
    path = tmp_path / "credentials"
    path.write_text(
        f"[default]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret_key}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))


def test_a_cluster_prepares_what_one_machine_does(
    server, burnish, documents_in_s3, credentials_file, ray_cluster
):
    s3 = server.clients().s3
    words = ("prepare", documents_in_s3, "--to", "s3://papers/set", "--model", base_model_id(server))
    words += ("--descriptions", "labels.csv")
    alone = burnish(*words)
    assert alone.returncode == 0, alone.stderr
    manifest = S3Uri("papers", "set/manifest.json")
    body = read_bytes(s3, manifest)
    s3.delete_object(Bucket="papers", Key=manifest.key)
    together = burnish(*words, "--cluster", ray_cluster.address)
    assert together.returncode == 0, together.stderr
    assert read_bytes(s3, manifest) == body
    assert together.stdout == alone.stdout
    assert "Skipped: s3://papers/documents/a/broken.png: it is damaged or incomplete" in together.stderr
    said = json.loads(burnish(*words, "--cluster", ray_cluster.address, "--json").stdout)
    assert (said["documents"], said["dropped_in_all"]) == (20, 1)
    assert said["dropped"] == [{"name": "a/broken.png", "reason": "it is damaged or incomplete"}]


def test_what_is_not_prepared_on_a_cluster_is_listed_at_once(server, burnish):
    words = ("prepare", "documents", "--to", "s3://papers/set", "--model", base_model_id(server))
    ended = burnish(*words, "--cluster", "auto", "--dry-run", "--held-out", "others")
    assert ended.returncode == 1
    for problem in ("'documents' is not there: copy", "--held-out: put the test documents", "--dry-run: see"):
        assert problem in ended.stderr
