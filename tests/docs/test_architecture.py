"""The pages about the source name files that exist, and the README names every package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "burnish"
PAGES = [ROOT / "docs" / "explanation" / f"{name}.md" for name in ("architecture", "maintaining")]
#: Paths that are not the package's: of the repository.
OTHERS = ("src/", "docs/", "tests/", "benchmarks/")


def paths_in(text: str) -> list[str]:
    """What stands in code type and looks like a file or a folder with others in it."""
    return re.findall(r"`([a-z_]+(?:/[a-z_0-9]+)*(?:\.py|\.md|/))`", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_of_a_page_about_the_source_exists(page):
    named = paths_in(page.read_text(encoding="utf-8"))
    assert len(named) > 10
    missing = [path for path in named if not ((ROOT if path.startswith(OTHERS) else SOURCE) / path).exists()]
    # What a server keeps is named in the same way.
    assert [path for path in missing if path != "objects/"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_name_beside_a_path_stands_in_that_file(page):
    pairs = re.findall(r"`([a-z_/]+\.py)` \(`(\w+)`\)", page.read_text(encoding="utf-8"))
    for path, name in pairs:
        assert name in (SOURCE / path).read_text(encoding="utf-8"), f"{name} is not in {path}"


def test_the_map_in_the_readme_names_every_package():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    a_map = readme[readme.index("## The source") :]
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in a_map} == set()
