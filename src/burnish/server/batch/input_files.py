"""The input of a batch: which objects it is made of, fetched with the rights of its role, and checked."""

from __future__ import annotations

from pathlib import Path

from burnish.disk import reporting_full_disk
from burnish.errors import DiskFull, InvalidInput, InvalidRecords, NotFound
from burnish.server.batch.batch_folder import BatchFolder
from burnish.server.batch.records import count_records
from burnish.server.batch_request import SUFFIX, BatchInput
from burnish.server.disk_space import FULL, has_room
from burnish.server.s3.role_storage import RoleStorage

#: So many objects of a folder are listed.
MOST_OBJECTS = 1000


def fetch_input(
    storage: RoleStorage, source: BatchInput, folder: BatchFolder, *, data: Path
) -> dict[str, int]:
    """Fetch the files of a batch and check every record of them; gives the number in each, by its name.

    Raises `InvalidInput`, `AccessDenied` or `NotFound`, which say what is wrong with the input, and
    `DiskFull` or `ServiceUnavailable`, which pass.
    """
    files = _files_at(storage, source)
    # Twice: the answers repeat the requests.
    if not has_room(data, 2 * sum(files.values())):
        raise DiskFull(FULL)
    folder.begin()
    counts = {}
    with reporting_full_disk(folder.path):
        for number, name in enumerate(files):
            storage.fetch(_uri_of(source, name), folder.input(number))
            counts[name] = _counted(folder.input(number), name)
    if not any(counts.values()):
        raise InvalidRecords(f"{source.s3_uri} holds no records")
    return counts


def _files_at(storage: RoleStorage, source: BatchInput) -> dict[str, int]:
    """The sizes of the files of a batch, by their names in its folder, in order."""
    uri = source.s3_uri
    if not source.is_folder:
        return {uri.rpartition("/")[2]: storage.size(uri)}
    found = storage.sizes(uri, most=MOST_OBJECTS)
    if len(found) == MOST_OBJECTS:
        raise InvalidInput(f"{uri} holds {MOST_OBJECTS:,} objects or more: put fewer files into a folder")
    files = {name: size for name, size in sorted(found.items()) if name.endswith(SUFFIX)}
    if not files:
        raise NotFound(f"{uri} holds no file whose name ends with {SUFFIX}")
    return files


def _uri_of(source: BatchInput, name: str) -> str:
    return f"{source.s3_uri.rstrip('/')}/{name}" if source.is_folder else source.s3_uri


def _counted(path: Path, name: str) -> int:
    try:
        return count_records(path)
    except InvalidRecords as error:
        raise InvalidRecords(f"{name}: {error}") from error
