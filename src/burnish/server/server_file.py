"""``server.json``: where a server is to be found, written as it comes up and removed when it ends."""

from __future__ import annotations

import msgspec


class RunningServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is up, or was when it last wrote: where it answers, and with which models.

    A command line of another version may read it: members are added with defaults, and none is renamed.
    """

    url: str
    region: str
    models: list[str] = []
    #: The certificate that clients must trust, where nobody else vouches for it.
    ca_bundle: str | None = None
