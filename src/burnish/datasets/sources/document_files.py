"""The documents below a folder, and which of them a reference means.

A file is the one that is meant if its path ends with the reference, or, where the reference begins with
folders of another machine, if the reference ends with the file's path. Two paths that name different folders
never mean the same file, whatever the names at their ends.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from burnish.datasets.sources.references import FileReference, Names

#: Label Studio puts eight hex digits before the names of uploads, or a whole UUID.
_PREFIXES = (re.compile(r"[0-9a-f]{8}-"), re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[-_]"))


class Remark(StrEnum):
    """What had to be left aside to find a file."""

    NOTHING = ""
    IN_DEEPER_FOLDER = "Found in a folder that the export does not name"
    OUTSIDE = "Found outside the folder of the export"
    BY_ANOTHER_READING = "Found by decoding the reference in another way"
    BY_ENDING = "Found by the end of the path only"
    WITHOUT_PREFIX = "Found without the prefix of an upload"
    IN_OTHER_CASE = "Found under a name in other case"


@dataclass(frozen=True, kw_only=True)
class FileMatch:
    """The file that a reference means. None: it is not there. Several: it cannot be told which.

    ``rivals`` are other references that could mean the same file, and ``near`` a file of the same name that
    is another document.
    """

    files: tuple[Path, ...] = ()
    remark: Remark = Remark.NOTHING
    rivals: tuple[str, ...] = ()
    near: Path | None = None


@dataclass(frozen=True)
class _File:
    path: Path
    #: The names of its absolute path, as they are written and as they are compared.
    written: Names
    folded: Names

    @property
    def composed(self) -> Names:
        return tuple(map(_composed, self.written))


class DocumentFiles:
    """Every document below a folder, hidden ones left out."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.absolute()
        self._depth = len(_names(self._root))
        #: By the last name and by the last two, since many folders may have a file of one name.
        self._files: defaultdict[Names, list[_File]] = defaultdict(list)
        self._folders: defaultdict[str, list[Names]] = defaultdict(list)
        # Indexed once: an export names thousands of files, and each may be anywhere below.
        for place, names in _walk(folder):
            above = _names(place.absolute())
            self._folders[_folded(above[-1] if above else "")].append(tuple(map(_folded, above)))
            for name in names:
                written = (*above, name)
                file = _File(place / name, written, tuple(map(_folded, written)))
                self._files[file.folded[-1:]].append(file)
                self._files[file.folded[-2:]].append(file)

    def match_all(self, references: Iterable[FileReference]) -> dict[Names, FileMatch]:
        """The match of each reference, by its path.

        No file is that of two references, unless both name it whole. Where one does, the other means another.
        """
        known = {one.path: one for one in references}
        found = {path: self.match(one) for path, one in known.items()}
        claims: defaultdict[str, list[Names]] = defaultdict(list)
        for path, match in found.items():
            for file in match.files if len(match.files) == 1 else ():
                claims[os.path.realpath(file)].append(path)
        for claimed in claims.values():
            unsure = [path for path in claimed if found[path].remark]
            for path in unsure:
                rivals = tuple(known[other].text for other in claimed if other != path)
                # Named whole by one, it is not what the others mean: theirs is missing, and must not be
                # guessed.
                is_anothers = len(unsure) < len(claimed)
                found[path] = (
                    FileMatch(near=found[path].files[0])
                    if is_anothers
                    else replace(found[path], rivals=rivals)
                )
        return found

    def match(self, reference: FileReference) -> FileMatch:
        """The file that a reference means, by as much of its path as there is."""
        if whole := _first_found(self._by_whole, reference.paths, otherwise=Remark.BY_ANOTHER_READING):
            return whole
        shorter = _first_found(self._by_unique, reference.shorter_paths, otherwise=Remark.BY_ENDING)
        if shorter and shorter.files:
            return shorter
        if reference.is_upload:
            return self._without_prefix(reference.path[-1])
        return (
            shorter
            or _first_found(self._by_ending, reference.paths, otherwise=Remark.BY_ENDING)
            or FileMatch()
        )

    def _by_whole(self, names: Names) -> FileMatch | None:
        """The file whose path ends with all of these names; nothing where its folder is not there either."""
        inside = self._ending_with(names)
        from_root = [one for one in inside if len(one.folded) == self._depth + len(names)]
        from_above = [one for one in inside if len(one.folded) < self._depth + len(names)]
        if from_root or from_above:
            return _only(from_root or from_above, names)
        if outside := self._outside(names):
            return FileMatch(
                files=_distinct([*outside, *(one.path for one in inside)]), remark=Remark.OUTSIDE
            )
        if self._has_folder(names[:-1]):
            return FileMatch(near=self._namesake(names))
        return _only(inside, names, Remark.IN_DEEPER_FOLDER) if inside else None

    def _by_unique(self, names: Names) -> FileMatch | None:
        """The same where less than the whole is known: then no other file may end with these names."""
        found, alike = self._by_whole(names), self._ending_with(names)
        if found and found.files and len(alike) > 1:
            return _only(alike, names, Remark.BY_ENDING)
        known = found and found.remark in (Remark.NOTHING, Remark.IN_DEEPER_FOLDER)
        return replace(found, remark=Remark.BY_ENDING) if found and known else found

    def _by_ending(self, names: Names) -> FileMatch | None:
        """The file whose whole path below the folder these names end with, where no other ends like it."""
        for start in range(1, len(names)):
            ending = names[start:]
            alike = self._ending_with(ending)
            if self._has_folder_anywhere(names[start - 1 : -1]):
                return FileMatch(near=self._namesake(names))
            if alike:
                fits = any(len(one.folded) - self._depth <= len(ending) for one in alike)
                return _only(alike, ending, Remark.BY_ENDING) if fits else FileMatch(near=alike[0].path)
        return None

    def _without_prefix(self, name: str) -> FileMatch:
        """The file that was uploaded under this name, by the name that it had before."""
        plain = {_uploaded_as(prefix.sub("", name, count=1)) for prefix in _PREFIXES if prefix.match(name)}
        files = [one for wanted in sorted(plain) for one in self._by_uploaded_name.get(wanted, ())]
        return FileMatch(files=_distinct(files), remark=Remark.WITHOUT_PREFIX)

    @cached_property
    def _by_uploaded_name(self) -> dict[str, list[Path]]:
        found: defaultdict[str, list[Path]] = defaultdict(list)
        for one in (one for end, files in self._files.items() if len(end) == 1 for one in files):
            found[_uploaded_as(one.path.name)].append(one.path)
        return found

    def _namesake(self, names: Names) -> Path | None:
        return next((one.path for one in self._ending_with(names[-1:])), None)

    def _ending_with(self, names: Names) -> list[_File]:
        ending = tuple(map(_folded, names))
        return [one for one in self._files.get(ending[-2:], ()) if one.folded[-len(ending) :] == ending]

    def _outside(self, names: Names) -> list[Path]:
        """The files that the names lead to from above the folder. A bare name leads nowhere."""
        places = self._root.parents if len(names) > 1 else ()
        return [path for place in places for path in _spellings(place, names) if _is_file(path)]

    def _has_folder(self, names: Names) -> bool:
        """Whether the names lead to a folder, from the root or from above it."""
        inside = any(len(one) - len(names) <= self._depth for one in self._folders_ending_with(names))
        above = self._root.parents[:-1] if names else ()
        return inside or any(_is_folder(path) for place in above for path in _spellings(place, names))

    def _has_folder_anywhere(self, names: Names) -> bool:
        beside = _spellings(self._root.parent, names)
        return bool(self._folders_ending_with(names)) or any(map(_is_folder, beside))

    def _folders_ending_with(self, names: Names) -> list[Names]:
        ending = tuple(map(_folded, names))
        candidates = self._folders.get(ending[-1], ()) if ending else ()
        return [one for one in candidates if one[-len(ending) :] == ending]


