"""Checks for what would make a job fail, before it is created and before anything is billed.

Bedrock itself reports these only after it has accepted the job, or in an error that does not say which
permission is missing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from burnish.aws import data_preflight, permission_preflight
from burnish.aws.base_models import base_model_problem
from burnish.aws.clients import Clients
from burnish.aws.findings import Findings
from burnish.configs import FinetuningJobConfig
from burnish.errors import InvalidConfig
from burnish.families import DatasetRules, base_model_of, family_named, family_of, model_id_of
from burnish.phrasing import Text

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What was found. ``unchecked`` says what could not be checked and why; that prevents no job."""

    problems: tuple[Text, ...]
    unchecked: tuple[str, ...]

    def require_none(self, subject: str) -> None:
        """Raise `InvalidConfig` with all of the problems, if there are any."""
        if self.problems:
            raise InvalidConfig(subject, list(self.problems))


def check_job(
    clients: Clients, config: FinetuningJobConfig, base_model_id: str, *, has_role: bool = True
) -> Preflight:
    """Check the model, the region, the data, the buckets, the role and the caller's permissions. Read-only.

    Without ``has_role`` the role need not exist yet, and permissions are not checked. What could not be
    checked is logged as well: a caller that creates a job sees problems only.
    """
    rules = _rules_for(config, base_model_id)
    data = data_preflight.check_data(clients.s3, config, region=clients.region, rules=rules)
    unknown = base_model_problem(clients, base_model_id)
    rights = permission_preflight.check_permissions(clients, config, data.objects) if has_role else Findings()
    found = Preflight(
        problems=(
            *([f"there is no base model {base_model_id!r}: {unknown}"] if unknown else []),
            *data.problems,
            *rights.problems,
        ),
        unchecked=(*_region_doubts(clients, base_model_id), *data.unchecked, *rights.unchecked),
    )
    for unchecked in found.unchecked:
        log.warning("Not checked before the job %r: %s", config.job_name, unchecked)
    return found


def _rules_for(config: FinetuningJobConfig, base_model_id: str) -> DatasetRules:
    """The rules of the base model, or those of the configured family where no family claims the model."""
    family = family_of(base_model_id) or family_named(config.model_type)
    return family.tuning(model_id_of(base_model_id), config.customization_type).rules


def _region_doubts(clients: Clients, base_model_id: str) -> list[str]:
    """A doubt about an unlisted region: the service adds regions faster than our list is updated."""
    model = base_model_of(base_model_id)
    if not clients.leads_to_aws or model is None or not model.regions or clients.region in model.regions:
        return []
    known = ", ".join(sorted(model.regions))
    return [f"whether {model.name} can be tuned in {clients.region}: what is known is {known}"]
