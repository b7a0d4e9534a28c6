"""What models before and after a review are measured on: the held-out documents that both versions share."""

from __future__ import annotations

from burnish.aws.clients import Clients
from burnish.classification.tuned_models import AskedModel
from burnish.datasets.manifest import Manifest, read_manifest
from burnish.datasets.versions import difference_between
from burnish.errors import InvalidConfig
from burnish.evaluation.training_data import training_data_of


def held_out_of(clients: Clients, before: AskedModel, after: AskedModel) -> str:
    """The place of the later model's data set, whose held-out documents are also the earlier one's.

    Raises `InvalidConfig` where a data set is not known, or where their held-out documents differ: then any
    difference between the models may be one between documents.
    """
    earlier, _ = _trained_on(clients, before, "before")
    later, place = _trained_on(clients, after, "after")
    found = difference_between(earlier, later)
    problems = []
    if not found.same_held_out:
        problems.append("they were trained on data sets with other held-out documents: compare two versions")
    if not found.same_prompt:
        problems.append("they are asked other questions, because the labels or their descriptions differ")
    if problems:
        raise InvalidConfig("The comparison of both models", problems)
    return place


def _trained_on(clients: Clients, model: AskedModel, name: str) -> tuple[Manifest, str]:
    data = training_data_of(clients, model.model_arn or "")
    if data.manifest is None:
        reason = "; ".join(data.doubts) or "it was not tuned on a data set that Burnish prepared"
        raise InvalidConfig(f"The model {name}", [reason])
    return read_manifest(clients.s3, data.manifest), str(data.manifest)
