"""Keys are kept in memory, and yet whatever changes them holds from the next request on."""

import json

import pytest

from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.key_ring import KeyRing
from burnish.server.iam.store import IamStore

POLICY = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def store(tmp_path):
    """A store with a user and a key."""
    kept = IamStore(tmp_path)
    with kept.database.change():
        kept.database.execute(
            "insert into users (name, id, arn, path, created_at) values (?, ?, ?, ?, ?)",
            *("ann", "AIDA", "arn:aws:iam::123456789012:user/ann", "/", "2026-01-01T00:00:00+00:00"),
        )
        kept.database.execute(
            "insert into access_keys (id, user, secret, status, created_at) values (?, ?, ?, ?, ?)",
            *(KEY, "ann", "secret", "Active", "2026-01-01T00:00:00+00:00"),
        )
    yield kept
    kept.close()


@pytest.fixture
def elsewhere(tmp_path, store):
    """The same store, as another process has it open."""
    opened = IamStore(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def keys(tmp_path, store):
    return KeyRing(load_or_create_credentials(tmp_path), store)


def test_a_key_is_read_once(keys, store):
    assert keys.signing_key(KEY) is keys.signing_key(KEY)


@pytest.mark.parametrize("where", ["store", "elsewhere"])
def test_a_key_that_is_switched_off_is_known_no_longer(keys, where, request):
    assert keys.signing_key(KEY)
    changing = request.getfixturevalue(where).database
    changing.execute("update access_keys set status = ? where id = ?", "Inactive", KEY)
    assert keys.signing_key(KEY) is None


def test_a_policy_that_another_process_gives_holds_at_once(keys, elsewhere):
    assert keys.signing_key(KEY).principal.grants.identity == ()
    elsewhere.database.execute(
        "insert into entity_policies (kind, entity, name, document) values ('user', 'ann', 'all', ?)", POLICY
    )
    assert keys.signing_key(KEY).principal.grants.identity == (POLICY,)
