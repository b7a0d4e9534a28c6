"""The server's certificate: read, tried out, and refused with a reason before anything starts."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.errors import CannotStart


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate that works with its key, and the names that it is for."""

    file: Path
    context: ssl.SSLContext
    names: tuple[str, ...]
    is_self_signed: bool


def certificate_of(certificate: Path | None, key: Path | None) -> Certificate | None:
    """The certificate in two PEM files; None where neither is given.

    Raises `CannotStart` where they do not fit, are out of date, or where others can read the key.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CannotStart("--tls-cert and --tls-key belong together: give both")
    _require_readable(certificate, "--tls-cert")
    _require_readable(key, "--tls-key")
    _require_private(key)
    context = _context(certificate, key)
    facts = _facts(context, certificate)
    return Certificate(
        file=certificate.resolve(),
        context=context,
        names=tuple(name for kind, name in facts.get("subjectAltName", ()) if kind in ("DNS", "IP Address")),
        is_self_signed=facts["issuer"] == facts["subject"],
    )


def _require_readable(file: Path, option: str) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise CannotStart(f"{option} {str(file)!r} cannot be read: {error.strerror}") from error


def _require_private(key: Path) -> None:
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CannotStart(
            f"--tls-key {str(key)!r} can be read by others (its mode is {mode:04o}), so it is no longer "
            f"secret: `chmod 600 {key}`, or make a new key"
        )


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=lambda: _refuse_encrypted(key))
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"The key in {str(key)!r} is not that of the certificate in {str(certificate)!r}"
        else:
            problem = (
                f"{str(certificate)!r} and {str(key)!r} are not a certificate and its key in PEM format "
                f"({error.reason or error})"
            )
        raise CannotStart(f"{problem}: name the right files with --tls-cert and --tls-key") from error
    return context


def _refuse_encrypted(key: Path) -> str:
    raise CannotStart(
        f"The key in {str(key)!r} is encrypted, and the server cannot ask for its passphrase: "
        f"decrypt it into a file of mode 0600 (`openssl pkey -in {key} -out server.key`)"
    )


def _facts(context: ssl.SSLContext, certificate: Path) -> Mapping[str, Any]:
    """What the certificate says, after a handshake of the server with a client that trusts it."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Whether it works is the question, and not for which name. With the partial chain the certificate is
    # trusted by itself, whoever has issued it.
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trusting.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    try:
        _shake_hands(client, server)
    except ssl.SSLCertVerificationError as error:
        raise CannotStart(
            f"The certificate in {str(certificate)!r} is refused by clients: {error.verify_message}"
        ) from error
    except ssl.SSLError as error:
        raise CannotStart(
            f"The certificate in {str(certificate)!r} cannot be used by a server: {error.reason or error}"
        ) from error
    return client.getpeercert() or {}


def _shake_hands(client: ssl.SSLObject, server: ssl.SSLObject) -> None:
    waiting = [client, server]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
