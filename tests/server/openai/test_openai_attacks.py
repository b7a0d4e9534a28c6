"""What somebody tries at OpenAI's API with keys, files and names. Nothing comes of it."""

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import pytest
from request_observer import Observer

from burnish.server.app import create_app
from burnish.server.iam.issuing import BEARER, NewPolicies, issue_key, revoke_key
from burnish.server.iam.key_ring import KeyRing
from burnish.server.iam.store import IamStore
from burnish.server.openai.door import Backend
from burnish.server.openai.storage import DoorStorage
from burnish.server.request_record import ObservedRequests
from burnish.server.s3.gateway import ObjectsGateway
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage

API = "OpenAI's API"
ACCOUNT = "123456789012"
BUCKET = f"arn:aws:s3:::burnish-openai-{ACCOUNT}"
RECORD = b'{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}\n'


@dataclass(frozen=True)
class Door:
    """OpenAI's API on a server, and the keys of its users."""

    url: str
    iam: IamStore
    objects: RoleStorage
    observer: Observer

    def key(self, user, *statements, expires_at=None):
        """A new key of a user with such policies: its id and its secret."""
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        documents = [("policy", json.dumps(policy))] if statements else []
        policies = NewPolicies(arns=[], documents=documents)
        made = issue_key(self.iam, ACCOUNT, user, policies, kind=BEARER, expires_at=expires_at)
        return made.key_id, made.secret

    def ask(self, method, path, key, **how):
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, f"{self.url}/v1/{path}", headers=headers, **how)

    def upload(self, key, body=RECORD, *, name="pages.jsonl"):
        files = {"file": (name, body), "purpose": (None, "fine-tune")}
        return self.ask("POST", "files", key, files=files)

    def kept(self):
        """The keys of all objects in the bucket of this API."""
        return set(self.objects.sizes(f"s3://burnish-openai-{ACCOUNT}", most=1000))


def may(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@pytest.fixture(scope="module")
def door(object_store, serving, tmp_path_factory):
    store, credentials, _ = object_store
    data = tmp_path_factory.mktemp("door")
    iam = IamStore(data)
    objects = RoleStorage(store.endpoint, credentials, ALL_OF_S3)
    keys = KeyRing(credentials, iam)
    app = create_app(
        handlers={},
        credentials=keys,
        objects=ObjectsGateway(store.endpoint, keys),
        body_folder=data,
        openai=Backend(
            handlers={}, storage=DoorStorage(account_id=ACCOUNT, data=data, objects=objects, iam=iam)
        ),
    )
    observer = Observer()
    with serving(ObservedRequests(app, observers=[observer])) as url:
        yield Door(url, iam, objects, observer)
    iam.close()


@pytest.fixture(scope="module")
def jane(door):
    """The key of a user who has uploaded a file, and may do everything."""
    _, key = door.key("jane", may(["s3:*", "bedrock:*"]))
    assert door.upload(key).status_code == 200
    return key


@pytest.fixture(scope="module")
def powerless(door):
    return door.key("nobody")[1]


def refusal(answer):
    """The status and the code of an error in OpenAI's shape."""
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.attack(API, "a key that has expired, or was revoked", "401, and nothing is read or kept")
def test_a_key_that_no_longer_holds_reaches_nothing(door, jane):
    kept = door.kept()
    _, expired = door.key("late", may("*"), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    key_id, revoked = door.key("gone", may("*"))
    assert door.ask("GET", "files", revoked).status_code == 200
    revoke_key(door.iam, key_id)
    for key in (expired, revoked):
        assert refusal(door.upload(key)) == (401, "invalid_api_key")
        assert refusal(door.ask("GET", "files", key)) == (401, "invalid_api_key")
    assert door.kept() == kept


def test_a_request_with_a_wrong_key_is_counted_with_what_it_asked_for(door):
    door.ask("GET", "files/file-0", "ABSKbm90LWEta2V5OnNlY3JldA==")
    ended = door.observer.requests[-1]
    assert (ended.operation, ended.outcome) == ("GET /v1/files/{file_id}", "invalid_api_key")


@pytest.mark.attack(
    API, "a valid key of a user without any permission", "403 for every operation, before the body is read"
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "files"),
        ("POST", "files"),
        ("GET", f"files/file-{'0' * 32}/content"),
        ("DELETE", f"files/file-{'0' * 32}"),
        ("POST", "fine_tuning/jobs"),
        ("POST", "fine_tuning/jobs/ftjob-0/cancel"),
        ("GET", "models"),
        ("POST", "chat/completions"),
    ],
)
def test_a_key_of_a_user_without_permissions_reaches_nothing(door, powerless, method, path):
    answer = door.ask(method, path, powerless)
    assert answer.status_code == 403
    assert "bedrock:CallWithBearerToken" in answer.json()["error"]["message"]


