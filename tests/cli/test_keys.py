"""Keys that the command line issues, lists and revokes, in the data folder of a server."""

import json
import stat

import pytest

from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.key_ring import KeyRing
from burnish.server.iam.store import IamStore


@pytest.fixture
def data(tmp_path):
    load_or_create_credentials(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def ring(data):
    store = IamStore(data)
    yield KeyRing(load_or_create_credentials(data), store)
    store.close()


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}


def test_a_key_lives_from_its_creation_to_its_revocation(burnish, data, ring, tmp_path):
    policy = tmp_path / "read.json"
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": READ}))
    of_aws = "arn:aws:iam::aws:policy/AmazonBedrockReadOnly"
    options = ("--policy", policy, "--policy", of_aws, "--expires", "7d", "--data", data)
    made = json.loads(burnish("keys", "create", "ci", *options, "--json").stdout)
    key = ring.signing_key(made["AWS_ACCESS_KEY_ID"])
    assert (key.secret_key, key.principal.name) == (made["AWS_SECRET_ACCESS_KEY"], "ci")
    assert len(key.principal.grants.identity) == 2
    listed = burnish("keys", "list", "--data", data).stdout
    assert made["key_id"] in listed
    assert made["AWS_SECRET_ACCESS_KEY"] not in listed
    assert "Revoked" in burnish("keys", "revoke", made["key_id"], "--data", data).stdout
    assert ring.signing_key(made["AWS_ACCESS_KEY_ID"]) is None


def test_of_a_bearer_key_only_its_hash_is_kept(burnish, data, ring):
    made = burnish("keys", "create", "ci", "--bearer", "--data", data)
    (token,) = [line.split("=", 1)[1] for line in made.stdout.splitlines() if "BEARER" in line]
    assert "may do nothing yet" in made.stderr
    for file in data.rglob("*.sqlite3*"):
        assert token.strip("'").encode() not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "a/b"), "cannot be a user's name"),
        (("create", "ci", "--expires", "soon"), "such as 30m, 12h or 7d"),
        (("create", "ci", "--policy", "arn:aws:iam::aws:policy/Nothing"), "does not exist"),
        (("revoke", "AKIANOTHING"), "burnish keys list"),
    ],
)
def test_what_cannot_be_is_told(burnish, data, words, said):
    refused = burnish("keys", *words, "--data", data)
    assert refused.returncode == 1
    assert said in refused.stderr
