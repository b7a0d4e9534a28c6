"""The first rungs of the ladder, which are there long before the language model is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from burnish.cli.demo import stages as steps
from burnish.cli.demo.plan import Plan
from burnish.cli.demo.stages import DemoModel
from burnish.cli.display import Display
from burnish.cli.evaluation.answers import answers_of
from burnish.datasets.documents import Part
from burnish.errors import JobFailed
from burnish.evaluation.identity import identity_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.predictors import ConversePredictor
from burnish.families.open_weights import PAGE_FEATURES_ID
from burnish.ladder.rungs import FEATURES
from burnish.ladder.tuning import majority_answers
from burnish.names import ANSWERS_NAME

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.datasets.prepared import PreparedDataset
    from burnish.service import ModelFinetuningService


def climb_first_rungs(
    plan: Plan,
    dataset: PreparedDataset,
    role_arn: str,
    service: ModelFinetuningService,
    clients: Clients,
    display: Display,
) -> DemoModel | None:
    """Page features, trained and asked about the held-out pages; None where the pages are too few for them.

    What they and the commonest label get right is shown. The answers are kept for the evaluation.
    """
    pages = pages_of(clients.s3, dataset.manifest, Part.TEST)
    commonest = sum(one.is_right for one in majority_answers(dataset, pages))
    told = f"of {len(pages)} held-out pages, the commonest label is right on {commonest}"
    try:
        job = steps.job_config(PAGE_FEATURES_ID, dataset, role_arn, {})
        model = steps.provision(steps.tune(job, service, display), service, display)
    except JobFailed as error:
        display.say(f"Page features are left out. {error.message}")
        display.show(told)
        return None
    predictor = ConversePredictor(
        name=FEATURES.name,
        model_id=model.throughput_arn,
        runtime=clients.bedrock_runtime,
        prompt=dataset.prompt,
        journal=Journal(plan.out / ANSWERS_NAME),
        identify=partial(identity_of, clients),
    )
    right = sum(one.is_right for one in answers_of(display, predictor, pages))
    display.show(f"{told}, page features on {right}")
    return model
