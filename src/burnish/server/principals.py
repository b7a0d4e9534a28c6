"""Who may act on this server, and the keys by which they are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Protocol

from burnish.policies.evaluation import Grants
from burnish.policies.patterns import Context, context_of


class PrincipalKind(StrEnum):
    """What somebody is, as the key ``aws:PrincipalType`` names it."""

    ROOT = "Account"
    USER = "User"
    SESSION = "AssumedRole"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The account's root, a user, or a session of a role.

    ``grants`` are the policies that decide what it may do; without any it may do everything, as the root may.
    ``context`` has the values of the condition keys that are known of it.
    """

    kind: PrincipalKind
    account_id: str
    arn: str
    user_id: str
    name: str = ""
    grants: Grants | None = None
    context: Context = field(default_factory=dict)
    #: The ARN by which policies name it: of a session its role's.
    policy_arn: str = ""
    #: Whether it acts with credentials of GetSessionToken, which open neither IAM nor further sessions.
    has_session_token: bool = False


@cache
def root_of(account_id: str) -> Principal:
    """The account itself, which may do everything."""
    arn = f"arn:aws:iam::{account_id}:root"
    return Principal(
        kind=PrincipalKind.ROOT,
        account_id=account_id,
        arn=arn,
        user_id=account_id,
        policy_arn=arn,
        context=context_of(
            {
                "aws:PrincipalArn": arn,
                "aws:PrincipalAccount": account_id,
                "aws:PrincipalType": PrincipalKind.ROOT.value,
                "aws:userid": account_id,
            }
        ),
    )


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """An access key and whose it is. One of a session comes with a token, of which the hash is kept."""

    access_key: str
    secret_key: str = field(repr=False)
    principal: Principal
    token_hash: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BearerKey:
    """A long-lived Bedrock API key, of which the hash is kept, and whose it is."""

    id: str
    token_hash: str
    principal: Principal
    expires_at: datetime | None = None


class FirstKey(Protocol):
    """The access key of the account's root."""

    @property
    def access_key(self) -> str:
        """Its id."""

    @property
    def secret_key(self) -> str:
        """Its secret."""


class Keys(Protocol):
    """The keys that a server knows."""

    @property
    def first(self) -> FirstKey:
        """The access key of the account's root, which the S3 server knows, too."""

    def signing_key(self, access_key: str) -> SigningKey | None:
        """The access key of that id, or None."""

    def bearer_key(self, name: str) -> BearerKey | None:
        """The Bedrock API key of that name, or None."""
