"""ChatBedrockConverse of LangChain: an answer, and the same text as a stream."""

import json
import sys

from langchain_aws import ChatBedrockConverse

QUESTION = "What kind of document is an invoice?"
model = ChatBedrockConverse(model=sys.argv[1], max_tokens=8, temperature=0)
answer = model.invoke(QUESTION)
chunks = list(model.stream(QUESTION))
found = {
    "text": answer.text,
    "usage": answer.usage_metadata,
    "stop": answer.response_metadata["stopReason"],
    "streamed": "".join(chunk.text for chunk in chunks),
    "streamed_usage": [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata],
}
json.dump(found, sys.stdout)
