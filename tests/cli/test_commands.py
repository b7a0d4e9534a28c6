"""What holds for every command: help, exit statuses, one message for one error."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.cli.app import app

COMMANDS = ("audit", "check", "demo", "env", "evaluate", "prepare", "serve", "weights")
HEAVY = {"boto3", "botocore", "torch", "transformers", "matplotlib", "sklearn", "PIL", "faker", "starlette"}


def commands():
    return {name for name in app if not name.startswith("-")}


def test_the_commands_are_these():
    assert commands() == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_each_of_its_options_is_explained(command):
    assert app[command].help
    arguments = app[command].assemble_argument_collection()
    assert all(argument.parameter.help for argument in arguments), command


def test_help_lists_every_command(burnish):
    shown = burnish("--help")
    assert shown.returncode == 0
    assert all(command in shown.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_loads_nothing_heavy(command, tmp_path):
    code = (
        "import sys\nfrom burnish.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    status = end.code\n"
        "print('LOADED', status, *{name.partition('.')[0] for name in sys.modules})"
    )
    words = [command, "--help"] if command else ["--help"]
    shown = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    status, *loaded = shown.stdout.rpartition("LOADED")[2].split()
    assert status == "0"
    assert not HEAVY & set(loaded)


def test_the_version_is_told(burnish):
    assert burnish("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize(
    "words",
    [
        ["polish"],
        ["serve", "--port", "many"],
        ["serve", "--port", "70000"],
        ["demo", "--seed", "-1"],
        ["demo", "--held-out-per-label", "0"],
        ["demo", "documents"],
        ["env", "--colour"],
    ],
)
def test_wrong_usage_is_status_2(burnish, words):
    ended = burnish(*words)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr


def test_missing_weights_are_one_message(burnish, tmp_path):
    empty = tmp_path / "no-model"
    empty.mkdir()
    ended = burnish("weights", empty)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "holds no model: config.json is missing" in ended.stderr


def test_a_folder_of_weights_is_its_own_answer(burnish, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    assert burnish("weights", model).stdout == f"{model}\n"


def test_debug_shows_where_an_error_came_from(burnish, tmp_path):
    assert "Traceback" not in burnish("weights", tmp_path).stderr
    assert "Traceback" in burnish("weights", tmp_path, "--debug").stderr


def test_a_full_disk_is_one_message(burnish):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    code = "import sys\nfrom burnish.cli import app, main\n"
    code += "from burnish.cli.app import app\n"
    code += "@app.command\ndef fill():\n    open('/dev/full', 'w').write('x' * 100_000)\n"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}main(['fill'])"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: No space is left on the disk")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("interrupted", ["raise KeyboardInterrupt", "exec('raise KeyboardInterrupt')"])
def test_an_interrupted_command_ends_by_the_signal_wherever_it_was(interrupted):
    code = (
        "from burnish import cli\n"
        f"def command(words, *, debug):\n    print('half done', end='')\n    {interrupted}\n"
        "cli._status_of = command\ncli.main([])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "half done", "")
