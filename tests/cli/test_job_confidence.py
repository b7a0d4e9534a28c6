"""What `burnish job metrics` says of a model's confidence."""

import json
from dataclasses import dataclass

from burnish.calibration.held_out_confidence import measured_confidence
from burnish.cli.job_confidence import show_confidence, tell_confidence


@dataclass(frozen=True, kw_only=True)
class JudgedPage:
    probability: float
    is_right: bool


FOUND = measured_confidence(
    [JudgedPage(probability=0.95 - number / 100, is_right=number < 30) for number in range(40)],
    made="40 training pages out of fold",
)


def test_sentences_and_the_risk_at_each_coverage_are_a_result(capsys):
    show_confidence(FOUND, as_json=False)
    written = capsys.readouterr()
    assert "40 training pages out of fold" in written.out
    assert "expected calibration error" in written.out
    assert "coverage\tthreshold\taccepted\twrong\trisk\t95 % interval" in written.out
    assert "100%\t0.56\t40\t10\t25.0%\t14.2% to 40.2%" in written.out
    assert written.err == ""


def test_as_json_it_is_what_the_job_has_written(capsys):
    show_confidence(FOUND, as_json=True)
    assert json.loads(capsys.readouterr().out) == json.loads(FOUND.as_file())


def test_beside_the_losses_it_is_a_message(capsys):
    tell_confidence(FOUND)
    written = capsys.readouterr()
    assert written.out == ""
    assert "out of fold" in written.err
    tell_confidence(None)
    assert capsys.readouterr().err == ""


def test_a_job_that_does_not_tell_is_said_to(capsys):
    show_confidence(None, as_json=False)
    assert "does not tell" in capsys.readouterr().err
