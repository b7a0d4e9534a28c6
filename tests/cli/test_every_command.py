"""What holds for every command that there is: found in the application, so that none can be left out."""

from __future__ import annotations

import io
import json
import os
import re
import signal

import pytest
from one_command import ended, ended_in_terminal, ended_unread
from rich.cells import cell_len
from rich.console import Console

from burnish.cli.app import OWN, app

NOBODY = "http://127.0.0.1:1"
#: What an argument that must be given is given, by its name. Nothing of it exists.
SAMPLES = {
    **dict.fromkeys(
        ("BATCH", "JOB", "MODEL", "MODELS", "ROLE", "DEPLOYMENT", "DEPLOYED", "THROUGHPUT"), "nosuch"
    ),
    **dict.fromkeys(("SOURCE", "EVALUATIONS", "FOLDER", "PATHS"), "nowhere"),
    "TRAIN": "s3://papers/none.jsonl",
    "RECORDS": "none.jsonl",
    **dict.fromkeys(("TABLE", "DECISIONS"), "none.csv"),
    **dict.fromkeys(("BEFORE", "AFTER"), "nosuch"),
    "EARLIER": "0a1b",
    "DATA": "s3://papers/none.jsonl",
    "DATASET": "s3://papers/none",
    "WEIGHTS": "s3://papers/weights/",
    "USER": "ci",
    "KEY": "AKIANOSUCH",
    "--to": "s3://papers/set",
    "--out": "tuned",
    "--bucket": "papers",
    "NAME": "papers",
    "--name": "papers",
    "--model": "amazon.nova-lite-v1:0",
    "--role": "arn:aws:iam::123456789012:role/R",
}
#: Of a command whose argument of that name is another thing.
OWN_SAMPLES = {("convert", "--to"): "openai", ("batch", "RECORDS"): "s3://papers/none.jsonl"}


def commands_in(part, words=()):
    """Every command of an application that does something itself."""
    names = [name for name in part if not name.startswith("-")]
    for name in names:
        yield from commands_in(part[name], (*words, name))
    if not names:
        yield words


def command_at(words):
    found = app
    for word in words:
        found = found[word]
    return found


COMMANDS = list(commands_in(app))
PAGES_OF_HELP = [(), *sorted({words[:1] for words in COMMANDS if len(words) > 1}), *COMMANDS]


def arguments_of(words):
    """Its arguments and options, but for those that only group others."""
    return [one for one in command_at(words).assemble_argument_collection() if not one.children]


def line_of(words):
    """The command with a sample for everything that it needs, or that an update may change."""
    line = list(words)
    for one in arguments_of(words):
        is_needed = one.required or one.field_info.kind is one.field_info.VAR_POSITIONAL
        if is_needed or (words[-1] == "update" and one.name in SAMPLES):
            sample = OWN_SAMPLES.get((words[0], one.name)) or SAMPLES[one.name]
            line += [one.name, sample] if one.name.startswith("-") else [sample]
    return line


def is_of_the_server(words):
    return OWN in command_at(words[:1]).group


#: Commands that first read what lies here, and say what is missing of that.
FIRST_READING = [
    *(("audit",), ("compare",), ("convert",), ("ladder",), ("model", "import"), ("prepare",)),
    *(("review", verb) for verb in ("apply", "decide", "export", "import", "results", "status")),
]
#: Commands that talk to an endpoint, whatever is in the way; `ui` has pages whether anybody answers or not.
TALKING = [
    words
    for words in COMMANDS
    if not is_of_the_server(words) and words not in FIRST_READING and words != ("ui",)
]


#: What is looked up in a region; roles belong to none.
LOOKING = ("batch", "job", "model", "deployment", "throughput", "import", "status")


def takes(words, option):
    return any(option in one.names for one in arguments_of(words))


