"""Objects in S3: buckets, uploads, and the split of training data, which leaves its source alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from burnish.aws import clients, training_split
from burnish.aws.clients import Client
from burnish.aws.error_translation import translated_errors
from burnish.disk import reporting_full_disk
from burnish.errors import Conflict, InvalidConfig, NotFound, ServiceError
from burnish.families import DatasetRules
from burnish.json_lines import lines_in


@dataclass(frozen=True)
class S3Uri:
    """A place in S3. The key may be empty (the whole bucket), or end in a slash (a folder)."""

    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> S3Uri:
        """The place that ``s3://bucket/key`` names. Raises `InvalidConfig`."""
        scheme, _, rest = text.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise InvalidConfig(f"The place {text!r}", ["it is not an S3 URI such as s3://bucket/key"])
        return cls(bucket, key)

    def child(self, name: str) -> S3Uri:
        """The place of this name inside the folder that this one is."""
        folder = self.key.rstrip("/")
        return replace(self, key=f"{folder}/{name}" if folder else name)

    def sibling(self, name: str) -> S3Uri:
        """The place of this name beside this one."""
        folder, slash, _ = self.key.rpartition("/")
        return replace(self, key=f"{folder}{slash}{name}")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def bucket_region(s3: Client, bucket: str) -> str | None:
    """The region of a bucket; None where the server does not report it. Raises `NotFound`."""
    with translated_errors(f"check the bucket {bucket!r}"):
        answer = s3.head_bucket(Bucket=bucket)
    region = answer.get("BucketRegion") or answer["ResponseMetadata"]["HTTPHeaders"].get(
        "x-amz-bucket-region"
    )
    return str(region) if region else None


def ensure_bucket(s3: Client, bucket: str, *, region: str) -> bool:
    """Create the bucket unless it exists; True if created. Raises `AccessDenied` if others own it."""
    try:
        with translated_errors(f"reach the bucket {bucket!r}, which may belong to somebody else"):
            s3.head_bucket(Bucket=bucket)
    except NotFound:
        return _make_bucket(s3, bucket, region)
    return False


def upload_bytes(
    s3: Client, uri: S3Uri, body: bytes, *, content_type: str = "application/octet-stream"
) -> None:
    """Write a small object."""
    with translated_errors(f"write {uri}"):
        s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=body, ContentType=content_type)


def upload_file(
    s3: Client, uri: S3Uri, path: Path, *, content_type: str = "application/octet-stream"
) -> None:
    """Write an object of any size, in parts where it is large."""
    with translated_errors(f"write {uri}"), clients.transfers(s3) as transfers:
        transfers.upload(str(path), uri.bucket, uri.key, extra_args={"ContentType": content_type}).result()


def download_file(s3: Client, uri: S3Uri, path: Path) -> None:
    """Copy an object of any size to a file."""
    with translated_errors(f"read {uri}"), clients.transfers(s3) as transfers:
        transfers.download(uri.bucket, uri.key, str(path)).result()


def read_bytes(s3: Client, uri: S3Uri) -> bytes:
    """The whole of a small object."""
    with translated_errors(f"read {uri}"):
        body: bytes = s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
    return body


def read_beginning(s3: Client, uri: S3Uri, most: int) -> tuple[int, bytes]:
    """The size of an object, and its first ``most`` bytes."""
    try:
        with translated_errors(f"read {uri}"):
            answer = s3.get_object(Bucket=uri.bucket, Key=uri.key, Range=f"bytes=0-{most - 1}")
            body: bytes = answer["Body"].read()
    except ServiceError as error:
        if error.code != "InvalidRange":  # an empty object has no first byte
            raise
        return 0, b""
    return int(answer["ContentRange"].rpartition("/")[2]), body


def lines_of(s3: Client, uri: S3Uri) -> Iterator[bytes]:
    """The lines of an object of any size, streamed, each with its line feed; nothing else ends a line."""
    with translated_errors(f"read {uri}"):
        # botocore's `iter_lines` also splits at carriage returns, which JSON Lines does not.
        yield from lines_in(s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].iter_chunks(1 << 20))


def size_of(s3: Client, uri: S3Uri) -> int | None:
    """The size of an object in bytes, or None where there is none."""
    try:
        with translated_errors(f"check {uri}"):
            return int(s3.head_object(Bucket=uri.bucket, Key=uri.key)["ContentLength"])
    except NotFound:
        return None


def list_objects(s3: Client, folder: S3Uri) -> Iterator[S3Uri]:
    """Every object whose key begins as the folder's does, in the order of keys."""
    return (one.uri for one in list_details(s3, folder))


@dataclass(frozen=True, kw_only=True)
class ListedObject:
    """An object of a listing. ``version`` is a string that changes whenever the object does."""

    uri: S3Uri
    version: str
    size: int


def list_details(s3: Client, folder: S3Uri) -> Iterator[ListedObject]:
    """Every object whose key begins as the folder's does, in the order of keys, with what is known of it."""
    with translated_errors(f"list {folder}"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=folder.bucket, Prefix=folder.key):
            for entry in page.get("Contents", []):
                uri, size = S3Uri(folder.bucket, entry["Key"]), int(entry["Size"])
                yield ListedObject(uri=uri, version=f"{entry['ETag']} {size}", size=size)


def split_training_data(
    s3: Client, uri: str, *, share: float, seed: int, rules: DatasetRules | None = None
) -> tuple[str, str]:
    """Split the records of an object; the URIs of the training and the validation records, beside the source.

    The source is only read. The split is stratified by label and depends on the records' content and the
    seed, not on their order; lines are copied byte for byte. The new objects are named for their content, and
    are not uploaded again where they exist. Raises `InvalidRecords` naming the line, or when there are too
    few records to set some aside, or numbers of them that the ``rules`` refuse: nothing is uploaded then.
    """
    source = S3Uri.parse(uri)
    # On disk, since it is read twice, and may be larger than memory.
    with TemporaryDirectory(prefix="burnish-split-") as name, reporting_full_disk(Path(name)):
        folder = Path(name)
        download_file(s3, source, folder / "source.jsonl")
        training, validation = training_split.split_file(
            folder / "source.jsonl", folder, where=str(source), share=share, seed=seed
        )
        if rules:
            training_split.require_counts(training, validation, rules, where=str(source))
        return _uploaded(s3, source, "train", training), _uploaded(s3, source, "validation", validation)


def _uploaded(s3: Client, source: S3Uri, name: str, file: training_split.SplitFile) -> str:
    # Beside the source: a role that may read the one may then read the other.
    stem = source.key.rpartition("/")[2].removesuffix(".jsonl")
    uri = source.sibling(f"{stem}-{name}-{file.digest[:16]}.jsonl")
    if size_of(s3, uri) != file.path.stat().st_size:
        upload_file(s3, uri, file.path, content_type="application/jsonl")
    return str(uri)


def _make_bucket(s3: Client, bucket: str, region: str) -> bool:
    # S3 refuses us-east-1 as an explicit location: it is the default.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        with translated_errors(f"create the bucket {bucket!r}"):
            s3.create_bucket(Bucket=bucket, **place)
    except Conflict as error:
        if error.code != "BucketAlreadyOwnedByYou":
            raise
        return False
    return True
