"""Every example of the documentation does what it says, from the first line of a page to its last."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documentation_pages import PAGES, ROOT, RUN, SHOWN, blocks_of
from page_runs import FEW_SAMPLES, run_page, write_programs

RUNNABLE = [page for page in PAGES if any(block.kind in RUN for block in blocks_of(page))]
#: Its family must be installed as a package: tests/families runs that page.
ELSEWHERE = {"add-a-model-family.md"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def bin_folder(tmp_path: Path, tiny_weights: Path) -> Path:
    """Programs as a reader has them, but that models are tiny and samples few: both take no time."""
    write_programs(tmp_path / "bin", serving=f"--port 0 --model {tiny_weights}", sampling=FEW_SAMPLES)
    return tmp_path / "bin"


@pytest.mark.parametrize("page", [one for one in RUNNABLE if one.name not in ELSEWHERE], ids=name_of)
def test_the_examples_of_a_page_run_in_their_order(
    burnish_server, bin_folder: Path, tmp_path: Path, page: Path
):
    from burnish.aws.objects import ensure_bucket

    for bucket in ("my-bucket", "papers", "tour"):
        ensure_bucket(burnish_server.clients().s3, bucket, region="us-east-1")
    environment = {
        **os.environ,
        **burnish_server.environment,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    work = tmp_path / "work"
    work.mkdir()
    said, status = run_page(page, work, environment)
    assert status == 0, said[-6000:]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_whether_it_runs(page: Path):
    unknown = [(block.line, block.kind) for block in blocks_of(page) if block.kind not in (*RUN, *SHOWN)]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


def test_the_documentation_is_built_without_a_warning(tmp_path: Path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    ended = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path / "html")], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    commands = (tmp_path / "html" / "reference" / "commands.html").read_text()
    assert "burnish job create" in commands
    assert "ModelFinetuningService" in (tmp_path / "html" / "reference" / "python.html").read_text()
