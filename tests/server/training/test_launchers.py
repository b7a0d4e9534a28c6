"""What every launcher promises: to start attempts, to look after them, and to find them again."""

from __future__ import annotations

import signal

import pytest
from launched_attempts import at_work, ended

from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.result import read_result
from burnish.server.training.launcher import OUT_OF_MEMORY


@pytest.fixture(params=["processes", "cluster"])
def launchers(request):
    """Every kind of launcher there is."""
    return request.getfixturevalue(request.param)


def test_an_attempt_runs_until_it_has_done_its_work(start, folder):
    attempt = start(then="complete", attempt=3)
    assert attempt.number == 3
    assert attempt.exit_status is None
    ended(attempt)
    assert attempt.exit_status == 0
    assert attempt.has_begun
    assert attempt.age > 0
    assert read_result(folder.attempt(3)).status == "Completed"


def test_an_attempt_has_begun_once_it_takes_the_job_for_its_own(start, folder):
    attempt = at_work(folder, start(then="hang"))
    assert attempt.has_begun
    assert attempt.poll()
    assert attempt.exit_status is None


def test_an_attempt_that_ends_before_it_takes_the_job_has_not_begun(start):
    attempt = ended(start(then="refuse"))
    assert not attempt.has_begun
    assert attempt.exit_status == 3


def test_that_an_earlier_attempt_had_begun_says_nothing_of_the_next(start, folder):
    ended(start(then="exit", status=3))
    attempt = start(attempt=2)
    assert not attempt.has_begun
    assert ended(attempt).has_begun


@pytest.mark.parametrize(
    ("script", "status", "account"),
    [
        ({"then": "die"}, -signal.SIGKILL, "was ended by signal 9 (SIGKILL)"),
        ({"then": "die", "signal": 15}, -signal.SIGTERM, "was ended by signal 15 (SIGTERM)"),
        ({"then": "exit", "status": 3}, 3, "ended with status 3"),
    ],
)
def test_an_attempt_is_said_to_have_ended_as_it_did(start, script, status, account):
    attempt = ended(start(**script))
    assert attempt.exit_status == status
    assert attempt.account_of_end() == account


def test_an_attempt_that_was_refused_memory_says_so(start):
    account = ended(start(then="exit", status=OUT_OF_MEMORY)).account_of_end()
    assert account.startswith(f"ended with status {OUT_OF_MEMORY}, probably for lack of memory (")
    assert account.endswith("use a smaller batchSize, shorter pages or a smaller model")


def test_nothing_is_adopted_where_nothing_works_on_the_job(launchers, start, folder):
    assert launchers.new().adopt(folder, attempt=1) is None
    ended(start(then="exit", status=0))
    assert launchers.new().adopt(folder, attempt=1) is None


def test_what_an_attempt_prints_is_added_to_the_log(start, folder):
    for number in (1, 2):
        ended(start(then="exit", status=0, attempt=number))
    assert (folder.path / "logs" / "job.log").read_text().splitlines() == ["attempt 1", "attempt 2"]


def test_an_attempt_that_is_stopped_is_gone(start, folder):
    attempt = at_work(folder, start(then="hang"))
    attempt.stop()
    assert not attempt.poll()
    attempt.stop()
    assert not attempt.poll()


def test_an_attempt_that_is_ordered_to_end_does_so(start, folder):
    attempt = at_work(folder, start(then="hang"))
    write_orders(folder, Orders(attempt=1, stop=True))
    assert ended(attempt).exit_status == 0
    assert read_result(folder.attempt(1)).status == "Stopped"


def test_an_attempt_that_another_server_has_started_is_adopted_and_can_be_stopped(launchers, start, folder):
    launchers.leave(at_work(folder, start(then="hang", attempt=3)))
    # The number is the attempt's own, whatever the server that adopts it takes for the latest.
    adopted = launchers.new().adopt(folder, attempt=4)
    assert (adopted.number, adopted.poll()) == (3, True)
    assert at_work(folder, adopted).has_begun
    adopted.stop()
    assert not adopted.poll()
    assert adopted.exit_status is None
    assert adopted.account_of_end() == "was ended by something that the server did not see"
    assert launchers.new().adopt(folder, attempt=3) is None


def test_an_attempt_that_was_adopted_ends_by_itself(launchers, start, folder):
    launchers.leave(at_work(folder, start(then="hang")))
    adopted = launchers.new().adopt(folder, attempt=1)
    write_orders(folder, Orders(attempt=1, ends_early=True))
    # Of a process that is not its own child, nobody tells a server how it ended.
    assert ended(adopted).exit_status in (None, 0)
    assert read_result(folder.attempt(1)).status == "Completed"
