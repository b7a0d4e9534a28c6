"""Documents of a data set that somebody wants to see: of a part, a label, a group of copies, or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest, ManifestDocument
from burnish.errors import InvalidInput
from burnish.ui.visits import Visit


@dataclass(frozen=True, kw_only=True)
class DocumentSelection:
    """Which documents; by default all."""

    part: Part | None = None
    label: str | None = None
    #: The digest that names a group of copies.
    group: str | None = None
    #: What the name holds, in small or capital letters.
    name: str | None = None

    @property
    def parameters(self) -> Mapping[str, str | None]:
        """What says the same in an address."""
        return {"part": self.part, "label": self.label, "group": self.group, "name": self.name}

    def of(self, manifest: Manifest) -> Sequence[ManifestDocument]:
        """These documents, in the order of the manifest."""
        return [one for one in manifest.documents if self._takes(one)]

    def _takes(self, one: ManifestDocument) -> bool:
        return (
            self.part in (None, one.part)
            and self.label in (None, one.label)
            and self.group in (None, one.group)
            and (self.name or "").casefold() in one.name.casefold()
        )


def documents_in(visit: Visit) -> DocumentSelection:
    """The documents that an address names. Raises `InvalidInput` for what is no part."""
    part = visit.query("part")
    if part and part not in set(Part):
        raise InvalidInput(f"part is {part!r}: it must be one of {', '.join(Part)}")
    return DocumentSelection(
        part=Part(part) if part else None,
        label=visit.query("label") or None,
        group=visit.query("group") or None,
        name=visit.query("name") or None,
    )
