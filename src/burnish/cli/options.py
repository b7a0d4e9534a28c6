"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.families import ModelFamily
    from burnish.service import ModelFinetuningService

AN_HOUR, A_DAY = 3600.0, 86_400.0
AWS_POLL_SECONDS, OWN_SERVER_POLL_SECONDS = 30.0, 1.0


def option(text: str, *, name: str | None = None) -> Parameter:
    """A switch, or an option that may be repeated: left out by default, which its help need not say."""
    # Without `negative`, cyclopts adds a --no-… to every switch and an --empty-… to every list.
    return Parameter(name=name, help=text, negative="", show_default=False)


AsJson = Annotated[bool, option("Print JSON alone; errors go to standard error.", name="--json")]
DryRun = Annotated[bool, option("Show what would be done, without creating or changing anything.")]
Wait = Annotated[bool, option("Wait until it is done.")]
Tags = Annotated[tuple[str, ...], option("A tag, as key=value; repeatable.", name="--tag")]
PollInterval = Annotated[
    float | None,
    Parameter(
        help="Seconds between polls; by default 30 on AWS and 1 on your own server.",
        validator=validators.Number(gt=0),
    ),
]
Timeout = Annotated[
    float, Parameter(help="Give up after this many seconds.", validator=validators.Number(gt=0))
]


def open_service() -> ModelFinetuningService:
    """The service at the endpoint, and with the credentials, of the environment."""
    # Imported late: it takes Pillow along, for which `--help` of a command would have to wait.
    from burnish.service import ModelFinetuningService

    return ModelFinetuningService()


def base_or_custom_model(service: ModelFinetuningService, given: str) -> str:
    """A base model as it is given, or the ARN of the custom model of this name or id."""
    from burnish.aws.identifiers import ResourceKind, is_name

    return service.arn_of(ResourceKind.MODEL, given) if is_name(given) else given


def role_arn(given: str) -> str:
    """The ARN of the role of this name or ARN."""
    from burnish.aws import roles
    from burnish.aws.clients import open_clients

    return roles.role_arn(open_clients().iam, given)


def region() -> str:
    """The region that commands look in, as the environment says it."""
    from burnish.aws.clients import open_clients

    return open_clients().region


def polling_seconds(given: float | None = None) -> float:
    """The poll interval in seconds: on AWS everything takes minutes, and polls count against a quota."""
    from burnish.aws.clients import open_clients

    return given or (AWS_POLL_SECONDS if open_clients().leads_to_aws else OWN_SERVER_POLL_SECONDS)


def family_claiming(model: str) -> ModelFamily:
    """The family of a base model. Raises `InvalidConfig`, with the nearest id, for an unknown one."""
    from burnish.aws import base_models
    from burnish.aws.clients import open_clients

    return base_models.family_claiming(open_clients(), model)


def named(given: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Names and values of an option that is given as ``name=value``."""
    found = []
    for one in given:
        name, separator, value = one.partition("=")
        if not name or not separator or not value:
            raise InvalidConfig(f"{option} {one!r}", ["it must be name=value"])
        found.append((name, value))
    return found
