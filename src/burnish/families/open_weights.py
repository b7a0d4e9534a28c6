"""Open models that your own server trains. Their ids are derived from the name of the weights:
``local.smollm2-135m-instruct-v1:0``. Page features and MiniLM are built in, and have ids of their own."""

from __future__ import annotations

from dataclasses import replace

from burnish.families.bounds import Bound
from burnish.families.dataset_rules import DatasetRules, RecordSchema
from burnish.families.family import BaseModel, ModelFamily, Tuning
from burnish.types import CustomizationType, DeploymentType

PAGE_FEATURES_ID = "local.page-features-v1:0"
MINILM_ID = "local.minilm-l6-v1:0"
RULES = DatasetRules(max_images=10, reader="this server's models read")
DEPLOYMENTS = frozenset({DeploymentType.ON_DEMAND, DeploymentType.PROVISIONED})
#: Of a hyperparameter that is chosen from the training data.
CHOSEN_FROM_DATA = "auto"
MIN_PAGE_TOKENS = 16
#: What adapters of open models are usually trained at.
USUAL_LEARNING_RATE = 0.001


def _chosen(low: float, high: float, *, whole: bool = True) -> Bound:
    return Bound(low=low, high=high, default=CHOSEN_FROM_DATA, whole=whole, words=(CHOSEN_FROM_DATA,))


LEARNING_RATE = _chosen(1e-7, 1e-1, whole=False)
LORA_RANK = Bound(low=1, high=256, default="8", whole=True)
SEED = Bound(low=0, high=2**31 - 1, default="0", whole=True)

_HYPERPARAMETERS = {
    "epochCount": _chosen(1, 100),
    "learningRate": LEARNING_RATE,
    "learningRateWarmupSteps": _chosen(0, 10_000),
    "batchSize": _chosen(1, 256),
    "lineDropout": Bound(low=0, high=0.9, default="0.2"),
    "pageTokens": _chosen(MIN_PAGE_TOKENS, 8192),
    "loraRank": LORA_RANK,
    # Of epochs without a lower validation loss; 0 trains all of them.
    "earlyStoppingPatience": Bound(low=0, high=100, default="0", whole=True),
    # After which the training ends with what it has learned; 0 is no limit.
    "maxTrainingMinutes": Bound(low=0, high=10_000, default="0"),
    "seed": SEED,
}
#: Records may be prompts only, which the teacher answers.
_PROMPTS = replace(RULES, needs_answers=False, max_validation_records=0)
#: Of plain text there is no page, and nothing of one to drop or to cut.
_OF_PAGES = ("lineDropout", "pageTokens")
_PRE_TRAINING = Tuning(
    hyperparameters={name: one for name, one in _HYPERPARAMETERS.items() if name not in _OF_PAGES},
    rules=DatasetRules(
        schema=RecordSchema.PLAIN_TEXT, max_records=100_000, reader="this server's models read"
    ),
)

OPEN_WEIGHTS = ModelFamily(
    name="open_weights",
    id_prefix="local.",
    has_unlisted=True,
    models=(
        BaseModel(
            id=PAGE_FEATURES_ID,
            name="Page features",
            # Nothing is left to choose: what such models usually leave to the user is part of this one.
            tunings={CustomizationType.FINE_TUNING: Tuning(rules=RULES)},
            deployments=DEPLOYMENTS,
        ),
        BaseModel(
            id=MINILM_ID,
            name="MiniLM-L6",
            tunings={
                CustomizationType.FINE_TUNING: Tuning(
                    hyperparameters={
                        # Of an adapter on the encoder; without epochs, only the head on it is trained.
                        "epochCount": _chosen(0, 100),
                        "learningRate": Bound(low=1e-7, high=1e-1, default="0.001"),
                        "batchSize": Bound(low=2, high=256, default="16", whole=True),
                        "loraRank": LORA_RANK,
                        "seed": SEED,
                    },
                    rules=RULES,
                )
            },
            deployments=DEPLOYMENTS,
        ),
    ),
    usual_tunings={
        CustomizationType.FINE_TUNING: Tuning(hyperparameters=_HYPERPARAMETERS, rules=RULES),
        CustomizationType.CONTINUED_PRE_TRAINING: _PRE_TRAINING,
        CustomizationType.DISTILLATION: Tuning(hyperparameters=_HYPERPARAMETERS, rules=_PROMPTS),
    },
    usual_deployments=DEPLOYMENTS,
)
#: What is chosen from the data where nobody says otherwise.
CHOSEN_BY_DEFAULT = tuple(
    name
    for name, default in OPEN_WEIGHTS.usual_tunings[CustomizationType.FINE_TUNING].defaults().items()
    if default == CHOSEN_FROM_DATA
)
