"""Open models that your own server trains. Their ids are derived from the name of the weights:
``local.smollm2-135m-instruct-v1:0``. Page features and MiniLM are built in, and have ids of their own."""

from __future__ import annotations

from burnish.families.bounds import Bound
from burnish.families.dataset_rules import DatasetRules
from burnish.families.family import BaseModel, ModelFamily, Tuning
from burnish.types import CustomizationType, DeploymentType

PAGE_FEATURES_ID = "local.page-features-v1:0"
MINILM_ID = "local.minilm-l6-v1:0"
RULES = DatasetRules(max_images=10, reader="this server's models read")
DEPLOYMENTS = frozenset({DeploymentType.ON_DEMAND, DeploymentType.PROVISIONED})
#: Of a hyperparameter that is chosen from the training data.
CHOSEN_FROM_DATA = "auto"
MIN_PAGE_TOKENS = 16
LEARNING_RATE = Bound(low=1e-7, high=1e-1, default="0.001")
LORA_RANK = Bound(low=1, high=256, default="8", whole=True)
SEED = Bound(low=0, high=2**31 - 1, default="0", whole=True)

OPEN_WEIGHTS = ModelFamily(
    name="open_weights",
    id_prefix="local.",
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
                        "epochCount": Bound(low=0, high=100, default="auto", whole=True, words=("auto",)),
                        "learningRate": LEARNING_RATE,
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
        CustomizationType.FINE_TUNING: Tuning(
            hyperparameters={
                "epochCount": Bound(low=1, high=100, default="2", whole=True),
                "learningRate": LEARNING_RATE,
                "learningRateWarmupSteps": Bound(low=0, high=10_000, default="4", whole=True),
                "batchSize": Bound(low=1, high=256, default="8", whole=True),
                "lineDropout": Bound(low=0, high=0.9, default="0.2"),
                "pageTokens": Bound(
                    low=MIN_PAGE_TOKENS,
                    high=8192,
                    default=CHOSEN_FROM_DATA,
                    whole=True,
                    words=(CHOSEN_FROM_DATA,),
                ),
                "loraRank": LORA_RANK,
                "seed": SEED,
            },
            rules=RULES,
        )
    },
    usual_deployments=DEPLOYMENTS,
)
