"""A folder with one sub-folder per label, split into parts or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.datasets.documents import Documents, SourceFile, usable_documents
from burnish.datasets.sources.file_trees import FileTree, read_tree
from burnish.datasets.sources.layouts import Arrangement, Layout, recognised, told
from burnish.errors import InvalidDocuments

HOW_TO_LAY_OUT = (
    "put the documents of each type into a folder named for the type, such as documents/invoice/one.pdf"
)


@dataclass(frozen=True, kw_only=True)
class FolderSource:
    """A folder. What is hidden, and what programs leave behind, is passed over, which a note says.

    ``layout`` says what its folders are named for, where that can be understood in two ways.
    """

    path: Path
    layout: Layout | None = None

    def read(self) -> Documents:
        """The documents at any depth below each label's folder. Raises `InvalidDocuments`."""
        if not self.path.is_dir():
            what = "is a file, not a folder" if self.path.exists() else "does not exist"
            raise InvalidDocuments(f"{str(self.path)!r} {what}: {HOW_TO_LAY_OUT}")
        tree = read_tree(self.path)
        folders = {one.folders for one in tree.files if one.reason is None}
        arrangement = recognised(str(self.path), folders, self.layout)
        note = told(str(self.path), arrangement, folders, ignored=tree.ignored, empty=tree.empty_folders)
        return usable_documents(str(self.path), _candidates(tree, arrangement), notes=(note,))


def _candidates(tree: FileTree, arrangement: Arrangement) -> Iterator[SourceFile]:
    for one in tree.files:
        place = arrangement.place_of(one.folders)
        yield SourceFile(
            path=one.path,
            name=one.name,
            label=place.label,
            part=place.part,
            reason=one.reason or place.reason,
        )
