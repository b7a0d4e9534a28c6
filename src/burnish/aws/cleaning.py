"""Deleting everything that was made under one name: what serves models first, then models, then the role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from burnish.aws import deployments, jobs, models, roles, throughputs
from burnish.aws.clients import Client, Clients
from burnish.aws.deploying import undeploy
from burnish.errors import Conflict, NotFound
from burnish.types import JobStatus

_STOP_SECONDS = 1800.0
_POLL_SECONDS = 2.0


def delete_everything_named(clients: Clients, name: str) -> list[str]:
    """Delete the jobs' models named ``name-…``, what serves them, and the role; what was deleted, in lines.

    Jobs of that name that still run are stopped first. Called again it deletes what is left.
    """
    bedrock = clients.bedrock
    done = [*_stopped_jobs(bedrock, f"{name}-"), *_deleted_models(bedrock, f"{name}-")]
    role = roles.role_name_for(name, clients.region)
    with suppress(NotFound):
        roles.delete_role(clients.iam, role)
        done.append(f"the role {role}")
    return done


def _stopped_jobs(bedrock: Client, prefix: str) -> Iterator[str]:
    found = list(jobs.list_jobs(bedrock, status=JobStatus.IN_PROGRESS, name_contains=prefix))
    for job in found:
        if not job.job_name.startswith(prefix):
            continue
        with suppress(Conflict):  # it has ended meanwhile
            jobs.stop_job(bedrock, job.job_arn)
        ended = jobs.wait_for_job(bedrock, job.job_arn, interval=_POLL_SECONDS, timeout=_STOP_SECONDS)
        yield f"the {ended}"


def _deleted_models(bedrock: Client, prefix: str) -> Iterator[str]:
    for model in list(models.list_models(bedrock, name_contains=prefix)):
        if not model.model_name.startswith(prefix):
            continue
        for deployment in list(deployments.list_deployments(bedrock, model_arn=model.model_arn)):
            undeploy(bedrock, deployment.deployment_arn)
            yield f"the deployment {deployment.deployment_arn}"
        for throughput in list(throughputs.list_throughputs(bedrock, model_arn=model.model_arn)):
            undeploy(bedrock, throughput.provisioned_model_arn)
            yield f"the provisioned throughput {throughput.provisioned_model_arn}"
        models.delete_model(bedrock, model.model_arn)
        yield f"the custom model {model.model_arn}"
