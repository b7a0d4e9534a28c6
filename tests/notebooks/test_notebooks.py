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
#: What a test writes in the place of a setting, so that a notebook takes seconds.
SMALL = {
    "DATASET": '"s3://notebooks-tests/set"',
    "HYPERPARAMETERS": '{"epochCount": "1", "batchSize": "8"}',
    "PER_LABEL, HELD_OUT_PER_LABEL": "3, 1",
    "work": "burnish.connect()",
}

every_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


@pytest.fixture
def run(burnish_environment, monkeypatch, tmp_path):
    """Runs cells as Jupyter does, in a folder of the test's own, and gives what they printed and showed."""
    for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))

    def run_cells(notebook, cells):
        notebook = nbformat.from_dict({**notebook, "cells": cells})
        place = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, kernel_name="python3", timeout=300, resources=place).execute()
        return [output for cell in notebook.cells for output in cell.get("outputs", ())]

    return run_cells


def read(name, settings):
    """A notebook with some settings replaced."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for setting, value in settings.items():
                cell.source = re.sub(
                    rf"^{setting} = .*$", f"{setting} = {value}", cell.source, flags=re.MULTILINE
                )
    return notebook


def cell_of(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def texts_of(outputs):
    """What was printed, and what is shown as HTML."""
    printed = "".join(one.text for one in outputs if one.output_type == "stream")
    return printed + "".join(one.data.get("text/html", "") for one in outputs if "data" in one)


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
    notebook = read(name, {})
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.outputs or cell.execution_count] == []
    assert [cell.id for cell in notebook.cells if cell.metadata] == []


@every_notebook
def test_a_notebook_imports_burnish_and_nothing_else(name):
    code = "\n".join(cell.source for cell in read(name, {}).cells if cell.cell_type == "code")
    assert re.findall(r"^ *(?:from|import) .*$", code, re.MULTILINE) == ["import burnish"]
    # What is not public may change with any version.
    import burnish

    assert set(re.findall(r"\bburnish\.(\w+)", code)) <= set(burnish.__all__)
    assert "environ" not in code


@every_notebook
def test_a_notebook_runs_from_top_to_bottom_and_leaves_nothing_behind(name, run, burnish_environment):
    notebook = read(name, SMALL)
    before = what_is_there(burnish_environment)
    shown = texts_of(run(notebook, notebook.cells))
    assert f"{burnish_environment.models[0]} on your own server" in shown
    assert "<meter" in shown  # the reader's own document, with the probability of each label
    assert what_is_there(burnish_environment) == before


@every_notebook
def test_the_lines_that_a_notebook_shows_for_aws_are_enough(name, run, burnish_environment):
    """They name a model of Nova; a server of one's own answers for it with a stand-in."""
    notebook = read(name, {"PER_LABEL, HELD_OUT_PER_LABEL": SMALL["PER_LABEL, HELD_OUT_PER_LABEL"]})
    where = cell_of(notebook, "where")
    shown = re.search(r"```python\n(.*?)```", cell_of(notebook, "where-text").source, re.DOTALL)
    for line in shown.group(1).splitlines():
        setting = line.partition(" = ")[0]
        where.source, places = re.subn(rf"^{setting} = .*$", line, where.source, flags=re.MULTILINE)
        assert places == 1, line
    where.source = re.sub("s3://[a-z-]+/", "s3://notebooks-tests/", where.source)
    before = what_is_there(burnish_environment)
    assert "amazon.nova-lite-v1:0:300k" in texts_of(run(notebook, notebook.cells))
    assert what_is_there(burnish_environment) == before


def test_the_clean_up_needs_the_settings_only_and_ends_what_an_interrupted_run_has_begun(
    run, burnish_environment
):
    many = '{"epochCount": "100", "batchSize": "8"}'
    notebook = read("2-service", {**SMALL, "HYPERPARAMETERS": many, "NAME": '"interrupted"'})
    before = what_is_there(burnish_environment)
    run(notebook, notebook.cells[: 1 + notebook.cells.index(cell_of(notebook, "jobs"))])
    assert len(what_is_there(burnish_environment)) == len(before) + 3  # two jobs and a role
    for _ in range(2):
        run(notebook, [cell_of(notebook, "where"), cell_of(notebook, "clean-up")])
        assert what_is_there(burnish_environment) == before
    jobs = burnish_environment.service().list_jobs(name_contains="interrupted-")
    assert [job.status for job in jobs] == [JobStatus.STOPPED, JobStatus.STOPPED]


def test_without_a_server_and_without_a_base_model_nothing_is_begun(run, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    notebook = read("2-service", SMALL)
    with pytest.raises(CellExecutionError, match="no base model is named"):
        run(notebook, [cell_of(notebook, "where")])
