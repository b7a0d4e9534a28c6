"""What every kind of model promises: trained on examples, saved, loaded, asked. One suite for all kinds."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tiny_vision_models import write_vision_model

from burnish.engine.checkpoints import FolderCheckpoints
from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.held_out import how_made, judged
from burnish.engine.inference_messages import Choice, ModelPlace, Sampling
from burnish.engine.kind_files import members_of
from burnish.engine.kinds import (
    PAGE_FEATURES,
    kind_of,
    reading_of,
    save_tuned,
    write_kind,
    write_pool,
)
from burnish.engine.model_runner import ModelRunner
from burnish.engine.page_features_model import TunablePageFeatures
from burnish.engine.pages import PageContent
from burnish.engine.portable_models import write_portable
from burnish.engine.sentence_encoder.tiny_encoder import write_tiny_encoder
from burnish.engine.tunable_model import Progress, Step, TunableModel, Validation
from burnish.engine.writing import written
from burnish.errors import InvalidInput
from burnish.page_features.appearance import SIZE
from burnish.pages.reading import Line
from burnish.records import answer_for
from burnish.server.imports.checks import check_files

CHOICE = Choice(name="class", labels=("invoice", "letter"))
TEXTS = {"invoice": "Invoice total {0} due {1}\nVAT {0}", "letter": "Dear Sir {0}\nyours sincerely {1}"}
HYPERPARAMETERS = {"epochCount": "12", "batchSize": "4", "learningRate": "0.01", "lineDropout": "0"}


def page(text: str) -> PageContent:
    lines = tuple(
        Line(line, 0.1, 0.1 + 0.1 * row, 0.9, 0.15 + 0.1 * row) for row, line in enumerate(text.split("\n"))
    )
    return PageContent(lines=lines, appearance=bytes([200] * SIZE), image=picture(text))


def picture(text: str) -> bytes:
    """A page as it looks: invoices have a dark head, and the more a page says, the longer it is."""
    image = Image.new("L", (60, 60 + len(text) // 4), 255)
    if text.startswith("Invoice"):
        image.paste(0, (0, 0, 60, 25))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def asked(text: str) -> Conversation:
    return Conversation(system="", turns=(Turn(role="user", text="Which type?", pages=(page(text),)),))


def examples(count: int, *, first: int = 0) -> tuple[Example, ...]:
    return tuple(
        Example(conversation=asked(TEXTS[label].format(number, 7 * number)), answer=answer_for(label))
        for number in range(first, first + count)
        for label in CHOICE.labels
    )


@pytest.fixture
def page_features(tmp_path) -> Path:
    folder = tmp_path / "page-features"
    folder.mkdir()
    write_kind(PAGE_FEATURES, folder)
    return folder


@pytest.fixture(params=["language-model", "vision-language", "page-features", "sentence-encoder", "pool"])
def weights(request, tmp_path, tiny_weights, page_features) -> Path:
    """The folder of a base model of each kind."""
    if request.param == "language-model":
        return tiny_weights
    if request.param == "page-features":
        return page_features
    if request.param == "vision-language":
        return write_vision_model("llava", tmp_path / "vision-language", tiny_weights)
    folder = tmp_path / "pool"
    folder.mkdir()
    if request.param == "sentence-encoder":
        return write_tiny_encoder(folder)
    write_pool({"tiny": tiny_weights, "page-features": page_features}, folder)
    return folder


@pytest.fixture
def model(weights) -> TunableModel:
    return kind_of(weights).load(weights)


class Watched:
    """A progress that is kept."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.validations: list[Validation] = []
        self.progress = Progress(on_step=self.steps.append, on_validation=self.validations.append)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def trained(model: TunableModel, folder: Path, watched: Watched, data: TrainingData | None = None) -> Path:
    data = data or TrainingData(training=examples(8), validation=examples(2, first=100))
    settings = model.settings(HYPERPARAMETERS, data)
    folder.mkdir()
    save_tuned(model.train(data, settings, progress=watched.progress), folder)
    return folder


def decided(weights: Path, tuned: Path | None, texts: Sequence[str]) -> list[dict[str, float]]:
    place = ModelPlace(weights=weights, tuned=tuned)
    answers = ModelRunner().decide(place, [asked(text) for text in texts], CHOICE)
    return [answer.probabilities for answer in answers]


