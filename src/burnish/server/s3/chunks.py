"""Bodies in signed chunks, as AWS frames them ("aws-chunked"), read and verified as they pass through.

    size in hex;chunk-signature=…⏎ data ⏎      as often as there is data
    0;chunk-signature=…⏎                       the end of the data
    x-amz-checksum-crc32:…⏎                    trailers, where some are announced
    x-amz-trailer-signature:…⏎ ⏎

Each chunk's signature covers its data and the signature before it, the first one the request's own; so
no chunk can be changed, moved, left out or added. The S3 server verifies the chunks' signatures as well,
but answers 500, which clients send again; it does not look at the trailer's signature, at the length that
the head declares, nor at what comes after the end. The checksum in the trailer is its own to verify.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass

from burnish.server.s3.faults import S3Fault
from burnish.server.wire.signing import Scope, is_same, signed, signing_key

_EMPTY = hashlib.sha256(b"").hexdigest()
#: No client sends longer ones. The bound keeps one that never ends its line from filling the memory.
_MAX_LINE_LENGTH = 1024
_SIGNED_SIZE = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})")
_PLAIN_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"

_INCOMPLETE = (
    "The request body terminated unexpectedly, or is not in the chunks that its head declares: {problem}"
)


class SignatureChain:
    """The signatures of one body, each of which covers the one before it."""

    def __init__(self, *, seed: str, date: str, scope: Scope, secret_key: str) -> None:
        self._previous = seed
        self._key = signing_key(secret_key, scope)
        self._head = f"{date}\n{scope}"

    def check_chunk(self, signature: str, data_hash: str) -> None:
        """Take the next chunk. Raises `S3Fault` where its signature does not hold."""
        self._check(signature, "AWS4-HMAC-SHA256-PAYLOAD", f"{_EMPTY}\n{data_hash}")

    def check_trailer(self, signature: str, trailer: bytes) -> None:
        """Take the trailer, in lines. Raises `S3Fault` where its signature does not hold."""
        self._check(signature, "AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(trailer).hexdigest())

    def _check(self, signature: str, kind: str, covered: str) -> None:
        expected = signed(self._key, "\n".join([kind, self._head, self._previous, covered]))
        if not is_same(signature, expected):
            raise S3Fault(
                403,
                "SignatureDoesNotMatch",
                "The signature of a part of the body does not match: it was changed, moved or left out on "
                "its way",
            )
        self._previous = expected


@dataclass
class _Chunk:
    signature: str
    left: int
    hash: hashlib._Hash


class ChunkedBody:
    """A body in chunks that is read piece by piece, and let through as far as it has been verified.

    The end is held back until all of it is there and holds: without it no object appears. ``chain`` is
    there where the chunks are signed; ``trailers`` are the names that the request announces. Where it
    ``drops_signatures``, it passes on unsigned chunks with the trailers; without any, the data alone.
    """

    def __init__(
        self,
        *,
        length: int,
        chain: SignatureChain | None,
        trailers: Collection[str],
        drops_signatures: bool = False,
    ) -> None:
        self._length = length
        self._chain = chain
        self._expected = frozenset(trailers)
        self._signs_trailer = chain is not None and bool(trailers)
        self._drops_signatures = drops_signatures
        self._buffer = bytearray()
        self._chunk: _Chunk | None = None
        self._end: bytearray | None = None
        self._lines: list[tuple[str, str]] = []
        self._is_complete = False

    def take(self, piece: bytes) -> bytes:
        """What may be passed on, now that this piece is there. Raises `S3Fault`."""
        self._buffer += piece
        passed = bytearray()
        while self._buffer and self._step(passed):
            pass
        return bytes(passed)

    def finish(self) -> bytes:
        """The end, once the body is over. Raises `S3Fault` where anything is missing."""
        if not self._is_complete or self._end is None:
            raise _incomplete("it ends before its last chunk")
        return bytes(self._end)

    def _step(self, passed: bytearray) -> bool:
        """Read one thing; False where more must come first."""
        if self._is_complete:
            raise _incomplete("something follows its end")
        if self._chunk is not None:
            return self._read_data(self._chunk, passed)
        line = self._line()
        if line is None:
            return False
        if self._end is not None:
            self._end += self._passed_on(line)
            self._read_trailer(line[:-2])
        else:
            self._open_chunk(line, passed)
        return True

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, _MAX_LINE_LENGTH)
        if end < 0:
            if len(self._buffer) >= _MAX_LINE_LENGTH:
                raise _incomplete("a line of it has no end")
            return None
        return self._cut(end + 2)

    def _cut(self, length: int) -> bytes:
        cut = bytes(self._buffer[:length])
        del self._buffer[:length]
        return cut

    def _open_chunk(self, line: bytes, passed: bytearray) -> None:
        found = (_SIGNED_SIZE if self._chain else _PLAIN_SIZE).fullmatch(line[:-2])
        if found is None:
            raise _incomplete(f"{line[:40]!r} does not begin a chunk")
        size = int(found[1], 16)
        signature = found[2].decode() if self._chain else ""
        if size:
            self._length -= size
            if self._length < 0:
                raise _incomplete("it is longer than x-amz-decoded-content-length")
            self._chunk = _Chunk(signature, size, hashlib.sha256())
            passed += self._passed_on(line)
            return
        if self._length:
            raise _incomplete(f"{self._length:,} bytes fewer than x-amz-decoded-content-length")
        if self._chain:
            self._chain.check_chunk(signature, _EMPTY)
        self._end = bytearray(self._passed_on(line))

    def _passed_on(self, line: bytes) -> bytes:
        """A line between the data as the S3 server is to read it."""
        if not self._drops_signatures:
            return line
        if not self._expected:
            return b""
        if line.lower().startswith(_TRAILER_SIGNATURE.encode()):
            return b""
        size = _SIGNED_SIZE.fullmatch(line[:-2])
        return size[1] + b"\r\n" if size else line

    def _read_data(self, chunk: _Chunk, passed: bytearray) -> bool:
        if chunk.left:
            data = self._cut(chunk.left)
            chunk.left -= len(data)
            if self._chain:
                chunk.hash.update(data)
            passed += data
            return True
        if len(self._buffer) < 2:
            return False
        if self._cut(2) != b"\r\n":
            raise _incomplete("a chunk is longer than it says")
        if self._chain:
            self._chain.check_chunk(chunk.signature, chunk.hash.hexdigest())
        passed += self._passed_on(b"\r\n")
        self._chunk = None
        return True

    def _read_trailer(self, line: bytes) -> None:
        if not line:
            self._check_trailers()
            self._is_complete = True
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or len(self._lines) > len(self._expected):
            raise _malformed_trailer(f"{line[:40]!r} was not announced")
        self._lines.append((name.strip().lower(), value.strip()))

    def _check_trailers(self) -> None:
        signature = ""
        if self._chain and self._signs_trailer:
            if not self._lines or self._lines[-1][0] != _TRAILER_SIGNATURE:
                raise S3Fault(403, "SignatureDoesNotMatch", "The trailer of the body is not signed")
            signature = self._lines.pop()[1]
        if sorted(name for name, _ in self._lines) != sorted(self._expected):
            raise _malformed_trailer("x-amz-trailer announces others than there are")
        if self._chain and self._signs_trailer:
            trailer = "".join(f"{name}:{value}\n" for name, value in self._lines)
            self._chain.check_trailer(signature, trailer.encode("latin-1"))


def _incomplete(problem: str) -> S3Fault:
    return S3Fault(400, "IncompleteBody", _INCOMPLETE.format(problem=problem))


def _malformed_trailer(problem: str) -> S3Fault:
    return S3Fault(
        400,
        "MalformedTrailerError",
        f"The request contained trailing data that was not well-formed: {problem}",
    )
