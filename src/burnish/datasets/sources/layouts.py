"""How folders say what documents are: which of their names are types, and which are parts of the data set.

What is recognised goes by a rule that is told in words. Where two readings are possible, none is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from burnish.datasets.documents import Part, readable
from burnish.errors import InvalidConfig, InvalidDocuments

#: Folders of these names, whatever their case, may be parts and not labels ("ImageFolder").
PARTS = {
    "train": Part.TRAIN,
    "training": Part.TRAIN,
    "validation": Part.VALIDATION,
    "valid": Part.VALIDATION,
    "val": Part.VALIDATION,
    "dev": Part.VALIDATION,
    "test": Part.TEST,
    "testing": Part.TEST,
}
#: What parts are called too, without it being clear which.
_PERHAPS_PARTS = frozenset(
    {"eval", "evaluation", "heldout", "holdout", "unseen", "trainset", "testset", "valset"}
)
_NOT_FOR_PEOPLE = frozenset(
    {
        *("__macosx", "__pycache__", "$recycle.bin", "system volume information", "lost+found"),
        *("@eadir", "@recycle", "#recycle", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"),
    }
)
NO_TYPE = "it is in no folder named for a type"
NAMED = 5

#: The folders between the top of a source and a file.
Folders = tuple[str, ...]
#: What a person says that folders are named for. Labels: each folder at the top is a type, and all that lies
#: below belongs to it. Parts: they are train, validation and test, with the types below them or above them.
Layout = Literal["labels", "parts"]


@dataclass(frozen=True, kw_only=True)
class FolderMeaning:
    """What its folders say of a file, or why they say nothing."""

    label: str | None = None
    part: Part | None = None
    reason: str | None = None
    #: Whether the reason is that it lies in no part.
    lacks_part: bool = False


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """At which depth the folders are types and, where there are any, parts; all of it lies ``inside``."""

    label_at: int = 0
    part_at: int | None = None
    inside: Folders = ()

    def place_of(self, folders: Folders) -> FolderMeaning:
        """What the folders of a file say of it."""
        inner = folders[len(self.inside) :]
        if folders[: len(self.inside)] != self.inside or not inner:
            return FolderMeaning(reason=NO_TYPE)
        part = None
        if self.part_at is not None:
            name = _at(inner, self.part_at)
            part = PARTS.get((name or "").casefold())
            if part is None:
                return FolderMeaning(reason=_no_part(name), lacks_part=True)
        label = _at(inner, self.label_at)
        return FolderMeaning(label=label, part=part) if label else FolderMeaning(reason=NO_TYPE)

    def part_names(self, folders: Iterable[Folders]) -> list[str]:
        """The names of the parts in the order of training, validation, test."""
        at = len(self.inside) + (self.part_at or 0)
        names = {one[at] for one in folders if self.part_at is not None and self.place_of(one).label}
        return sorted(names, key=lambda name: (list(Part).index(PARTS[name.casefold()]), name))


TYPES = Arrangement()
PARTS_ABOVE = Arrangement(label_at=1, part_at=0)
PARTS_BELOW = Arrangement(label_at=0, part_at=1)


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is none of a person's: hidden, or left by a program."""
    return name.startswith(".") or name.casefold() in _NOT_FOR_PEOPLE


def recognised(origin: str, folders: Collection[Folders], layout: Layout | None = None) -> Arrangement:
    """How the folders in which files lie are arranged. Raises `InvalidDocuments` where that is in doubt.

    A ``layout`` settles the doubt, and goes before what would be recognised.
    """
    if layout not in (None, *get_args(Layout)):
        raise InvalidConfig(f"The layout {layout!r}", [f"it must be one of {', '.join(get_args(Layout))}"])
    if layout == "labels":
        return TYPES
    if layout == "parts":
        return _parts_in(origin, folders)
    tops = _names(folders, 0)
    if tops and all(map(_is_part, tops)) and any(len(one) > 1 for one in folders):
        return PARTS_ABOVE
    if in_doubt := _doubt_at_top(folders):
        raise InvalidDocuments(_two_ways(origin, *in_doubt))
    if wrapped := _wrapped(origin, folders):
        return wrapped
    return _types_with_parts_below(origin, folders)


