"""An agent of Strands that is asked for an object: it forces a tool in a stream."""

import json
import sys
import warnings
from typing import Literal

from pydantic import BaseModel
from strands import Agent
from strands.models import BedrockModel

# The other way asks first without forcing the tool, and a tiny model never calls one by itself.
warnings.simplefilter("ignore", DeprecationWarning)


class Document(BaseModel):
    """What kind of document it is."""

    kind: Literal["invoice", "letter"]


model = BedrockModel(model_id=sys.argv[1], max_tokens=64, temperature=0)
agent = Agent(model=model, callback_handler=None, system_prompt="Be brief.")
found = agent.structured_output(Document, "This is an invoice. What kind of document is it?")
json.dump({"kind": found.kind}, sys.stdout)
