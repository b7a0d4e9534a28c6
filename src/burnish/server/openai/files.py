"""Files: uploaded, checked line by line, and kept as objects in S3."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import IO, Any

import msgspec
from starlette.responses import JSONResponse, Response, StreamingResponse

from burnish.chat_records import chat_record_of
from burnish.errors import InvalidRecords, NotFound
from burnish.json_lines import lines_in, numbered_lines
from burnish.server.door.bodies import MIB
from burnish.server.openai.door import MAX_RECORD, Ask, Backend, page
from burnish.server.openai.errors import RequestRefused, missing
from burnish.server.openai.forms import CHUNK, FormPart, form_in

PURPOSE = "fine-tune"
FILE_ID = re.compile(r"file-[0-9a-f]{32}")
MAX_NAME = 255
#: As many as OpenAI takes.
MAX_FILE = 512 * MIB
_MAX_FIELD = 1000


async def create(backend: Backend, ask: Ask) -> Response:
    """Keep a file of records, once every line of it has been checked."""
    parts = await asyncio.to_thread(form_in, ask.upload, ask.content_type)
    _check_form(parts)
    file, name = parts["file"], parts["file"].filename
    # The time first, so that the newest are last in a list of names.
    file_id = f"file-{time.time_ns():016x}{secrets.token_hex(8)}"
    backend.require(ask.caller, "s3:PutObject", f"{backend.storage.file(file_id)}/content")
    await asyncio.to_thread(_check_lines, file.content, name)
    told = {
        "id": file_id,
        "object": "file",
        "bytes": file.size,
        "created_at": int(time.time()),
        "filename": name[:MAX_NAME],
        "purpose": PURPOSE,
        "status": "processed",
    }
    await asyncio.to_thread(_keep, backend, told, file.content)
    return JSONResponse(told)


async def list_files(backend: Backend, ask: Ask) -> Response:
    """A page of the files, newest first unless asked otherwise."""
    backend.require(ask.caller, "s3:ListBucket", backend.storage.bucket)
    found = await asyncio.to_thread(_all_files, backend)
    wanted = ask.query.get("purpose")
    files = [one for one in found if wanted in (None, one["purpose"])]
    files.sort(key=lambda one: str(one["id"]), reverse=ask.query.get("order", "desc") == "desc")
    return page(files, ask, usual=10_000, filters=("purpose", "order"))


async def retrieve(backend: Backend, ask: Ask) -> Response:
    """What is known of a file."""
    return JSONResponse(await described(backend, ask, ask.named["file_id"]))


async def content(backend: Backend, ask: Ask) -> Response:
    """A file as it was uploaded."""
    file_id = ask.named["file_id"]
    told = await described(backend, ask, file_id)
    chunks = await asyncio.to_thread(chunks_of, backend, file_id)
    length = {"content-length": str(told["bytes"])}
    return StreamingResponse(chunks, headers=length, media_type="application/octet-stream")


async def delete(backend: Backend, ask: Ask) -> Response:
    """Delete a file. Jobs that were given it have what they need of their own."""
    file_id = ask.named["file_id"]
    folder = _folder(backend, file_id)
    backend.require(ask.caller, "s3:DeleteObject", f"{folder}/content")
    await asyncio.to_thread(_described, backend, file_id)
    # Last what is told of it: what a crash in between leaves can be deleted again.
    for part in ("content", "file.json"):
        await asyncio.to_thread(backend.storage.objects.delete, f"{folder}/{part}")
    return JSONResponse({"id": file_id, "object": "file", "deleted": True})


async def described(backend: Backend, ask: Ask, file_id: str) -> dict[str, Any]:
    """What is known of a file that the caller may read. Raises `RequestRefused`."""
    backend.require(ask.caller, "s3:GetObject", f"{_folder(backend, file_id)}/content")
    return await asyncio.to_thread(_described, backend, file_id)


def chunks_of(backend: Backend, file_id: str) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    return backend.storage.objects.chunks(f"{_folder(backend, file_id)}/content")


def _folder(backend: Backend, file_id: str) -> str:
    # An id becomes part of a key: nothing that looks like a path comes that far.
    if not FILE_ID.fullmatch(file_id):
        raise missing("file", file_id)
    return backend.storage.file(file_id)


def _described(backend: Backend, file_id: str) -> dict[str, Any]:
    try:
        body = backend.storage.objects.read(f"{_folder(backend, file_id)}/file.json")
    except NotFound as error:
        raise missing("file", file_id) from error
    return msgspec.json.decode(body, type=dict[str, Any])


def _all_files(backend: Backend) -> list[dict[str, Any]]:
    try:
        names = backend.storage.objects.names(f"{backend.storage.bucket}/files")
    except NotFound:  # nothing was uploaded yet
        return []
    ids = [name.removesuffix("/file.json") for name in names if name.endswith("/file.json")]
    return [_described(backend, file_id) for file_id in ids if FILE_ID.fullmatch(file_id)]


def _keep(backend: Backend, told: dict[str, Any], content: IO[bytes]) -> None:
    backend.storage.prepare()
    folder = backend.storage.file(told["id"])
    content.seek(0)
    backend.storage.objects.write(f"{folder}/content", content)
    backend.storage.objects.write(f"{folder}/file.json", msgspec.json.encode(told))


def _check_form(parts: Mapping[str, FormPart]) -> None:
    if "file" not in parts:
        raise RequestRefused("The form has no file", param="file")
    if parts["file"].size > MAX_FILE:
        raise RequestRefused(
            f"A file may have {MAX_FILE // MIB} MiB: with more, start the job through Bedrock's API",
            status=413,
            param="file",
        )
    purpose = parts["purpose"].content.read(_MAX_FIELD).decode(errors="replace") if "purpose" in parts else ""
    if purpose != PURPOSE:
        raise RequestRefused(f"This server takes files for {PURPOSE} only, not {purpose!r}", param="purpose")
    if unknown := set(parts) - {"file", "purpose"}:
        raise RequestRefused(f"This server does not support {', '.join(sorted(unknown))}", param=min(unknown))


def _check_lines(content: IO[bytes], name: str) -> None:
    """Refuse a file with a line that is no example, naming the line and the field."""
    try:
        count = 0
        chunks = iter(partial(content.read, CHUNK), b"")
        for number, line in numbered_lines(lines_in(chunks, most_bytes=MAX_RECORD)):
            chat_record_of(line, where=f"{name or 'the file'}, line {number}")
            count += 1
    except InvalidRecords as error:
        raise RequestRefused(str(error), param="file", code="invalid_file_format") from error
    if not count:
        raise RequestRefused("The file has no records", param="file", code="invalid_file_format")
