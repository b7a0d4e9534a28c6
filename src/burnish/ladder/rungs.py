"""The rungs of the ladder: ways to classify pages, the cheapest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from burnish.aws.clients import Clients
from burnish.aws.retries import call
from burnish.errors import InvalidConfig
from burnish.families.open_weights import MINILM_ID, OPEN_WEIGHTS, PAGE_FEATURES_ID
from burnish.suggestions import did_you_mean

#: Of the training pages of a fold: what a language model's answers are calibrated by.
VALIDATION_SHARE = 0.15


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A way to classify pages. Without a model it is the label that is commonest in training."""

    name: str
    model: str | None = None
    #: Whether the model is tuned on the training pages of each fold, or asked as it is.
    is_tuned: bool = False
    #: The share of its training pages that a job validates with.
    validation_share: float = 0.0
    #: Whether it is climbed only where it is named: a pool trains its members once more.
    on_request: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only a server of one's own has the model."""
        return self.model is not None and self.model.startswith(OPEN_WEIGHTS.id_prefix)


MAJORITY = Rung(name="majority")
FEATURES = Rung(name="features", model=PAGE_FEATURES_ID, is_tuned=True)
ENCODER = Rung(name="encoder", model=MINILM_ID, is_tuned=True)
LANGUAGE_MODEL = "language-model"
POOL = "pool"
_IS_POOL = "-with-"
_CHEAP = {rung.model: rung for rung in (FEATURES, ENCODER)}


def rungs_offered(clients: Clients) -> tuple[Rung, ...]:
    """The majority label and the models of one's own server that can be tuned, the cheapest first.

    A server's first language model is called just that, and its pool with others a pool; what else it offers
    goes by its id.
    """
    ids = _own_models(clients)
    cheap = [rung for model, rung in _CHEAP.items() if model in ids]
    single = [model for model in ids if model not in _CHEAP and _IS_POOL not in model]
    pools = [model for model in ids if _IS_POOL in model]
    models = zip([LANGUAGE_MODEL, *map(_short_name, single[1:])], single, strict=False)
    pooled = zip([POOL, *map(_short_name, pools[1:])], pools, strict=False)
    return (
        MAJORITY,
        *cheap,
        *(tuned_rung(name, model) for name, model in models),
        *(replace(tuned_rung(name, model), on_request=True) for name, model in pooled),
    )


def tuned_rung(name: str, model: str) -> Rung:
    """A model that is tuned in each fold."""
    return Rung(name=name, model=model, is_tuned=True, validation_share=VALIDATION_SHARE)


def prompted_rung(name: str, model: str) -> Rung:
    """A model that is asked as it is."""
    return Rung(name=name, model=model)


def chosen_rungs(offered: Sequence[Rung], names: Iterable[str], added: Sequence[Rung]) -> tuple[Rung, ...]:
    """The offered rungs of these names, or all but those on request, and those that the user adds.

    Raises `InvalidConfig` for a name that is not offered, and for one that two rungs have.
    """
    known = {rung.name: rung for rung in offered}
    wanted = set(names) or {rung.name for rung in offered if not rung.on_request}
    problems = [
        f"there is no rung {name!r}: the server has {', '.join(known)}.{did_you_mean(name, known)}"
        for name in names
        if name not in known
    ]
    chosen = (*(rung for name, rung in known.items() if name in wanted), *added)
    called = [rung.name for rung in chosen]
    problems += [f"two rungs are called {name!r}" for name in sorted(set(called)) if called.count(name) > 1]
    if problems:
        raise InvalidConfig("The ladder", problems)
    return chosen


def _own_models(clients: Clients) -> list[str]:
    found = call(
        clients.bedrock.list_foundation_models, "list the base models", byCustomizationType="FINE_TUNING"
    )
    ids = [str(one["modelId"]) for one in found["modelSummaries"]]
    return [one for one in ids if one.startswith(OPEN_WEIGHTS.id_prefix)]


def _short_name(model: str) -> str:
    return model.removeprefix(OPEN_WEIGHTS.id_prefix).removesuffix("-v1:0")
