"""Which models and recorded answers the command line evaluates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.options import named
from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.datasets.manifest import Manifest
    from burnish.evaluation.recorded import RecordedPredictor


def endpoints_of(clients: Clients, models: Mapping[str, str]) -> dict[str, str]:
    """What to call each model by: the ARN of what answers for a name or for a custom model, or its own id.

    Raises `InvalidConfig`, naming each model that nothing answers for.
    """
    from burnish.aws.endpoints import endpoint_to_call
    from burnish.errors import AccessDenied, NotFound

    found, problems = dict(models), []
    for name, model in models.items():
        try:
            found[name] = endpoint_to_call(clients.bedrock, model)
        except NotFound as error:
            problems.append(f"{name}: {error.in_terminal}")
        # It may be callable as it is: whoever may call a model need not be allowed to list any.
        except AccessDenied:
            continue
    if problems:
        raise InvalidConfig("The list of models", problems)
    return found


def recorded_models(answers: tuple[str, ...], manifest: Manifest) -> list[RecordedPredictor]:
    """The recorded answers, by their names."""
    from burnish.evaluation.manifest_pages import page_names
    from burnish.evaluation.recorded import RecordedPredictor
    from burnish.extraction_prompts import ExtractionPrompt

    known, prompt = page_names(manifest), manifest.page_prompt()
    return [
        RecordedPredictor(
            name=name,
            path=Path(path),
            labels=manifest.prompt.labels,
            fields=prompt if isinstance(prompt, ExtractionPrompt) else None,
            known=known,
            # They stand in the report, and are shown with it.
            on_notice=lambda remark: None,
        )
        for name, path in named(answers, "--answers")
    ]


def require_distinct_names(names: list[str]) -> None:
    """Raise `InvalidConfig` where one name stands for two, or there is none."""
    if not names:
        raise InvalidConfig("The evaluation", ["no model is named: give at least one after the data set"])
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidConfig("The evaluation", [f"two are named {twice[0]!r}: give each its own name"])
