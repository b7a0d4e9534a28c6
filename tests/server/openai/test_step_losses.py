from burnish.server.job_folder.events import EventWriter, JobEvent
from burnish.server.job_folder.paths import job_folder
from burnish.server.openai.job_events import events_of
from burnish.server.openai.step_losses import losses_so_far
from burnish.server.resources import JobPhase


def report(data, attempt, *losses):
    """What an attempt reports that trains steps with these losses."""
    folder = job_folder(data, "job").attempt(attempt)
    folder.path.mkdir(parents=True)
    writer = EventWriter(folder.events)
    writer.write(JobEvent(at=0.0, phases={"validation": JobPhase(status="Completed", done=9, total=9)}))
    for step, loss in losses:
        phase = JobPhase(status="InProgress", done=step, total=4, loss=loss)
        writer.write(JobEvent(at=1_000.0 + step, phases={"training": phase}))


def test_a_job_that_trains_tells_its_losses_and_those_after_a_crash_count(tmp_path):
    report(tmp_path, 1, (1, 3.0), (2, 2.5))
    report(tmp_path, 2, (2, 2.4), (3, 2.0))
    losses = [(one.step, one.loss, one.at.timestamp()) for one in losses_so_far(tmp_path, "job")]
    assert losses == [(1, 3.0, 1001.0), (2, 2.4, 1002.0), (3, 2.0, 1003.0)]


def test_a_job_that_has_not_begun_has_none(tmp_path):
    assert losses_so_far(tmp_path, "job") == []


def test_they_are_events_before_there_is_a_model(tmp_path):
    report(tmp_path, 1, (1, 3.0), (2, 2.5))
    losses = losses_so_far(tmp_path, "job")
    names = ("validationDetails", "dataProcessingDetails", "trainingDetails")
    phases = {name: {"creationTime": None} for name in names}
    job = {
        "jobName": "ftjob-1",
        "creationTime": losses[0].at,
        "statusDetails": phases,
        "status": "InProgress",
        "failureMessage": None,
    }
    told = events_of(None, job, None, so_far=losses)
    assert [one["data"] for one in told if one["type"] == "metrics"] == [
        {"step": 2, "train_loss": 2.5},
        {"step": 1, "train_loss": 3.0},
    ]
