"""The commands in one application, each imported on first use, so that help and completion are instant."""

from __future__ import annotations

from importlib.metadata import version

from cyclopts import App, Group

from burnish.cli.help_panels import HelpPanels

MAKE, RUN, OWN = (
    Group("Data and evaluation", sort_key=1),
    Group("Resources in the account", sort_key=2),
    Group("Your own server", sort_key=3),
)

app = App(
    name="burnish",
    help="Fine-tune models on your documents, on Amazon Bedrock or on your own server that really trains.",
    help_epilogue=(
        "Exit status: 0 success, 1 error, 2 wrong usage, 128 + the signal's number if interrupted. "
        "With --debug, an error comes with its traceback."
    ),
    version=lambda: version("burnish"),
    help_format="plaintext",
    help_formatter=HelpPanels(),
    suppress_keyboard_interrupt=False,
)

COMMANDS = {
    "audit": ("audit:audit", MAKE, "Find likely label errors, duplicates and outliers."),
    "prepare": ("prepare:prepare", MAKE, "Turn labelled documents into a data set in S3."),
    "check": ("check:check", MAKE, "Check records against every rule of a model."),
    "convert": ("convert:convert", MAKE, "Convert records between schemas: Bedrock's, OpenAI's and others."),
    "export": ("export:export", MAKE, "Export a data set to Hugging Face's datasets format."),
    "evaluate": ("evaluation.commands:evaluate", MAKE, "Run models on held-out pages and write a report."),
    "classify": ("classify:classify", MAKE, "Label new documents with a tuned model."),
    "review": ("review.commands:app", MAKE, "Decide what a model was unsure of; new versions of data sets."),
    "compare": ("evaluation.commands:compare", MAKE, "Combine evaluations of the same pages in one report."),
    "ui": ("ui:ui", MAKE, "Look at evaluations, documents and jobs in a browser."),
    "ladder": ("ladder:ladder", MAKE, "Find out which model your documents and minutes can buy."),
    "role": ("roles:app", RUN, "Service roles for jobs: create, list, show, delete."),
    "job": ("jobs:app", RUN, "Fine-tuning jobs: create, check, follow, stop."),
    "model": ("models:app", RUN, "Custom models: list, show, deploy, delete."),
    "deployment": ("deployments:app", RUN, "On-demand deployments of custom models, billed per token."),
    "throughput": ("throughputs:app", RUN, "Provisioned throughput, billed by the hour."),
    "batch": ("batches:app", RUN, "Batch inference, at half the price of single calls."),
    "import": ("imports:app", RUN, "Import your own weights as models."),
    "doctor": ("doctor:doctor", OWN, "Check the installation, this machine, the server and the account."),
    "conformance": ("conformance:conformance", OWN, "Check how much of AWS's behaviour a server has."),
    "status": ("status:status", RUN, "List what is running or stored, its cost, and how to end it."),
    "demo": ("demo.command:demo", OWN, "Run the full workflow locally, from documents to a report."),
    "samples": ("samples:samples", OWN, "Generate sample documents."),
    "serve": ("serve:serve", OWN, "Run the server: Bedrock's wire protocol, real training."),
    "backup": ("backup:backup", OWN, "Back up the server's data, while it runs or not."),
    "env": ("env:env", OWN, "Print the variables that point AWS tools at the server."),
    "keys": ("keys:app", OWN, "Keys of the server's users: create, list, revoke."),
    "completion": ("completion:completion", OWN, "Print the completion script of bash, zsh or fish."),
    "weights": ("weights:weights", OWN, "Download a model's weights and print their folder."),
}
#: Where cyclopts would write [ARGS] for arguments that may be left out or repeated.
USAGES = {
    "classify": "burnish classify [OPTIONS] PATHS...",
    "compare": "burnish compare [OPTIONS] EVALUATIONS...",
    "evaluate": "burnish evaluate [OPTIONS] DATASET [MODELS...]",
    "ui": "burnish ui [OPTIONS] [FOLDERS...]",
    "weights": "burnish weights [SOURCE]",
}
for name, (place, group, says) in COMMANDS.items():
    written = {"usage": f"Usage: {USAGES[name]}"} if name in USAGES else {}
    app.command(f"burnish.cli.{place}", name=name, group=group, help=says, **written)
