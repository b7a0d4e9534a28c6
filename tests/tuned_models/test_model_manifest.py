"""What a job says of its model's files, and what is refused of somebody who says other things."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from burnish.errors import InvalidInput
from burnish.tuned_models.model_manifest import BaseWeights, ModelManifest, TrainingFigures, read_manifest

BASE = BaseWeights(name="tiny", source="someone/tiny", kind="language-model", fingerprint="0f")
MANIFEST = ModelManifest(
    model_name="papers",
    kind="language-model",
    base_model_id="local.tiny-v1:0",
    bases=(BASE,),
    figures=TrainingFigures(training_records=8, validation_records=4, labels={"invoice": 4, "letter": 4}),
    files={"adapter_model.safetensors": "0" * 64, "tiny/decision.json": "1" * 64},
)


def test_a_manifest_is_read_as_it_was_written():
    assert read_manifest(MANIFEST.as_file()) == MANIFEST


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (replace(MANIFEST, files={"../outside": "0" * 64}), "no place inside"),
        (replace(MANIFEST, files={"/etc/passwd": "0" * 64}), "no place inside"),
        (replace(MANIFEST, files={".bashrc": "0" * 64}), "no place inside"),
        (replace(MANIFEST, files={"a": "0" * 63}), "checksums that are none"),
        (replace(MANIFEST, bases=(replace(BASE, folder="../up"),)), "no place inside"),
        (replace(MANIFEST, bases=(replace(BASE, source='x")\nimport os'),)), "no name of a model"),
        (replace(MANIFEST, files={}), "names no files"),
        (replace(MANIFEST, layout=2), "of a later version"),
    ],
)
def test_a_manifest_that_leads_elsewhere_is_refused(spoilt, message):
    with pytest.raises(InvalidInput, match=message):
        read_manifest(spoilt.as_file())


def test_what_is_no_manifest_is_refused():
    with pytest.raises(InvalidInput, match="not what Burnish writes"):
        read_manifest(b"[]")
