"""Names that the S3 server cannot keep as they are, or does not answer for.

It keeps objects as files, and a path has one form. And it answers some paths itself, whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote_to_bytes

from burnish.server.s3.addressing import bucket_of_host
from burnish.server.s3.faults import S3Fault, invalid_argument
from burnish.server.wire.heads import RequestHead

#: More than a request to delete 1,000 objects, the most that S3 takes, can have.
MAX_LIST_LENGTH = 4 * 2**20

#: Paths that the S3 server answers with 200 and nothing, as signs of life.
PROBES = ("/healthz", "/readyz", "/status")

_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)

_KEPT_AS_ANOTHER = (
    "This server would keep {key} where another key's object lies: use a key without //, backslashes, and "
    "steps of . or .."
)
_NO_FOLDER_CONTENT = (
    "This server keeps a key that ends in a slash as a folder without content: leave the slash out"
)
_LIST_TOO_LONG = "A list of objects to delete must say its length and name no more than 1,000 keys"


def check_names(head: RequestHead) -> None:
    """Raise `S3Fault` for a request about a name that would be taken for another."""
    _check_probes(head)
    if is_list(head) and not _says_short_length(head):
        raise S3Fault(400, "MalformedXML", _LIST_TOO_LONG)
    paths = [head.raw_path, head.header("x-amz-copy-source")]
    check_places(
        unquote_to_bytes(path.partition("?")[0].removeprefix("/").encode("latin-1")) for path in paths
    )
    if _is_folder_with_content(head):
        raise invalid_argument(_NO_FOLDER_CONTENT)


def check_list(body: bytes) -> None:
    """Raise `S3Fault` for a list of objects to delete that names one that would be taken for another."""
    check_places(_listed(body))


def check_places(places: Iterator[bytes]) -> None:
    """Raise `S3Fault` for a place, key and all, that lies where another does: ``a//b`` is kept as ``a/b``."""
    if ambiguous := next(filter(is_kept_as_another, places), None):
        shown = repr(ambiguous.decode(errors="backslashreplace"))
        raise invalid_argument(_KEPT_AS_ANOTHER.format(key=shown))


def is_list(head: RequestHead) -> bool:
    """Whether the body lists objects to delete."""
    return head.method == "POST" and "delete" in head.parameters


def _check_probes(head: RequestHead) -> None:
    is_probed = head.path in PROBES
    if is_probed and bucket_of_host(head) and head.method in ("GET", "HEAD"):
        raise invalid_argument(
            f"This server cannot read {head.path[1:]!r} where the host names the bucket: name the bucket in "
            "the path, in boto3 by Config(s3={'addressing_style': 'path'})"
        )
    if bucket_of_host(head) or head.path.removesuffix("/") not in PROBES:
        return
    if head.method == "PUT" and not head.query:
        raise S3Fault(
            400,
            "InvalidBucketName",
            f"A bucket cannot be called {head.path.strip('/')!r} on this server, which would not list it: "
            "choose another name",
        )
    if is_probed and head.method in ("GET", "HEAD"):
        raise S3Fault(404, "NoSuchBucket", f"No bucket is called {head.path[1:]!r} on this server")


def is_kept_as_another(place: bytes) -> bool:
    """Whether what is at a place, key and all, would lie where another lies."""
    steps = place.removesuffix(b"/").split(b"/")
    return bool(place) and (b"\\" in place or any(step in (b"", b".", b"..") for step in steps))


def _is_folder_with_content(head: RequestHead) -> bool:
    """Whether bytes are sent for a key that ends in a slash: that is kept as a folder, and loses them."""
    _, _, key = head.raw_path.removeprefix("/").partition("/")
    sent = head.header("x-amz-decoded-content-length") or head.header("content-length")
    return head.method == "PUT" and key.endswith(("/", "%2F", "%2f")) and sent not in ("", "0")


def _says_short_length(head: RequestHead) -> bool:
    length = head.header("content-length")
    return length.isdecimal() and int(length) <= MAX_LIST_LENGTH


def listed_keys(body: bytes) -> Iterator[str]:
    """The keys of the objects that a list names."""
    for key in _KEY.findall(body):
        yield unescape(key.decode(errors="replace"))


def _listed(body: bytes) -> Iterator[bytes]:
    return (key.encode() for key in listed_keys(body))
