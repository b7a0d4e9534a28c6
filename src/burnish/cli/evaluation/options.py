"""The options of `burnish evaluate`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.options import named, option
from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.datasets.manifest import Manifest
    from burnish.evaluation import AskedPages
    from burnish.evaluation.budget import Budget, Meter
    from burnish.evaluation.prices import ModelPrice


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AskingOptions:
    """What models are asked, and how."""

    part: Annotated[Literal["test", "validation"], Parameter(help="Which split to evaluate on.")] = "test"
    pages: Annotated[
        int | None, Parameter(help="Evaluate at most this many pages.", validator=validators.Number(gte=1))
    ] = None
    calibrate: Annotated[
        bool,
        option("Also run the validation pages, to calibrate and choose the review threshold on them."),
    ] = False
    samples: Annotated[
        int,
        Parameter(
            help="Answers to sample per page from models that return no probabilities.",
            validator=validators.Number(gte=1),
        ),
    ] = 1
    concurrency: Annotated[
        int, Parameter(help="Maximum number of concurrent calls.", validator=validators.Number(gte=1))
    ] = 8
    allow_seen_pages: Annotated[
        bool,
        option("Also evaluate pages seen in training; the report says so."),
    ] = False

    def __post_init__(self) -> None:
        if self.calibrate and self.part == "validation":
            problem = "it calibrates by the validation pages, which are asked about: leave one of the two out"
            raise InvalidConfig("--calibrate with --part validation", [problem])

    def chosen_of(self, manifest: Manifest) -> AskedPages:
        """The pages of a data set that are asked about."""
        from burnish.datasets.documents import Part
        from burnish.evaluation import AskedPages

        if self.calibrate and manifest.has_fields:
            problem = "its fields have no probabilities that could be calibrated: leave --calibrate out"
            raise InvalidConfig("--calibrate for extracted fields", [problem])
        return AskedPages(manifest=manifest, part=Part(self.part), most=self.pages, calibrate=self.calibrate)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PriceOptions:
    """What models cost, and what may be spent."""

    price: Annotated[
        tuple[str, ...],
        option("US dollars per 1,000 input and 1,000 output tokens, as name=0.0001,0.0004."),
    ] = ()
    hourly: Annotated[
        tuple[str, ...],
        option("US dollars per hour of provisioned throughput, as name=60.5."),
    ] = ()
    at_most: Annotated[
        float | None,
        Parameter(
            help="Maximum spend on tokens in US dollars, including answers already in --out. "
            "Hours of provisioned throughput are not included.",
            validator=validators.Number(gt=0),
        ),
    ] = None

    def prices(self, models: dict[str, str]) -> dict[str, ModelPrice]:
        """The price of each model, by its name, where one is given or its family lists one."""
        from burnish.evaluation.prices import ModelPrice, price_of

        tokens = {name: _numbers(value, 2, "--price") for name, value in named(self.price, "--price")}
        hours = {name: _numbers(value, 1, "--hourly")[0] for name, value in named(self.hourly, "--hourly")}
        if unknown := sorted({*tokens, *hours} - set(models)):
            raise InvalidConfig(f"The price of {unknown[0]!r}", [f"the models are {', '.join(models)}"])
        found = {name: listed for name, model in models.items() if (listed := price_of(model))}
        for name in {*tokens, *hours}:
            asked, answered = tokens.get(name, (0.0, 0.0))
            found[name] = ModelPrice(input_usd=asked, output_usd=answered, hourly_usd=hours.get(name, 0.0))
        return found

    def meters(self, prices: Mapping[str, ModelPrice], models: Iterable[str]) -> dict[str, Meter]:
        """A meter for each model on one budget, if a maximum is given."""
        from burnish.evaluation.budget import Budget, Meter

        if self.at_most is None:
            return {}
        if unpriced := [name for name in models if name not in prices]:
            problems = [f"no price is known for {name}: give --price {name}=…,…" for name in unpriced]
            raise InvalidConfig("The maximum spend", problems)
        budget: Budget = Budget(most_usd=self.at_most)
        return {name: Meter(budget=budget, price=prices[name]) for name in models}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What the report says in addition to the figures."""

    out: Annotated[
        Path, Parameter(help="Folder for answers and the report; answers already there are reused.")
    ] = Path("burnish-evaluation")
    title: Annotated[str, Parameter(help="Title of the report.")] = "Evaluation"
    precision: Annotated[
        float,
        Parameter(
            help="The precision that auto-accepted answers must reach.",
            validator=validators.Number(gt=0, lte=1),
        ),
    ] = 0.95
    job: Annotated[
        tuple[str, ...],
        option(
            "The job that trained a model, where the model does not tell, by name, id or ARN, as tuned=JOB."
        ),
    ] = ()


def models_by_name(given: Iterable[str]) -> dict[str, str]:
    """Model ids by the names they are given (``name=id``), or by the ends of their ARNs, or by themselves."""
    found: dict[str, str] = {}
    for one in given:
        name, separator, model = one.partition("=")
        if not separator:
            name, model = (one.rpartition("/")[2] if one.startswith("arn:") else one), one
        if found.get(name, model) != model:
            raise InvalidConfig(f"The model {one!r}", [f"another is named {name!r}: give it as name={model}"])
        found[name] = model
    return found


def _numbers(value: str, count: int, option: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        wanted = "two numbers of dollars with a comma" if count == 2 else "a number of dollars"
        raise InvalidConfig(f"{option} {value!r}", [f"give {wanted} after the name"])
    return numbers
