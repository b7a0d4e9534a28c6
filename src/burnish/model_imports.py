"""A model in a folder here, on its way to a server of one's own or to Amazon Bedrock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from burnish.aws.clients import Clients
from burnish.aws.importable_weights import import_refusals
from burnish.aws.model_files import upload_model
from burnish.aws.objects import S3Uri, ensure_bucket
from burnish.errors import InvalidConfig


def uploaded_model(
    clients: Clients,
    source: str,
    to: str | None,
    *,
    on_upload: Callable[[S3Uri], None] = lambda _: None,
) -> str:
    """The S3 folder of a model: ``source`` itself, or ``to``, where a folder here was uploaded.

    Raises `InvalidConfig` where there is no such folder, and where Amazon Bedrock would refuse what is in it.
    """
    if source.startswith("s3://"):
        return source
    folder = Path(source)
    if not folder.is_dir():
        raise InvalidConfig(f"The model {source!r}", ["it is neither a folder here nor one in S3"])
    if to is None:
        raise InvalidConfig(f"The import of {source!r}", ["name the S3 folder to upload it to"])
    if clients.leads_to_aws and (refusals := import_refusals(folder)):
        raise InvalidConfig(f"The import of {source!r} into Amazon Bedrock", refusals)
    place = S3Uri.parse(to)
    ensure_bucket(clients.s3, place.bucket, region=clients.region)
    on_upload(place)
    upload_model(clients.s3, folder, place, with_answers=not clients.leads_to_aws)
    return str(place)
