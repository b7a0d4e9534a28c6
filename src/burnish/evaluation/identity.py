"""Which model it is that answers, beyond the name it is called by: what is known of it, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from burnish.aws.clients import Clients
from burnish.aws.served_models import served_model
from burnish.errors import AccessDenied, Rejected
from burnish.families import ImageTokens, family_of


@dataclass(frozen=True, kw_only=True)
class ModelIdentity:
    """Who answers: the same only where all of it is the same.

    What is compared is what a journal keeps answers under, in this order: a change of it leaves every answer
    that is kept without a question.
    """

    #: What Converse calls it.
    model_id: str
    endpoint: str
    account: str
    region: str
    #: The model behind that name, by its ARN; None where it could not be learned.
    model_arn: str | None
    #: Changes when the model does though its ARN stays: when it was put there, which weights answer.
    version: str
    #: Why the model behind the name is not known.
    doubt: str = field(default="", compare=False)
    #: Whether its server reads the text of pages first, once for all models, and caches it.
    reads_pages: bool = field(default=False, compare=False)

    @property
    def is_known(self) -> bool:
        """Whether it is known which model stands behind the name."""
        return self.model_arn is not None

    @property
    def image_tokens(self) -> ImageTokens:
        """How its family counts the tokens of an image; a ceiling for all, where that is not known."""
        families = (family_of(one) for one in (self.model_id, self.model_arn) if one)
        return next((one.image_tokens for one in families if one), ImageTokens())


#: Looks up which model answers under an id, now.
Identify = Callable[[str], ModelIdentity]


def identity_of(clients: Clients, model_id: str) -> ModelIdentity:
    """Who answers under a model id, now.

    What may not be looked up, or is of a kind that is not described, gets an identity of which there is no
    second. Raises `NotFound` where there is no such model, and `Conflict` while it is not ready.
    """
    endpoint, account, region = clients.runtime_endpoint, clients.account_id, clients.region
    doubt, arn, version, reads_pages = "", None, "", False
    try:
        behind = served_model(clients.bedrock, model_id)
        arn, version, reads_pages = behind.model_arn, behind.version, behind.reads_pages
    # No reason to stop: without an identity the evaluation is as good, it only cannot reuse or be reused.
    except (AccessDenied, Rejected) as error:
        doubt, version = error.message, _unique()
    return ModelIdentity(
        model_id=model_id,
        endpoint=endpoint,
        account=account,
        region=region,
        model_arn=arn,
        version=version,
        doubt=doubt,
        reads_pages=reads_pages,
    )


def unidentified(model_id: str) -> ModelIdentity:
    """The identity of a model that nobody has looked up: there is no second like it."""
    return ModelIdentity(
        model_id=model_id,
        endpoint="",
        account="",
        region="",
        model_arn=None,
        version=_unique(),
        doubt=f"which model answers under {model_id!r} was not looked up (give `identify=`)",
    )


def _unique() -> str:
    # Random, so that two unknown models are never one, and no answer is taken for that of another.
    return f"unknown {uuid4()}"
