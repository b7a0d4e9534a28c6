"""A pool learns by its members, weighs them on pages that none has seen, and answers by all of them."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.kinds import PAGE_FEATURES, kind_of, save_tuned, write_kind
from burnish.engine.pages import PageContent, Reading, page_of_text
from burnish.engine.pool.members import PoolMember
from burnish.engine.pool.tunable import TunablePool
from burnish.engine.tunable_model import (
    ChosenSetting,
    ExampleProblem,
    HeldOutAnswers,
    Progress,
    Step,
    Validation,
)
from burnish.engine.writing import written
from burnish.errors import InvalidRecords, ModelFailed
from burnish.pages.reading import Extent
from burnish.records import answer_for

LABELS = ("invoice", "letter", "memo", "report")
CHOICE = Choice(name="type", labels=LABELS)
ASKED_OTHERWISE = Choice(name="colour", labels=("blue", "red"))


class WrittenText:
    """A text that has ended as it began."""

    def __init__(self, answer: Answer) -> None:
        self.outcome = answer

    @property
    def writer(self):
        return self

    def step(self) -> None:
        pass

    def next_piece(self) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class OneStep:
    """Settings of a stub's training."""

    chosen: tuple[ChosenSetting, ...] = ()

    def steps(self, examples: int) -> int:
        return 1


class Guesser:
    """Tells the label that a page names with so much skill; what else it says is noise, and confident."""

    def __init__(self, skill: float, *, out_of_fold: bool = False, writes: str = "") -> None:
        self.skill = skill
        self.out_of_fold = out_of_fold
        self.writes = writes
        self.trained_on: TrainingData | None = None
        self.started_from: Path | None = None

    def reading_for(self, hyperparameters):
        return self.reading

    reading = Reading()

    def settings(self, hyperparameters, data):
        return OneStep()

    def problems(self, examples):
        return [
            ExampleProblem(index=place, problem="it is unreadable")
            for place, example in enumerate(examples)
            if "unreadable" in example.answer
        ]

    def train(self, data, settings, *, progress, starting_from=None, checkpoints=None):
        self.trained_on, self.started_from = data, starting_from
        progress.on_step(Step(number=0, epoch=0, total=1, loss=0.5))
        training = [self.guess(one.conversation) for one in data.training] if self.out_of_fold else []
        validation = [self.guess(one.conversation) for one in data.validation]
        held_out = HeldOutAnswers(training=tuple(training), validation=tuple(validation))
        return TunedGuesser(held_out=held_out)

    def answering(self, tuned=None):
        return self

    def count_tokens(self, conversation):
        return len(text_of(conversation).split())

    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        return [self._answer(conversation, choice) for conversation in conversations]

    def begin(self, conversation, sampling, *, schema=None, is_cancelled=lambda: False):
        answer = Answer(text=self.writes, stop_reason="end_turn", input_tokens=1, output_tokens=1)
        return WrittenText(answer)

    def guess(self, conversation: Conversation, labels: Sequence[str] = LABELS) -> dict[str, float]:
        text = text_of(conversation)
        rng = random.Random(f"{self.skill} {text}")
        named = next((label for label in labels if label in text), labels[0])
        told = named if rng.random() < self.skill else rng.choice(labels)
        return {label: 0.97 if label == told else 0.03 / (len(labels) - 1) for label in labels}

    def _answer(self, conversation: Conversation, choice: Choice) -> Answer:
        found = self.guess(conversation, choice.labels)
        label = max(found, key=found.__getitem__)
        return Answer(
            text=json.dumps({choice.name: label}),
            stop_reason="end_turn",
            input_tokens=3,
            output_tokens=1,
            label=label,
            probabilities=found,
        )


@dataclass(frozen=True, kw_only=True)
class TunedGuesser:
    held_out: HeldOutAnswers
    reading: Reading = Guesser.reading

    def save(self, folder: Path) -> None:
        (folder / "guesser").touch()


def text_of(conversation: Conversation) -> str:
    return "\n".join(page.text for page in conversation.pages)


def asked(text: str) -> Conversation:
    return Conversation(system="", turns=(Turn(role="user", text="Which?", pages=(page_of_text(text),)),))


def examples(each: int, *, first: int = 0, labels: Sequence[str] = LABELS) -> tuple[Example, ...]:
    return tuple(
        Example(conversation=asked(f"{label} {number}"), answer=answer_for(label))
        for number in range(first, first + each)
        for label in labels
    )


def member(name: str, model: Guesser, **facts: bool) -> PoolMember:
    usual = {"writes_text": bool(model.writes), "tunes_further": True}
    return PoolMember(
        name=name,
        model=model,
        reading=model.reading,
        answers_out_of_fold=model.out_of_fold,
        **{**usual, **facts},
    )


class Followed:
    """A progress that is kept."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.validations: list[Validation] = []
        self.progress = Progress(on_step=self.steps.append, on_validation=self.validations.append)


def trained(pool: TunablePool, data: TrainingData, folder: Path, **options):
    """The pool that answers with what a training has made, and the training's progress."""
    followed = Followed()
    tuned = pool.train(data, pool.settings({}, data), progress=followed.progress, **options)
    folder.mkdir()
    save_tuned(tuned, folder)
    return tuned, pool.answering(folder), followed


