"""Which base models there are: the service knows, and the families know those that they list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.aws.clients import Client, Clients
from burnish.aws.identifiers import ResourceKind, find_named, is_name
from burnish.aws.retries import call
from burnish.errors import CannotConnect, InvalidConfig, ServiceError
from burnish.families import ModelFamily, all_families, base_model_of, family_of, model_id_of
from burnish.suggestions import did_you_mean

#: The service cannot be asked: without a network, a region, credentials or the permission.
_UNANSWERED = (CannotConnect, InvalidConfig, ServiceError)


@dataclass(frozen=True, kw_only=True)
class BaseModelSummary:
    """A base model as the service lists it, in the service's own words for what can be done with it."""

    model_id: str
    model_name: str
    input_modalities: tuple[str, ...]
    customizations: tuple[str, ...]
    inference_types: tuple[str, ...]


def list_base_models(bedrock: Client, *, customization: str | None = None) -> Iterator[BaseModelSummary]:
    """The base models of this region: all, or those that take a customization, such as ``FINE_TUNING``."""
    chosen = {} if customization is None else {"byCustomizationType": customization}
    found = call(bedrock.list_foundation_models, "list the base models", **chosen)
    yield from (_base_model(summary) for summary in found["modelSummaries"])


def _base_model(summary: Mapping[str, Any]) -> BaseModelSummary:
    return BaseModelSummary(
        model_id=summary["modelId"],
        model_name=summary.get("modelName", summary["modelId"]),
        input_modalities=tuple(summary.get("inputModalities", ())),
        customizations=tuple(summary.get("customizationsSupported", ())),
        inference_types=tuple(summary.get("inferenceTypesSupported", ())),
    )


def require_base_model(clients: Clients, model: str) -> None:
    """Raise `InvalidConfig`, with the nearest id, where there is no base model of this id or ARN."""
    if problem := base_model_problem(clients, model):
        raise InvalidConfig(f"The model {model!r}", [problem])


def family_claiming(clients: Clients, model: str) -> ModelFamily:
    """The family of a base model. Raises `InvalidConfig`, with the nearest id, for an unknown one."""
    require_base_model(clients, model)
    family = family_of(model)
    if family is None:
        known = ", ".join(one.models[0].id for one in all_families() if one.models)
        problem = f"no model family says how it is tuned: use an id such as {known}"
        raise InvalidConfig(f"The model {model!r}", [problem])
    return family


def first_tunable_model(clients: Clients) -> str:
    """The id of the first base model that can be fine-tuned: on a server of one's own, its default model."""
    return next(list_base_models(clients.bedrock, customization="FINE_TUNING")).model_id


def require_model_to_serve(clients: Clients, model: str) -> None:
    """Raise `InvalidConfig` for the id of a base model that there is not; custom models go by name or ARN."""
    if "." in model:  # as in every id of a base model, and in no name of a custom one
        require_base_model(clients, model)


def base_model_problem(clients: Clients, model: str) -> str | None:
    """Why there is no base model of this id or ARN, with the nearest id; None where there is or may be one.

    An id that a family lists exists. Any other is looked up in the service, which has models that are newer
    than this version of Burnish. Where it cannot be asked, families that list their models are believed.
    A custom model may be tuned further, and then goes by its name or its ARN.
    """
    if "custom-model/" in model or base_model_of(model):
        return None
    model_id, offered = model_id_of(model), _offered(clients)
    if offered is not None:
        # An inference profile puts its region before the id.
        if model_id in offered or model_id.partition(".")[2] in offered or _is_custom_model(clients, model):
            return None
        return f"the service has no such base model.{_suggestion(model_id, offered)}"
    family = family_of(model)
    if family and (family.has_unlisted or not family.models):  # whatever a server of one's own has
        return None
    listed = [name for one in all_families() for listed in one.models for name in listed.ids]
    return f"no model family lists it, and the service could not be asked.{_suggestion(model_id, listed)}"


def _is_custom_model(clients: Clients, model: str) -> bool:
    """Whether a custom model has this name, or may have it: the caller may not be allowed to look."""
    try:
        return is_name(model) and find_named(clients.bedrock, ResourceKind.MODEL, model) is not None
    except _UNANSWERED:
        return True


def _suggestion(model_id: str, known: Sequence[str]) -> str:
    return did_you_mean(model_id, known) or f" Use an id such as {', '.join(known[:2])}."


def _offered(clients: Clients) -> list[str] | None:
    """The ids of the base models that the service has in this region; None where it cannot be asked."""
    try:
        return [model.model_id for model in list_base_models(clients.bedrock)]
    except _UNANSWERED:
        return None
