"""`burnish evaluate` with a real server: nothing is asked in vain, and what went wrong is said."""

from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ClientError
from whole_server import base_model_id, page_png


@pytest.fixture(scope="module")
def server(quick_server):
    return quick_server


@pytest.fixture(scope="module")
def made():
    """The places of data sets that are there."""
    return set()


@pytest.fixture
def prepare(server, burnish, documents, made):
    """Prepares the documents into a place, once."""

    def run(place, *words):
        if place in made:
            return place
        ended = burnish(
            *("prepare", "documents", "--to", place, "--model", base_model_id(server)),
            *("--descriptions", "labels.csv", *words),
        )
        assert ended.returncode == 0, ended.stderr
        made.add(place)
        return place

    return run


def test_a_model_that_is_not_there_is_named_before_any_is_asked(server, burnish, prepare, tmp_path):
    model, place = base_model_id(server), prepare("s3://evaluating/set")
    for wrong, says in (
        ("nosuch", "tuned: No model, deployment or throughput in us-east-1 is called 'nosuch'"),
        (model[:-2], f"tuned: There is no model '{model[:-2]}'. Did you mean '{model}'?"),
    ):
        ended = burnish("evaluate", place, f"base={model}", f"tuned={wrong}", "--out", "e")
        assert ended.returncode == 1
        assert says in ended.stderr
        assert "base:" not in ended.stderr
        assert not (tmp_path / "e").exists()


def test_a_model_that_answers_nothing_is_an_error_with_its_reason_and_no_verdict(
    server, burnish, prepare, documents, tmp_path
):
    # More than the context of the model holds, so that it refuses every page.
    (tmp_path / "labels.csv").write_text(f"label,description\na,{'long ' * 3000}\n")
    model, place = base_model_id(server), prepare("s3://evaluating/too-long")
    ended = burnish("evaluate", place, f"base={model}", "--pages", "2", "--out", "e", "--json")
    assert ended.returncode == 1
    assert "All 2 calls to base failed: ValidationException: Input is too long" in ended.stderr
    assert json.loads(ended.stdout)["verdict"] == "Evaluate again"
    assert "Input is too long" in (tmp_path / "e" / "report.html").read_text()


def test_a_maximum_that_one_call_may_exceed_is_refused_before_the_first_with_one_that_is_enough(
    server, burnish, prepare, tmp_path
):
    model, place = base_model_id(server), prepare("s3://evaluating/set")
    words = ("evaluate", place, f"base={model}", "--price", "base=10,10", "--pages", "2", "--out", "e")
    ended = burnish(*words, "--at-most", "0.0001")
    assert ended.returncode == 1
    assert "a single call may cost up to $" in ended.stderr
    assert not (tmp_path / "e").exists()
    enough = re.search(r"--at-most ([0-9.e+]+)", ended.stderr)[1]
    assert burnish(*words, "--at-most", enough).returncode == 0
    (answer, _) = (tmp_path / "e" / "answers.jsonl").read_text().splitlines()
    assert json.loads(answer)["prediction"]["input_tokens"]


def test_a_dry_run_estimates_what_the_calls_cost(server, burnish, prepare):
    model, place = base_model_id(server), prepare("s3://evaluating/set")
    words = ("evaluate", place, f"dear={model}", f"unpriced={model}", "--price", "dear=10,10", "--pages", "2")
    dear, unpriced = json.loads(burnish(*words, "--dry-run", "--json").stdout)
    assert dear["calls"] == 2
    assert 0 < dear["likely usd"] < dear["most usd"]
    assert unpriced["likely usd"] is unpriced["most usd"] is None
    ended = burnish(*words, "--dry-run")
    assert "Estimated cost: $" in ended.stderr
    assert "No model was called." in ended.stderr


def test_tokens_are_counted_as_the_answer_counts_them(server):
    runtime = server.clients().bedrock_runtime
    asked = {
        "system": [{"text": "You classify pages."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "What is it?"},
                    {"image": {"format": "png", "source": {"bytes": page_png("invoice")}}},
                ],
            }
        ],
    }
    model = base_model_id(server)
    counted = runtime.count_tokens(modelId=model, input={"converse": asked})["inputTokens"]
    answer = runtime.converse(modelId=model, inferenceConfig={"maxTokens": 1}, **asked)
    assert answer["usage"]["inputTokens"] == counted
    with pytest.raises(ClientError, match="A conversation must start with a user message"):
        runtime.count_tokens(modelId=model, input={"invokeModel": {"body": b"{}"}})


def test_pages_are_read_once_for_all_models_whichever_is_asked_first(server, burnish, prepare, tmp_path):
    model, place = base_model_id(server), prepare("s3://evaluating/set")
    stand_in = "amazon.nova-lite-v1:0"
    for out, (first, second) in (("e", (model, stand_in)), ("f", (stand_in, model))):
        words = ("evaluate", place, f"first={first}", f"second={second}", "--pages", "2", "--out", out)
        ended = burnish(*words)
        assert ended.returncode == 0, ended.stderr
        assert "2. reading pages" in ended.stderr
        pages = json.loads((tmp_path / out / "evaluation.json").read_bytes())["pages"]
        assert json.loads((tmp_path / out / "summary.json").read_bytes())["reading"]["pages"] == len(pages)
        assert f"The server read {len(pages)} pages in" in (tmp_path / out / "report.html").read_text()
    again = burnish(*words)
    assert "reading pages" not in again.stderr
    assert json.loads((tmp_path / out / "summary.json").read_bytes())["reading"] is None
