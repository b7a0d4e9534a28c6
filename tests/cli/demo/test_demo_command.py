"""What the demo refuses before it begins. The whole of it is run in the end-to-end test."""

import json
import signal
import subprocess
import sys

import pytest

from burnish.cli.demo.folder import MARKER, claim
from burnish.errors import InvalidInput


def heed_interrupts():
    """Where this runs in a shell's background, interrupts are ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def write(path, text="mine"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_folder_of_somebody_elses_is_left_alone(burnish, tmp_path):
    mine = write(tmp_path / "out" / "thesis.txt")
    ended = burnish("demo", "--out", tmp_path / "out")
    assert ended.returncode == 1
    assert "it holds files that no demo has written" in ended.stderr
    assert mine.read_text() == "mine"


def test_documents_without_sub_folders_are_one_message_and_nothing_is_written(burnish, tmp_path):
    write(tmp_path / "documents" / "one.pdf")
    ended = burnish("demo", "--documents", tmp_path / "documents", "--out", tmp_path / "out")
    assert ended.returncode == 1
    assert "holds no labelled documents (1 were left out: one.pdf: it is in no folder" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


def test_bad_documents_do_not_cost_an_earlier_report(burnish, tmp_path):
    claim(tmp_path / "out", documents=None)
    report = write(tmp_path / "out" / "report.html")
    (tmp_path / "documents").mkdir()
    burnish("demo", "--documents", tmp_path / "documents", "--out", tmp_path / "out")
    assert report.exists()


def test_an_earlier_demo_is_replaced_and_strange_files_beside_it_stay(tmp_path):
    claim(tmp_path / "out", documents=None)
    report = write(tmp_path / "out" / "report.html")
    page = write(tmp_path / "out" / "documents" / "training" / "memo" / "001.png")
    note = write(tmp_path / "out" / "my-notes.txt")
    claim(tmp_path / "out", documents=None)
    assert not report.exists()
    assert not page.exists()
    assert note.exists()


def test_documents_inside_the_folder_that_is_emptied_are_refused(tmp_path):
    claim(tmp_path / "out", documents=None)
    page = write(tmp_path / "out" / "documents" / "training" / "memo" / "001.png")
    with pytest.raises(InvalidInput, match="your documents are in it"):
        claim(tmp_path / "out", documents=tmp_path / "out" / "documents" / "training")
    assert page.exists()


def test_a_model_that_was_kept_is_not_replaced(tmp_path):
    claim(tmp_path / "out", documents=None)
    (tmp_path / "out" / MARKER).write_text(json.dumps({"kept": True}))
    with pytest.raises(InvalidInput, match="--keep"):
        claim(tmp_path / "out", documents=None)


def test_a_file_in_the_place_of_the_folder_is_named(burnish, tmp_path):
    write(tmp_path / "out")
    ended = burnish("demo", "--out", tmp_path / "out")
    assert ended.returncode == 1
    assert "it is a file" in ended.stderr


def test_a_server_that_does_not_come_up_is_explained(burnish, tmp_path):
    (tmp_path / "no-model").mkdir()
    words = ("--model", tmp_path / "no-model", "--training-per-label", 2, "--held-out-per-label", 1)
    ended = burnish("demo", "--out", tmp_path / "out", *words)
    assert ended.returncode == 1
    assert "The server did not start" in ended.stderr
    assert "config.json is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def processes_about(folder):
    """The command lines of running processes that name a folder."""
    found = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if str(folder) in line]


@pytest.mark.parametrize(
    "stage", ["1. documents", "2. server", "3. data set", "4. first rungs", "5. job", "7. evaluation"]
)
def test_ctrl_c_leaves_no_process_and_says_what_is_kept(tmp_path, tiny_weights, stage):
    out = tmp_path / "out"
    words = ["--out", out, "--model", tiny_weights, "--training-per-label", 2, "--held-out-per-label", 1]
    with subprocess.Popen(
        [sys.executable, "-m", "burnish.cli", "demo", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    ) as demo:
        for line in demo.stderr:
            if line.startswith(stage):
                break
        demo.send_signal(signal.SIGINT)
        results, shown = demo.communicate()
    assert demo.returncode == -signal.SIGINT
    assert results == ""
    assert "Traceback" not in shown
    said = shown.splitlines(keepends=True)[-1]
    assert said.startswith(f"Interrupted during {stage[3:]}; nothing is left running. ")
    assert f"Kept in {out}: documents" in said or "Nothing was kept." in said
    assert ("documents" in said.partition("Kept in")[2]) == (out / "documents").exists()
    assert processes_about(out) == []
