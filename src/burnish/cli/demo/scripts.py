"""The program that a demo leaves beside a model that was kept: it asks the model about pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

#: For readers: boto3 alone, as their own program would do it.
_BEGINNING = '''"""$purpose"""

import json
import sys
from pathlib import Path

import boto3

MODEL = "$model"
BUCKET, MANIFEST = "$bucket", "$manifest"

# A model is asked what it was trained on, word for word: the data set's manifest has the prompt.
prompt = json.load(boto3.client("s3").get_object(Bucket=BUCKET, Key=MANIFEST)["Body"])["prompt"]
runtime = boto3.client("bedrock-runtime")


def answer_about(pages, form):
    """What the model answers about images of pages that belong together, in the form of a JSON schema."""
    shown = []
    for page in pages:
        image_format = page.suffix[1:].lower().replace("jpg", "jpeg")
        shown.append({"image": {"format": image_format, "source": {"bytes": page.read_bytes()}}})
    return runtime.converse(
        modelId=MODEL,
        system=[{"text": prompt["system"]}],
        messages=[{"role": "user", "content": [{"text": prompt["task"]}, *shown]}],
        outputConfig={"textFormat": {"type": "json_schema", "structure": {"jsonSchema": form}}},
    )


'''
_CLASSIFY = """types = {"type": "string", "enum": prompt["labels"]}
schema = {
    "type": "object",
    "properties": {"type": types},
    "required": ["type"],
    "additionalProperties": False,
}
for page in map(Path, sys.argv[1:]):
    response = answer_about([page], {"name": "document_type", "schema": json.dumps(schema)})
    answer = json.loads(response["output"]["message"]["content"][0]["text"])["type"]
    fields = response["additionalModelResponseFields"]
    # Pages that are unlike all training pages have no label, perhaps, that fits.
    review = ", unlike the training pages: review it" if fields.get("typicality", 1) <= 0.05 else ""
    print(f"{page}: {answer} ({fields['labelProbabilities'][answer]:.0%}){review}")
"""
_EXTRACT = """form = {"name": "document_fields", "schema": prompt["json_schema"]}
response = answer_about(map(Path, sys.argv[1:]), form)
if response["stopReason"] == "max_tokens":
    sys.exit("The answer was cut off: give it more room, with maxTokens in inferenceConfig.")
fields = json.loads(response["output"]["message"]["content"][0]["text"])
print(json.dumps(fields, indent=1, ensure_ascii=False))
"""


@dataclass(frozen=True, kw_only=True)
class KeptScript:
    """A program, by the name of its file."""

    name: str
    purpose: str
    end: str

    def write(self, folder: Path, *, model_id: str, manifest_uri: str) -> None:
        """Write the program into a folder; it asks a model, with the prompt of a data set."""
        bucket, _, key = manifest_uri.removeprefix("s3://").partition("/")
        beginning = Template(_BEGINNING).substitute(
            purpose=self.purpose, model=model_id, bucket=bucket, manifest=key
        )
        (folder / self.name).write_text(beginning + self.end, encoding="utf-8")


CLASSIFY = KeptScript(
    name="classify.py",
    purpose="Ask the tuned model what pages are: python classify.py page.png …",
    end=_CLASSIFY,
)
EXTRACT = KeptScript(
    name="extract.py",
    purpose="Read the fields of a document, off the images of its pages: python extract.py page.png …",
    end=_EXTRACT,
)
