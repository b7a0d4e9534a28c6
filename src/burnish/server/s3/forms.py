"""Uploads by an HTML form: the signature is inside of the body, in the fields that come before the file.

They are read, within a bound, and verified before the S3 server hears of the request. It reads forms more
generously than we do: whatever it could understand in another way (fields twice or after the file, other
line ends) is refused, so that what is verified here is what it sees. Whether the fields are those that the
policy asks for is its own to decide.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from burnish.server.principals import Keys, SigningKey
from burnish.server.s3.addressing import has_key
from burnish.server.s3.faults import S3Fault, denied
from burnish.server.s3.signatures_v2 import signature_v2
from burnish.server.wire.auth import Reason, Refused, check_key, claim_of
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.signing import is_same, signed, signing_key

#: Bytes of fields before the file; S3 itself takes 20 KB.
MAX_FIELDS_LENGTH = 64 * 2**10

_STEP = 2**10  # read this much before looking again: a body may come byte by byte
_CONTENT_TYPE = re.compile(r"""multipart/form-data; ?boundary=("?)([\w'()+,./:=?-]{1,70})\1""", re.ASCII)
_DISPOSITION = re.compile(
    r'content-disposition: ?form-data; ?name="([^"\\\r\n]*)"(; ?filename="([^"\\\r\n]*)")?', re.IGNORECASE
)
_MISMATCH = (
    "The form's policy is not signed with the key of this server: make the form with the key that "
    "`burnish env` prints"
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as far as its file: ``beginning`` and ``rest`` are its bytes before and from there on."""

    fields: Mapping[str, str]
    file_name: str
    beginning: bytes
    rest: bytes

    @property
    def keys(self) -> list[str]:
        """The key that the file gets, in each way that its name may be filled in."""
        names = {self.file_name, self.file_name.rpartition("/")[2]}
        return sorted({self.fields.get("key", "").replace("${filename}", name) for name in names})


class FormFile:
    """The file of a form, passed on until the form ends; its end is held back until it is known to be one."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._ends = (self._delimiter + b"--", self._delimiter + b"--\r\n")
        self._held = b""

    def take(self, piece: bytes) -> bytes:
        """What may be passed on, now that this piece is there. Raises `S3Fault` for more than the file."""
        data = self._held + piece
        end = data.find(self._delimiter)
        if end < 0:
            end = max(0, len(data) - len(self._delimiter) + 1)
        elif len(data) - end > len(self._ends[1]):
            raise _malformed("the file must be its last field")
        self._held = data[end:]
        return data[:end]

    def finish(self) -> bytes:
        """The form's end. Raises `S3Fault` where there is none, or another field."""
        if self._held not in self._ends:
            raise _malformed("the file must be its last field, and end with the boundary")
        return self._held


def is_form(head: RequestHead) -> bool:
    """Whether a form may be meant: one that is posted to a bucket and has its signature inside."""
    is_multipart = head.header("content-type").lower().startswith("multipart/form-data")
    is_plain = not head.query and not has_key(head) and "authorization" not in head.names
    return head.method == "POST" and is_multipart and is_plain


def boundary_of(head: RequestHead) -> bytes:
    """What separates the fields. Raises `S3Fault` where the header does not say it plainly."""
    found = _CONTENT_TYPE.fullmatch(head.header("content-type"))
    if found is None:
        raise _malformed("its Content-Type must be multipart/form-data; boundary=…")
    return found[2].encode()


async def read_form(pieces: AsyncIterator[bytes], boundary: bytes) -> Form:
    """The fields before the file, and what was read of it. Raises `S3Fault` for too many or none."""
    data, looked = b"", 0
    async for piece in pieces:
        data += piece
        if len(data) - looked >= _STEP:
            looked = len(data)
            if form := _form_in(data, boundary):
                return form
        if len(data) > MAX_FIELDS_LENGTH + _STEP:
            break
    if form := _form_in(data, boundary):
        return form
    if len(data) > MAX_FIELDS_LENGTH:
        raise S3Fault(
            400,
            "MaxPostPreDataLengthExceeded",
            f"Your POST request fields preceding the upload file were too large: {MAX_FIELDS_LENGTH:,} bytes "
            "are taken",
        )
    raise _malformed("it has no file, or ends before it")


def check_form(form: Form, keys: Keys, *, now: datetime) -> SigningKey:
    """The key that a form's policy is signed with. Raises `S3Fault` or `Refused` where it does not hold."""
    policy = form.fields.get("policy")
    if not policy:
        raise denied("The form has no policy, and this server takes none without a signature")
    sign = _signature_of_v4 if "x-amz-signature" in form.fields else _signature_of_v2
    key, expected = sign(form.fields, policy, keys)
    given = form.fields.get("x-amz-signature") or form.fields.get("signature", "")
    if not is_same(given, expected):
        raise Refused(Reason.MISMATCH, _MISMATCH)
    if now > _expiration_of(policy):
        raise denied("Invalid according to Policy: Policy expired; make a new form")
    return key


def _signature_of_v4(fields: Mapping[str, str], policy: str, keys: Keys) -> tuple[SigningKey, str]:
    credential, algorithm = fields.get("x-amz-credential", ""), fields.get("x-amz-algorithm", "")
    claim = claim_of(f"{algorithm} Credential={credential},SignedHeaders=policy,Signature=policy")
    key = check_key(claim.access_key, keys, session_token=fields.get("x-amz-security-token"))
    return key, signed(signing_key(key.secret_key, claim.scope), policy)


def _signature_of_v2(fields: Mapping[str, str], policy: str, keys: Keys) -> tuple[SigningKey, str]:
    key_id, token = fields.get("awsaccesskeyid", ""), fields.get("x-amz-security-token")
    key = check_key(key_id, keys, session_token=token)
    return key, signature_v2(policy.encode(), key.secret_key)


def _expiration_of(policy: str) -> datetime:
    try:
        said = json.loads(base64.b64decode(policy, validate=True))
        at = datetime.fromisoformat(said["expiration"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise S3Fault(
            400, "InvalidPolicyDocument", f"The form's policy says no time of expiration: {error}"
        ) from error
    return at.replace(tzinfo=at.tzinfo or UTC)


def _form_in(data: bytes, boundary: bytes) -> Form | None:
    """The form in what was read so far; None where its file has not begun."""
    opening, delimiter = b"--" + boundary + b"\r\n", b"\r\n--" + boundary
    if len(data) < len(opening):
        return None
    if not data.startswith(opening):
        raise _malformed("it must begin with the boundary of its Content-Type")
    fields: dict[str, str] = {}
    place = len(opening)
    while (blank := data.find(b"\r\n\r\n", place)) >= 0:
        name, file_name = _names_in(data[place:blank])
        if name == "file":
            return Form(
                fields=fields,
                file_name=file_name or "",
                beginning=data[: blank + 2],
                rest=data[blank + 2 :],
            )
        # A delimiter may share the line end before it with the blank line.
        end = data.find(delimiter, blank + 2)
        place = end + len(delimiter) + 2
        if end < 0 or len(data) < place:
            return None
        if file_name is not None or name in fields or data[place - 2 : place] != b"\r\n":
            raise _malformed(f"its field {name!r} comes twice, has a file name, or ends the form")
        fields[name] = data[blank + 4 : end].decode(errors="replace")
    return None


def _names_in(headers: bytes) -> tuple[str, str | None]:
    """A field's name in lower case, as S3 compares them, and the name of its file."""
    lines = headers.decode(errors="replace").split("\r\n")
    said = [line for line in lines if line.lower().startswith("content-disposition")]
    found = _DISPOSITION.fullmatch(said[0]) if len(said) == 1 else None
    if found is None:
        raise _malformed("each field needs one Content-Disposition: form-data with a name")
    return found[1].lower(), found[3] if found[2] else None


def _malformed(problem: str) -> S3Fault:
    return S3Fault(
        400, "MalformedPOSTRequest", f"The body of your POST request is not a form as S3 takes it: {problem}"
    )
