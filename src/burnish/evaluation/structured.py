"""Whether a model can be held to a schema for its answers; where it cannot, it is asked in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.evaluation.predicting import Page, Runtime, converse_request

if TYPE_CHECKING:
    from burnish.records import ClassificationPrompt


def takes_a_schema(runtime: Runtime, model_id: str, page: Page, prompt: ClassificationPrompt) -> bool:
    """Whether the service accepts a JSON schema for a model (Converse's ``outputConfig``): it is asked once.

    Any other trouble is no answer to that, and comes out when the pages are asked about.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        runtime.converse(**converse_request(model_id, page, prompt, structured=True))
    except ClientError as error:
        return bool(error.response.get("Error", {}).get("Code") != "ValidationException")
    except BotoCoreError:
        return True
    return True
