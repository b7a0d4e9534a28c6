"""`burnish convert`: training records from one schema to another."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from burnish.cli.output import print_result

if TYPE_CHECKING:
    from burnish.record_conversion import StoreImage


def convert(
    records: Annotated[Path, Parameter(help="A .jsonl in any of the schemas.")],
    /,
    *,
    to: Annotated[
        Literal["bedrock", "openai", "prompt-completion", "messages"], Parameter(help="The schema to write.")
    ],
    out: Annotated[Path, Parameter(help="The file to write; it must not exist.")],
    media: Annotated[
        str | None, Parameter(help="Where images in the records are uploaded to, as s3://…")
    ] = None,
) -> None:
    """Convert records between schemas. A line that the other schema cannot carry is named, and ends it."""
    from burnish.errors import InvalidInput
    from burnish.json_lines import lines_in
    from burnish.record_conversion import SCHEMAS, converted_lines

    if out.exists():
        raise InvalidInput(f"{out} exists: choose another file")
    lines = converted_lines(
        lines_in([records.read_bytes()]),
        to=SCHEMAS[to],
        name=str(records),
        store_image=_uploading(media) if media else None,
    )
    # All of them before the first is written: half of a data set would pass for a whole one.
    converted = list(lines)
    out.write_bytes(b"".join(converted))
    print_result(f"{len(converted)} record{'s' * (len(converted) != 1)}: {out}")


def _uploading(folder: str) -> StoreImage:
    """Uploads an image under a name that its content gives, and gives its URI."""
    from burnish.aws.clients import open_clients
    from burnish.aws.objects import S3Uri, upload_bytes

    s3 = open_clients().s3

    def store(image: bytes, kind: str) -> str:
        uri = f"{folder.rstrip('/')}/{hashlib.sha256(image).hexdigest()}.{kind}"
        upload_bytes(s3, S3Uri.parse(uri), image)
        return uri

    return store
