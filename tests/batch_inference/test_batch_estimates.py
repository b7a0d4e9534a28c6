"""What a batch will cost, told from records in a real S3 server; whether it is AWS is said, not asked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from image_bytes import saved
from PIL import Image

from burnish.aws.batch_records import InputRecord, upload_records
from burnish.aws.batches import BatchJobConfig
from burnish.aws.objects import upload_bytes
from burnish.batch_inference import estimates
from burnish.batch_inference.estimates import estimate_batch
from burnish.errors import InvalidConfig, InvalidRecords
from burnish.evaluation.prices import ModelPrice
from burnish.families.nova import NOVA

PAGE = saved(Image.new("L", (750, 1000), 255), "PNG")


@pytest.fixture
def estimate(s3, s3_folder):
    def estimated(name="requests/", *, at_aws=True, model="amazon.nova-micro-v1:0", **given):
        config = BatchJobConfig(
            job_name="pages",
            model_id=model,
            role_arn="arn:aws:iam::123456789012:role/Batch",
            input_uri=f"{s3_folder}/{name}",
            output_uri=f"{s3_folder}/output/",
        )
        return estimate_batch(SimpleNamespace(s3=s3, leads_to_aws=at_aws), config, **given)

    return estimated


@pytest.fixture
def upload(s3, s3_folder):
    def written(count, *, text="a" * 400, **request):
        content = [{"text": text}, {"image": {"format": "png", "source": {"bytes": PAGE}}}]
        asked = {"messages": [{"role": "user", "content": content}], **request}
        made = (InputRecord(record_id=f"r{number}", model_input=asked) for number in range(count))
        upload_records(s3, f"{s3_folder}/requests", made)

    return written


def test_the_cost_is_half_of_the_on_demand_price(upload, estimate):
    upload(100, inferenceConfig={"maxTokens": 50})
    found = estimate()
    image = NOVA.image_tokens.likely(750, 1000)
    assert (found.records, found.is_exact, found.most_output_tokens) == (100, True, 5_000)
    assert found.input_tokens == 100 * (100 + image)
    price = estimates.price_of("amazon.nova-micro-v1:0")
    assert found.input_usd == pytest.approx(price.of_tokens(found.input_tokens, 0) / 2)
    assert found.most_usd == pytest.approx(price.of_tokens(found.input_tokens, 5_000) / 2)
    assert str(found).startswith(f"100 records with about {found.input_tokens:,} input tokens: about $")


def test_a_large_input_is_estimated_from_its_beginning(upload, estimate, monkeypatch):
    monkeypatch.setattr(estimates, "SAMPLED_RECORDS", 20)
    upload(200)
    found = estimate()
    assert not found.is_exact
    assert found.records == pytest.approx(200, rel=0.02)
    assert str(found).startswith("about ")


def test_answers_without_a_limit_have_no_most(upload, estimate):
    upload(100)
    found = estimate()
    assert (found.most_output_tokens, found.most_usd) == (None, None)
    assert found.input_usd


@pytest.mark.parametrize(
    "request_of",
    [
        {"max_tokens": 7, "messages": []},
        {"textGenerationConfig": {"maxTokenCount": 7}, "inputText": ""},
        {"max_gen_len": 7, "prompt": ""},
    ],
)
def test_each_family_limits_its_answers_in_its_own_words(s3, s3_folder, estimate, request_of):
    upload_records(s3, f"{s3_folder}/requests", [InputRecord(record_id="a", model_input=request_of)])
    assert estimate(at_aws=False).most_output_tokens == 7


def test_a_server_of_ones_own_has_no_price_and_takes_few_records(upload, estimate):
    upload(1)
    found = estimate(at_aws=False)
    assert (found.records, found.input_usd) == (1, None)
    assert str(found).endswith("no price is known")


def test_a_price_of_ones_own_is_used_whatever_the_model(upload, estimate):
    upload(100, inferenceConfig={"maxTokens": 10})
    found = estimate(model="mistral.large-v1:0", price=ModelPrice(input_usd=0.002, output_usd=0.006))
    assert found.input_usd == pytest.approx(found.input_tokens * 0.001 / 1000)
    assert found.most_usd == pytest.approx(found.input_usd + 1000 * 0.003 / 1000)


def test_too_few_records_for_aws_are_refused_before_anything_is_created(upload, estimate):
    upload(99)
    with pytest.raises(InvalidConfig, match="it has 99 records, and Amazon Bedrock takes batches of 100"):
        estimate()


def test_an_input_that_is_not_there_is_named(estimate):
    for name in ("none.jsonl", "none/"):
        with pytest.raises(InvalidConfig, match=r"none.* there is no \.jsonl file"):
            estimate(name)


@pytest.mark.parametrize(
    ("line", "says"),
    [(b'{"prompt": "a"}\n', "line 2: write .*recordId"), (b"no JSON\n", "line 2: it is not JSON")],
)
def test_a_line_that_is_no_record_is_named(s3, s3_folder, estimate, line, says):
    upload_bytes(s3, s3_folder.child("in.jsonl"), b'{"modelInput": {}}\n' + line)
    with pytest.raises(InvalidRecords, match=f"in.jsonl, {says}"):
        estimate("in.jsonl")
