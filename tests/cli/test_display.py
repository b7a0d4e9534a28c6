import io
from itertools import count

import pytest
from rich.console import Console

from burnish.cli.display import Stages
from burnish.cli.live_display import LiveDisplay, progress_on
from burnish.cli.plain_display import PlainDisplay


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


def test_a_log_gets_two_lines_of_what_is_counted_without_a_total(capsys):
    display = PlainDisplay(now=lambda: 0.0)
    display.begin("documents")
    for done in range(1, 101):
        display.show(f"asking, {done} done")
    display.end(well=True)
    shown = [line.split(" s  ")[-1] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["1. documents", "asking, 1 done", "asking, 100 done", "documents: done"]


def test_a_count_without_a_total_is_told_again_after_a_while(capsys):
    seconds = count(step=20)
    display = PlainDisplay(now=lambda: float(next(seconds)), check_seconds=0.001)
    display.begin("documents")
    display.show("asking, 1 done")
    display.show("asking, 7 done")
    written = ""
    while "asking, 7 done" not in written:
        written += capsys.readouterr().err
    display.end(well=True)


def test_a_stage_of_which_nothing_new_is_heard_gives_signs_of_life(capsys):
    minutes = count(step=60)
    display = PlainDisplay(now=lambda: float(next(minutes)), check_seconds=0.001)
    display.begin("deletion")
    display.show("waiting")
    written = ""
    while written.count("waiting") < 3:
        written += capsys.readouterr().err
    display.end(well=True)


def test_a_log_gets_a_line_when_something_else_is_counted(capsys):
    display = PlainDisplay()
    display.begin("job")
    display.show("reading pages", done=3, total=24)
    display.show("training, loss 1.250", done=1, total=60)
    display.show("training, loss 1.125", done=2, total=60)
    display.end(well=True)
    shown = capsys.readouterr().err.splitlines()
    assert [line.split(" s  ")[1] for line in shown[1:3]] == [
        *("3/24 reading pages", "1/60 training, loss 1.250")
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
    with progress_on(console) as progress:
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


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_stage_fits_in_one_line_of_the_terminal(width, encoding):
    written = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=written, force_terminal=True, width=width, color_system=None)
    with progress_on(console) as progress:
        display = LiveDisplay(progress, now=iter(range(0, 1000, 3)).__next__)
        display.begin("throughput of a model with a long name")
        for done in range(3):
            display.show("training on Nova Lite with a loss of 0.3124", done=done, total=2000)
        lines = console.render_lines(progress.get_renderable(), pad=False)
    assert len(lines) == 1
    line = "".join(segment.text for segment in lines[0])
    assert "2/2000" in line
    assert "2 h left" in line
    assert len(line) <= width
