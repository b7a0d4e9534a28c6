"""What the doctor's findings look like: marks in a terminal, tab-separated values elsewhere."""

import re

import pytest

from burnish.cli.check_table import show_checks
from burnish.doctor.check_results import CheckResult, Severity

FOUND = [
    CheckResult(severity=Severity.OK, subject="commands", says="serve: installed"),
    CheckResult(severity=Severity.PROBLEM, subject="commands", says="audit: lacks scipy, " + "long " * 12),
]


@pytest.mark.parametrize("width", [40, 120])
def test_a_terminal_of_any_width_shows_a_mark_for_each_and_their_subject_once(monkeypatch, capsys, width):
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": str(width), "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    show_checks(FOUND)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= width
    assert sum("commands" in line for line in lines) == 1
    assert lines[0].split()[0] in "✓+"
    assert lines[1].split()[0] in "✗x"


def test_a_pipe_gets_a_line_for_each(capsys):
    show_checks(FOUND)
    assert capsys.readouterr().out.splitlines()[1] == "ok\tcommands\tserve: installed"
