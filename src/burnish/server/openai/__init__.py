"""The second door: OpenAI's API, answered by what answers Bedrock's."""
