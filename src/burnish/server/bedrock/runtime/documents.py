"""Document blocks of a request: PDFs become pages as the model is shown them, texts stay text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from burnish.pages.page_images import HEAD, content_kind
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.bedrock.images import object_of_caller

#: Of one message, as Bedrock's reference has it (Bedrock Runtime, Message, ``content``).
MAX_DOCUMENTS = 5
MAX_BYTES = 4_718_592  # 4.5 MB
TEXT_FORMATS = ("txt", "md", "csv", "html")
_NAME = re.compile(r"(?!.*\s\s)[\w\s\-()\[\]]+")


def require_few_documents(content: Sequence[Mapping[str, Any]], *, where: str) -> None:
    """Refuse what Bedrock does not take: too many documents, some of one name, none with a text beside."""
    names = [block["document"]["name"] for block in content if "document" in block]
    if len(names) > MAX_DOCUMENTS:
        raise invalid(f"{where} has {len(names)} documents; at most {MAX_DOCUMENTS} are allowed")
    if len(set(names)) < len(names):
        raise invalid(f"{where} has several documents of one name: give each a name of its own")
    if names and not any("text" in block for block in content):
        raise invalid(f"A text block is required when using documents: add one to {where}")


def document_in(control: Control, document: Mapping[str, Any], *, where: str) -> str | bytes:
    """The text of a document, with its name before it, or the PDF that it is. Raises `ServiceFault`."""
    name, form = document["name"], document.get("format") or "txt"
    if not _NAME.fullmatch(name):
        raise invalid(
            f"{where}.name: The document file name can only contain alphanumeric characters, whitespace "
            "characters, hyphens, parentheses, and square brackets. The name can't contain more than one "
            "consecutive whitespace character."
        )
    if form not in ("pdf", *TEXT_FORMATS):
        raise invalid(f"{where} is {form}, which this server cannot read: send it as pdf, or as text")
    body = _body_of(control, document["source"], where=where)
    if form != "pdf":
        return f"The document {name}:\n{_text_of(body, where=where)}"
    if isinstance(body, str) or content_kind(body[:HEAD]) != "pdf":
        raise invalid(f"{where} is said to be pdf, but is none")
    return body


def _body_of(control: Control, source: Mapping[str, Any], *, where: str) -> bytes | str:
    if "text" in source:
        return str(source["text"])
    if "content" in source:
        return "\n".join(block["text"] for block in source["content"])
    if "s3Location" in source:
        return object_of_caller(control, source["s3Location"]["uri"], where=where, most_bytes=MAX_BYTES)
    body = bytes(source["bytes"])
    if len(body) > MAX_BYTES:
        raise invalid(f"{where} has {len(body):,} bytes; at most {MAX_BYTES:,} are allowed: make it smaller")
    return body


def _text_of(body: bytes | str, *, where: str) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(f"{where} is no text in UTF-8: send it in that encoding") from error