@pytest.fixture
def nobody(tmp_path):
    """An environment whose endpoint nobody answers at."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "BURNISH_CACHE": str(tmp_path / "cache"),
        "AWS_ENDPOINT_URL": NOBODY,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
    }


@pytest.fixture
def server(nobody, burnish_server):
    """An environment that leads to a real server with nothing on it."""
    return nobody | dict(burnish_server.environment)


def help_in(words, width):
    """The help of a command in a terminal of this width."""
    shown = io.StringIO()
    console = Console(file=shown, width=width)
    app([*words, "--help"], exit_on_error=False, result_action="return_value", console=console)
    return shown.getvalue()


def words_of_help(words):
    """What the help has to say: the names of commands or options, and each word of what explains them."""
    command = command_at(words)
    names = {name for name in command if not name.startswith("-")}
    if names:
        return names
    texts = [f"{one.name} {one.parameter.help}" for one in arguments_of(words)]
    return {word for text in texts for word in text.split()}


@pytest.mark.parametrize("words", PAGES_OF_HELP, ids=" ".join)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_help_is_whole_in_any_width(words, width):
    shown = help_in(words, width)
    assert max(map(cell_len, shown.splitlines())) <= width
    # Without blanks and borders: a word that is longer than its column goes on below.
    whole = re.sub(r"[\s│]", "", shown)
    assert {word for word in words_of_help(words) if word not in whole} == set()


#: Options that say what is not to be done, because it is done otherwise.
NEGATIVES_OF_OUR_OWN = ("--no-batch", "--no-open")


@pytest.mark.parametrize("words", PAGES_OF_HELP, ids=" ".join)
def test_help_has_nothing_of_the_library_that_prints_it(words):
    shown = help_in(words, 120)
    found = re.findall(r"\[ARGS\S*|--empty-\S*|--no-\S*", shown)
    assert [name for name in found if name not in NEGATIVES_OF_OUR_OWN] == []


@pytest.mark.parametrize("words", PAGES_OF_HELP, ids=" ".join)
def test_help_that_nobody_reads_ends_quietly(words, nobody, tmp_path):
    done = ended_unread([*words, "--help"], tmp_path, nobody)
    assert (done.status, done.stderr) == (-signal.SIGPIPE, "")


@pytest.mark.parametrize("words", PAGES_OF_HELP, ids=" ".join)
def test_help_is_printed_in_a_locale_that_knows_ascii_only(words, nobody, tmp_path):
    done = ended([*words, "--help"], tmp_path, nobody, encoding="ascii")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: burnish")


@pytest.mark.parametrize("words", TALKING, ids=" ".join)
def test_an_endpoint_that_nobody_answers_at_is_one_error_with_the_remedy(words, nobody, tmp_path):
    done = ended(line_of(words), tmp_path, nobody)
    assert (done.status, done.stdout) == (1, ""), done
    (error,) = [line for line in done.stderr.splitlines() if "Error" in line]
    assert f"nobody answers at {NOBODY}. Start the server with `burnish serve`" in error
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [one for one in TALKING if "nosuch" in line_of(one)], ids=" ".join)
def test_an_unknown_name_is_one_error_with_the_remedy_in_any_locale(words, server, tmp_path):
    done = ended(line_of(words), tmp_path, server, encoding="ascii")
    assert (done.status, done.stdout) == (1, ""), done
    (error,) = [line for line in done.stderr.splitlines() if "Error" in line]
    unsupported = words[0] == "import" and "does not support" in error
    assert unsupported or re.search(r"'nosuch'.*List them with `burnish \w+", error), error
    assert "Traceback" not in done.stderr


# An import is refused for its role, which belongs to no region.
@pytest.mark.parametrize(
    "words",
    [one for one in TALKING if one[0] in LOOKING and one not in (("import", "create"), ("batch", "create"))],
    ids=" ".join,
)
def test_a_wrong_region_is_named(words, server, tmp_path):
    done = ended(line_of(words), tmp_path, server | {"AWS_REGION": "eu-cental-9"})
    assert "eu-cental-9" in done.written or "does not support" in done.written
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [one for one in COMMANDS if takes(one, "--json")], ids=" ".join)
def test_json_is_all_that_is_printed_and_errors_go_elsewhere(words, server, tmp_path):
    dry = ["--dry-run"] if takes(words, "--dry-run") else []
    done = ended([*line_of(words), *dry, "--json"], tmp_path, server)
    assert (done.status, done.stderr.count("Error: ")) in {(0, 0), (1, 1)}, done
    # An error may come with a result, such as the problems that a check has found.
    if done.stdout or not done.status:
        json.loads(done.stdout)


@pytest.mark.parametrize("line", ["--help", "status", "job list", "job show", "job show x"])
def test_no_color_is_heeded_in_a_terminal(line, server, tmp_path):
    done = ended_in_terminal(line.split(), tmp_path, server | {"NO_COLOR": "1"})
    assert done.stdout
    found = re.findall(r"\x1b\[([0-9;]*)m", done.stdout)
    codes = {int(code or 0) for one in found for code in one.split(";")}
    assert codes <= {0, 1, 2, 3, 4}  # bold, dim, italic, underlined: none of them is a colour
