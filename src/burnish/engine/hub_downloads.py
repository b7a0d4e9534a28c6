"""Models fetched from the Hugging Face hub. A download that breaks off goes on where it stopped.

What has come lies in a folder beside the weights until all of it is there: a file counts once it has the
length, and where the hub tells one the SHA-256, that the hub says it has.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import MissingWeights

HUB_PATIENCE_SECONDS = 10.0
#: What is fetched of a model on the hub, in sub-folders as well.
WANTED = ("*.json", "*.safetensors", "*.jinja", "tokenizer.model", "vocab.txt", "merges.txt")
#: Where what has come of files that are not whole lies, by the commit that they are of.
_PARTS = ".parts"
_EXPECTED = ".expected.json"
#: So much at a time goes to the disk. Of the library's own 10 MB a break would lose what has come of them.
CHUNK = 2**18


class _ExpectedFile(msgspec.Struct, frozen=True):
    size: int
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class DownloadState:
    """How many bytes of a download have come, and how many it has."""

    done: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.done >= self.total


def download_place(name: str, cached: Path) -> Path:
    """Where what has come of a model lies, in the folder that has the weights of all."""
    return cached / (".download-" + re.sub(r"[^\w.-]", "--", name))


def download_state(name: str, cached: Path) -> DownloadState | None:
    """How far the download of a model is; None where none has begun."""
    folder = download_place(name, cached)
    try:
        expected = msgspec.json.decode((folder / _EXPECTED).read_bytes(), type=dict[str, _ExpectedFile])
    except (OSError, msgspec.DecodeError):
        return None
    files = [*(folder / path for path in expected), *(folder / _PARTS).rglob("*")]
    return DownloadState(
        done=sum(_size_of(path) for path in files if path.is_file()),
        total=sum(expected_file.size for expected_file in expected.values()),
    )


@contextmanager
def downloading(name: str, cached: Path) -> Iterator[Path]:
    """The folder of a download, for one process at a time. It is removed once the block has ended well.

    Where the block ends otherwise it stays, unless nothing has come.
    """
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    folder = download_place(name, cached)
    locks = cached.with_name("weight-locks")
    locks.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(locks / folder.name.removeprefix(".")):
        folder.mkdir(parents=True, exist_ok=True)
        is_done = False
        try:
            yield folder
            is_done = True
        finally:
            if is_done or not any(folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)


def download(name: str, folder: Path) -> bool:
    """Fetch what is missing of a model into a folder. False where the hub does not answer, or no longer.

    Raises `MissingWeights` for a name that the hub does not know, and for what came damaged.
    """
    from huggingface_hub import HfApi, constants

    # HTTPError is that of the HTTP client which the hub's library uses: httpx or httpx2, by its version.
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        disable_progress_bars,
        filter_repo_objects,
    )

    constants.DOWNLOAD_CHUNK_SIZE = CHUNK
    disable_progress_bars()  # whoever waits is shown one of our own
    try:
        info = HfApi().model_info(name, files_metadata=True, timeout=HUB_PATIENCE_SECONDS)
        siblings = {one.rfilename: one for one in info.siblings or ()}
        wanted = {path: siblings[path] for path in filter_repo_objects(siblings, allow_patterns=list(WANTED))}
        expected = {
            path: _ExpectedFile(one.size or 0, one.lfs.sha256 if one.lfs else None)
            for path, one in wanted.items()
        }
        (folder / _EXPECTED).write_bytes(msgspec.json.encode(expected))
        for path, file in expected.items():
            if not _is_as_expected(folder / path, file):
                _fetch_rest(name, str(info.sha), path, folder, size=file.size)
    except (HTTPError, ConnectionError, TimeoutError):
        return False
    _verify(name, folder, expected)
    return True


def _fetch_rest(name: str, commit: str, path: str, folder: Path, *, size: int) -> None:
    """Fetch what is missing of a file. What has come before is of the same commit, which never changes."""
    # Not the library's download of a whole model: that begins anew with every process.
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    part = folder / _PARTS / commit / path
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file:
        if file.tell() > size:
            file.truncate(0)
        if file.tell() < size:
            url = hf_hub_url(name, path, revision=commit)
            http_get(url, file, resume_size=file.tell(), headers=build_hf_headers(), expected_size=size)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    part.replace(folder / path)


def _verify(name: str, folder: Path, expected: Mapping[str, _ExpectedFile]) -> None:
    damaged = [path for path, file in expected.items() if not _is_as_expected(folder / path, file)]
    for path in damaged:
        (folder / path).unlink(missing_ok=True)
    if damaged:
        raise MissingWeights(
            f"{', '.join(sorted(damaged))} of {name} did not come as the hub has it, by its length or its "
            "SHA-256, and is removed: run the same command again, and only that is fetched anew"
        )


def _is_as_expected(path: Path, expected: _ExpectedFile) -> bool:
    if _size_of(path) != expected.size:
        return False
    if expected.sha256 is None:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == expected.sha256


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
