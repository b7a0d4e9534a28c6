"""BedrockConverse of LlamaIndex: an answer, the same as a stream, an object, and the call of a tool."""

import json
import sys
from typing import Literal

from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.bedrock_converse import BedrockConverse
from pydantic import BaseModel

QUESTION = "What kind of document is an invoice?"


class Document(BaseModel):
    """What kind of document it is."""

    kind: Literal["invoice", "letter"]


def file_under(kind: Literal["invoices", "letters"]) -> str:
    """File a document in a folder."""
    return f"filed under {kind}"


llm = BedrockConverse(model=sys.argv[1], max_tokens=8, temperature=0)
asked = [ChatMessage(role="user", content=QUESTION)]
answer = llm.chat(asked)
chunks = list(llm.stream_chat(asked))
tool = FunctionTool.from_defaults(file_under)
called = llm.chat_with_tools([tool], user_msg="File this invoice.", tool_required=True)
(call,) = llm.get_tool_calls_from_response(called)
found = {
    "text": answer.message.content,
    "stop": answer.raw["stopReason"],
    "streamed": "".join(chunk.delta or "" for chunk in chunks),
    "kind": llm.structured_predict(Document, PromptTemplate(QUESTION)).kind,
    "tool": call.tool_name,
    "filed": tool(**call.tool_kwargs).content,
}
json.dump(found, sys.stdout)
