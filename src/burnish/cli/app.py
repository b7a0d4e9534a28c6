"""The commands in one application, each imported when it is used: help and completion are instant."""

from __future__ import annotations

from importlib.metadata import version

from cyclopts import App, Group

MAKE, RUN, OWN = (
    Group("Data, models, decisions", sort_key=1),
    Group("What is in the account", sort_key=2),
    Group("A server of your own", sort_key=3),
)

app = App(
    name="burnish",
    help="Fine-tune models on your documents, on Amazon Bedrock or on your own server that really trains.",
    help_epilogue="With --debug, before or after the command, an error shows where in the code it came from.",
    version=lambda: version("burnish"),
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)

COMMANDS = {
    "audit": ("burnish.cli.audit:audit", MAKE, "Find labels that may be wrong, copies and strange pages."),
    "prepare": ("burnish.cli.prepare:prepare", MAKE, "Make a data set in S3 of labelled documents."),
    "check": ("burnish.cli.check:check", MAKE, "Check records by every rule of a model."),
    "export": ("burnish.cli.export:export", MAKE, "Write a data set for Hugging Face's datasets."),
    "evaluate": (
        "burnish.cli.evaluation.commands:evaluate",
        MAKE,
        "Ask models about held-out pages, and report on them.",
    ),
    "compare": (
        "burnish.cli.evaluation.commands:compare",
        MAKE,
        "Put evaluations of the same pages in one report.",
    ),
    "role": ("burnish.cli.roles:app", RUN, "Roles that jobs run with: create, delete."),
    "job": ("burnish.cli.jobs:app", RUN, "Fine-tuning jobs: create, check, follow, stop."),
    "model": ("burnish.cli.models:app", RUN, "Custom models: list, show, deploy, delete."),
    "deployment": ("burnish.cli.deployments:app", RUN, "Custom models on demand, billed by the token."),
    "throughput": ("burnish.cli.throughputs:app", RUN, "Provisioned throughput, billed by the hour."),
    "import": ("burnish.cli.imports:app", RUN, "Weights of your own as models."),
    "status": ("burnish.cli.status:status", RUN, "What there is, what it costs, and how to end it."),
    "demo": ("burnish.cli.demo.command:demo", OWN, "All of it on your machine, from documents to a report."),
    "samples": ("burnish.cli.samples:samples", OWN, "Write invented documents to try things with."),
    "serve": ("burnish.cli.serve:serve", OWN, "Run the server: Bedrock's wire protocol, real training."),
    "backup": ("burnish.cli.backup:backup", OWN, "Copy all that the server keeps, while it runs."),
    "env": ("burnish.cli.env:env", OWN, "What to set so that AWS's tools talk to the server."),
    "weights": ("burnish.cli.weights:weights", OWN, "Fetch a model's weights, or say where they are."),
}
for name, (place, group, says) in COMMANDS.items():
    app.command(place, name=name, group=group, help=says)
app.register_install_completion_command(
    name="completion", help="Install completion for your shell: bash, zsh or fish.", group=OWN
)
