"""Tables, where nothing that may be copied is ever cut or broken: in any width, and in a pipe."""

import re
import sys

import pytest

from burnish.cli.output import show_many, show_table
from burnish.types import FinetuningJobResult, JobStatus

COMMAND = "burnish throughput delete a-name-that-somebody-has-given"
ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"


def plain_lines(text):
    """The lines without codes for bold letters, and without the blanks at their ends."""
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]


@pytest.fixture
def terminal(monkeypatch):
    """Sets the width of a terminal that standard output seems to be."""

    def of(width):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm")

    return of


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_what_can_be_copied_is_whole_in_any_width(capsys, terminal, width):
    terminal(width)
    show_table(("kind", "name", "to end it"), [("throughput", ARN, COMMAND)])
    shown = capsys.readouterr().out
    assert COMMAND in shown
    assert ARN in shown
    assert "…" not in shown


def test_a_wide_terminal_gets_columns_and_a_narrow_one_a_paragraph_for_each_row(capsys, terminal):
    terminal(60)
    show_table(("name", "status"), [("papers", "Active"), ("notes", "Failed")])
    wide = ["name    status", "papers  Active", "notes   Failed"]
    assert plain_lines(capsys.readouterr().out) == wide
    terminal(10)
    show_table(("name", "status"), [("papers", "Active"), ("notes", "Failed")])
    narrow = "name:\n  papers\nstatus:\n  Active\n\nname:\n  notes\nstatus:\n  Failed\n"
    assert capsys.readouterr().out == narrow


def test_rows_that_are_compared_stand_side_by_side_in_a_narrow_terminal(capsys, terminal):
    terminal(25)
    columns = ("model", "correct", "accuracy", "macro F1")
    show_table(columns, [("base", "1/2", "0.5", "0.4"), ("tuned", "2/2", "1.0", "1.0")], compared=True)
    side_by_side = ["model     base  tuned", "correct    1/2    2/2", "accuracy   0.5    1.0"]
    side_by_side += ["macro F1   0.4    1.0"]
    assert plain_lines(capsys.readouterr().out) == side_by_side


def test_a_pipe_gets_tab_separated_values(capsys):
    show_table(("name", "to end it"), [("papers", COMMAND)])
    assert capsys.readouterr().out == f"name\tto end it\npapers\t{COMMAND}\n"


def test_a_list_has_ids_in_the_place_of_arns(capsys):
    job = FinetuningJobResult(job_arn=ARN, job_name="papers", status=JobStatus.COMPLETED)
    show_many([job], {"name": "job_name", "id": "job_arn"}, as_json=False, none="None.")
    assert capsys.readouterr().out == "name\tid\npapers\tabcdefghijkl\n"
