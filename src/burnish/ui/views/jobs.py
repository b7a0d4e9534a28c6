"""Fine-tuning jobs: where each stands, its losses so far, what it was given, its log, and its end."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from burnish.aws.identifiers import ResourceKind
from burnish.aws.repeated_jobs import repeated_config
from burnish.configs import FinetuningJobConfig
from burnish.errors import BurnishError, Conflict
from burnish.tuning_jobs import name_for_another
from burnish.ui.job_hyperparameters import hyperparameter_lines, reasons_of
from burnish.ui.job_outputs import job_output
from burnish.ui.links import step
from burnish.ui.repeated_jobs import config_from, hyperparameter_fields, text_fields
from burnish.ui.visits import SiteView, Visit

#: So many of the newest are shown at once.
LISTED = 50
_JOBS = "/jobs"


def listed(visit: Visit) -> Response:
    """The newest jobs, those of long ago on further pages."""
    offset = visit.number("offset", 0)
    found = list(islice(visit.bench.service.list_jobs(), offset, offset + LISTED + 1))
    return visit.page(
        "jobs/list.html.jinja",
        jobs=found[:LISTED],
        offset=offset,
        limit=LISTED,
        # Nobody counts them: one more than is shown says that there are more.
        total=offset + len(found),
    )


def shown(visit: Visit) -> Response:
    """A job, whose page goes on by itself until the job has ended."""
    service = visit.bench.service
    job = service.get_job_status(service.arn_of(ResourceKind.JOB, visit.path("job")))
    return visit.page(
        "jobs/job.html.jinja",
        job=job,
        output=job_output(visit.bench.clients, job),
        hyperparameters=hyperparameter_lines(job),
        reasons=reasons_of(job),
    )


def stop(visit: Visit) -> Response:
    """Stop a job: with what it has learned, where that is asked for."""
    service, name = visit.bench.service, visit.path("job")
    keeps_model = visit.form.get("keep") == "model"
    service.stop_job(service.arn_of(ResourceKind.JOB, name), keep_model=keeps_model)
    told = "It ends after its current step, and its model is kept." if keeps_model else "It leaves no model."
    return visit.redirect(f"{_JOBS}/{name}", notice=f"Stopping {name}. {told}")


def again(visit: Visit) -> Response:
    """A form with all that a job was given, to start another one like it."""
    return _again_page(visit, _repeated(visit))


def run_again(visit: Visit) -> Response:
    """Start a job with what the form says. What cannot work is told above the form, which stays filled in."""
    config = _repeated(visit)
    try:
        config = config_from(visit.bench.clients, visit.form, config)
        job = visit.bench.service.create_finetuning_job(config)
        if job.status.is_final:  # the same request under the same name means the same job
            raise Conflict(f"The job {job.job_name} has ended: give the new one another name")
    except BurnishError as error:
        return _again_page(visit, config, problem=error.in_terminal)
    return visit.redirect(f"{_JOBS}/{step(job.job_name)}", notice=f"The job {job.job_name} has begun.")


def _repeated(visit: Visit) -> FinetuningJobConfig:
    service = visit.bench.service
    job = service.get_job_status(service.arn_of(ResourceKind.JOB, visit.path("job")))
    if not job.status.is_final:
        raise Conflict(f"{job.job_name} has not ended: stop it first, or wait for its end")
    return repeated_config(
        visit.bench.clients,
        job.job_arn,
        job_name=name_for_another(job.job_name),
        model_name=name_for_another(job.model_name or job.job_name),
    )


def _again_page(visit: Visit, config: FinetuningJobConfig, *, problem: str = "") -> Response:
    return visit.page(
        "jobs/again.html.jinja",
        400 if problem else 200,
        job_name=visit.path("job"),
        problem=problem,
        texts=text_fields(config, visit.form),
        hyperparameters=hyperparameter_fields(config, visit.form),
    )


VIEW = SiteView(
    title="Jobs",
    path=_JOBS,
    pages={"": listed, "/{job}": shown, "/{job}/again": again},
    actions={"/{job}/stop": stop, "/{job}/again": run_again},
)
