"""BedrockModel of Strands with a tool that is forced, and what the tool says."""

import asyncio
import json
import sys
from typing import Literal

from strands import Agent, tool
from strands.models import BedrockModel


@tool
def file_under(kind: Literal["invoices", "letters"]) -> str:
    """File a document in a folder.

    Args:
        kind: The folder.
    """
    return f"filed under {kind}"


async def streamed():
    """The events of a message that calls the tool."""
    messages = [{"role": "user", "content": [{"text": "File this invoice."}]}]
    choice = {"tool": {"name": "file_under"}}
    stream = model.stream(messages, [file_under.tool_spec], "Be brief.", tool_choice=choice)
    return [event async for event in stream]


model = BedrockModel(model_id=sys.argv[1], max_tokens=64, temperature=0)
events = asyncio.run(streamed())
(start,) = [
    event["contentBlockStart"]["start"]["toolUse"] for event in events if "contentBlockStart" in event
]
written = "".join(
    event["contentBlockDelta"]["delta"]["toolUse"]["input"]
    for event in events
    if "contentBlockDelta" in event
)
(stop,) = [event["messageStop"]["stopReason"] for event in events if "messageStop" in event]
agent = Agent(model=model, tools=[file_under], callback_handler=None)
result = agent.tool.file_under(**json.loads(written))
found = {"tool": start["name"], "stop": stop, "filed": result["content"][0]["text"]}
json.dump(found, sys.stdout)
