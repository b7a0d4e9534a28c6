"""How many records a job has, by which its duration is estimated; a job is accepted whatever comes of it."""

from __future__ import annotations

from burnish.errors import InvalidInput
from burnish.json_lines import lines_in
from burnish.server.job_input import JobRequest
from burnish.server.s3.role_storage import RoleStorage

#: Files that are larger are read by the job alone: the server would be busy, and full, for an estimate.
MOST_BYTES = 16 * 2**20


def counted_records(storage: RoleStorage, request: JobRequest) -> int | None:
    """The records to train and to validate on; None where they are too large to be counted beforehand.

    Raises what `RoleStorage.read` raises.
    """
    uris = (request.training_data_config.s3_uri, *request.validation_uris)
    try:
        bodies = [storage.read(uri, most_bytes=MOST_BYTES) for uri in uris]
    except InvalidInput:
        return None
    return sum(1 for body in bodies for line in lines_in([body]) if line.strip())