def _doubt_at_top(folders: Collection[Folders]) -> tuple[list[str], list[str]] | None:
    """The names at the top that may be parts, and the others, where it is not clear what they are."""
    tops = _names(folders, 0)
    below = {top: _names((one[1:] for one in folders if one[:1] == (top,)), 0) for top in tops}
    parts = {top for top in tops if _is_part(top) or _plain(top) in _PERHAPS_PARTS}
    others = tops - parts
    holds_folders = any(below[top] for top in parts)
    if parts and ((holds_folders and len(tops) > 1) or len(parts) > 1):
        return sorted(parts), sorted(others)
    # "train_data" may be a part or a type, unless types lie below it that stand elsewhere too.
    alike = {top for top in others if _mentions_part(top) and below[top] & _elsewhere(top, below)}
    return (sorted(alike | parts), sorted(others - alike)) if alike else None


def _elsewhere(top: str, below: dict[str, set[str]]) -> set[str]:
    """Every name at the top, and below the other folders there."""
    return set(below).union(*(names for other, names in below.items() if other != top))


def _wrapped(origin: str, folders: Collection[Folders]) -> Arrangement | None:
    """The arrangement with parts inside of the one folder that holds everything, if that is how it is."""
    tops = _names(folders, 0)
    if len(tops) != 1 or max(map(len, folders)) < 3:
        return None
    (top,) = tops
    inner = recognised(f"{origin}/{readable(top)}", {one[1:] for one in folders if one})
    return replace(inner, inside=(top, *inner.inside)) if inner.part_at is not None else None


def _types_with_parts_below(origin: str, folders: Collection[Folders]) -> Arrangement:
    """Types, each of which may have the same parts below it: all of them, or none."""
    labelled = [one for one in folders if one]
    in_parts = [one for one in labelled if len(one) > 1 and _is_part(one[1])]
    if not in_parts:
        return TYPES
    if len(in_parts) == len(labelled):
        return PARTS_BELOW
    inside, beside = min(in_parts), min(set(labelled) - set(in_parts))
    raise InvalidDocuments(
        f"{origin!r} can be understood in two ways: `{_shown(inside[:2])}` may be a part of the data set, "
        f"but the files in `{_shown(beside)}` are in no part. Say which: --layout labels if "
        f"`{_shown(inside[:1])}` is a type with all that is in it; --layout parts to leave out what is in no "
        "part"
    )


def _parts_in(origin: str, folders: Collection[Folders]) -> Arrangement:
    """Where the parts are that a person has said there are."""
    tops = _names(folders, 0)
    if any(map(_is_part, tops)):
        return PARTS_ABOVE
    if len(tops) == 1 and max(map(len, folders)) > 2:
        inner = _parts_in(f"{origin}/{readable(*tops)}", {one[1:] for one in folders if one})
        return replace(inner, inside=(*tops, *inner.inside))
    if any(map(_is_part, _names(folders, 1))):
        return PARTS_BELOW
    raise InvalidDocuments(
        f"{origin!r} has no folders named for parts: name them train, validation and test, or say "
        "--layout labels"
    )


def _two_ways(origin: str, parts: list[str], others: list[str]) -> str:
    known = [name for name in parts if _is_part(name)]
    unknown = sorted({*parts, *others} - set(known))
    named = "may be a part of the data set or a type" if len(parts) == 1 else "may be parts or types"
    besides = f", and {_quoted(others)} {_is(others)} beside {'it' if len(parts) == 1 else 'them'}"
    ways = [f"--layout labels if all {len(parts) + len(others)} are types"]
    if known and unknown:
        ways.append(f"--layout parts to use {_quoted(known)} and leave {_quoted(unknown)} out")
    elif known:
        ways.append("to be parts, each needs a folder for each type, such as train/invoice")
    if unknown:
        ways.append(f"or rename what is a part to train, validation or test ({_quoted(unknown)})")
    return (
        f"{origin!r} can be understood in two ways: {_quoted(parts)} {named}{besides if others else ''}. "
        f"Say which: {'; '.join(ways)}"
    )


