"""The files of a folder: every one of them, links followed as far as they stay in the folder."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from burnish.datasets.documents import readable
from burnish.datasets.sources.layouts import Folders, is_ignored


@dataclass(frozen=True, kw_only=True)
class TreeFile:
    """A file, the folders that lead to it, and the reason where it is none to read."""

    path: Path
    folders: Folders
    reason: str | None = None

    @property
    def name(self) -> str:
        """Its path from the top, as a source names it."""
        return "/".join((*self.folders, self.path.name))


@dataclass
class FileTree:
    """What a folder holds. Files come in the order of their names, those behind links last.

    Every file of the folder is in ``files`` once by its own path; a second path that leads to it through a
    link is listed too. Links that lead out of the folder, to nothing or in a circle are not followed.
    """

    root: Path
    files: list[TreeFile] = field(default_factory=list)
    #: The names of what is hidden, or left by a program, and passed over with all that is in it.
    ignored: set[str] = field(default_factory=set)
    #: Every folder that was looked into.
    folders: set[Folders] = field(default_factory=set)

    @property
    def empty_folders(self) -> set[Folders]:
        """The folders with no file in them at any depth."""
        filled = {one.folders[:depth] for one in self.files for depth in range(len(one.folders) + 1)}
        return self.folders - filled


def read_tree(root: Path) -> FileTree:
    """Everything that a folder holds."""
    tree = FileTree(Path(os.path.realpath(root)))
    # Links after files: a file goes by its own path, whatever else leads to it.
    links = deque(_read(tree, tree.root, ()))
    tree.files.sort(key=lambda one: (*one.folders, one.path.name))
    followed: dict[Path, str] = {}
    while links:
        path, folders = links.popleft()
        links.extend(_follow(tree, path, folders, followed))
    return tree


#: A link, and the folders that lead to it.
_Link = tuple[Path, Folders]


def _read(tree: FileTree, top: Path, folders: Folders) -> Iterator[_Link]:
    """Take in the files below a folder, and give the links among them."""
    waiting = deque([(top, folders)])
    while waiting:
        place, above = waiting.popleft()
        tree.folders.add(above)
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            _leave_out(tree, place, above[:-1], f"this folder cannot be read ({error.strerror})")
            continue
        for entry in entries:
            path = place / entry.name
            if is_ignored(entry.name):
                tree.ignored.add(entry.name)
            elif entry.is_symlink():
                yield path, above
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((path, (*above, entry.name)))
            else:
                tree.files.append(TreeFile(path=path, folders=above))


def _follow(tree: FileTree, path: Path, folders: Folders, followed: dict[Path, str]) -> Iterator[_Link]:
    """Take in what a link leads to, and give the links that are met there."""
    try:
        # Strict, so that a link to nothing is found out here, and not once its document is opened.
        target = Path(os.path.realpath(path, strict=True))
    except OSError:
        _leave_out(tree, path, folders, "there is no such file, or it is a broken link")
        return
    if not target.is_relative_to(tree.root):
        where = readable(str(target))
        reason = f"it is a link that leads out of the folder, to {where}: copy that, or name it in a .csv"
        _leave_out(tree, path, folders, reason)
    elif not target.is_dir():
        tree.files.append(TreeFile(path=path, folders=folders))
    elif path.parent.resolve().is_relative_to(target):
        _leave_out(tree, path, folders, "it is a link to a folder that contains it")
    elif target in followed:
        _leave_out(tree, path, folders, f"it is a link to the same folder as {followed[target]}")
    else:
        followed[target] = readable("/".join((*folders, path.name)))
        yield from _read(tree, path, (*folders, path.name))


def _leave_out(tree: FileTree, path: Path, folders: Folders, reason: str) -> None:
    tree.files.append(TreeFile(path=path, folders=folders, reason=reason))
