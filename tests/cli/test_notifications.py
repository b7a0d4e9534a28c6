import pytest

from burnish.cli.notifications import run_notification
from burnish.types import FinetuningJobResult, JobStatus

JOB = FinetuningJobResult(
    job_arn="arn:job", job_name="papers", status=JobStatus.COMPLETED, model_id="arn:model"
)


def test_the_command_learns_what_came_of_the_job(tmp_path):
    words = "$BURNISH_JOB_NAME $BURNISH_JOB_ARN $BURNISH_JOB_STATUS $BURNISH_MODEL_ARN [$BURNISH_JOB_FAILURE]"
    run_notification(f'set -u; echo "{words}" > {tmp_path}/told', JOB)
    assert (tmp_path / "told").read_text() == "papers arn:job Completed arn:model []\n"


def test_a_failure_that_looks_like_a_command_is_not_run(tmp_path):
    failure = f"$(touch {tmp_path}/run); `touch {tmp_path}/run`"
    job = FinetuningJobResult(job_arn="a", job_name="n", status=JobStatus.FAILED, failure_message=failure)
    run_notification(f'echo "$BURNISH_JOB_FAILURE" > {tmp_path}/told', job)
    assert (tmp_path / "told").read_text() == f"{failure}\n"
    assert not (tmp_path / "run").exists()


def test_what_the_command_prints_is_no_part_of_the_result(capfd):
    run_notification("echo sent", JOB)
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "sent\n")


@pytest.mark.parametrize("command", ["exit 3", "no-such-command-of-burnish"])
def test_a_command_that_fails_is_a_warning(capfd, command):
    run_notification(command, JOB)
    assert "The command of --notify ended with status" in capfd.readouterr().err
