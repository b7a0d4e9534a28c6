"""The README's quick start, with the real default model, ends in a win.

It is typed word for word. Of the sample documents some are taken away: the others are enough to tell the
models apart, in half of the minutes. benchmarks/first_ten_minutes.py keeps all of them.
"""

from __future__ import annotations

import os

import pytest
from documentation_pages import ROOT
from page_runs import run_page, write_programs

from burnish.cache import cache_folder
from burnish.evaluation import read_evaluation, scores_of
from burnish.evaluation.verdict import Verdict

#: Four types are kept, with five documents each to learn from and four that are held out.
FEWER_SAMPLES = '"$@" && rm -r "$2"/*/{budget,form,memo,scientific_paper} && rm "$2"/training/*/00[678].*'


@pytest.mark.end_to_end
def test_the_quick_start_ends_in_a_win_for_the_tuned_model(tmp_path):
    if not list((cache_folder() / "weights").glob("*SmolLM2-135M*")):
        pytest.skip("the default model's weights are not here: run `burnish weights`")
    write_programs(tmp_path / "bin", serving="--port 0", sampling=FEWER_SAMPLES)
    (tmp_path / "page.md").write_text(quick_start())
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    said, status = run_page(tmp_path / "page.md", tmp_path, environment)
    assert status == 0, said[-6000:]
    evaluation = read_evaluation(tmp_path / "burnish-evaluation")
    scores = scores_of(evaluation.candidates, evaluation.labels)
    assert len(evaluation.labels) == 4
    assert scores.verdict is Verdict.SETTLED, scores.conclusion
    assert scores.conclusion.startswith("Use tuned: ")


def quick_start() -> str:
    return (ROOT / "README.md").read_text().partition("## Quick start")[2].partition("\n## ")[0]