@pytest.mark.attack(
    API,
    "a user whose policies allow one file reads, lists, replaces or deletes another's",
    "403 that names the action; the file stays",
)
def test_files_of_others_are_out_of_reach_where_policies_separate_them(door, jane):
    own, other = (door.upload(jane).json()["id"] for _ in range(2))
    _, key = door.key(
        "joe", may("bedrock:CallWithBearerToken"), may("s3:GetObject", f"{BUCKET}/files/{own}/*")
    )
    assert door.ask("GET", f"files/{own}/content", key).content == RECORD
    for method, path, action in (
        ("GET", f"files/{other}", "s3:GetObject"),
        ("GET", f"files/{other}/content", "s3:GetObject"),
        ("DELETE", f"files/{other}", "s3:DeleteObject"),
        ("DELETE", f"files/{own}", "s3:DeleteObject"),
        ("GET", "files", "s3:ListBucket"),
    ):
        answer = door.ask(method, path, key)
        assert answer.status_code == 403
        assert action in answer.json()["error"]["message"]
    refused = door.upload(key)
    assert (refused.status_code, "s3:PutObject" in refused.text) == (403, True)
    assert door.ask("GET", f"files/{other}/content", jane).content == RECORD


@pytest.mark.attack(
    API,
    "ids of files that are paths, encoded or not, or end in more than an id",
    "404; nothing else is read or deleted",
)
@pytest.mark.parametrize("end", ["", "/content"])
@pytest.mark.parametrize(
    "file_id",
    [
        "..%2f..%2fjobs",
        "%2e%2e",
        "file-..%2f" + "0" * 29,
        "{own}%2f..%2f{own}",
        "{own}%00",
        "{own}%0a",
        "{own}.json",
        "FILE" + "0" * 32,
        "file-" + "0" * 10_000,
    ],
)
def test_an_id_that_is_a_path_names_no_file(door, jane, file_id, end):
    own = door.upload(jane).json()["id"]
    kept = door.kept()
    place = f"files/{file_id.format(own=own)}"
    assert door.ask("GET", f"{place}{end}", jane).status_code == 404
    assert door.ask("DELETE", place, jane).status_code == 404
    assert door.kept() == kept


@pytest.mark.attack(
    API,
    "names of files with paths, quotes, control characters or thousands of letters",
    "told, and never used",
)
@pytest.mark.parametrize(
    "name", ["../../jobs/x", "/etc/passwd", "C:\\x", 'a"; name="purpose', "a\tb", "é\u202e", "x" * 3000]
)
def test_the_name_of_a_file_is_only_told(door, jane, name):
    before = door.kept()
    told = door.upload(jane, name=name)
    assert told.status_code == 200, told.text
    assert len(told.json()["filename"]) <= 255
    file_id = told.json()["id"]
    assert door.kept() - before == {f"files/{file_id}/content", f"files/{file_id}/file.json"}


@pytest.mark.attack(
    API,
    "files that are no records: compressed, UTF-16, arrays, NUL, NaN, surrogates, deep, members twice",
    "400 that says what is wrong; nothing is kept",
)
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "has no records"),
        (b"\n \r\n\n", "has no records"),
        (gzip.compress(RECORD, mtime=0), "compressed"),
        (RECORD.decode().encode("utf-16"), "UTF-16"),
        (b"\xef\xbb\xbf" + RECORD, "byte order mark"),
        (b"[" + RECORD.strip() + b"]\n", "one JSON array"),
        (RECORD.replace(b"\n", b"\r") * 2, "carriage return"),
        (RECORD + b"\0" * 100, "line 2"),
        (RECORD + b"null\n", "line 2"),
        (RECORD + b"[" * 100_000, "nests too deeply"),
        (RECORD + b'{"messages": ' + b"[" * 100_000, "nests too deeply"),
        (RECORD.replace(b'"?"', b"NaN"), "NaN"),
        (RECORD.replace(b'"?"', b"9" * 10_000), "line 1"),
        (RECORD.replace(b"?", b"\\ud800"), "surrogate"),
        (RECORD.replace(b"?", b"\xff"), "not UTF-8"),
        (RECORD.replace(b'{"role": "user"', b'{"role": "user", "role": "user"'), "'role' twice"),
    ],
)
def test_a_file_that_is_no_records_is_refused_and_not_kept(door, jane, body, problem):
    before = door.kept()
    answer = door.upload(jane, body)
    assert refusal(answer) == (400, "invalid_file_format")
    assert problem in answer.json()["error"]["message"]
    assert door.kept() == before