def _no_part(name: str | None) -> str:
    if name is None:
        return "it is in no folder named for a part"
    return f"its folder {readable(name)!r} is none of the parts train, validation and test"


def _at(folders: Folders, depth: int) -> str | None:
    return folders[depth] if len(folders) > depth else None


def _names(folders: Iterable[Folders], depth: int) -> set[str]:
    return {one[depth] for one in folders if len(one) > depth}


def _is_part(name: str) -> bool:
    return name.casefold() in PARTS


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _mentions_part(name: str) -> bool:
    words = set(re.findall(r"[^\W\d_]+", name.casefold()))
    return bool(words & (PARTS.keys() | _PERHAPS_PARTS))


def _shown(folders: Folders) -> str:
    return readable("/".join(folders))


def _quoted(names: Collection[str]) -> str:
    shown = [f"`{readable(name)}`" for name in sorted(names)]
    return ", ".join(shown[:NAMED]) + (f" and {len(shown) - NAMED} more" if len(shown) > NAMED else "")


def _is(names: Collection[str]) -> str:
    return "is" if len(names) == 1 else "are"


def told(
    origin: str,
    arrangement: Arrangement,
    filled: Collection[Folders],
    *,
    ignored: Collection[str] = (),
    empty: Collection[Folders] = (),
) -> str:
    """What was recognised in a line: parts, labels, and what was passed over."""
    facts = [_counted(arrangement, filled), *_untrained(arrangement, filled)]
    if hollow := {one[-1] for one in empty if _is_of_type(arrangement, one)}:
        facts.append(f"no files in {_quoted(hollow)}")
    if ignored:
        facts.append(f"{_quoted(ignored)} ignored")
    return f"{readable(origin)}: {'; '.join([*facts, *_perhaps_inside(origin, arrangement, filled)])}"


def _counted(arrangement: Arrangement, filled: Collection[Folders]) -> str:
    parts = arrangement.part_names(filled)
    labels = _labels(arrangement, filled)
    inside = f"in `{_shown(arrangement.inside)}`, " if arrangement.inside else ""
    named = f"{_count(parts, 'part')} ({', '.join(map(readable, parts))}), " if parts else ""
    return f"{inside}{named}{_count(labels, 'label')}"


def _untrained(arrangement: Arrangement, filled: Collection[Folders]) -> list[str]:
    """The labels that stand in other parts and not in the one to train on, which a person may not expect."""
    for_training = [one for one in filled if arrangement.place_of(one).part in (None, Part.TRAIN)]
    lacking = _labels(arrangement, filled) - _labels(arrangement, for_training)
    return [f"nothing to train on for {_quoted(lacking)}"] if lacking else []


def _perhaps_inside(origin: str, arrangement: Arrangement, filled: Collection[Folders]) -> list[str]:
    """Where the labels may be, if there is one alone and it holds folders."""
    labels = _labels(arrangement, filled)
    if arrangement != TYPES or len(labels) != 1 or max(map(len, filled)) < 2:
        return []
    return [f"if the types are the folders in it, give {readable(f'{origin}/{min(labels)}')}"]


def _labels(arrangement: Arrangement, filled: Collection[Folders]) -> set[str]:
    return {label for one in filled if (label := arrangement.place_of(one).label)}


def _is_of_type(arrangement: Arrangement, folders: Folders) -> bool:
    """Whether a folder stands where types do."""
    depth = len(arrangement.inside) + arrangement.label_at + 1
    return len(folders) == depth and not arrangement.place_of(folders).lacks_part


def _count(names: Collection[str], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
