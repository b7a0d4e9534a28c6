"""Documents in S3: below a prefix, one folder per label."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from burnish.aws.clients import Client, open_clients
from burnish.aws.objects import ListedObject, S3Uri, download_file, list_details, read_beginning
from burnish.cache import cache_folder, private_folder
from burnish.datasets.documents import Documents, SourceFile, usable_documents
from burnish.datasets.formats import SUFFIXES, is_document
from burnish.datasets.sources.layouts import Arrangement, Folders, Layout, is_ignored, recognised, told
from burnish.errors import InvalidDocuments
from burnish.pages.page_images import HEAD
from burnish.parallel import map_ordered

DOWNLOADS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class S3Source:
    """A prefix. Objects are copied into the cache once, and again when they have changed.

    A key is a name and not a path: each object has a copy of its own, whatever its key is. Of an object
    whose name is not that of a document, the beginning is read to see whether it is one. ``layout`` is that
    of `FolderSource`.
    """

    uri: str
    s3: Client | None = None
    cache: Path | None = None
    layout: Layout | None = None

    def read(self) -> Documents:
        """The documents, named by their keys. Raises `InvalidDocuments` where there are none."""
        s3 = self.s3 or open_clients().s3
        prefix = prefix_named(self.uri)
        objects = objects_under(s3, prefix)
        if not objects:
            raise InvalidDocuments(
                f"There are no objects under {prefix}: put the documents of each type under a prefix named "
                "for the type, such as s3://bucket/documents/invoice/one.pdf"
            )
        ignored = {name for one in objects for name in one.ignored}
        read = [one for one in objects if not one.ignored]
        folders = {one.folders for one in read if not reason_in_key(one)}
        arrangement = recognised(str(prefix), folders, self.layout)
        copy = partial(copy_of, s3, self.cache or cache_folder() / "documents")
        return usable_documents(
            str(prefix),
            _candidates(read, arrangement, copy),
            notes=(told(str(prefix).rstrip("/"), arrangement, folders, ignored=ignored),),
        )


@dataclass(frozen=True, kw_only=True)
class PrefixObject:
    """An object, and its key below the prefix."""

    listed: ListedObject
    name: str

    @property
    def folders(self) -> Folders:
        """What its key has before the last slash. Two slashes in a row have no folder between them."""
        return tuple(filter(None, self.name.split("/")[:-1]))

    @property
    def ignored(self) -> list[str]:
        """The steps of its key for which it is passed over."""
        steps = (one for one in self.name.split("/") if one not in ("", ".", ".."))
        return [one for one in steps if is_ignored(one)]


def prefix_named(uri: str) -> S3Uri:
    """The prefix that a URI means, with the slash that it ends in."""
    return S3Uri.parse(uri if uri.endswith("/") else f"{uri}/")


def objects_under(s3: Client, prefix: S3Uri) -> list[PrefixObject]:
    """The objects under a prefix, less the empty ones that only stand for a folder."""
    return list(each_object_under(s3, prefix))


def each_object_under(s3: Client, prefix: S3Uri) -> Iterator[PrefixObject]:
    """The objects of `objects_under`, one after the other."""
    return _objects(list_details(s3, prefix), prefix)


def _objects(listed: Iterable[ListedObject], prefix: S3Uri) -> Iterator[PrefixObject]:
    for one in listed:
        if not one.uri.key.startswith(prefix.key):
            raise InvalidDocuments(
                f"The server treats {prefix} as another prefix, that of {one.uri}: write it without //"
            )
        name = one.uri.key.removeprefix(prefix.key)
        if name and (one.size or not name.endswith("/")):
            yield PrefixObject(listed=one, name=name)


def _candidates(
    objects: Sequence[PrefixObject], arrangement: Arrangement, copy: Callable[[ListedObject], Path]
) -> Iterator[SourceFile]:
    """The objects as documents. Those that have no label are not fetched."""

    def candidate(one: PrefixObject) -> SourceFile:
        place = arrangement.place_of(one.folders)
        reason = reason_in_key(one) or place.reason
        # What will be left out is not paid for: a download may be large.
        path = Path(one.name) if reason else copy(one.listed)
        return SourceFile(path=path, name=one.name, label=place.label, part=place.part, reason=reason)

    return map_ordered(candidate, objects, workers=DOWNLOADS_AT_ONCE)


def reason_in_key(one: PrefixObject) -> str | None:
    steps = one.name.split("/")
    if "." in steps or ".." in steps:
        return "its key has the step . or .., which is no folder: give it another key"
    return "its key ends in a slash, as that of a folder: give it another key" if not steps[-1] else None


def copy_of(s3: Client, cache: Path, one: ListedObject) -> Path:
    """The copy of this version of an object, which is fetched unless it is there."""
    path = cache / name_of_copy(s3.meta.endpoint_url, one)
    if not path.exists():
        private_folder(cache)
        # Aside first: a download that was cut short must not be taken for the object the next time.
        fresh = path.with_name(f"{path.name}.part")
        _fetch(s3, one, fresh)
        fresh.replace(path)
    return path


def name_of_copy(endpoint: str, one: ListedObject) -> str:
    """A file name that no other object has, and no other version of this one."""
    # The endpoint too: a server of one's own may have a bucket of the same name.
    named = f"{endpoint}\0{one.uri}\0{one.version}"
    return f"{hashlib.sha256(named.encode()).hexdigest()}{_suffix_of(one)}"


def _fetch(s3: Client, one: ListedObject, path: Path) -> None:
    """Write an object to a file; of one that is no document only the beginning."""
    if not one.size:
        path.touch()
        return
    if not _suffix_of(one):
        _, head = read_beginning(s3, one.uri, HEAD)
        if not is_document(head):
            path.write_bytes(head)
            return
    download_file(s3, one.uri, path)


def _suffix_of(one: ListedObject) -> str:
    """The suffix of a key that is named as a document is."""
    suffix = PurePosixPath(one.uri.key).suffix.lower()
    return suffix if suffix in SUFFIXES else ""
