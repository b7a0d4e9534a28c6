"""Which files are documents, decided by content: suffixes are often wrong."""

from __future__ import annotations

from burnish.pages.page_images import content_kind

#: How the files of documents are usually named.
SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"})
_KINDS = frozenset({"pdf", "png", "jpeg", "tiff", "webp"})
_ARE_READ = "only pdf, png, jpeg, tiff and webp"


def is_document(head: bytes) -> bool:
    """Whether a file that begins so (`burnish.pages.page_images.HEAD` bytes) is of a kind that is read."""
    return content_kind(head) in _KINDS


def reason_not_to_read(head: bytes, *, named: str) -> str | None:
    """Why a file that begins so is no document; ``named`` is its suffix. None where it may be one.

    Of what is named as a document and begins as nothing known, its decoder says what is wrong.
    """
    if not head:
        return "it is empty"
    if is_document(head):
        return None
    if named.lower() not in SUFFIXES:
        return f"files of the kind {named!r} are not read, {_ARE_READ}"
    kind = content_kind(head)
    return f"its content is {kind}, whatever its name says, and is not read, {_ARE_READ}" if kind else None
