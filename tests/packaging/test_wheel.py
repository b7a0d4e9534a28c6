"""The wheel in a fresh environment: light alone, whole with each extra, and what the seed's code imports.

What is installed is what `constraints.txt` pins. All other tests run with the extras `local` and `demo`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
#: By extra, what works once it is installed.
WORKS = {
    "audit": "import cv2, rapidocr; from burnish.datasets.auditing import audit_documents",
    "datasets": "import datasets; from burnish.datasets.sources import HuggingFaceSource",
    "evaluation": (
        "from burnish.evaluation import plot_loss; plot_loss([(0, 1.0)], []);"
        "from burnish.evaluation.reports.page import html_of; from burnish.evaluation import metrics_of"
    ),
    "mlflow": "import mlflow; from burnish.tracking import log_to_mlflow",
    # The kinds read their words from files, which the wheel has to bring along.
    "samples": "from burnish.samples import kinds, write_sample_documents; import faker, reportlab",
    "server": "from burnish.server.app import create_app",
    "tensorboard": "from burnish.tracking import write_tensorboard; write_tensorboard({}, 'tb')",
}
HEAVY = {"torch", "transformers", "numpy", "matplotlib", "sklearn", "scipy", "starlette", "onnxruntime"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (made,) = folder.glob("burnish-*.whl")
    return made


def installed(wheel: Path, folder: Path, extra: str = "") -> Path:
    """The Python of a fresh environment with the wheel."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    wanted = f"burnish[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), wanted], check=True)
    return python


@pytest.fixture(scope="module")
def client(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(wheel, tmp_path_factory.mktemp("client") / "venv")


def said_by(python: Path, code: str, folder: Path) -> str:
    ended = subprocess.run([str(python), "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_wheel_holds_types_templates_licence_and_the_seeds_import_path(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "burnish/py.typed",
        "burnish/evaluation/reports/templates/report.html.jinja",
        "burnish/datasets/templates/audit.html.jinja",
        "burnish/testing/plugin.py",
        "idp_common/model_finetuning/service.py",
    ):
        assert name in names, name
    assert any(name.endswith("licenses/LICENSE") for name in names)
    # With one, an installed package of this name would be hidden whole.
    assert "idp_common/__init__.py" not in names
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/")) for name in names)


@pytest.mark.parametrize("page", ["README.md", "docs/tour.md"])
def test_the_line_that_installs_names_this_wheel(wheel: Path, page: str):
    assert f"pip install './{wheel.name}[demo]'" in (ROOT / page).read_text(encoding="utf-8")


def test_the_client_alone_is_light(client: Path, tmp_path: Path):
    listed = subprocess.run(
        [str(client), "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
    )
    packages = {one["name"].lower() for one in json.loads(listed.stdout)}
    assert not packages & {*HEAVY, "scikit-learn", "pandas", "pyarrow"}
    loaded = said_by(client, "import burnish, sys; print(*sys.modules)", tmp_path).split()
    assert not {"boto3", "msgspec", "PIL", "rich", "cyclopts"} & set(loaded)


def test_the_client_alone_has_the_service_and_the_seeds_names(client: Path, tmp_path: Path):
    code = (
        "from idp_common.model_finetuning import ModelFinetuningService, FinetuningJobConfig\n"
        "from burnish import *\n"
        "import burnish\n"
        "[getattr(burnish, name) for name in burnish.__all__]\n"
        "ModelFinetuningService(region='us-east-1')\n"
    )
    said_by(client, code, tmp_path)


def test_the_command_works_and_says_which_extra_is_missing(client: Path, tmp_path: Path):
    burnish = client.with_name("burnish")
    shown = subprocess.run([str(burnish), "--help"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0
    for label in ("a", "b"):
        document = tmp_path / "documents" / label / "1.png"
        document.parent.mkdir(parents=True)
        Image.new("L", (300, 400), ord(label)).save(document)
    for words in (["serve", "--data", "d"], ["demo"], ["samples", "s"], ["audit", "documents"]):
        ended = subprocess.run(
            [str(burnish), *words], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert ended.returncode == 1, words
        assert "pip install 'burnish[" in ended.stderr, ended.stderr
        assert "Traceback" not in ended.stderr, words


@pytest.mark.parametrize("extra", sorted(WORKS))
def test_each_extra_brings_what_it_is_for(wheel: Path, tmp_path: Path, extra: str):
    python = installed(wheel, tmp_path / "venv", extra)
    said_by(python, WORKS[extra], tmp_path)
