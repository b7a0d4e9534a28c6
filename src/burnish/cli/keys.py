"""`burnish keys`: keys of the server's users, who may do what their policies allow."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from burnish.cli.options import AsJson, option
from burnish.cli.output import print_message, print_result, show_json, show_many
from burnish.errors import InvalidInput
from burnish.local_server.running_server import default_data_folder

if TYPE_CHECKING:
    from burnish.server.iam.store import IamStore

app = App(name="keys", help="Keys of the server's users: create, list, revoke.", help_format="plaintext")

DataFolder = Annotated[Path | None, Parameter(help="The server's data folder.")]

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LASTING = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@app.command
def create(
    user: Annotated[str, Parameter(help="The user's name; a user that does not exist is created.")],
    /,
    *,
    policy: Annotated[
        tuple[str, ...],
        option("A policy that the user gets: the ARN of a managed one, or a JSON file; repeatable."),
    ] = (),
    bearer: Annotated[bool, option("Make a Bedrock API key in place of an access key.")] = False,
    expires: Annotated[str | None, Parameter(help="How long it is valid, such as 30m, 12h or 7d.")] = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Create a key and print it as environment variables. It is not shown again."""
    from burnish.server.iam.entities import EntityKind
    from burnish.server.iam.issuing import ACCESS, BEARER, NewPolicies, issue_key

    if not _NAME.fullmatch(user):
        raise InvalidInput(f"{user!r} cannot be a user's name: use letters, digits and _+=,.@-")
    documents = [_document(Path(one)) for one in policy if not one.startswith("arn:")]
    policies = NewPolicies(arns=[one for one in policy if one.startswith("arn:")], documents=documents)
    with _account(data) as account:
        made = issue_key(
            account.store,
            account.number,
            user,
            policies,
            kind=BEARER if bearer else ACCESS,
            expires_at=_end(expires),
        )
        may_something = bool(account.store.policy_documents_of(user, EntityKind.USER))
    variables = _variables(made.key_id, made.secret, bearer=bearer)
    if as_json:
        show_json({"key_id": made.key_id, **variables})
    else:
        for name, value in variables.items():
            print_result(f"export {name}={shlex.quote(value)}")
        print_result("unset AWS_SESSION_TOKEN AWS_PROFILE" + ("" if bearer else " AWS_BEARER_TOKEN_BEDROCK"))
    if not may_something:
        print_message(f"The user {user} may do nothing yet: give --policy, or attach a policy with IAM.")


@app.command(name="list")
def list_keys(*, data: DataFolder = None, as_json: AsJson = False) -> None:
    """List the keys of all users, without their secrets."""
    from burnish.server.iam.issuing import issued_keys

    with _account(data) as account:
        found = issued_keys(account.store)
    columns = {
        "key": "key_id",
        "user": "user",
        "kind": "kind",
        "status": "status",
        "created": "created",
        "expires": "expires",
    }
    show_many(found, columns, as_json=as_json, none="No keys found: only the server's first key is valid.")


@app.command
def revoke(
    key: Annotated[str, Parameter(help="The key's id, as `burnish keys list` shows it.")],
    /,
    *,
    data: DataFolder = None,
) -> None:
    """Delete a key. Requests with it are refused from then on."""
    from burnish.server.iam.issuing import revoke_key

    with _account(data) as account:
        revoke_key(account.store, key)
    print_result(f"Revoked the key {key}.")


@dataclass(frozen=True, kw_only=True)
class _Account:
    store: IamStore
    number: str


@contextmanager
def _account(data: Path | None) -> Iterator[_Account]:
    """The account in a server's data folder, whether the server runs or not."""
    from burnish.server.credentials import credentials_at
    from burnish.server.iam.store import IamStore

    folder = data or default_data_folder()
    first = credentials_at(folder)
    store = IamStore(folder)
    try:
        yield _Account(store=store, number=first.account_id)
    finally:
        store.close()


def _variables(key_id: str, secret: str, *, bearer: bool) -> dict[str, str]:
    if bearer:
        return {"AWS_BEARER_TOKEN_BEDROCK": secret}
    return {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}


def _end(lasting: str | None) -> datetime | None:
    """When a key ends that is made now."""
    if lasting is None:
        return None
    found = _LASTING.fullmatch(lasting)
    if found is None:
        raise InvalidInput(f"--expires takes a time such as 30m, 12h or 7d, not {lasting!r}")
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**{_UNITS[found[2]]: int(found[1])})


def _document(file: Path) -> tuple[str, str]:
    """A policy from a file, under the file's name."""
    name = re.sub(r"[^\w+=,.@-]", "-", file.stem, flags=re.ASCII)[:128]
    return name, file.read_text(encoding="utf-8")
