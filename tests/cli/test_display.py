import io

import pytest
from rich.console import Console

from burnish.cli.display import LiveDisplay, PlainDisplay, Stages, _progress_on


def test_a_log_gets_a_line_for_every_quarter(capsys):
    display = PlainDisplay()
    display.begin("data set")
    for done in range(1, 101):
        display.show("pages", done=done, total=100)
    display.end(well=True)
    shown = capsys.readouterr().err
    assert [line.split()[2] for line in shown.splitlines() if "pages" in line] == [
        *("1/100", "25/100", "50/100", "75/100", "100/100")
    ]


def test_every_stage_is_timed_even_one_that_fails(capsys):
    stages = Stages(PlainDisplay())
    with stages.stage("documents"):
        pass
    with pytest.raises(ValueError, match="no"), stages.stage("server"):
        raise ValueError("no")
    assert list(stages.seconds) == ["documents", "server"]
    assert stages.current == "server"
    assert "server: not finished" in capsys.readouterr().err


def test_a_terminal_shows_bars_and_keeps_a_line_for_each_stage():
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    with _progress_on(console) as progress:
        display = LiveDisplay(progress)
        display.begin("documents")
        display.show("240 documents of 8 types")
        display.end(well=True)
        display.begin("job")
        display.show("training, loss 0.312", done=30, total=60)
        progress.refresh()
    last = console.file.getvalue()
    assert "✓ documents" in last
    assert "240 documents of 8 types" in last
    assert "30/60" in last
    assert "training, loss 0.312" in last
