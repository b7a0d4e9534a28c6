"""One contract for every architecture: what is shared between examples and candidates changes no number."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import torch
from tiny_architectures import ARCHITECTURES, config_of, write_architecture
from tiny_engine import UNWATCHED, asked, disturbed, plain_scores, written_text
from transformers import AutoConfig

from burnish.engine.conversations import Example, TrainingData
from burnish.engine.inference_messages import Choice, ModelPlace, Sampling
from burnish.engine.kinds import kind_of, save_tuned
from burnish.engine.language_model.deciding import candidate_scores
from burnish.engine.language_model.dtypes import DTYPES, step_seconds
from burnish.engine.language_model.micro_batches import MicroBatchLimit
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.prefix import run_prefix
from burnish.engine.language_model.probes import packs_rows
from burnish.engine.language_model.training import LoraTraining
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.language_model.trie import trie_of, without_common_tail
from burnish.engine.model_runner import ModelRunner
from burnish.engine.writing import written
from burnish.errors import ModelFailed
from burnish.records import answer_for

CHOICE = Choice(name="class", labels=("form", "form_letter", "invoice"))
DOCUMENTED = Path(__file__).parents[3] / "docs" / "compatibility" / "models.md"


@pytest.fixture(scope="module", params=ARCHITECTURES)
def weights(request, tmp_path_factory, tiny_weights) -> Path:
    return write_architecture(request.param, tmp_path_factory.mktemp(request.param), tiny_weights)


@pytest.fixture
def tuned(weights) -> LanguageModel:
    """The network with an adapter of random numbers."""
    model = disturbed(load_language_model(weights), LoraTraining(rank=2))
    model.network.eval()
    return model


def drawn(count: int, rng: random.Random) -> tuple[int, ...]:
    return tuple(rng.randrange(2, 340) for _ in range(count))


@pytest.mark.parametrize("packs", [True, False], ids=["as on a processor", "as on an accelerator"])
def test_candidates_are_scored_together_as_each_is_alone(tuned, packs):
    vars(tuned)["packs"] = packs and tuned.packs
    rng = random.Random(0)
    prefix = drawn(24, rng)
    prompts = [[*prefix, *drawn(own, rng)] for own in (3, 11, 1)]
    candidates = [tuned.answer_tokens(answer_for(label)) for label in CHOICE.labels]
    alone = [
        [plain_scores(tuned, prompt, one) for one in without_common_tail(candidates)] for prompt in prompts
    ]
    with torch.no_grad():
        cache = run_prefix(tuned.backbone, prefix[:20], tuned.device)
    scores = candidate_scores(tuned, prompts, trie_of(candidates), cache, 20)
    torch.testing.assert_close(scores, torch.tensor(alone), rtol=1e-4, atol=1e-4)


STEPS = {
    "as on a processor": {},
    "as on an accelerator": {"masked": True},
    "checkpointed": {"limit": MicroBatchLimit(tokens=30, checkpointed=True)},
}


@pytest.mark.parametrize("way", STEPS.values(), ids=STEPS)
def test_a_step_with_a_shared_prefix_has_the_gradients_of_plain_examples(tuned, way):
    rng = random.Random(0)
    prefix = drawn(30, rng)
    batch = [
        TokenizedExample(prompt=(*prefix, *drawn(own, rng)), answer=drawn(3, rng)) for own in (5, 17, 1, 9, 2)
    ]
    expected = plain_gradients(tuned, batch)
    step = LoraStep(tuned, **way)
    for _ in range(2):  # the second time from what the frozen blocks gave the first time
        step.accumulate_gradients(batch)
        for name, gradient in taken_gradients(tuned).items():
            torch.testing.assert_close(gradient, expected[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_sequences_are_packed_but_where_positions_are_a_bias_on_attention(name, masked):
    assert packs_rows(config_of(name), masked=masked) == (name != "bloom")


def plain_gradients(model: LanguageModel, batch: list[TokenizedExample]) -> dict[str, torch.Tensor]:
    """The gradients of each example alone, through the whole network, by transformers' own loss."""
    count = sum(len(one.answer) for one in batch)
    for one in batch:
        row = torch.tensor([[*one.prompt, *one.answer]])
        labels = torch.tensor([[*[-100] * len(one.prompt), *one.answer]])
        loss = model.network(input_ids=row, labels=labels, use_cache=False).loss
        (loss * len(one.answer) / count).backward()
    return taken_gradients(model)


