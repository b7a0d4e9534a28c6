import json
import socket

import pytest


@pytest.fixture
def taken_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_in_use_is_named_before_anything_is_done(burnish, tmp_path, taken_port):
    data = tmp_path / "data"
    ended = burnish("serve", "--port", taken_port, "--data", data)
    assert ended.returncode == 1
    assert f"Port {taken_port} of 127.0.0.1 is in use" in ended.stderr
    assert "--port" in ended.stderr
    assert not data.exists()


def test_an_account_is_twelve_digits(burnish):
    ended = burnish("serve", "--port", 0, "--account-id", "12")
    assert ended.returncode == 1
    assert "twelve digits" in ended.stderr


def test_missing_weights_end_it_with_the_reason(burnish, tmp_path):
    empty = tmp_path / "no-model"
    empty.mkdir()
    ended = burnish("serve", "--port", 0, "--data", tmp_path / "data", "--model", empty)
    assert ended.returncode == 1
    assert f"\nError: {empty} holds no model: config.json is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.attack(
    "Connections",
    "a server opened to other machines by mistake (`--host 0.0.0.0`)",
    "it does not start, and says why",
)
def test_other_machines_are_not_let_in_without_tls(burnish, tmp_path):
    data = tmp_path / "data"
    ended = burnish("serve", "--host", "0.0.0.0", "--port", 0, "--data", data)  # noqa: S104  that is refused
    assert ended.returncode == 1
    assert "--tls-cert" in ended.stderr
    assert "--insecure" in ended.stderr
    assert not data.exists()


def test_letting_other_machines_in_without_tls_is_said_loudly(burnish, tmp_path):
    open_to_all = ["--host", "0.0.0.0", "--port", 0, "--insecure"]  # noqa: S104  it ends before it listens
    ended = burnish("serve", *open_to_all, "--data", tmp_path / "data", "--model", tmp_path)
    assert ended.stderr.startswith("WARNING: other machines can connect")


def test_a_key_without_its_certificate_is_named_before_anything_is_done(burnish, tmp_path):
    ended = burnish("serve", "--port", 0, "--data", tmp_path / "data", "--tls-key", tmp_path / "key.pem")
    assert ended.returncode == 1
    assert "give both" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_in_json_the_error_that_ends_it_is_an_object_too(burnish, tmp_path):
    ended = burnish("serve", "--log-format", "json", "--data", tmp_path / "data", "--account-id", "12")
    (line,) = ended.stderr.splitlines()
    told = json.loads(line)
    assert (ended.returncode, told["level"]) == (1, "ERROR")
    assert "twelve digits" in told["message"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--launcher", "ray://10.0.0.1:10001"],
            "Give the address of the cluster's Jobs API: --launcher http://",
        ),
        (
            ["--launcher", "10.0.0.1:8265"],
            "is not the address of a Ray cluster's Jobs API: give http://HEAD:8265",
        ),
        (["--launcher", "http://10.0.0.1:8265"], "cannot reach this server at http://127.0.0.1"),
        (["--cluster-endpoint", "http://10.0.0.2"], "--cluster-endpoint takes a cluster"),
        (
            ["--launcher", "http://10.0.0.1:8265", "--cluster-endpoint", "10.0.0.2:8800"],
            "is not a URL: give http://THIS-MACHINE:8800",
        ),
    ],
)
def test_a_cluster_that_cannot_work_is_named_before_anything_is_done(burnish, tmp_path, options, said):
    data = tmp_path / "data"
    ended = burnish("serve", "--port", 0, "--data", data, *options)
    assert ended.returncode == 1
    assert said in " ".join(ended.stderr.split())
    assert not data.exists()
