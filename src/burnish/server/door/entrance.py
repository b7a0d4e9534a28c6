"""The server's listening address, its TLS certificate, and the host names it answers for."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from burnish.errors import CannotStart
from burnish.server.door.addresses import ListenAddress, authority, place_of
from burnish.server.door.hosts import LOOPBACK_NAMES, AllowedHosts
from burnish.server.door.tls import Certificate, certificate_of


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """Where a server is entered, and by which names."""

    place: ListenAddress
    certificate: Certificate | None = None
    further_names: tuple[str, ...] = ()

    @property
    def is_open_and_plain(self) -> bool:
        """Whether other machines can connect, and everybody on the way can read what is said."""
        return not self.place.is_loopback and self.certificate is None

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What encrypts connections, where they are encrypted."""
        return self.certificate.context if self.certificate else None

    @property
    def ca_bundle(self) -> str | None:
        """The file that clients must trust: a certificate that nobody else vouches for."""
        certificate = self.certificate
        return str(certificate.file) if certificate and certificate.is_self_signed else None

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The names that a request may be for."""
        named = self.certificate.names if self.certificate else ()
        return (*LOOPBACK_NAMES, *self._own_names, *named, *self.further_names)

    def known_as(self, name: str | None) -> Entrance:
        """The same entrance, also by another name."""
        return replace(self, further_names=(*self.further_names, name)) if name else self

    def url(self, port: int) -> str:
        """The URL for clients on this machine, by a name that the certificate has, where there is one."""
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{authority(self._best_name, port)}"

    @property
    def _own_names(self) -> tuple[str, ...]:
        """The host that the server was given, and its address; none where it listens at all addresses."""
        return () if self.place.address.is_unspecified else (self.place.host, str(self.place.address))

    @property
    def _best_name(self) -> str:
        wanted = (*self._own_names, "localhost", "127.0.0.1")
        if self.certificate is None:
            return wanted[0] if self._own_names else "127.0.0.1"
        covered = AllowedHosts(self.certificate.names)
        plain = (name for name in self.certificate.names if "*" not in name)
        return next((name for name in wanted if name in covered), None) or next(plain, wanted[0])


def entrance_of(
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    is_insecure: bool = False,
    further_names: Sequence[str] = (),
) -> Entrance:
    """The entrance as the user wants it.

    Raises `CannotStart` for a certificate that does not work, and where other machines could connect without
    one, unless ``is_insecure`` allows that.
    """
    entrance = Entrance(
        place=place_of(host, port),
        certificate=certificate_of(certificate, key),
        further_names=tuple(further_names),
    )
    if entrance.is_open_and_plain and not is_insecure:
        raise CannotStart(
            f"--host {host!r} lets other machines connect, and without TLS anyone on the way can read the "
            "documents: give a certificate with --tls-cert FILE --tls-key FILE, keep to this machine with "
            "--host 127.0.0.1 (other machines come through `ssh -L`), or accept that with --insecure"
        )
    return entrance
