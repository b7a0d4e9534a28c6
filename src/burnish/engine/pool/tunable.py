"""A pool as a model that can be tuned.

The probability of a label is the weighted logarithmic pool of what the members give it
(`burnish.calibration.pooling`). The weights are fitted to answers on examples that no member was trained on:
the validation examples of the job. Where it has too few, some training examples are held out from those
members that cannot answer out of fold; members that can, such as page features, learn from all of them
either way. Where there is nothing to hold out, members count alike.

Where answers are free text, or all the same, there is nothing to decide, and the member that writes is
trained alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from burnish.disk import reporting_full_disk
from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.conversations import Example, TrainingData
from burnish.engine.pages import Reading, united
from burnish.engine.pool.answering import AnsweringMember, AnsweringPool
from burnish.engine.pool.members import PoolMember, naming
from burnish.engine.pool.saved import SavedMember, SavedPool, load_pool, save_pool
from burnish.engine.pool.weighing import (
    Answers,
    PoolWeights,
    count_right,
    fitted_weights,
    held_out_places,
    labels_of,
    mean_loss,
)
from burnish.engine.tunable_model import (
    ChosenSetting,
    ExampleProblem,
    HeldOutAnswers,
    Progress,
    Step,
    TrainingSettings,
    TunedModel,
    Validation,
)
from burnish.errors import ModelFailed
from burnish.pages.reading import WHOLE_PAGE

#: Hyperparameters that mean the same to every kind of model.
COMMON = frozenset({"seed"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class MemberTraining:
    """How a member is trained, and whether it learns from the examples that are held out from others."""

    settings: TrainingSettings
    reading: Reading
    learns_from_all: bool

    def steps(self, examples: int, held_out: int) -> int:
        """The number of its steps."""
        return self.settings.steps(examples if self.learns_from_all else examples - held_out)


@dataclass(frozen=True, kw_only=True)
class PoolTraining:
    """How each member is trained that takes part; why others do not; which examples weigh the members."""

    members: Mapping[str, MemberTraining]
    left_out: Mapping[str, str]
    #: Places of training examples.
    held_out: tuple[int, ...] = ()

    @property
    def chosen(self) -> tuple[ChosenSetting, ...]:
        """What was chosen; of two choices of one name, that for the member that stands first."""
        chosen: dict[str, ChosenSetting] = {}
        for one in self.members.values():
            for choice in one.settings.chosen:
                chosen.setdefault(choice.name, choice)
        return tuple(chosen.values())

    def steps(self, examples: int) -> int:
        """Those of all members, and one for their weights."""
        steps = [one.steps(examples, len(self.held_out)) for one in self.members.values()]
        return sum(steps) + (1 if len(steps) > 1 else 0)


@dataclass(frozen=True, kw_only=True)
class TunedPool:
    """The members that were trained, and how much each counts."""

    members: Mapping[str, TunedModel]
    weights: Mapping[str, float]
    labels: tuple[str, ...]
    reading: Reading
    held_out: HeldOutAnswers = field(default_factory=HeldOutAnswers)

    def save(self, folder: Path) -> None:
        """Write each member into a sub-folder, and beside them how much it counts. Raises `DiskFull`."""
        saved = [
            SavedMember(name=name, weight=self.weights[name], reading=tuned.reading)
            for name, tuned in self.members.items()
        ]
        with reporting_full_disk(folder):
            save_pool(SavedPool(labels=self.labels, members=tuple(saved)), folder)
            for name, tuned in self.members.items():
                (folder / name).mkdir()
                tuned.save(folder / name)


class TunablePool:
    """Base models that are tuned together."""

    def __init__(self, members: Sequence[PoolMember]) -> None:
        self._members = members
        self._writer = next((member for member in members if member.writes_text), members[0])

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """All that any member is to be given."""
        return united(
            [member.model.reading_for(self._given(member, hyperparameters)) for member in self._members]
        )

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> PoolTraining:
        """How each member is trained that can learn from the data.

        Epochs and rates are meant for the member that writes: the others choose their own.
        """
        left_out = {
            member.name: reason
            for member in self._members
            if member != self._writer and (reason := _why_left_out(member, data))
        }
        taking_part = [member for member in self._members if member.name not in left_out]
        held_out = held_out_places(data) if len(taking_part) > 1 else ()
        return PoolTraining(
            members={member.name: _member_training(member, hyperparameters, data) for member in taking_part},
            left_out=left_out,
            held_out=held_out,
        )

    def _given(self, member: PoolMember, hyperparameters: Mapping[str, str]) -> Mapping[str, str]:
        mine = hyperparameters.keys() if member == self._writer else COMMON
        return {name: value for name, value in hyperparameters.items() if name in mine}

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """The examples that the member cannot learn from which writes: others may be left out."""
        return self._writer.model.problems([one.within(self._writer.reading) for one in examples])

    def train(
        self,
        data: TrainingData,
        settings: PoolTraining,
        *,
        progress: Progress,
        starting_from: Path | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> TunedPool:
        """The members, trained one after the other, the quick ones first, and weighed. See the module."""
        for name, reason in settings.left_out.items():
            log.info("%s takes no part: %s", name, reason)
        shared = _SharedProgress(progress, settings.steps(len(data.training)))
        members = [member for member in self._members if member.name in settings.members]
        tuned = {}
        for member in sorted(members, key=lambda member: not member.answers_out_of_fold):
            log.info("Training %s", member.name)
            mine = _data_for(settings.members[member.name], data, settings.held_out)
            with naming(member.name):
                tuned[member.name] = member.model.train(
                    mine,
                    settings.members[member.name].settings,
                    progress=shared.of_members,
                    starting_from=_start_of(member, starting_from),
                    checkpoints=checkpoints.within(member.name),
                )
        return _weighed(tuned, data, settings, shared)

    def answering(self, tuned: Path | None = None) -> AnsweringPool:
        """The pool in a folder; without one, the member that writes. Raises `ModelFailed`."""
        if tuned is None:
            return AnsweringPool(_untuned(self._writer))
        saved = load_pool(tuned)
        found = [self._answering(one, tuned) for one in saved.members]
        writer = next((one for one in found if one.name == self._writer.name), found[0])
        return AnsweringPool(writer, found, saved.labels)

    def _answering(self, saved: SavedMember, tuned: Path) -> AnsweringMember:
        member = next((member for member in self._members if member.name == saved.name), None)
        if member is None:
            raise ModelFailed(
                f"The model in {tuned} has a member {saved.name!r}, which this version's pool does not have: "
                "use the version of Burnish that it was trained with, or train it again"
            )
        with naming(member.name):
            model = member.model.answering(tuned / member.name)
        return AnsweringMember(name=member.name, model=model, reading=saved.reading, weight=saved.weight)


class _SharedProgress:
    """Counts the steps of several trainings as those of one."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._last = Step(number=-1, epoch=0, total=total, loss=0.0)
        self.of_members = Progress(
            on_step=self._step, on_validation=self._validated, is_to_end=progress.is_to_end
        )

    def end(self, loss: float | None, validation_loss: float | None) -> None:
        """Count a last step, of the whole pool; without a loss it has that of the step before."""
        self._step(replace(self._last, loss=self._last.loss if loss is None else loss))
        if validation_loss is not None:
            self._validated(Validation(step=0, epoch=self._last.epoch, loss=validation_loss))

    def _step(self, step: Step) -> None:
        self._last = replace(step, number=self._last.number + 1, total=self._total)
        self._progress.on_step(self._last)

    def _validated(self, validation: Validation) -> None:
        self._progress.on_validation(replace(validation, step=self._last.number))


