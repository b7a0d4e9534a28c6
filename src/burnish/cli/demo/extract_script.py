"""The program that a demo of extraction leaves beside a model that was kept: it reads the fields of pages."""

from __future__ import annotations

from pathlib import Path
from string import Template

EXTRACT_SCRIPT_NAME = "extract.py"

#: For readers: boto3 alone, as their own program would do it.
_SCRIPT = '''"""Read the fields of pages with the tuned model: python extract.py page.png …"""

import json
import sys
from pathlib import Path

import boto3

MODEL = "$model"
BUCKET, MANIFEST = "$bucket", "$manifest"

# A model is asked what it was trained on, word for word: the data set's manifest has the prompt.
prompt = json.load(boto3.client("s3").get_object(Bucket=BUCKET, Key=MANIFEST)["Body"])["prompt"]
answer_form = {"jsonSchema": {"name": "document_fields", "schema": prompt["json_schema"]}}
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
    fields = json.loads(response["output"]["message"]["content"][0]["text"])
    print(f"{page}: {json.dumps(fields, indent=1, ensure_ascii=False)}")
'''


def write_extract_script(folder: Path, *, model_id: str, manifest_uri: str) -> None:
    """Write the program into a folder."""
    bucket, _, key = manifest_uri.removeprefix("s3://").partition("/")
    text = Template(_SCRIPT).substitute(model=model_id, bucket=bucket, manifest=key)
    (folder / EXTRACT_SCRIPT_NAME).write_text(text, encoding="utf-8")
