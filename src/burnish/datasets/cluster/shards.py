"""Shards: a part of the work whose result is an object in S3, named for what was asked."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from burnish.aws.clients import Client
from burnish.aws.error_translation import translated_errors
from burnish.aws.objects import S3Uri, read_bytes
from burnish.errors import CannotConnect, InvalidDocuments, NotFound, ServiceUnavailable, Throttled

#: Of the results, below the folder of a data set. It may be deleted at any time: shards are then read again.
SHARDS = "shards"
#: Part of every name: a change of what results hold makes older ones unknown.
_FORMAT = "burnish-shard-1"

#: In seconds: S3 may be away for two minutes, and hours of work must not end with that.
WAITS = (5.0, 10.0, 20.0, 40.0, 60.0)

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class ShardSummary:
    """What is left of a shard where its result is not: a few figures."""

    number: int
    #: Where the result is.
    place: S3Uri
    count: int
    #: How many of them an earlier run had found out.
    reused: int = 0


class Shard(Protocol):
    """Work that any machine can do, with the same result. It can be pickled, and carries no documents."""

    def run(self, s3: Client) -> ShardSummary:
        """Write the result to S3, unless it is there."""
        ...


class Machines(Protocol):
    """Machines that run shards: the summaries come in the order in which shards are done.

    Shards are taken from their source as machines become free, so that a million of them need no memory.
    """

    def run(self, shards: Iterable[Shard]) -> Iterator[ShardSummary]:
        """The summary of every shard."""
        ...


def patiently(work: Callable[[], Found], *, sleep: Callable[[float], None] = time.sleep) -> Found:
    """What the work gives, which is begun again where S3 does not answer for a while."""
    for seconds in WAITS:
        try:
            return work()
        except (CannotConnect, ServiceUnavailable, Throttled):
            sleep(seconds)
    return work()


def name_for(kind: str, asked: object) -> str:
    """The name of the result of what is asked: the same question has the same name."""
    digest = sha256(msgspec.msgpack.encode((_FORMAT, kind, asked), order="deterministic")).hexdigest()
    return f"{SHARDS}/{kind}-{digest[:32]}"


def result_at(s3: Client, place: S3Uri, kind: type[Found]) -> Found | None:
    """The result at a place; None where there is none that can be read."""
    try:
        return msgspec.msgpack.decode(read_bytes(s3, place), type=kind)
    except (NotFound, msgspec.DecodeError):
        return None


def fetch(s3: Client, uri: S3Uri, path: Path, *, etag: str | None = None) -> None:
    """Copy an object to a file. Raises `InvalidDocuments` where it is no longer the one with this ETag."""
    with translated_errors(f"read {uri}"):
        answer = s3.get_object(Bucket=uri.bucket, Key=uri.key)
        with path.open("wb") as file:
            shutil.copyfileobj(answer["Body"], file, 1 << 20)
    if etag is not None and answer["ETag"] != etag:
        raise changed(uri)


def changed(uri: S3Uri) -> InvalidDocuments:
    """What is raised for an object that was replaced while documents were read."""
    return InvalidDocuments(
        f"{uri} has changed since it was listed. Nothing was published: run the same command again, when "
        "nobody writes to the source"
    )
