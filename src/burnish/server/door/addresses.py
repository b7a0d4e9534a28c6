"""Where the server listens, and which addresses are one client."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from burnish.errors import CannotStart

Address: TypeAlias = IPv4Address | IPv6Address

#: A household or a machine with IPv6 has all the addresses of such a network.
IPV6_NETWORK_BITS = 64


@dataclass(frozen=True, kw_only=True)
class ListenAddress:
    """A host as the user wrote it, and the one address that it stands for."""

    host: str
    address: Address
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return _unmapped(self.address).is_loopback

    def bound(self) -> socket.socket:
        """A socket that listens here. Raises `CannotStart` where that cannot be had."""
        family = socket.AF_INET if self.address.version == 4 else socket.AF_INET6
        try:
            return socket.create_server((str(self.address), self.port), family=family)
        except OSError as error:
            raise CannotStart(self._problem(error)) from error

    def _problem(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return (
                f"Port {self.port} of {self.host} is in use: stop what answers there, or choose another with "
                "--port"
            )
        return f"The server cannot listen at {self.host}, port {self.port}: {error.strerror or error}"


def place_of(host: str, port: int) -> ListenAddress:
    """The place that a host and a port name. Raises `CannotStart` for a host that stands for no address."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        *_, (address, *_) = found[0]
        return ListenAddress(host=host, address=ip_address(address), port=port)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotStart(f"--host {host!r} is not an address of this machine: {reason}") from error


def client_of(address: str) -> str | None:
    """The client that connects from an address: one host, or one network of IPv6. None for this machine."""
    found = _unmapped(ip_address(address.partition("%")[0]))
    if found.is_loopback:
        return None
    if found.version == 4:
        return str(found)
    return str(ip_network((found, IPV6_NETWORK_BITS), strict=False))


def authority(host: str, port: int) -> str:
    """A host and a port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _unmapped(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one, where there is one."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
