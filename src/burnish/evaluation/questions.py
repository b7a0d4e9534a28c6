"""A question as it is put to a model, and the one key under which its answer is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import msgspec

from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.predicting import Asking, request_about

if TYPE_CHECKING:
    from burnish.extraction_prompts import Prompt


@dataclass(frozen=True, kw_only=True)
class Question:
    """Everything but the page that an answer depends on: who is asked, what, how, and which sample it is."""

    model: ModelIdentity
    prompt: Prompt
    asking: Asking
    sample: int = 1

    def key(self, page_digest: str) -> str:
        """The key of the answer about a page: another one where anything that it depends on is another.

        It is made here and nowhere else, of the identity's own fields and of the request as it is sent: what
        is added to either is in the key by itself, and no answer is ever taken for that to another question.
        """
        # Not a list of what matters today: a field that is forgotten here would give one question's answers
        # to another.
        whole = {
            "model": [getattr(self.model, one.name) for one in fields(self.model) if one.compare],
            "request": request_about([{"sha256": page_digest}], self.prompt, self.asking),
            "sample": self.sample,
        }
        return hashlib.sha256(msgspec.json.encode(whole, order="deterministic")).hexdigest()


def prompt_digest(prompt: Prompt) -> str:
    """A digest of what is asked about every page."""
    whole = msgspec.json.encode([prompt.system, prompt.task, prompt.json_schema])
    return hashlib.sha256(whole).hexdigest()
