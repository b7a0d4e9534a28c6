"""What a model family is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The range of a hyperparameter, both ends included, and the value used when none is given."""

    low: float
    high: float
    default: str
    whole: bool = False

    def problem(self, name: str, value: str) -> str | None:
        """What is wrong with a value, or None."""
        try:
            number = float(value)
        except ValueError:
            return f"{name} is {value!r}: it must be a number written as a string"
        if self.whole and not number.is_integer():
            return f"{name} is {value!r}: it must be a whole number"
        if not self.low <= number <= self.high:
            return f"{name} is {value}: it must lie between {self.low:g} and {self.high:g}"
        return None


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """A base model that can be tuned, by the id that a customization job takes."""

    id: str
    name: str
    modalities: frozenset[str] = frozenset({"TEXT"})
    #: The ids under which the untuned model answers Converse.
    inference_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelFamily:
    """Base models that share a record schema, hyperparameters and limits."""

    name: str
    models: tuple[BaseModel, ...] = ()
    #: Ids that begin like this belong to the family even when the model is not listed.
    id_prefix: str
    hyperparameters: Mapping[str, Bound] = field(default_factory=dict)
    min_records: int = 1
    #: Training and validation records together.
    max_records: int = 20_000
    max_images: int = 10
    #: Words that make a job fail where they stand in the text of a record.
    reserved_words: tuple[str, ...] = ()

    def claims(self, model_id: str) -> bool:
        """Whether a base model's id belongs to this family."""
        return model_id.removeprefix("us.").startswith(self.id_prefix)

    def defaults(self) -> dict[str, str]:
        """Every hyperparameter with the value used when none is given."""
        return {name: bound.default for name, bound in self.hyperparameters.items()}

    def hyperparameter_problems(self, values: Mapping[str, object]) -> list[str]:
        """Everything that is wrong with these hyperparameters; an empty list when nothing is."""
        problems = []
        for name, value in values.items():
            if name not in self.hyperparameters:
                known = ", ".join(sorted(self.hyperparameters))
                problems.append(f"{name} is not a hyperparameter of {self.name}: it has {known}")
            elif not isinstance(value, str):
                problems.append(f"{name} is {value!r}: write it as a string, {str(value)!r}")
            elif problem := self.hyperparameters[name].problem(name, value):
                problems.append(problem)
        return problems
