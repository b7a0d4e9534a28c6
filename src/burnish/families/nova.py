"""Amazon Nova.

Bounds and limits: the Bedrock user guide, "Custom model hyperparameters" and "Prepare your training
datasets"; ``batchSize`` is in AWS's own recipe template only. Reserved words: the Nova user guide,
"Preparing data for fine-tuning Understanding models", and AWS's own validators.
"""

from __future__ import annotations

from burnish.families.family import BaseModel, Bound, ModelFamily

NOVA = ModelFamily(
    name="nova",
    id_prefix="amazon.nova-",
    models=(
        BaseModel(
            id="amazon.nova-micro-v1:0:128k",
            name="Nova Micro",
            inference_ids=("us.amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0"),
        ),
        BaseModel(
            id="amazon.nova-lite-v1:0:300k",
            name="Nova Lite",
            modalities=frozenset({"TEXT", "IMAGE"}),
            inference_ids=("us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ),
    ),
    hyperparameters={
        "epochCount": Bound(low=1, high=5, default="2", whole=True),
        "learningRate": Bound(low=1e-6, high=1e-4, default="0.00001"),
        "learningRateWarmupSteps": Bound(low=0, high=100, default="10", whole=True),
        "batchSize": Bound(low=1, high=64, default="1", whole=True),
    },
    min_records=8,
    reserved_words=(
        *("User:", "Bot:", "Assistant:", "System:", "USER:", "BOT:", "ASSISTANT:", "SYSTEM:", "Thought:"),
        *("<image>", "<video>", "[EOS]", "<unk>"),
    ),
)
