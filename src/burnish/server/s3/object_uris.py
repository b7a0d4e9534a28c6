"""What a request may name as an object: only what the S3 server can keep under that very name."""

from __future__ import annotations

from burnish.server.s3.object_keys import is_kept_as_another
from burnish.server.s3.role_storage import bucket_and_key

#: In bytes, as S3 has it.
MAX_KEY_LENGTH = 1024


def object_uri_problem(uri: str, *, is_prefix: bool = False) -> str | None:
    """Why there can be no object of this URI, or None. A prefix may be a bucket, or end in a slash."""
    bucket, key = bucket_and_key(uri)
    if not bucket or "/" in bucket:
        return "names no bucket"
    if not is_prefix and (not key or key.endswith("/")):
        return "names no object"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in key):
        return "has a control character in it"
    if is_kept_as_another(f"{bucket}/{key}".encode()):
        return "has a backslash, an empty step (//) or a step . or .. in it, which no object here has"
    if len(key.encode()) > MAX_KEY_LENGTH:
        return f"has a key of more than {MAX_KEY_LENGTH} bytes"
    return None
