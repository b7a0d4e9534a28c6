"""Families of other people: a package brings one by entry point, and a broken one is named."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import burnish
from burnish.errors import InvalidConfig
from burnish.families.registry import GROUP, OWN, with_installed

DOCUMENT = Path(burnish.__file__).parents[2] / "docs" / "how-to" / "add-a-model-family.md"


def blocks(language: str) -> list[str]:
    """The worked example's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


def wheel(folder: Path) -> Path:
    """A package with one module and one entry point, as a wheel."""
    path = folder / "acme_models-1.0-py3-none-any.whl"
    info = "acme_models-1.0.dist-info"
    (points,) = tomllib.loads(blocks("toml")[0])["project"]["entry-points"].items()
    assert points[0] == GROUP
    lines = "".join(f"{name} = {value}\n" for name, value in points[1].items())
    files = {
        "acme_models.py": blocks("python")[0],
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: acme-models\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{GROUP}]\n{lines}",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return path


def test_the_worked_example_brings_its_family_into_a_fresh_environment(tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    (packages,) = environment.glob("lib/python*/site-packages")
    # Burnish and what it needs, as they are installed here; the family is installed by pip.
    known = (Path(burnish.__file__).parents[1], Path(sysconfig.get_path("purelib")))
    (packages / "burnish-of-this-checkout.pth").write_text("".join(f"{path}\n" for path in known))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--no-deps", str(wheel(tmp_path))], check=True)
    asked = subprocess.run([str(python), "-c", blocks("python")[1]], capture_output=True, check=False)
    assert asked.returncode == 0, asked.stderr.decode()


def point(value: str, name: str = "acme") -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


def test_own_families_come_first():
    assert with_installed(OWN, ()) == OWN


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("no_such_module:ACME", "cannot be loaded: No module named 'no_such_module'"),
        ("burnish.families.nova:NO_SUCH_NAME", "cannot be loaded"),
        ("burnish.families:Bound", "is a type: it must be a ModelFamily"),
        ("burnish.families.nova:NOVA", "a family named 'nova' already"),
    ],
)
def test_a_broken_family_is_named_with_what_is_wrong(value, says):
    with pytest.raises(InvalidConfig, match="The model family 'acme'") as error:
        with_installed(OWN, [point(value)])
    assert says in str(error.value)
