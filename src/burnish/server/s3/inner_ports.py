"""The ports between SeaweedFS's parts, closed to everybody else on the machine.

Its master, its volumes and its filer talk to each other over HTTP and gRPC on loopback, where anybody could
read and delete everything. So each of these ports asks for the one certificate that is made anew for each
start of the server. No authority stands behind it: it is trusted itself, and nothing else is.
"""

from __future__ import annotations

import os
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
# It lasts as long as its file. A clock that is set must not end it.
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
    """Write a new certificate with its key into a file that only its owner can read; the file.

    Beside it lies the configuration that SeaweedFS is to read in place of any other on the machine.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    (folder / "security.toml").write_text("# All of it is said by the environment.\n")
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = folder / CERTIFICATE
    certificate.unlink(missing_ok=True)
    with os.fdopen(os.open(certificate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private + _self_signed(key).public_bytes(Encoding.PEM))
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
    """The variables with which each part of SeaweedFS asks for the certificate and for tokens."""
    file = str(certificate)
    http = {f"WEED_HTTPS_{part}_{item}": file for part in _HTTPS_PARTS for item in ("CA", "CERT", "KEY")}
    grpc = {f"WEED_GRPC_{part}_{item}": file for part in _GRPC_PARTS for item in ("CERT", "KEY")}
    tokens = {f"WEED_JWT_{key}_KEY": secrets.token_hex(32) for key in _JWT_KEYS}
    return {"WEED_HTTPS_CLIENT_ENABLED": "true", "WEED_GRPC_CA": file, **http, **grpc, **tokens}


def inner_context(certificate: Path) -> ssl.SSLContext:
    """What a client of an inner port needs: it shows the certificate, and takes no other for an answer."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.load_cert_chain(certificate)
    return context
