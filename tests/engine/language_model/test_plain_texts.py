"""Plain texts packed for pre-training: nothing is padded or left out, and all of it is learned."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from burnish.engine.checkpoints import NO_CHECKPOINTS, FolderCheckpoints
from burnish.engine.conversations import Conversation, Example, TrainingData
from burnish.engine.language_model.plain_texts import sequences_of
from burnish.engine.language_model.training_step import LoraStep
from burnish.engine.language_model.tunable import TunableLanguageModel
from burnish.engine.tunable_model import Progress

TEXTS = ("Dear Sir, the invoice of last month is due. " * 40, "a form", "letter, form " * 300)
SETTINGS = {"learningRate": "0.01", "batchSize": "2", "seed": "3"}


def plain(*texts: str) -> tuple[Example, ...]:
    return tuple(Example(conversation=Conversation(system="", turns=()), answer=text) for text in texts)


def test_every_token_is_predicted_once_and_none_is_padded(tiny_model):
    sequences = sequences_of(tiny_model, TEXTS)
    assert len(sequences) > 2
    assert {len(one.answer) for one in sequences[:-1]} == {512}
    learned = [token for one in sequences for token in one.answer]
    mark = sequences[0].prompt[0]
    parts = "".join(tiny_model.tokenizer.decode(learned)).split(tiny_model.tokenizer.decode([mark]))
    assert parts == [*TEXTS, ""]
    for before, after in pairwise(sequences):
        assert after.prompt == before.answer[-1:]


def test_the_loss_is_that_of_a_plain_pass_over_all_tokens(tiny_model):
    sequences = sequences_of(tiny_model, TEXTS)
    losses, count = 0.0, 0
    with torch.no_grad():
        for one in sequences:
            tokens = torch.tensor([one.tokens])
            logits = tiny_model.network(input_ids=tokens).logits[0, :-1].float()
            losses += torch.nn.functional.cross_entropy(logits, tokens[0, 1:], reduction="sum").item()
            count += len(one.answer)
    assert LoraStep(tiny_model).validation_loss(sequences) == pytest.approx(losses / count, rel=1e-4)


def test_a_model_that_was_pre_trained_further_knows_the_texts_better(tiny_weights, tmp_path):
    model = TunableLanguageModel(tiny_weights)
    data = TrainingData(training=plain(*TEXTS * 3), validation=plain(*TEXTS))
    settings = model.settings({**SETTINGS, "epochCount": "4"}, data)
    assert settings.trained_share == 1.0
    validations, steps = [], []
    tuned = model.train(
        data, settings, progress=Progress(on_step=steps.append, on_validation=validations.append)
    )
    assert validations[-1].loss < validations[0].loss < steps[0].loss
    tuned.save(tmp_path)
    assert model.answering(tmp_path).count_tokens


class Killed(Exception):
    pass


def test_a_pre_training_that_was_killed_ends_with_the_same_model_bit_for_bit(tiny_weights, tmp_path):
    data, repeated = TrainingData(training=plain(*TEXTS * 3), validation=plain(*TEXTS)), []

    def saved(name: str, checkpoints=NO_CHECKPOINTS, killed_after=None) -> dict[str, bytes]:
        def on_step(step) -> None:
            repeated.append(step.is_repeated)
            if step.number == killed_after:
                raise Killed

        model = TunableLanguageModel(tiny_weights)
        settings = model.settings({**SETTINGS, "epochCount": "2"}, data)
        progress = Progress(on_step=on_step, on_validation=lambda _: None)
        model.train(data, settings, progress=progress, checkpoints=checkpoints).save(tmp_path / name)
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    for name in ("undisturbed", "killed"):
        (tmp_path / name).mkdir()
    checkpoints = FolderCheckpoints(tmp_path / "checkpoints", fingerprint="same", every_seconds=0)
    with pytest.raises(Killed):
        saved("killed", checkpoints, killed_after=3)
    resumed = saved("killed", checkpoints)
    assert any(repeated)
    assert resumed == saved("undisturbed")


def test_plain_texts_are_seen_once_where_a_job_does_not_say_how_often(tiny_weights):
    model, data = TunableLanguageModel(tiny_weights), TrainingData(training=plain(*TEXTS))
    assert model.settings({}, data).epochs == 1
    assert model.settings({"epochCount": "3"}, data).epochs == 3
    assert model.problems(data.training) == []