def _untuned(member: PoolMember) -> AnsweringMember:
    """A member as it was before training: it takes itself as much of a page's text as an answer needs."""
    reading = replace(member.reading, text=WHOLE_PAGE if member.reading.text else None)
    return AnsweringMember(name=member.name, model=member.model.answering(), reading=reading)


def _why_left_out(member: PoolMember, data: TrainingData) -> str | None:
    examples = (*data.training, *data.validation)
    labels = labels_of(examples)
    if not labels:
        return "the answers are free text, or name their labels in several forms"
    counts = Counter(labels_of(data.training))
    if len(counts) < 2:
        return f"all records have the label {labels[0]!r}"
    if problems := member.model.problems(examples):
        return problems[0].problem
    if member.answers_out_of_fold and max(counts.values()) < 2:
        return "each label has one page, and none to judge by what was learned from another"
    return None


def _member_training(
    member: PoolMember, hyperparameters: Mapping[str, str], data: TrainingData
) -> MemberTraining:
    reading = member.model.reading_for(hyperparameters)
    return MemberTraining(
        settings=member.model.settings(hyperparameters, data.within(reading)),
        reading=reading,
        learns_from_all=member.answers_out_of_fold,
    )


def _data_for(training: MemberTraining, data: TrainingData, held_out: Sequence[int]) -> TrainingData:
    """The examples as a member is given them, with what is held out from it first in its validation."""
    if training.learns_from_all or not held_out:
        return data.within(training.reading)
    rest = [example for place, example in enumerate(data.training) if place not in set(held_out)]
    held = [data.training[place] for place in held_out]
    mine = TrainingData(training=tuple(rest), validation=(*held, *data.validation))
    return mine.within(training.reading)


