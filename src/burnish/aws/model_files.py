"""The files of a model in S3: of a tuned one where its job has left them, and of one that is imported.

A server of one's own leaves them there. Amazon Bedrock gives no weights of custom models out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from burnish.aws import artifacts
from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, download_file, read_bytes, upload_file
from burnish.disk import reporting_full_disk
from burnish.errors import InvalidInput, NotFound
from burnish.tuned_models.model_manifest import (
    ANSWERS,
    FILE_NAME,
    FILE_PATH,
    FOLDER_NAME,
    ModelManifest,
    read_manifest,
)


def model_manifest(s3: Client, output_uri: str, job_arn: str) -> ModelManifest:
    """What a job has left of its model. Raises `NotFound` where it has left none."""
    uri = _place(output_uri, job_arn).child(FILE_NAME)
    try:
        return read_manifest(read_bytes(s3, uri))
    except NotFound as error:
        raise NotFound(
            f"There is no {uri}: Amazon Bedrock gives no weights of custom models out, and jobs of Burnish "
            "0.1 left none. Where the job's output was deleted, tune the model again"
        ) from error


def download_model(s3: Client, output_uri: str, job_arn: str, to: Path) -> ModelManifest:
    """Write the files of a job's model, verified, into a folder that is there, and say what they are.

    Raises `NotFound`, and `InvalidInput` for a file that is not what the job has written.
    """
    manifest = model_manifest(s3, output_uri, job_arn)
    place = _place(output_uri, job_arn)
    with reporting_full_disk(to):
        for name, expected in manifest.files.items():
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            download_file(s3, place.child(name), path)
            _require_sum(path, expected, place.child(name))
        (to / FILE_NAME).write_bytes(manifest.as_file())
    return manifest


def upload_model(s3: Client, folder: Path, to: S3Uri, *, with_answers: bool) -> None:
    """Write the files of a model into a folder in S3, each under its path.

    ``with_answers``: also what Burnish knows of the answers of merged weights, which nobody else reads.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_answer = name.startswith(f"{ANSWERS}/")
        if path.is_file() and FILE_PATH.fullmatch(name) and (with_answers or not is_answer):
            upload_file(s3, to.child(name), path)


def _place(output_uri: str, job_arn: str) -> S3Uri:
    return artifacts.folder_of(output_uri, job_arn).child(f"{FOLDER_NAME}/")


def _require_sum(path: Path, expected: str, uri: S3Uri) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise InvalidInput(f"{uri} is not what its job has written: restore it, or tune the model again")
