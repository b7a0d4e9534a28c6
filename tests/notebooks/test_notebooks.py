"""The notebooks: run from top to bottom against a server that really trains, with nothing left behind."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from burnish import JobStatus

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = ("1-data-set", "2-service", "3-evaluation")
BUCKET = "of-the-notebooks-tests"
SMALL = {
    "NB_BUCKET": BUCKET,
    "NB_PER_LABEL": "3",
    "NB_HELD_OUT_PER_LABEL": "1",
    "NB_EPOCHS": "1",
    "NB_BATCH_SIZE": "8",
    "NB_POLL_SECONDS": "0.2",
}

every_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


@pytest.fixture
def run(burnish_environment, monkeypatch, tmp_path):
    """Runs cells as Jupyter does, in a folder of the test's own, and gives what they printed."""
    folders = ("BURNISH_CACHE", "IPYTHONDIR", "JUPYTER_DATA_DIR")
    for name, value in {**SMALL, **{name: str(tmp_path / name) for name in folders}}.items():
        monkeypatch.setenv(name, value)

    def run_cells(notebook, cells):
        notebook = nbformat.from_dict({**notebook, "cells": cells})
        place = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, kernel_name="python3", timeout=300, resources=place).execute()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        return "".join(one.text for one in outputs if one.output_type == "stream")

    return run_cells


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def cell_of(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def what_is_there(server):
    """Everything in the account that costs money, is under way, or may do something."""
    service = server.service()
    return [
        *(one.job_arn for one in service.list_jobs(status=JobStatus.IN_PROGRESS)),
        *(one.model_arn for one in service.list_custom_models()),
        *(one.provisioned_model_arn for one in service.list_provisioned_throughputs()),
        *(one.deployment_arn for one in service.list_custom_model_deployments()),
        *(one["RoleName"] for one in server.clients().iam.list_roles()["Roles"]),
    ]


def test_there_are_no_other_notebooks():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NOTEBOOKS)


@every_notebook
def test_a_notebook_is_kept_without_what_a_run_leaves_in_it(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].source.startswith("# Where\n")
    assert [cell.id for cell in code if cell.outputs or cell.execution_count] == []
    assert [cell.id for cell in notebook.cells if cell.metadata] == []


@every_notebook
def test_a_notebook_runs_from_top_to_bottom_and_leaves_nothing_behind(name, run, burnish_environment):
    notebook = read(name)
    before = what_is_there(burnish_environment)
    said = run(notebook, notebook.cells)
    assert f"{burnish_environment.models[0]} at a server of your own" in said
    assert what_is_there(burnish_environment) == before


@every_notebook
def test_the_lines_that_a_notebook_shows_for_aws_are_enough(name, run, burnish_environment):
    """They name a model of Nova; a server of one's own answers for it with a stand-in."""
    notebook = read(name)
    where = cell_of(notebook, "where")
    shown = re.search(r"```python\n(.*?)```", cell_of(notebook, "where-text").source, re.DOTALL)
    for line in shown.group(1).splitlines():
        setting = line.partition(" = ")[0]
        where.source, places = re.subn(rf"^{setting} = .*$", line, where.source, flags=re.MULTILINE)
        assert places == 1, line
    where.source += f"\nBUCKET, POLL_SECONDS = {BUCKET!r}, 0.2"
    before = what_is_there(burnish_environment)
    assert "amazon.nova-lite-v1:0:300k" in run(notebook, notebook.cells)
    assert what_is_there(burnish_environment) == before


def test_the_clean_up_needs_one_cell_and_ends_what_a_broken_off_run_has_begun(
    run, burnish_environment, monkeypatch
):
    monkeypatch.setenv("NB_NAME", "broken-off")
    monkeypatch.setenv("NB_EPOCHS", "100")
    notebook = read("2-service")
    before = what_is_there(burnish_environment)
    run(notebook, notebook.cells[: 1 + notebook.cells.index(cell_of(notebook, "jobs"))])
    assert len(what_is_there(burnish_environment)) == len(before) + 3  # two jobs and a role
    for _ in range(2):
        run(notebook, [cell_of(notebook, "where"), cell_of(notebook, "clean-up")])
        assert what_is_there(burnish_environment) == before
    jobs = burnish_environment.service().list_jobs(name_contains="broken-off-run-")
    assert [job.status for job in jobs] == [JobStatus.STOPPED, JobStatus.STOPPED]


def test_without_a_server_and_without_a_base_model_nothing_is_begun(run, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    notebook = read("2-service")
    with pytest.raises(CellExecutionError, match="This leads to AWS: name a bucket and a base model"):
        run(notebook, [cell_of(notebook, "where")])
