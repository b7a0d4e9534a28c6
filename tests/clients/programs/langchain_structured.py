"""ChatBedrockConverse of LangChain, bound to a schema: it forces a tool."""

import json
import sys
from typing import Literal

from langchain_aws import ChatBedrockConverse
from pydantic import BaseModel


class Document(BaseModel):
    """What kind of document it is."""

    kind: Literal["invoice", "letter"]


model = ChatBedrockConverse(model=sys.argv[1], max_tokens=100, temperature=0)
found = model.with_structured_output(Document).invoke("This is an invoice. What kind of document is it?")
json.dump({"kind": found.kind}, sys.stdout)
