"""What to do after a demo: every command whole, as it is typed in the folder where the demo was started."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.demo.plan import OUT, Plan, usual_held_out, usual_training

if TYPE_CHECKING:
    from burnish.datasets.prepared import PreparedDataset


def steps_without_model(plan: Plan) -> str:
    """How to run the demo again and keep its model, and with documents of one's own."""
    lines = ["The model is deleted; the report stays. To keep a model, and ask it about pages:", _again(plan)]
    if plan.documents is None:
        task = " --task extraction" if plan.extracts else ""
        own = f"{_program('burnish')} demo{task} --keep --documents my-documents --out my-demo"
        laid_out = "a JSON file of its fields beside each" if plan.extracts else "a sub-folder for each type"
        lines += [f"With your own documents, in a folder with {laid_out}:", own]
    return _with_commands_indented(lines)


def pages_to_ask_about(plan: Plan, dataset: PreparedDataset) -> tuple[Path, ...]:
    """The images of a held-out document to ask the model about: of all pages, where fields are read."""
    first = min(dataset.test_pages, key=lambda page: (page.label, page.document, page.number))
    pages = [page for page in dataset.test_pages if page.document == first.document]
    ordered = tuple(page.png for page in sorted(pages, key=lambda page: page.number))
    return ordered if plan.extracts else ordered[:1]


def steps_with_model(plan: Plan, pages: Sequence[Path]) -> str:
    """How to ask the model that was kept about pages, and how to delete it."""
    burnish, data = _program("burnish"), shlex.quote(str(plan.server_data))
    what = "says" if plan.extracts else "is"
    script, asked = shlex.quote(str(plan.out / plan.script.name)), shlex.join(map(str, pages))
    return _with_commands_indented(
        [
            f"The model is kept, in {plan.server_data}. To ask it what a page {what}, start its server:",
            f"{burnish} serve --data {data}{_model(plan)}",
            "and in another terminal:",
            f'eval "$({burnish} env --data {data})"',
            f"{_program('python')} {script} {asked}",
            "What exists, and how to delete it:",
            f"{burnish} status",
        ]
    )


def _again(plan: Plan) -> str:
    options = {
        "--task": plan.task if plan.extracts else None,
        "--documents": plan.documents,
        "--layout": plan.layout,
        "--out": plan.out if plan.out != OUT else None,
        "--model": plan.source,
        "--seed": plan.seed or None,
        "--training-per-label": _unless(plan.training_per_label, usual_training(plan.task)),
        "--held-out-per-label": _unless(plan.held_out_per_label, usual_held_out(plan.task)),
    }
    given = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    return shlex.join([*shlex.split(_program("burnish")), "demo", "--keep", *given])


def _unless(value: int, usual: int) -> int | None:
    return value if value != usual else None


def _model(plan: Plan) -> str:
    return f" --model {shlex.quote(plan.source)}" if plan.source else ""


def _program(name: str) -> str:
    """A program of this environment: by its name where a shell finds it, or else by its path."""
    here = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if found and Path(found).absolute() == here:
        return name
    working = Path.cwd()
    return shlex.quote(str(here.relative_to(working) if here.is_relative_to(working) else here))


def _with_commands_indented(lines: list[str]) -> str:
    """Sentences end in a colon; a command follows each, and some are followed by another."""
    return "\n".join(line if line.endswith(":") else f"  {line}" for line in lines)
