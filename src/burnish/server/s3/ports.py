"""The ports and the sockets on which SeaweedFS's parts listen."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

_PARTS = ("s3", "master", "volume", "filer", "admin")
S3_PORT = "s3.port"
PORT_NAMES = tuple(f"{part}.port{suffix}" for part in _PARTS for suffix in ("", ".grpc"))


def ports_for(path: Path) -> dict[str, int]:
    """The ports of the last start while they are free, so that the endpoint stays; otherwise new ones."""
    try:
        ports = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except (FileNotFoundError, msgspec.DecodeError):
        ports = {}
    if set(ports) == set(PORT_NAMES) and _are_free(ports.values()):
        return ports
    ports = _free_ports()
    path.write_bytes(msgspec.json.encode(ports))
    return ports


def ports_again(ports: Mapping[str, int]) -> dict[str, int]:
    """The same ports for another start, save inner ones that something else has taken meanwhile.

    The port of S3 stays whatever it is: clients know it.
    """
    return {
        name: port if name == S3_PORT or _are_free([port]) else _free_ports()[name]
        for name, port in ports.items()
    }


def remove_sockets(ports: Iterable[int]) -> bool:
    """Remove the sockets that SeaweedFS leaves behind. False where another user's file is in the way."""
    # The folder is SeaweedFS's choice.
    sockets = [path for port in ports for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]  # noqa: S108
    try:
        for left in sockets:
            left.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _free_ports() -> dict[str, int]:
    with ExitStack() as held:
        # All are held before any is let go: else the system could give the same port twice.
        sockets = {name: held.enter_context(socket.create_server(("127.0.0.1", 0))) for name in PORT_NAMES}
        return {name: int(bound.getsockname()[1]) for name, bound in sockets.items()}


def _are_free(ports: Collection[int]) -> bool:
    """Whether SeaweedFS can listen there."""
    try:
        for port in ports:
            socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return remove_sockets(ports)