def share_right(answering, held_out: Sequence[Example]) -> float:
    answers = answering.decide([one.conversation for one in held_out], CHOICE)
    pairs = zip(answers, held_out, strict=True)
    return sum(answer_for(str(answer.label)) == one.answer for answer, one in pairs) / len(held_out)


@pytest.fixture
def knows() -> Guesser:
    return Guesser(0.9, writes="I know")


@pytest.fixture
def raves() -> Guesser:
    """A member that is nothing but noise, and sure of it."""
    return Guesser(0.0, out_of_fold=True)


@pytest.mark.parametrize("each", [1, 4])
def test_a_member_of_noise_does_little_harm(knows, raves, tmp_path, each):
    data = TrainingData(training=examples(8), validation=examples(each, first=50))
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    tuned, answering, _ = trained(pool, data, tmp_path / "tuned")
    held_out = examples(50, first=100)
    assert tuned.weights["raves"] < tuned.weights["knows"]
    alone = knows.answering()
    assert share_right(answering, held_out) > 0.8 * share_right(alone, held_out) > 0.7


def test_two_members_of_some_skill_are_better_together(tmp_path):
    one, other = Guesser(0.6, writes="one"), Guesser(0.61, out_of_fold=True)
    data = TrainingData(training=examples(8), validation=examples(8, first=50))
    pool = TunablePool([member("one", one), member("other", other)])
    _, answering, _ = trained(pool, data, tmp_path / "tuned")
    held_out = examples(100, first=100)
    assert share_right(answering, held_out) >= max(share_right(one, held_out), share_right(other, held_out))


def test_without_validation_pages_an_eighth_is_held_out_from_who_needs_it(knows, raves, tmp_path):
    data = TrainingData(training=examples(16))
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    settings = pool.settings({}, data)
    assert len(settings.held_out) == 2 * len(LABELS)
    tuned, _, _ = trained(pool, data, tmp_path / "tuned")
    assert len(knows.trained_on.training) == 14 * len(LABELS)
    assert [one.answer for one in knows.trained_on.validation].count(answer_for("memo")) == 2
    assert len(raves.trained_on.training) == 16 * len(LABELS)
    assert tuned.weights["raves"] < tuned.weights["knows"]


def test_with_too_few_pages_to_hold_any_out_members_count_alike(knows, raves, tmp_path):
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    tuned, _, followed = trained(pool, TrainingData(training=examples(2)), tmp_path / "tuned")
    assert tuned.weights == {"knows": 0.5, "raves": 0.5}
    assert followed.steps[-1].loss == 0.5


def test_the_steps_of_all_members_are_counted_and_one_for_the_pool(knows, raves, tmp_path):
    data = TrainingData(training=examples(4), validation=examples(2, first=50))
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    _, _, followed = trained(pool, data, tmp_path / "tuned")
    assert [(step.number, step.total) for step in followed.steps] == [(0, 3), (1, 3), (2, 3)]
    assert followed.validations[-1].step == 2


def test_a_failure_names_the_member(knows, raves, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise InvalidRecords("nothing to learn")

    monkeypatch.setattr(raves, "train", fail)
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    with pytest.raises(InvalidRecords, match="raves, a member of the pool: nothing to learn"):
        trained(pool, TrainingData(training=examples(4)), tmp_path / "tuned")


def test_an_unexpected_failure_keeps_its_type_and_notes_the_member(knows, raves, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "no space")

    monkeypatch.setattr(knows, "decide", fail)
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    with pytest.raises(OSError, match="no space") as failed:
        pool.answering().decide([asked("memo")], CHOICE)
    assert failed.value.__notes__ == ["Raised by knows, a member of the pool"]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (["one thing", "or another"], "free text"),
        ([answer_for("memo")] * 2, "all records have the label 'memo'"),
        ([answer_for("memo"), answer_for("unreadable")], "it is unreadable"),
        ([answer_for("memo"), answer_for("letter")], "each label has one page"),
    ],
)
def test_who_cannot_learn_from_the_answers_takes_no_part_and_the_log_says_why(
    raves, tmp_path, caplog, answers, reason
):
    writer = Guesser(0.9, writes="I know")
    writer.problems = lambda examples: []
    data = TrainingData(training=tuple(replace(examples(1)[0], answer=answer) for answer in answers))
    pool = TunablePool([member("writer", writer), member("raves", raves)])
    with caplog.at_level(logging.INFO):
        tuned, answering, followed = trained(pool, data, tmp_path / "tuned")
    assert list(tuned.members) == ["writer"]
    assert reason in next(said for said in caplog.messages if said.startswith("raves takes no part"))
    assert written(answering.begin(asked("memo"), Sampling())).text == "I know"
    assert len(followed.steps) == 1


def test_records_that_the_writing_member_cannot_learn_from_are_problems(knows, raves):
    pool = TunablePool([member("raves", raves), member("knows", knows)])
    unreadable = replace(examples(1)[0], answer="unreadable")
    assert [found.index for found in pool.problems([examples(1)[0], unreadable])] == [1]


