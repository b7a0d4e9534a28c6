"""LiteLLM: an answer in OpenAI's shape, the same as a stream, and an unknown model."""

import json
import os
import sys

import litellm

litellm.suppress_debug_info = True  # which would be printed
MESSAGES = [{"role": "user", "content": "What kind of document is an invoice?"}]
asked = {
    "messages": MESSAGES,
    "max_tokens": 8,
    "temperature": 0,
    "aws_bedrock_runtime_endpoint": os.environ["AWS_ENDPOINT_URL"],
}
model = f"bedrock/converse/{sys.argv[1]}"
answer = litellm.completion(model=model, **asked)
chunks = litellm.completion(model=model, stream=True, **asked)
found = {
    "text": answer.choices[0].message.content,
    "stop": answer.choices[0].finish_reason,
    "prompt_tokens": answer.usage.prompt_tokens,
    "completion_tokens": answer.usage.completion_tokens,
    "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks),
}
try:
    litellm.completion(model="bedrock/converse/amazon.nosuch-v1:0", **asked)
except litellm.BadRequestError as error:
    found["refusal"] = str(error)
json.dump(found, sys.stdout)
