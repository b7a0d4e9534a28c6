"""What a signature promises of a body, verified as the body passes through, in bounded memory.

The last piece is held back until all of it is known to hold: where it does not, the connection to the S3
server breaks off, and no object, no version and no part appears. That server believes the hash that a
request declares, so it is verified here. Checksums in headers and trailers (CRC32, CRC32C, CRC64NVME,
SHA1, SHA256) and Content-MD5 it verifies itself before an object appears, and answers 400; kinds that it
takes without looking at them are refused by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from burnish.server.s3.chunks import ChunkedBody, SignatureChain
from burnish.server.s3.faults import S3Fault, invalid_argument
from burnish.server.s3.signatures import UNSIGNED, Seal
from burnish.server.wire.heads import RequestHead

#: How the names of payloads begin whose chunks are signed.
_SIGNED_CHUNKS = "STREAMING-AWS4-"
_UNSIGNED_CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_CHUNKED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
_CHUNKED_WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
_WITH_TRAILER = (_CHUNKED_WITH_TRAILER, _UNSIGNED_CHUNKED)

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_CHECKSUM = "x-amz-checksum-"
_VERIFIED = {_CHECKSUM + name for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")}
_OF_CHECKSUMS = {_CHECKSUM + name for name in ("algorithm", "mode", "type")}


class VerifiedBody(Protocol):
    """A body that is verified piece by piece."""

    def take(self, piece: bytes) -> bytes:
        """What may be passed on, now that this piece is there. Raises `S3Fault`."""

    def finish(self) -> bytes:
        """What was held back, now that the body is over. Raises `S3Fault` where it does not hold."""


class _HashedBody:
    def __init__(self, declared: str) -> None:
        self._declared = declared.lower()
        self._hash = hashlib.sha256()
        self._held = b""

    def take(self, piece: bytes) -> bytes:
        self._hash.update(piece)
        passed, self._held = self._held, piece
        return passed

    def finish(self) -> bytes:
        if self._hash.hexdigest() != self._declared:
            raise S3Fault(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed: the body is "
                "another than the one that was signed",
            )
        return self._held


class _PlainBody:
    def take(self, piece: bytes) -> bytes:
        return piece

    def finish(self) -> bytes:
        return b""


def body_of(
    head: RequestHead, seal: Seal, secret_key: str, *, drops_signatures: bool = False
) -> VerifiedBody:
    """The body that a signed request announces. Raises `S3Fault` where it cannot be verified.

    Where it ``drops_signatures``, signed chunks become what `unsigned_payload` names.
    """
    _check_checksums(head)
    if seal.payload == UNSIGNED:
        return _PlainBody()
    if _HASH.fullmatch(seal.payload):
        return _HashedBody(seal.payload)
    if seal.payload in (_CHUNKED, *_WITH_TRAILER):
        return _chunked(head, seal, secret_key, drops_signatures=drops_signatures)
    raise invalid_argument(
        f"x-amz-content-sha256 must be {UNSIGNED}, {_CHUNKED}, {_CHUNKED_WITH_TRAILER}, {_UNSIGNED_CHUNKED}, "
        f"or a valid sha256 value, not {seal.payload[:80]!r}"
    )


def unsigned_payload(head: RequestHead, seal: Seal) -> str:
    """How a body is sent on without the signatures of its chunks: as it came where they have none."""
    if not seal.payload.startswith(_SIGNED_CHUNKS):
        return seal.payload
    return _UNSIGNED_CHUNKED if _trailers(head, seal) else UNSIGNED


async def verified(pieces: AsyncIterator[bytes], body: VerifiedBody) -> AsyncIterator[bytes]:
    """The pieces of a body as far as they may be passed on. Raises `S3Fault` where it does not hold."""
    async for piece in pieces:
        if piece and (passed := body.take(piece)):
            yield passed
    if held := body.finish():
        yield held


def _chunked(head: RequestHead, seal: Seal, secret_key: str, *, drops_signatures: bool) -> ChunkedBody:
    length = head.header("x-amz-decoded-content-length")
    if not (length.isascii() and length.isdigit() and len(length) <= 16):
        raise S3Fault(
            411,
            "MissingContentLength",
            "A body in chunks must say its length in x-amz-decoded-content-length",
        )
    chain = _chain(seal, secret_key)
    return ChunkedBody(
        length=int(length),
        chain=chain,
        trailers=_trailers(head, seal),
        drops_signatures=drops_signatures and chain is not None,
    )


def _chain(seal: Seal, secret_key: str) -> SignatureChain | None:
    if seal.payload == _UNSIGNED_CHUNKED:
        return None
    if seal.scope is None:
        raise invalid_argument("Signed chunks need a signature of version 4 in the Authorization header")
    return SignatureChain(seed=seal.signature, date=seal.date, scope=seal.scope, secret_key=secret_key)


def _trailers(head: RequestHead, seal: Seal) -> list[str]:
    if seal.payload not in _WITH_TRAILER:
        return []
    names = [name.strip().lower() for name in head.header("x-amz-trailer").split(",")]
    _check_verified(name for name in names if name)
    return [name for name in names if name]


def _check_checksums(head: RequestHead) -> None:
    _check_verified(name for name in head.names if name.startswith(_CHECKSUM) and name not in _OF_CHECKSUMS)


def _check_verified(names: Iterable[str]) -> None:
    if unknown := sorted(set(names) - _VERIFIED):
        raise S3Fault(
            400,
            "InvalidRequest",
            f"This server cannot verify {', '.join(unknown)}: choose another checksum algorithm, such as "
            "CRC32 or SHA256",
        )