def test_before_it_is_trained_the_writing_member_answers_alone(knows, raves):
    pool = TunablePool([member("raves", raves), member("knows", knows)])
    (answer,) = pool.answering().decide([asked("memo 3")], CHOICE)
    assert answer == knows.decide([asked("memo 3")], CHOICE)[0]
    assert written(pool.answering().begin(asked("memo"), Sampling())).text == "I know"
    assert pool.answering().count_tokens(asked("one two")) == 2


def test_before_it_is_trained_the_writing_member_takes_as_much_of_a_page_as_it_needs(knows, raves):
    knows.reading = Reading(text=Extent(text_width=3))
    pool = TunablePool([member("raves", raves), member("knows", knows)])
    assert pool.answering().count_tokens(asked("above above above\nand below")) == 5


def test_about_labels_that_it_has_not_learned_the_writing_member_answers_alone(knows, raves, tmp_path):
    data = TrainingData(training=examples(4), validation=examples(2, first=50))
    pool = TunablePool([member("raves", raves), member("knows", knows)])
    _, answering, _ = trained(pool, data, tmp_path / "tuned")
    (answer,) = answering.decide([asked("something red")], ASKED_OTHERWISE)
    assert answer == knows.decide([asked("something red")], ASKED_OTHERWISE)[0]


def test_some_of_the_labels_are_decided_among_like_all(knows, raves, tmp_path):
    data = TrainingData(training=examples(4), validation=examples(2, first=50))
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    _, answering, _ = trained(pool, data, tmp_path / "tuned")
    (answer,) = answering.decide([asked("memo 3")], Choice(name="type", labels=("memo", "report")))
    assert set(answer.probabilities) == {"memo", "report"}
    assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_each_member_sees_of_a_page_what_it_asks_for(tmp_path):
    short, whole = Guesser(0.9, writes="short"), Guesser(0.9, out_of_fold=True)
    short.reading = Reading(text=Extent(text_width=3))
    whole.reading = Reading(text=Extent(text_width=1000), appearance=True)
    pool = TunablePool([member("short", short), member("whole", whole)])
    reading = pool.reading_for({})
    assert (reading.text.text_width, reading.appearance, reading.image) == (1000, True, False)
    page = PageContent(lines=page_of_text("memo memo\nbelow").lines, appearance=b"dark")
    turn = Turn(role="user", pages=(page,))
    one = Example(conversation=Conversation(system="", turns=(turn,)), answer=answer_for("invoice"))
    trained(pool, TrainingData(training=(one, *examples(4))), tmp_path / "tuned")
    # The first page of a label is the one that is held out here.
    (seen,) = short.trained_on.validation[0].conversation.pages
    (all_of_it,) = whole.trained_on.training[0].conversation.pages
    assert (seen.text, seen.appearance) == ("memo memo", b"")
    assert len(seen.lines) == 2  # where lines stand that are not read is known all the same
    assert (all_of_it.text, all_of_it.appearance) == ("memo memo\nbelow", b"dark")


def test_tuned_further_who_cannot_is_trained_anew(knows, raves, tmp_path, caplog):
    data = TrainingData(training=examples(4), validation=examples(2, first=50))
    pool = TunablePool([member("knows", knows), member("raves", raves, tunes_further=False)])
    trained(pool, data, tmp_path / "first")
    with caplog.at_level(logging.INFO):
        trained(pool, data, tmp_path / "second", starting_from=tmp_path / "first")
    assert knows.started_from == tmp_path / "first" / "knows"
    assert raves.started_from is None
    assert any("raves is not tuned further" in said for said in caplog.messages)


def test_a_pool_of_which_a_member_is_missing_says_which(knows, raves, tmp_path):
    data = TrainingData(training=examples(4), validation=examples(2, first=50))
    both = TunablePool([member("knows", knows), member("raves", raves)])
    trained(both, data, tmp_path / "tuned")
    with pytest.raises(ModelFailed, match="'raves'"):
        TunablePool([member("knows", knows)]).answering(tmp_path / "tuned")


def test_a_damaged_description_is_told(knows, raves, tmp_path):
    data = TrainingData(training=examples(4), validation=examples(2, first=50))
    pool = TunablePool([member("knows", knows), member("raves", raves)])
    trained(pool, data, tmp_path / "tuned")
    (tmp_path / "tuned" / "pool.json").write_text("{")
    with pytest.raises(ModelFailed, match=r"pool\.json is damaged"):
        pool.answering(tmp_path / "tuned")


def test_a_pool_of_features_alone_refuses_what_they_refuse(tmp_path):
    folder = tmp_path / "page-features"
    folder.mkdir()
    write_kind(PAGE_FEATURES, folder)
    model = kind_of(folder).load(folder)
    features = PoolMember(
        name="page-features",
        model=model,
        reading=Reading(),
        writes_text=False,
        tunes_further=False,
        answers_out_of_fold=True,
    )
    free_text = replace(examples(1)[0], answer="free text")
    assert len(TunablePool([features]).problems([free_text])) == 1
