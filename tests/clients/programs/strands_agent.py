"""An agent of Strands, which asks by ConverseStream."""

import json
import sys

from strands import Agent
from strands.models import BedrockModel

model = BedrockModel(model_id=sys.argv[1], max_tokens=64, temperature=0)
pieces = []


def keep(**event):
    """Keep what is streamed."""
    if event.get("data"):
        pieces.append(event["data"])


agent = Agent(model=model, callback_handler=keep, system_prompt="Be brief.")
found = {}
try:
    result = agent("What kind of document is an invoice?")
    found = {"stop": result.stop_reason, "text": str(result), "usage": dict(result.metrics.accumulated_usage)}
except Exception as error:  # noqa: BLE001  a tiny model never ends a text: Strands makes an error of that
    found = {"error": type(error).__name__}
json.dump({**found, "pieces": pieces}, sys.stdout)
