"""Options of `burnish serve` that say where it listens, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.options import option

if TYPE_CHECKING:
    from burnish.server.door.entrance import Entrance


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class EntranceOptions:
    """The server's address, and its certificate."""

    host: Annotated[str, Parameter(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int,
        Parameter(
            help="Port to listen on; 0 picks a free one.",
            validator=validators.Number(gte=0, lte=65535),
        ),
    ] = 8800
    tls_cert: Annotated[
        Path | None, Parameter(help="TLS certificate (PEM); with it the server speaks HTTPS.")
    ] = None
    tls_key: Annotated[
        Path | None, Parameter(help="The certificate's private key (PEM), readable only by you.")
    ] = None
    allow_host: Annotated[
        tuple[str, ...],
        option("Another host name that clients may use for the server; repeatable."),
    ] = ()
    insecure: Annotated[bool, option("Let other machines connect without TLS.")] = False
    ui: Annotated[bool, option("Also show `burnish ui` about this folder, to this machine only.")] = False

    def entrance(self) -> Entrance:
        """The entrance. Raises `CannotStart` where it would be open to others without TLS."""
        from burnish.server.door.entrance import entrance_of

        return entrance_of(
            self.host,
            self.port,
            certificate=self.tls_cert,
            key=self.tls_key,
            is_insecure=self.insecure,
            further_names=self.allow_host,
        )