def test_a_trained_model_tells_pages_apart_that_it_has_not_seen(model, weights, tmp_path, watched):
    folder = trained(model, tmp_path / "tuned", watched)
    texts = [TEXTS[label].format(50, 51) for label in CHOICE.labels]
    place = ModelPlace(weights=weights, tuned=folder)
    answers = ModelRunner().decide(place, [asked(text) for text in texts], CHOICE)
    assert [answer.label for answer in answers] == list(CHOICE.labels)
    for answer in answers:
        assert json.loads(answer.text) == {"class": answer.label}
        assert tuple(answer.probabilities) == CHOICE.labels
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert answer.probabilities[answer.label] > 0.5


def test_progress_counts_the_steps_and_ends_with_a_validation(model, tmp_path, watched):
    trained(model, tmp_path / "tuned", watched)
    assert [step.number for step in watched.steps] == list(range(watched.steps[0].total))
    assert watched.steps[-1].loss < max(step.loss for step in watched.steps)
    assert watched.validations[-1].step == watched.steps[-1].number


def test_settings_say_how_many_steps_there_will_be_with_validation_pages_or_without(model, watched):
    data = TrainingData(training=examples(8))
    settings = model.settings(HYPERPARAMETERS, data)
    model.train(data, settings, progress=watched.progress)
    assert len(watched.steps) == watched.steps[0].total == settings.steps(len(data.training))


def test_what_is_given_is_not_chosen_and_what_is_chosen_has_a_reason(model):
    data = TrainingData(training=examples(2))
    left_open = {one.name: one for one in model.settings({}, data).chosen}
    assert all(one.value and one.reason for one in left_open.values())
    given = {one.name for one in model.settings(HYPERPARAMETERS, data).chosen}
    assert given == set(left_open) - set(HYPERPARAMETERS)


def test_a_training_ends_where_its_progress_raises(model, watched):
    class Enough(Exception):
        pass

    def stop(step: Step) -> None:
        raise Enough

    data = TrainingData(training=examples(4))
    progress = Progress(on_step=stop, on_validation=watched.validations.append)
    with pytest.raises(Enough):
        model.train(data, model.settings(HYPERPARAMETERS, data), progress=progress)


def test_a_training_that_is_to_end_early_makes_a_model_of_what_was_learned_by_then(
    model, weights, tmp_path, watched
):
    data = TrainingData(training=examples(8), validation=examples(2, first=100))
    settings = model.settings(HYPERPARAMETERS, data)
    progress = replace(watched.progress, is_to_end=lambda: len(watched.steps) > 1)
    tuned = model.train(data, settings, progress=progress)
    # Page features take seconds, and go on to their end.
    if not isinstance(model, TunablePageFeatures):
        assert len(watched.steps) < settings.steps(len(data.training))
    assert watched.validations
    assert len(tuned.held_out.training) in (0, len(data.training))
    (tmp_path / "tuned").mkdir()
    save_tuned(tuned, tmp_path / "tuned")
    (found,) = decided(weights, tmp_path / "tuned", ["Dear Sir"])
    assert set(found) == set(CHOICE.labels)


class Killed(Exception):
    """In the place of a signal: it comes between two steps."""


def killed_after(number: int) -> Progress:
    def on_step(step: Step) -> None:
        if step.number == number:
            raise Killed

    return Progress(on_step=on_step, on_validation=lambda _: None)


def test_a_training_that_was_killed_ends_with_the_same_model_bit_for_bit(weights, tmp_path, watched):
    data = TrainingData(training=examples(8), validation=examples(2, first=100))
    undisturbed = trained(kind_of(weights).load(weights), tmp_path / "undisturbed", watched, data)
    checkpoints = FolderCheckpoints(tmp_path / "checkpoints", fingerprint="same", every_seconds=0)
    for number in (5, 11):
        model = kind_of(weights).load(weights)
        settings = model.settings(HYPERPARAMETERS, data)
        if number < watched.steps[0].total:
            with pytest.raises(Killed):
                model.train(data, settings, progress=killed_after(number), checkpoints=checkpoints)
    again = Watched()
    model = kind_of(weights).load(weights)
    settings = model.settings(HYPERPARAMETERS, data)
    resumed = model.train(data, settings, progress=again.progress, checkpoints=checkpoints)
    (tmp_path / "resumed").mkdir()
    save_tuned(resumed, tmp_path / "resumed")
    assert files_of(tmp_path / "resumed") == files_of(undisturbed)
    assert [replace(step, is_repeated=False) for step in again.steps] == watched.steps
    assert again.validations == watched.validations


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_examples_make_the_same_model(weights, tmp_path, watched):
    texts = [TEXTS[label].format(9, 1) for label in CHOICE.labels]
    found = [
        decided(weights, trained(kind_of(weights).load(weights), tmp_path / name, watched), texts)
        for name in ("first", "second")
    ]
    assert found[0] == [pytest.approx(one, abs=1e-4) for one in found[1]]


