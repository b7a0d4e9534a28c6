"""Names of models at OpenAI's door: ids of base models as they are, and ``ft:BASE:ACCOUNT:SUFFIX:ID``.

ID is the end of a custom model's ARN, so that models made at either door have a name at both.
"""

from __future__ import annotations

import re

from burnish.server.arns import id_in
from burnish.server.openai.errors import RequestRefused
from burnish.server.wire.call import Identity

PREFIX = "ft:"
SUFFIX = re.compile(r"[0-9a-zA-Z](?:[_-]?[0-9a-zA-Z]){0,31}")
#: What follows a suffix in the name of a custom model: names are taken for ever, and suffixes are not.
_TOKEN = re.compile(r"-?[0-9a-f]{16}")
_NAME = re.compile(r"ft:(?P<base>.+):(?P<account>\d{12}):(?P<suffix>[^:]*):(?P<id>[0-9a-z]{12})")


def custom_model_name(suffix: str | None, token: str) -> str:
    """The name of the custom model that a job makes. Raises `RequestRefused` for a suffix that cannot be."""
    if suffix is None:
        return token
    if not SUFFIX.fullmatch(suffix):
        raise RequestRefused(
            "suffix may have up to 32 letters and digits, with single - and _ between them", param="suffix"
        )
    return f"{suffix}-{token}"


def shown_name(arn: str, name: str) -> str:
    """The name at this door of a custom model that has an ARN and a name at the other."""
    _, _, _, _, account, resource = arn.split(":", 5)
    base = resource.removeprefix("custom-model/").rpartition("/")[0]
    end = _TOKEN.search(name, max(len(name) - 17, 0))
    suffix = name[: end.start()] if end and end.end() == len(name) else name
    return f"{PREFIX}{base}:{account}:{suffix}:{id_in(arn)}"


def identifier_of(model: str, caller: Identity) -> str:
    """What the first door calls a model: the ARN of a fine-tuned one, and else the id as it is."""
    found = _NAME.fullmatch(model)
    if not found:
        return model
    place = f"arn:aws:bedrock:{caller.region}:{found['account']}"
    return f"{place}:custom-model/{found['base']}/{found['id']}"
