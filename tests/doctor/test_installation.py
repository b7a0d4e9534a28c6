import pytest

from burnish.doctor.check_results import Severity
from burnish.doctor.installation import check_installation, missing_packages

REQUIRES = [
    "boto3>=1.44",
    "pytest>=9; extra == 'test'",
    'no-such-package>=1; extra == "server"',
    "another_missing[more]>=1; python_version > '3' and extra == 'engine'",
    'burnish[engine,server]; extra == "all"',
]


@pytest.mark.parametrize(
    ("extra", "missing"),
    [
        ("test", []),
        ("server", ["no-such-package"]),
        ("engine", ["another_missing"]),
        ("all", ["another_missing", "no-such-package"]),
        ("unknown", []),
    ],
)
def test_the_missing_packages_of_an_extra_are_those_of_the_extras_that_it_includes_too(extra, missing):
    assert missing_packages(REQUIRES, extra) == missing


def test_commands_whose_extra_is_installed_can_run():
    installed, commands = check_installation({"evaluation": ["evaluate", "compare"]})
    assert "Python" in installed.says
    assert (commands.severity, commands.says) == (Severity.OK, "compare, evaluate: installed")
