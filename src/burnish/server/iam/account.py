"""IAM's operations on the account itself."""

from __future__ import annotations

from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore
from burnish.server.wire.call import Call


def list_account_aliases(_: IamStore, call: Call) -> Members:
    """No aliases: the account of this server has its number only."""
    return page("AccountAliases", call, among([], str), key=str)
