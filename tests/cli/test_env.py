import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from burnish.server.credentials import load_or_create_credentials


@pytest.fixture
def port():
    """The port of something that answers over HTTP."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def data(tmp_path):
    """A server's data folder with a name that a shell would take apart."""
    folder = tmp_path / "my data"
    load_or_create_credentials(folder)
    return folder


def note(data, port):
    sign = {"url": f"http://127.0.0.1:{port}", "region": "us-east-1", "models": ["local.tiny-v1:0"]}
    (data / "server.json").write_text(json.dumps(sign))


def test_the_lines_make_a_shell_ready(burnish, data, port):
    note(data, port)
    lines = burnish("env", "--data", data).stdout
    key = load_or_create_credentials(data)
    script = f"export AWS_PROFILE=other AWS_SESSION_TOKEN=old\n{lines}\nenv"
    shell = subprocess.run(["/bin/sh", "-ec", script], capture_output=True, text=True, check=True, env={})
    set_now = dict(line.split("=", 1) for line in shell.stdout.splitlines())
    wanted = {name: value for name, value in set_now.items() if name.startswith("AWS_")}
    assert wanted == {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }


def test_where_a_proxy_is_set_the_lines_lead_past_it(burnish, data, port):
    note(data, port)
    assert "NO_PROXY" not in burnish("env", "--data", data).stdout
    proxies = {"https_proxy": "http://proxy.example:3128", "NO_PROXY": "intranet.example"}
    lines = burnish("env", "--data", data, **proxies).stdout
    assert "export NO_PROXY=intranet.example,127.0.0.1\n" in lines
    assert "export no_proxy=intranet.example,127.0.0.1\n" in lines


def test_a_given_port_is_used(burnish, data, port):
    assert (
        f"AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in burnish("env", "--data", data, "--port", port).stdout
    )


def test_without_a_server_it_says_what_to_start(burnish, data):
    ended = burnish("env", "--data", data)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"`burnish serve --data '{data}'`" in ended.stderr


def test_a_sign_left_by_a_server_that_is_gone_does_not_count(burnish, data, port):
    note(data, 1)
    ended = burnish("env", "--data", data)
    assert ended.returncode == 1
    assert "burnish serve" in ended.stderr


def test_the_users_own_data_folder_is_the_default(burnish, tmp_path):
    ended = burnish("env", XDG_DATA_HOME=str(tmp_path / "share"))
    assert f"{tmp_path}/share/burnish" in ended.stderr
    assert ended.stderr.rstrip().endswith("`burnish serve`")


def test_a_certificate_that_nobody_vouches_for_is_named_for_clients_to_trust(burnish, data, port):
    note(data, port)
    sign = json.loads((data / "server.json").read_text())
    (data / "server.json").write_text(json.dumps(sign | {"ca_bundle": "/my keys/cert.pem"}))
    assert "export AWS_CA_BUNDLE='/my keys/cert.pem'" in burnish("env", "--data", data).stdout
