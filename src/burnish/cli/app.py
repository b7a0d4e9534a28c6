"""The commands in one application."""

from __future__ import annotations

from importlib.metadata import version

from cyclopts import App

from burnish.cli.audit import audit
from burnish.cli.datasets import check, prepare
from burnish.cli.demo import demo
from burnish.cli.env import env
from burnish.cli.evaluation import compare, evaluate
from burnish.cli.serve import serve
from burnish.cli.weights import weights

app = App(
    name="burnish",
    help="Fine-tune models on your documents, on Amazon Bedrock or on your own server that really trains.",
    help_epilogue="With --debug, before or after the command, an error shows where in the code it came from.",
    version=lambda: version("burnish"),
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
for command in (demo, audit, prepare, check, evaluate, compare, serve, env, weights):
    app.command(command)
