"""Upstream's own package beside Burnish."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import burnish

IMPORT = "import idp_common.model_finetuning as found; print(found.__file__)"


def imported(folder: Path) -> subprocess.CompletedProcess[str]:
    """What an import says in which the packages of a folder are found after Burnish."""
    path = os.pathsep.join([str(Path(burnish.__file__).parents[1]), str(folder)])
    return subprocess.run(
        [sys.executable, "-c", IMPORT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )


@pytest.mark.parametrize("is_installed", [True, False])
def test_whoever_imports_is_told_if_upstreams_is_installed_as_well(tmp_path, is_installed):
    if is_installed:
        metadata = tmp_path / "idp_common-0.4.2.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text("Metadata-Version: 2.1\nName: idp_common\nVersion: 0.4.2\n")
    said = imported(tmp_path).stderr
    assert ("<string>:1: RuntimeWarning: idp_common 0.4.2 is installed as well" in said) == is_installed


def test_a_package_of_this_name_on_the_path_is_not_hidden(tmp_path):
    theirs = tmp_path / "idp_common" / "model_finetuning" / "__init__.py"
    theirs.parent.mkdir(parents=True)
    (tmp_path / "idp_common" / "__init__.py").touch()
    theirs.touch()
    assert imported(tmp_path).stdout.strip() == str(theirs)
