"""The program that a demo leaves beside a model that was kept: it asks the model what a page is."""

from __future__ import annotations

from pathlib import Path
from string import Template

SCRIPT_NAME = "classify.py"

#: For readers: boto3 alone, as their own program would do it.
_SCRIPT = '''"""Ask the tuned model what pages are: python classify.py page.png …"""

import json
import sys
from pathlib import Path

import boto3

MODEL = "$model"
BUCKET, MANIFEST = "$bucket", "$manifest"

# A model is asked what it was trained on, word for word: the data set's manifest has the prompt.
prompt = json.load(boto3.client("s3").get_object(Bucket=BUCKET, Key=MANIFEST)["Body"])["prompt"]
types = {"type": "string", "enum": prompt["labels"]}
schema = {
    "type": "object",
    "properties": {"type": types},
    "required": ["type"],
    "additionalProperties": False,
}
answer_form = {"jsonSchema": {"name": "document_type", "schema": json.dumps(schema)}}
runtime = boto3.client("bedrock-runtime")

for page in map(Path, sys.argv[1:]):
    image_format = page.suffix[1:].lower().replace("jpg", "jpeg")
    image = {"format": image_format, "source": {"bytes": page.read_bytes()}}
    response = runtime.converse(
        modelId=MODEL,
        system=[{"text": prompt["system"]}],
        messages=[{"role": "user", "content": [{"text": prompt["task"]}, {"image": image}]}],
        outputConfig={"textFormat": {"type": "json_schema", "structure": answer_form}},
    )
    answer = json.loads(response["output"]["message"]["content"][0]["text"])["type"]
    fields = response["additionalModelResponseFields"]
    # Pages that are unlike all training pages have no label, perhaps, that fits.
    review = ", unlike the training pages: review it" if fields.get("typicality", 1) <= 0.05 else ""
    print(f"{page}: {answer} ({fields['labelProbabilities'][answer]:.0%}){review}")
'''


def write_classify_script(folder: Path, *, model_id: str, manifest_uri: str) -> None:
    """Write the program into a folder."""
    bucket, _, key = manifest_uri.removeprefix("s3://").partition("/")
    text = Template(_SCRIPT).substitute(model=model_id, bucket=bucket, manifest=key)
    (folder / SCRIPT_NAME).write_text(text, encoding="utf-8")
