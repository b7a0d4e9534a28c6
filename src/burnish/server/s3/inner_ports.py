"""Mutual TLS between SeaweedFS's parts, which closes their ports to everybody else on the machine.

Its master, volumes and filer talk to each other over HTTP and gRPC on loopback. These ports have no users and
no passwords: any program of any user of the machine could read and delete every object through them. So both
sides of each connection must present the same self-signed certificate, which is created at each start of the
server in a file that only its owner can read. It is its own authority, so that nothing else is trusted.
"""

from __future__ import annotations

import secrets
import ssl
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from burnish.disk import write_private

CERTIFICATE = "inner-ports.pem"

_GRPC_PARTS = (
    "ADMIN",
    "CLIENT",
    "FILER",
    "MASTER",
    "MQ",
    "MSG_AGENT",
    "MSG_BROKER",
    "S3",
    "VOLUME",
    "WORKER",
)
_HTTPS_PARTS = ("ADMIN", "CLIENT", "FILER", "MASTER", "VOLUME")
_JWT_KEYS = ("SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ")

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SeaweedFS of a Burnish server")])
# It is valid for as long as its file exists: a clock that is wrong or set must not expire it.
_VALID_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_VALID_UNTIL = datetime(9999, 12, 31, tzinfo=UTC)
_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def write_inner_keys(folder: Path) -> Path:
    """Write a new certificate with its key into a file that only its owner can read; returns the file.

    An empty configuration beside it keeps SeaweedFS from reading any other on the machine.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    (folder / "security.toml").write_text("# All of it comes from environment variables.\n")
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = folder / CERTIFICATE
    write_private(certificate, private + _self_signed(key).public_bytes(Encoding.PEM))
    return certificate


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = x509.CertificateBuilder(
        subject_name=_NAME,
        issuer_name=_NAME,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=_VALID_FROM,
        not_valid_after=_VALID_UNTIL,
    )
    both_sides = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_KEY_USAGE, True),
        (x509.ExtendedKeyUsage(both_sides), False),
        (x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False),
        (identifier, False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())


def inner_environment(certificate: Path) -> dict[str, str]:
    """The variables that make each part of SeaweedFS present and require the certificate, and tokens."""
    file = str(certificate)
    http = {f"WEED_HTTPS_{part}_{item}": file for part in _HTTPS_PARTS for item in ("CA", "CERT", "KEY")}
    grpc = {f"WEED_GRPC_{part}_{item}": file for part in _GRPC_PARTS for item in ("CERT", "KEY")}
    tokens = {f"WEED_JWT_{key}_KEY": secrets.token_hex(32) for key in _JWT_KEYS}
    return {"WEED_HTTPS_CLIENT_ENABLED": "true", "WEED_GRPC_CA": file, **http, **grpc, **tokens}


def inner_context(certificate: Path) -> ssl.SSLContext:
    """The TLS context of a client of an inner port: it presents the certificate and accepts no other."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.load_cert_chain(certificate)
    return context
