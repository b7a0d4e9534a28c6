"""What holds for every command: help, exit statuses, one message for one error."""

import importlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.cli.app import app

COMMANDS = (
    *(
        "audit",
        "backup",
        "batch",
        "check",
        "classify",
        "compare",
        "completion",
        "conformance",
        "demo",
        "deployment",
        "doctor",
        "env",
        "evaluate",
        "convert",
        "export",
        "import",
        "job",
        "keys",
        "ladder",
    ),
    *("model", "prepare", "review", "role", "samples", "serve", "status", "throughput", "ui", "weights"),
)
#: What each noun can do. The same verb means the same for all.
VERBS = {
    "batch": {"create", "list", "show", "stop", "wait"},
    "deployment": {"create", "delete", "list", "show", "update", "wait"},
    "import": {"create", "delete", "list", "models", "show", "wait"},
    "job": {"check", "create", "list", "logs", "metrics", "show", "stop", "wait"},
    "keys": {"create", "list", "revoke"},
    "model": {"delete", "deploy", "download", "import", "list", "show", "undeploy"},
    "review": {"apply", "compare", "decide", "diff", "export", "import", "results", "status", "versions"},
    "role": {"create", "delete", "list", "show"},
    "throughput": {"create", "delete", "list", "show", "update", "wait"},
}
EVERY = [(name,) for name in COMMANDS if name not in VERBS] + [
    (noun, verb) for noun, verbs in VERBS.items() for verb in sorted(verbs)
]
HEAVY = {
    *("boto3", "botocore", "torch", "transformers", "matplotlib", "sklearn", "PIL", "faker", "starlette"),
    *("numpy", "pypdfium2"),
}


def verbs_of(part):
    return {name for name in part if not name.startswith("-")}


def command_at(words):
    found = app
    for word in words:
        found = found[word]
    return found


def test_the_help_tells_the_exit_statuses_that_there_are():
    start = importlib.import_module("burnish.cli.main")
    told = f"{start.SUCCEEDED} success, {start.FAILED} error, {start.WRONG_USAGE} wrong usage"
    assert told in app.help_epilogue


def test_the_commands_are_these():
    assert verbs_of(app) == set(COMMANDS)
    assert {noun: verbs_of(app[noun]) for noun in VERBS} == VERBS


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_and_each_of_its_options_is_explained(words):
    command = command_at(words)
    assert command.help
    arguments = command.assemble_argument_collection()
    # A group of options is explained by its options.
    unexplained = [one.name for one in arguments if not one.parameter.help and not one.children]
    assert unexplained == []


def takes(words, option):
    return any(option in one.names for one in command_at(words).assemble_argument_collection())


def test_whatever_prints_a_table_prints_json_and_whatever_creates_can_be_tried_dry():
    tables = [
        words for words in EVERY if words[-1] in ("list", "show", "models", "metrics", "wait", "status")
    ]
    tables += [("audit",), ("check",), ("compare",), ("evaluate",), ("prepare",), ("job", "check")]
    assert [words for words in tables if not takes(words, "--json")] == []
    # A key costs nothing and sends no request.
    free = [("keys", "create")]
    creations = [words for words in EVERY if words[-1] in ("create", "deploy") and words not in free]
    creations += [("prepare",), ("evaluate",)]
    assert [words for words in creations if not takes(words, "--dry-run")] == []
    assert len(creations) == 9


def test_help_lists_every_command(burnish):
    shown = burnish("--help")
    assert shown.returncode == 0
    assert all(command in shown.stdout for command in COMMANDS)


@pytest.mark.parametrize("words", [(), *((noun,) for noun in VERBS), *EVERY], ids=" ".join)
def test_help_loads_nothing_heavy(words, tmp_path):
    assert not HEAVY & loaded_by([*words, "--help"], tmp_path)


def test_completion_loads_nothing_heavy(tmp_path, burnish):
    """What a shell runs when Tab is pressed is a script made once: nothing of Python at all."""
    script = tmp_path / "completion"
    made = burnish("completion", "--shell", "bash", "--output", script)
    assert made.returncode == 0, made.stderr
    body = script.read_text()
    assert all(command in body for command in COMMANDS)
    assert "--hyperparameter" in body
    # An option may be named for it.
    assert not re.search(r"(?<!-)\bpython", body)


def test_completion_writes_the_file_that_is_named_and_nothing_else(tmp_path, burnish):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bashrc").write_text("mine\n")
    written = burnish("completion", "--shell", "bash", "--output", "script")
    printed = burnish("completion", "--shell", "bash")
    assert printed.stdout == (tmp_path / "script").read_text()
    assert (written.stdout, written.returncode, printed.returncode) == ("script\n", 0, 0)
    assert {path.name for path in tmp_path.rglob("*")} == {"home", ".bashrc", "script"}
    assert (home / ".bashrc").read_text() == "mine\n"


def test_the_package_runs_as_the_command_does(tmp_path):
    words = [sys.executable, "-m", "burnish", "--version"]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ended.stdout == "0.1.0\n"


def loaded_by(words, folder):
    """The packages that a command line has imported by its end."""
    code = (
        "import sys\nfrom burnish.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    status = end.code\n"
        "print('LOADED', status, *{name.partition('.')[0] for name in sys.modules})"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, cwd=folder
    )
    status, *loaded = shown.stdout.rpartition("LOADED")[2].split()
    assert status == "0"
    return set(loaded)


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
    assert len(ended.stderr.splitlines()) == 2  # what is done, and why it failed
    assert "holds no model: config.json is missing" in ended.stderr


def test_a_folder_of_weights_is_its_own_answer(burnish, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    assert burnish("weights", model).stdout == f"{model}\n"


def test_debug_shows_where_an_error_came_from(burnish, tmp_path):
    assert "Traceback" not in burnish("weights", tmp_path).stderr
    assert "Traceback" in burnish("weights", tmp_path, "--debug").stderr


def test_a_mistake_of_ours_is_one_message_and_shows_its_place_only_with_debug():
    code = "from burnish.cli import main\nfrom burnish.cli.app import app\nimport sys\n"
    code += "@app.command\ndef stumble():\n    1 / 0\nmain(['stumble', *sys.argv[1:]])"
    words = [sys.executable, "-c", code]
    plain = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (plain.returncode, plain.stderr.count("\n")) == (1, 1)
    assert "ZeroDivisionError" in plain.stderr
    assert "--debug" in plain.stderr
    shown = subprocess.run([*words, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" in shown.stderr


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
        "import importlib\nstart = importlib.import_module('burnish.cli.main')\n"
        f"def command(words, signals):\n    print('half done', end='')\n    {interrupted}\n"
        "start._status_of = command\nstart.main([])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "half done", "")
