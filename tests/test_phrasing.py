from burnish.errors import BurnishError, InvalidConfig, NotFound, WaitTimeout
from burnish.phrasing import Phrasing, in_terminal

STOP = Phrasing(command="`burnish job stop a` stops it.", call="`stop_job('a')` stops it.")


def test_python_reads_functions_and_a_terminal_reads_commands():
    assert str(STOP) == "`stop_job('a')` stops it."
    assert in_terminal(STOP) == "`burnish job stop a` stops it."
    assert in_terminal("the same for both") == "the same for both"


def test_a_beginning_is_for_both():
    assert in_terminal(STOP.after("It runs:")) == "It runs: `burnish job stop a` stops it."
    assert str(STOP.after("It runs:")) == "It runs: `stop_job('a')` stops it."


def test_an_error_ends_with_its_remedy():
    for error in (NotFound("Gone.", remedy=STOP), WaitTimeout("Gone.", last=None, remedy=STOP)):
        assert str(error) == "Gone. `stop_job('a')` stops it."
        assert error.in_terminal == "Gone. `burnish job stop a` stops it."


def test_an_error_without_a_remedy_says_what_happened_and_no_more():
    error = BurnishError("Gone.")
    assert str(error) == error.in_terminal == error.message == "Gone."


def test_one_problem_stands_in_the_line_and_several_are_listed():
    assert (
        InvalidConfig("The job", [STOP]).in_terminal == "The job is not valid: `burnish job stop a` stops it."
    )
    assert str(InvalidConfig("The job", ["a", STOP])) == (
        "The job is not valid:\n  - a\n  - `stop_job('a')` stops it."
    )
