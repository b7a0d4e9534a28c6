"""Fine-tuning jobs: where each stands, its losses so far, what it was given, its log, and its end."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from burnish.aws.identifiers import ResourceKind
from burnish.ui.job_hyperparameters import hyperparameter_lines, reasons_of
from burnish.ui.job_outputs import job_output
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


VIEW = SiteView(
    title="Jobs",
    path=_JOBS,
    pages={"": listed, "/{job}": shown},
    actions={"/{job}/stop": stop},
)
