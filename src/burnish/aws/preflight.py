"""What would make a job fail, found before it is created and before anything is billed.

Bedrock itself tells of these only once the job has been accepted, or as a refusal that does not say which
permission is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from burnish.aws import data_preflight, permission_preflight
from burnish.aws.clients import Clients
from burnish.configs import FinetuningJobConfig
from burnish.errors import InvalidConfig
from burnish.families import DatasetRules, base_model_of, family_named, family_of, model_id_of


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What was found. ``unchecked`` says what could not be looked at and why; it stops nothing."""

    problems: tuple[str, ...]
    unchecked: tuple[str, ...]

    def require_none(self, subject: str) -> None:
        """Raise `InvalidConfig` with all of the problems, if there are any."""
        if self.problems:
            raise InvalidConfig(subject, list(self.problems))


def check_job(clients: Clients, config: FinetuningJobConfig, base_model_id: str) -> Preflight:
    """Look at the region, the data, the buckets, the role and the caller's rights. Only reads."""
    rules = _rules_for(config, base_model_id)
    data = data_preflight.look_at_data(clients.s3, config, region=clients.region, rules=rules)
    rights = permission_preflight.look_at_rights(clients, config, data.objects)
    return Preflight(
        problems=(*data.problems, *rights.problems),
        unchecked=(*_region_doubts(clients, base_model_id), *data.unchecked, *rights.unchecked),
    )


def _rules_for(config: FinetuningJobConfig, base_model_id: str) -> DatasetRules:
    """The rules of the records: by the model, or by the family that is named for one that none claims."""
    family = family_of(base_model_id) or family_named(config.model_type)
    return family.tuning(model_id_of(base_model_id), config.customization_type).rules


def _region_doubts(clients: Clients, base_model_id: str) -> list[str]:
    """Not a problem: the service opens regions more often than this list of them is brought up to date."""
    model = base_model_of(base_model_id)
    if not clients.leads_to_aws or model is None or not model.regions or clients.region in model.regions:
        return []
    known = ", ".join(sorted(model.regions))
    return [f"whether {model.name} can be tuned in {clients.region}: what is known is {known}"]
