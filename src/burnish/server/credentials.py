"""The first access key of a server: made at its first start, kept in its data folder, never logged.

It is the account's root, which may do everything. Users and sessions have others (`burnish.server.iam`).
"""

from __future__ import annotations

import os
import secrets
import string
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from burnish.disk import write_private
from burnish.errors import CannotStart, NotFound
from burnish.server.principals import BearerKey, SigningKey, root_of

FILE_NAME = "credentials.json"

_KEY_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, kw_only=True)
class ServerCredentials:
    """The access key of the account's root.

    A training on a cluster is given one of a session in its place, which has a token as well.
    """

    account_id: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def first(self) -> ServerCredentials:
        """This key itself."""
        return self

    def signing_key(self, access_key: str) -> SigningKey | None:
        """This key, where it has that id."""
        return self._signing_key if access_key == self.access_key else None

    @cached_property
    def _signing_key(self) -> SigningKey:
        return SigningKey(
            access_key=self.access_key, secret_key=self.secret_key, principal=root_of(self.account_id)
        )

    def bearer_key(self, name: str) -> BearerKey | None:  # the root has no such keys
        """None: the root has access keys only."""
        return None


def new_access_key_id(prefix: str = "AKIA") -> str:
    """The id of a new access key, as AWS makes them."""
    return prefix + "".join(secrets.choice(_KEY_LETTERS) for _ in range(16))


def load_or_create_credentials(data: Path, account_id: str = "123456789012") -> ServerCredentials:
    """The credentials of a data folder; new ones for ``account_id`` where there are none yet."""
    path = data / FILE_NAME
    if path.exists():
        return _read(path)
    data.mkdir(parents=True, exist_ok=True)
    made = ServerCredentials(
        account_id=account_id,
        access_key=new_access_key_id(),
        secret_key=secrets.token_urlsafe(30),
    )
    return made if _write_new(path, made) else _read(path)


def credentials_at(data: Path) -> ServerCredentials:
    """The credentials of a server's data folder. Raises `NotFound` where no server has started yet."""
    path = data / FILE_NAME
    if not path.exists():
        raise NotFound(
            f"{path} does not exist: no server has started with this data folder; run `burnish serve`"
        )
    return _read(path)


def write_credentials(folder: Path, credentials: ServerCredentials) -> None:
    """Write credentials where `credentials_at` finds them, readable only by their owner."""
    write_private(folder / FILE_NAME, msgspec.json.encode(credentials) + b"\n")


def _read(path: Path) -> ServerCredentials:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerCredentials)
    except msgspec.DecodeError as error:
        raise CannotStart(
            f"{path} holds no credentials ({error}); delete it and a new access key is made at the next start"
        ) from error


def _write_new(path: Path, credentials: ServerCredentials) -> bool:
    """Write the file whole and readable only by its owner; false where another process was first."""
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    write_private(draft, msgspec.json.encode(credentials) + b"\n")
    try:
        # A link and not a renaming, which would replace the key of a process that was first.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