def test_one_page_is_decided_as_it_is_among_others(model, weights, tmp_path, watched):
    folder = trained(model, tmp_path / "tuned", watched)
    texts = [TEXTS["invoice"].format(1, 2), "", "something else\nof another kind"]
    together = decided(weights, folder, texts)
    alone = [decided(weights, folder, [text])[0] for text in texts]
    assert together == [pytest.approx(one, abs=1e-4) for one in alone]


def test_a_saved_model_says_what_it_is_to_be_given_of_a_page(model, weights, tmp_path, watched):
    folder = trained(model, tmp_path / "tuned", watched)
    # What is chosen for labels, where there is a choice.
    assert reading_of(weights, folder) == model.reading_for({**HYPERPARAMETERS, "pageTokens": "128"})
    (folder / "reading.json").unlink()
    assert reading_of(weights, folder) == reading_of(weights, None)


def test_a_model_that_leaves_the_machine_decides_as_before_and_names_no_folder_of_it(
    model, weights, tmp_path, watched
):
    folder = trained(model, tmp_path / "tuned", watched)
    names = list(members_of(weights)) or ["tiny"]
    portable = tmp_path / "portable"
    bases = write_portable(folder, weights, {name: f"someone/{name}" for name in names}, portable)
    assert [base.source for base in bases] == [f"someone/{name}" for name in names]
    text = TEXTS["invoice"].format(50, 51)
    assert decided(weights, portable, [text]) == decided(weights, folder, [text])
    check_files(portable)  # as where it is imported
    files = [path for path in portable.rglob("*") if path.is_file()]
    assert not [path for path in files if str(tmp_path).encode() in path.read_bytes()]


def test_tokens_are_counted(model):
    turn = asked("one two three").turns[0]
    twice = replace(turn, pages=turn.pages * 2)
    few, many = (
        model.answering().count_tokens(Conversation(system="", turns=(one,))) for one in (turn, twice)
    )
    assert 0 < few < many


def test_text_is_generated_or_refused_with_what_to_do_instead(model, weights):
    if not kind_of(weights).writes_text:
        with pytest.raises(InvalidInput, match="outputConfig"):
            written(model.answering().begin(asked("page"), Sampling(max_tokens=4)))
    else:
        answer = written(model.answering().begin(asked("page"), Sampling(max_tokens=4)))
        assert answer.stop_reason in ("end_turn", "max_tokens")


def test_answers_are_bound_to_a_schema_or_it_is_refused(model, weights):
    fields = {"number": {"type": "integer", "maximum": 99}, "currency": {"enum": ["EUR", "USD"]}}
    schema = json.dumps(
        {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    )
    if not kind_of(weights).writes_text:
        with pytest.raises(InvalidInput, match="write no text"):
            written(model.answering().begin(asked("page"), Sampling(), schema=schema))
    else:
        text, pieces = model.answering().begin(asked("page"), Sampling(max_tokens=40), schema=schema), ""
        while text.outcome is None:
            text.writer.step()
            if text.outcome is None and (piece := text.next_piece()):
                pieces += piece.text
        answer = written(text)
        assert list(json.loads(answer.text)) == ["number", "currency"]
        assert answer.text.startswith(pieces)


def test_settings_are_fields_that_can_be_written_down(model):
    from dataclasses import asdict

    settings = model.settings(HYPERPARAMETERS, TrainingData(training=examples(2)))
    assert json.loads(json.dumps(asdict(settings)))


def test_examples_that_can_be_learned_from_have_no_problems(model):
    assert model.problems(examples(2)) == []


def test_held_out_answers_are_given_for_every_example_or_for_none(model):
    data = TrainingData(training=examples(8), validation=examples(6, first=100))
    progress = Progress(on_step=lambda _: None, on_validation=lambda _: None)
    tuned = model.train(data, model.settings(HYPERPARAMETERS, data), progress=progress)
    for answers, asked_about in (
        (tuned.held_out.training, data.training),
        (tuned.held_out.validation, data.validation),
    ):
        assert len(answers) in (0, len(asked_about))
        assert all(sum(one.values()) == pytest.approx(1) for one in answers)
    found = judged(tuned.held_out, data)
    assert sum(one.is_right for one in found) > 0.8 * len(found) > 0
    assert all(str(len(part)) in how_made(tuned.held_out) for part in (data.validation,))