def taken_gradients(model: LanguageModel) -> dict[str, torch.Tensor]:
    """The gradients that have accumulated, which are then forgotten."""
    learning = {name: weight for name, weight in model.network.named_parameters() if weight.requires_grad}
    gradients = {name: weight.grad for name, weight in learning.items() if weight.grad is not None}
    model.network.zero_grad(set_to_none=True)
    assert gradients.keys() == learning.keys()
    return gradients


def test_a_saved_model_answers_as_it_did_when_it_was_trained(weights, tmp_path):
    labels = CHOICE.labels[:2] * 2
    examples = tuple(
        Example(conversation=asked(f"page {number}"), answer=answer_for(label))
        for number, label in enumerate(labels)
    )
    data = TrainingData(training=examples, validation=examples[:2])
    model = kind_of(weights).load(weights)
    trained = model.train(data, model.settings({"learningRate": "0.01"}, data), progress=UNWATCHED)
    save_tuned(trained, tmp_path)
    place = ModelPlace(weights=weights, tuned=tmp_path)
    answer, base = (
        ModelRunner().decide(one, [asked("page 0")], CHOICE)[0]
        for one in (place, ModelPlace(weights=weights))
    )
    prompt = trained.model.prompt_tokens(asked("page 0"))
    form = trained.decision.form_for(CHOICE.name)
    candidates = without_common_tail(
        [trained.model.answer_tokens(form.answer(label)) for label in CHOICE.labels]
    )
    scores = [plain_scores(trained.model, prompt, candidate) for candidate in candidates]
    expected = trained.decision.calibration.probabilities(dict(zip(CHOICE.labels, scores, strict=True)))
    assert answer.probabilities == pytest.approx(expected, abs=1e-4)
    assert base.probabilities != pytest.approx(expected, rel=0.05, abs=0)


def test_generating_from_a_cached_prefix_writes_what_it_writes_without(weights):
    asking, sampling = asked("a page of some length"), Sampling(max_tokens=6)
    cold = written_text(ModelRunner(), ModelPlace(weights=weights), asking, sampling)
    runner = ModelRunner()
    for page in ("another page", "a page of some length"):
        warm = written_text(runner, ModelPlace(weights=weights), asked(page), sampling)
    assert (warm.text, warm.output_tokens) == (cold.text, cold.output_tokens)
    assert cold.output_tokens > 0


def test_texts_written_together_are_those_that_are_written_alone(weights):
    place, sampling = ModelPlace(weights=weights), Sampling(max_tokens=6)
    pages = [asked("a page of some length"), asked("word " * 30), asked("")]
    alone = [written_text(ModelRunner(), place, page, sampling) for page in pages]
    runner = ModelRunner()
    texts = []
    for page in pages:
        texts.append(runner.begin(place, page, sampling))
        texts[-1].writer.step()
    assert [written(text) for text in texts] == alone


def test_the_documentation_lists_the_architectures_and_how_they_decide(weights):
    name = AutoConfig.from_pretrained(weights).model_type
    decides = "in one pass" if load_language_model(weights).follows_trees else "side by side"
    section = DOCUMENTED.read_text().partition("\n## Architectures of open models\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\w[\w ]*\w) \|$", section, re.MULTILINE)
    assert (name, decides) in rows
    assert {row for row, _ in rows} == set(ARCHITECTURES)


@pytest.mark.parametrize("name", ["gpt2", "gemma3_text", "mixtral", "bloom"])
def test_the_dtype_of_other_architectures_is_timed_too(name):
    assert set(step_seconds(config_of(name))) == set(DTYPES)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mamba", "MambaForCausalLM has layers of the kind linear_attention"),
        ("bert", "BertLMHeadModel does not go on after a cached prefix"),
        ("distilbert", "DistilBertModel is no causal language model"),
    ],
)
def test_an_architecture_without_a_cache_is_refused_by_its_name(name, reason, tmp_path, tiny_weights):
    write_architecture(name, tmp_path, tiny_weights)
    with pytest.raises(ModelFailed, match=f"{reason}.*such as Llama"):
        load_language_model(tmp_path)
