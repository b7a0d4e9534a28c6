"""The images of a question: what Bedrock takes, checked before anything is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burnish.errors import (
    AccessDenied,
    InvalidInput,
    NotFound,
    ServiceUnavailable,
    TooManyPixels,
    UnreadableImage,
)
from burnish.pages.page_images import image_format, image_size
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.server.wire.call import ServiceFault

#: Of one message, as Bedrock's reference has it (Bedrock Runtime, Message, ``content``).
MAX_IMAGES = 20
MAX_BYTES = 3_932_160  # 3.75 MB
MAX_SIDE = 8_000
MAX_PIXELS_SAID = f"{MAX_SIDE:,} x {MAX_SIDE:,}"


def require_few_images(content: Sequence[Mapping[str, Any]], *, where: str) -> None:
    """Refuse a message with more images than Bedrock takes."""
    count = sum("image" in block for block in content)
    if count > MAX_IMAGES:
        raise invalid(f"{where} has {count} images; at most {MAX_IMAGES} are allowed")


def checked_image(control: Control, image: Mapping[str, Any], *, where: str) -> bytes:
    """The bytes of an image that has the format it is said to have, and no more bytes and pixels than may be.

    Only the image's beginning is read for that. What is wrong is a fault that names it by ``where``.
    """
    body, said = _body_of(control, image["source"], where=where), image["format"]
    found = image_format(body)
    if found != said:
        kind = found or "no image of a kind that is taken (png, jpeg, gif, webp)"
        remedy = "" if found is None else ": give that as its format"
        raise invalid(f"{where} is said to be {said}, but is {kind}{remedy}")
    try:
        width, height = image_size(body)
    except UnreadableImage as error:
        limit = f"; at most {MAX_PIXELS_SAID} are allowed" if isinstance(error, TooManyPixels) else ""
        raise invalid(f"{where} cannot be read: {error.reason}{limit}") from error
    if max(width, height) > MAX_SIDE:
        raise invalid(
            f"{where} has {width:,} x {height:,} pixels; at most {MAX_PIXELS_SAID} are allowed: "
            "make it smaller"
        )
    return body


def _body_of(control: Control, source: Mapping[str, Any], *, where: str) -> bytes:
    if "bytes" not in source:
        return object_of_caller(control, source["s3Location"]["uri"], where=where, most_bytes=MAX_BYTES)
    body = bytes(source["bytes"])
    if len(body) > MAX_BYTES:
        raise invalid(f"{where} has {len(body):,} bytes; at most {MAX_BYTES:,} are allowed: make it smaller")
    return body


def object_of_caller(control: Control, uri: str, *, where: str, most_bytes: int) -> bytes:
    """An object in S3 that a request names: the one place where a caller's requests are read from there.

    It is read with the server's own key: whether the caller may is decided by
    `burnish.server.bedrock.permissions`. Raises `ServiceFault` that names the member by ``where``.
    """
    if problem := object_uri_problem(uri):
        raise invalid(f"{where}: its URI {problem}")
    storage = RoleStorage(control.objects_endpoint, control.credentials, ALL_OF_S3)
    try:
        return storage.read(uri, most_bytes=most_bytes)
    except (NotFound, AccessDenied, InvalidInput) as error:
        raise invalid(f"{where}: {error}") from error
    except ServiceUnavailable as error:
        raise ServiceFault("ServiceUnavailableException", f"{where}: {error}") from error
