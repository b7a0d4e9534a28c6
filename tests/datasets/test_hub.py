"""Data sets are read from the hub by their name, with Hugging Face's own client."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hub_on_this_machine import hub_with
from page_files import written_page

#: The client reads the hub's address when it is loaded, so it is loaded in a process of its own.
READ = """
import json, sys
from burnish.datasets.sources import source_named
from burnish.errors import InvalidDocuments
try:
    found = source_named(sys.argv[1]).read().documents
except InvalidDocuments as error:
    sys.exit(str(error))
print(json.dumps([[one.label, one.part, one.path.read_bytes().hex()] for one in found]))
"""


def read_by_name(source: str, hub: str, folder: Path) -> subprocess.CompletedProcess[str]:
    places = {"HF_ENDPOINT": hub, "HF_HOME": str(folder / "hf"), "BURNISH_CACHE": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-c", READ, source],
        env={**os.environ, **places, "HF_HUB_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def png_of(text: str) -> bytes:
    body = io.BytesIO()
    written_page(text).save(body, "PNG")
    return body.getvalue()


@pytest.fixture(scope="module")
def pages() -> dict[str, list[bytes]]:
    return {part: [png_of(f"{part} {number}") for number in range(4)] for part in ("train", "test")}


@pytest.fixture(scope="module")
def files(pages, tmp_path_factory) -> dict[str, bytes]:
    """A data set as it lies on the hub: a Parquet file for each part, the names of labels in its features."""
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    features = datasets.Features(
        {"page": datasets.Image(), "kind": datasets.ClassLabel(names=["memo", "letter"])}
    )
    folder = tmp_path_factory.mktemp("on-the-hub")
    for part, bodies in pages.items():
        rows = {"page": [{"bytes": body, "path": None} for body in bodies], "kind": [0, 1, 0, 1]}
        datasets.Dataset.from_dict(rows, features=features).to_parquet(str(folder / f"{part}.parquet"))
    return {
        f"data/{part}-00000-of-00001.parquet": (folder / f"{part}.parquet").read_bytes() for part in pages
    } | {"README.md": b"---\nlicense: mit\n---\n"}


def test_a_data_set_is_read_by_its_name_with_its_parts_and_its_own_labels(files, pages, tmp_path):
    with hub_with("owner/papers", files) as hub:
        found = read_by_name("hf:owner/papers", hub, tmp_path)
    assert found.returncode == 0, found.stderr
    documents = json.loads(found.stdout)
    counts = Counter((label, part) for label, part, _ in documents)
    assert counts == {(label, part): 2 for label in ("memo", "letter") for part in ("train", "test")}
    assert {body for _, _, body in documents} == {body.hex() for part in pages.values() for body in part}


def test_a_name_that_the_hub_does_not_know_is_said(files, tmp_path):
    with hub_with("owner/papers", files) as hub:
        found = read_by_name("hf:owner/paper", hub, tmp_path)
    assert found.returncode == 1
    assert "The data set 'owner/paper' cannot be loaded" in found.stderr.splitlines()[-1]


def test_a_hub_that_cannot_be_reached_is_said(files, tmp_path):
    with hub_with("owner/papers", files) as hub:
        pass
    found = read_by_name("hf:owner/papers", hub, tmp_path)
    assert found.returncode == 1
    assert "The data set 'owner/papers' cannot be loaded" in found.stderr.splitlines()[-1]