def _start_of(member: PoolMember, folder: Path | None) -> Path | None:
    """What a member's training starts from where the pool is tuned further."""
    if folder is None:
        return None
    known = {saved.name for saved in load_pool(folder).members}
    if member.tunes_further and member.name in known:
        return folder / member.name
    log.info("%s is not tuned further: it is trained anew, on the records of this job alone", member.name)
    return None


def _weighed(
    tuned: Mapping[str, TunedModel], data: TrainingData, settings: PoolTraining, shared: _SharedProgress
) -> TunedPool:
    """The trained members as a pool, with the weights that held-out answers give them."""
    reading = united([one.reading for one in settings.members.values()])
    if len(tuned) == 1:
        (name,) = tuned
        return TunedPool(
            members=tuned, weights={name: 1.0}, labels=(), reading=reading, held_out=tuned[name].held_out
        )
    truth = labels_of([*(data.training[place] for place in settings.held_out), *data.validation])
    answers = {
        name: _answers(tuned[name].held_out, settings.members[name], settings.held_out) for name in tuned
    }
    found = fitted_weights(answers, truth)
    _tell(found, answers, truth)
    validation = found.answers[len(settings.held_out) :]
    shared.end(
        mean_loss(found.answers, truth) if truth else None,
        mean_loss(validation, truth[len(settings.held_out) :]) if validation else None,
    )
    return TunedPool(
        members=tuned,
        weights=found.weights,
        labels=tuple(sorted(set(labels_of(data.training)))),
        reading=reading,
        held_out=HeldOutAnswers(validation=validation),
    )


def _answers(found: HeldOutAnswers, training: MemberTraining, held_out: Sequence[int]) -> Answers:
    """A member's answers to the training examples that are held out, and then to the validation examples."""
    if training.learns_from_all:
        return [*(found.training[place] for place in held_out), *found.validation]
    return found.validation


def _tell(found: PoolWeights, answers: Mapping[str, Answers], truth: Sequence[str]) -> None:
    """Log how much each member counts, and how often each was right."""
    for name, weight in found.weights.items():
        if truth:
            right = count_right(answers[name], truth)
            log.info("%s counts %.2f: %d of %d held-out pages right", name, weight, right, len(truth))
        else:
            log.info("%s counts %.2f, as every member: no page is held out to weigh them", name, weight)
    if truth:
        right = count_right(found.answers, truth)
        log.info("Together, each weighed on the others: %d of %d held-out pages right", right, len(truth))
