"""The README's quick start ends in a win, with the real default model: word for word, on fewer documents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from documentation_pages import ROOT
from page_runs import run_page, write_programs

from burnish.cache import cache_folder
from burnish.evaluation import Evaluation, read_evaluation, scores_of
from burnish.evaluation.verdict import Verdict
from burnish.samples import write_sample_documents

TYPES = ("email", "invoice", "resume")


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory) -> Evaluation:
    """What the quick start has evaluated."""
    if not list((cache_folder() / "weights").glob("*SmolLM2-135M*")):
        pytest.skip("the default model's weights are not here: run `burnish weights`")
    folder = tmp_path_factory.mktemp("quick-start")
    write_programs(folder / "bin", serving="--port 0")
    write_documents(folder / "documents")
    (folder / "page.md").write_text(without_samples(quick_start()))
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    said, status = run_page(folder / "page.md", folder, environment)
    assert status == 0, said[-6000:]
    return read_evaluation(folder / "burnish-evaluation")


def quick_start() -> str:
    return (ROOT / "README.md").read_text().partition("## Quick start")[2].partition("\n## ")[0]


def without_samples(text: str) -> str:
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("burnish samples ")]
    assert len(kept) == len(lines) - 1
    return "".join(kept)


def write_documents(folder: Path) -> None:
    """Sample documents of a few types: an evaluation of all eight takes minutes."""
    samples = write_sample_documents(folder.with_name("all"), per_label=10, held_out_per_label=6, seed=0)
    for part in (samples.training, samples.held_out):
        for label in TYPES:
            (folder / part.name).mkdir(parents=True, exist_ok=True)
            (part / label).rename(folder / part.name / label)


@pytest.mark.end_to_end
def test_the_quick_start_ends_in_a_win_for_the_tuned_model(evaluation):
    scores = scores_of(evaluation.candidates, evaluation.labels)
    assert scores.verdict is Verdict.SETTLED, scores.conclusion
    assert scores.conclusion.startswith("Use tuned: ")
