"""The pages that `burnish serve --ui` starts beside itself."""

from burnish.cli.pages_beside import PagesBeside
from burnish.waiting import wait_until


def test_why_there_are_no_pages_is_told_and_nothing_is_left_running(tmp_path):
    said = []
    with PagesBeside(tmp_path / "data", tmp_path / "ui.log", said.append) as pages:
        pages.start()
        wait_until(lambda: said, bool, interval=0.05, timeout=60)
        process = pages._process
    assert said[0].startswith("Pages in a browser: Error: No server runs with the data folder")
    assert process.has_ended


def test_nothing_is_started_unless_it_is_asked_for(tmp_path):
    with PagesBeside(tmp_path, tmp_path / "ui.log", print):
        pass
    assert not (tmp_path / "ui.log").exists()
