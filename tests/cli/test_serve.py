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
    assert ended.stderr.startswith(f"Error: {empty} holds no model: config.json is missing")
    assert "Traceback" not in ended.stderr
