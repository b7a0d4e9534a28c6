"""Models and what answers for them: deploy, undeploy, delete, and try a page of your own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.responses import Response

from burnish.aws.identifiers import ResourceKind
from burnish.billed_resources import hourly_price
from burnish.configs import CustomModelDeploymentConfig, ProvisionedThroughputConfig
from burnish.errors import InvalidInput
from burnish.ui.model_endpoints import ModelEndpoint, model_endpoints
from burnish.ui.visits import SiteView, Visit

_MODELS = "/models"
#: The likeliest labels that are shown of a page that was tried.
_LIKELIEST = 5


def listed(visit: Visit) -> Response:
    """All models, and all that answers, with what that costs."""
    endpoints = _endpoints(visit)
    return visit.page(
        "models/list.html.jinja",
        endpoints=endpoints,
        models=list(visit.bench.service.list_custom_models()),
        answered={one.model_arn for one in endpoints},
    )


def shown(visit: Visit) -> Response:
    """A model: what it was made of, what answers for it, and a place to try a page."""
    model = visit.bench.service.get_custom_model(_arn(visit))
    endpoints = [one for one in _endpoints(visit) if one.model_arn == model.model_arn]
    return visit.page(
        "models/model.html.jinja",
        model=model,
        endpoints=endpoints,
        to_ask=next((one for one in endpoints if one.answers), None),
        is_settled=all(one.answers or one.status == "Failed" for one in endpoints),
        hourly=hourly_price(model.model_arn),
    )


def deploy(visit: Visit) -> Response:
    """Have a model answer. What is billed by the hour has to be agreed to."""
    service, name, arn = visit.bench.service, visit.path("model"), _arn(visit)
    if visit.form.get("kind") == "provisioned":
        if visit.form.get("agreed") != "yes":
            raise InvalidInput("Provisioned throughput is billed by the hour: tick the box to agree to that")
        service.create_provisioned_throughput(
            ProvisionedThroughputConfig(model_id=arn, provisioned_model_name=name)
        )
    else:
        service.create_custom_model_deployment(
            CustomModelDeploymentConfig(model_id=arn, deployment_name=name)
        )
    return visit.redirect(_path_of(name), notice=f"{name} is being deployed.")


def undeploy(visit: Visit) -> Response:
    """Delete a deployment or a throughput, and with it what it costs."""
    endpoint = visit.form.get("endpoint", "")
    visit.bench.service.undeploy_custom_model(endpoint)
    return visit.redirect(_MODELS, notice=f"{endpoint.rpartition('/')[2]} is no longer deployed.")


def delete(visit: Visit) -> Response:
    """Delete a model for good."""
    name = visit.path("model")
    if visit.form.get("agreed") != "yes":
        raise InvalidInput(f"A model that is deleted is gone for good: tick the box to delete {name}")
    visit.bench.service.delete_custom_model(_arn(visit))
    return visit.redirect(_MODELS, notice=f"Deleted the model {name}.")


def tried(visit: Visit) -> Response:
    """What a model makes of a document that was dropped onto its page. The document is not kept."""
    from burnish.classification.tuned_models import dataset_for, model_named
    from burnish.evaluation.classifying import classify_document

    if not visit.upload:
        raise InvalidInput("Nothing was sent: choose an image or a PDF")
    clients, name = visit.bench.clients, visit.path("model")
    asked = model_named(clients, name)
    if asked.endpoint is None:
        raise InvalidInput(f"Nothing answers for {name!r}: deploy it first")
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "document"
        document.write_bytes(visit.upload)
        manifest = dataset_for(clients, asked, name, dataset=None).manifest
        found = classify_document(clients, document, model_id=asked.endpoint, manifest=manifest)
    pages = [(page, list(page.probabilities.items())[:_LIKELIEST]) for page in found.pages]
    return visit.page("models/tried.html.jinja", pages=pages)


def _endpoints(visit: Visit) -> list[ModelEndpoint]:
    return model_endpoints(visit.bench.service, leads_to_aws=visit.bench.clients.leads_to_aws)


def _arn(visit: Visit) -> str:
    return visit.bench.service.arn_of(ResourceKind.MODEL, visit.path("model"))


def _path_of(name: str) -> str:
    return f"{_MODELS}/{name}"


VIEW = SiteView(
    title="Models",
    path=_MODELS,
    pages={"": listed, "/{model}": shown},
    actions={
        "/undeploy": undeploy,
        "/{model}/deploy": deploy,
        "/{model}/delete": delete,
        "/{model}/try": tried,
    },
)