def _only(files: list[_File], names: Names, remark: Remark = Remark.NOTHING) -> FileMatch:
    """The files, narrowed to those that are written as the names are, if there are any."""
    spelled = [one for one in files if one.composed[-len(names) :] == tuple(map(_composed, names))]
    if len({one.composed for one in spelled}) == 1:  # one path, its letters composed in one way or the other
        spelled = [one for one in spelled if one.written[-len(names) :] == names] or spelled
    remark = remark if spelled else remark or Remark.IN_OTHER_CASE
    return FileMatch(files=_distinct(one.path for one in spelled or files), remark=remark)


def _first_found(
    search: Callable[[Names], FileMatch | None], readings: Sequence[Names], *, otherwise: Remark
) -> FileMatch | None:
    """The match of the first reading that has a file, else the first that says that there is none.

    ``otherwise`` is the remark about a file that was found by another reading than the likeliest.
    """
    known = [(names, found) for names in readings if (found := search(names))]
    for names, found in known:
        if found.files:
            return found if names == readings[0] else replace(found, remark=found.remark or otherwise)
    return known[0][1] if known else None


def _distinct(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths without those that lead to a file of another by a link."""
    return tuple({os.path.realpath(path): path for path in reversed(list(paths))}.values())[::-1]


def _walk(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[tuple[Path, list[str]]]:
    """Each folder with the names of its files; links are followed, but not in a circle."""
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        entries = sorted((one for one in os.scandir(folder) if one.name[0] != "."), key=lambda one: one.name)
    except OSError:  # what lies in it is then missing, which is said
        return
    inner = [one.name for one in entries if one.is_dir()]
    yield folder, sorted({one.name for one in entries}.difference(inner))
    for name in inner:
        yield from _walk(folder / name, above | {real})


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  # pathlib raises where a name is too long or holds a zero


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  # as above


def _spellings(place: Path, names: Names) -> set[Path]:
    """The path with its letters as they are, composed, and decomposed as macOS writes them."""
    joined = "/".join(names)
    return {place / joined, *(place / unicodedata.normalize(form, joined) for form in ("NFC", "NFD"))}


def _names(path: Path) -> Names:
    return path.parts[1:]


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    # Composed before and after: folding takes some letters apart again.
    return _composed(_composed(name).casefold())


def _uploaded_as(name: str) -> str:
    """The name that an upload gets: Django, which Label Studio is built on, leaves only some signs."""
    return _folded(re.sub(r"[^-\w.]", "", _composed(name).strip().replace(" ", "_")))
