"""Which parts of Burnish are installed: the client alone, or what each of its extras adds."""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version

from burnish.doctor.check_results import CheckResult, note, ok

_REQUIREMENT = re.compile(
    r"^(?P<name>[\w.-]+)(?:\[(?P<extras>[\w,\s-]+)\])?.*extra == ['\"](?P<extra>[\w-]+)"
)
_SELF = "burnish"


def check_installation(commands: Mapping[str, Collection[str]]) -> Iterator[CheckResult]:
    """Python and Burnish, and for each extra whether its ``commands`` can run."""
    yield ok("installation", f"Burnish {version(_SELF)} on Python {platform.python_version()}")
    required = requires(_SELF) or []
    for extra, names in sorted(commands.items()):
        shown = ", ".join(sorted(names))
        if missing := missing_packages(required, extra):
            says = f"{shown}: not installed ({', '.join(missing)} missing)"
            yield note("commands", says, remedy=f"pip install 'burnish[{extra}]'")
        else:
            yield ok("commands", f"{shown}: installed")


def missing_packages(requirements: Collection[str], extra: str) -> list[str]:
    """The packages of an extra, and of those that it includes, that are not installed."""
    missing: list[str] = []
    for found in filter(None, map(_REQUIREMENT.match, requirements)):
        if found["extra"] != extra:
            continue
        if found["name"] == _SELF:
            included = [part.strip() for part in (found["extras"] or "").split(",")]
            missing += [name for part in included for name in missing_packages(requirements, part)]
        elif not _is_installed(found["name"]):
            missing.append(found["name"])
    return sorted(set(missing))


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
