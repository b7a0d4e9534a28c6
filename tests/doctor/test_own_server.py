import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from burnish.doctor.check_results import Severity
from burnish.doctor.own_server import check_server


class Degraded(BaseHTTPRequestHandler):
    """What a server says whose S3 server has ended."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"problems": self.server.problems}).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    listening = HTTPServer(("127.0.0.1", 0), Degraded)
    listening.problems = {}
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield listening
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def data(tmp_path, server):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    url = f"http://127.0.0.1:{server.server_port}"
    (folder / "server.json").write_text(json.dumps({"url": url, "region": "us-east-1", "models": ["tiny"]}))
    return folder


def test_no_server_yet_is_no_problem(tmp_path):
    (found,) = check_server(tmp_path / "none")
    assert (found.severity, found.remedy) == (Severity.NOTE, "burnish serve, to have one")


def test_a_folder_without_its_server_says_how_to_start_it(tmp_path):
    tmp_path.chmod(0o700)
    access, found = check_server(tmp_path)
    assert access.severity is Severity.OK
    assert (found.severity, found.remedy) == (Severity.NOTE, f"burnish serve --data {tmp_path}")


def test_a_server_that_is_well_says_where_it_answers(data, server):
    *_, found = check_server(data)
    assert found.severity is Severity.OK
    assert f":{server.server_port} " in found.says


def test_each_part_of_a_server_that_does_not_work_is_a_problem(data, server):
    server.problems = {"objects": "the S3 server has ended"}
    *_, found = check_server(data)
    assert (found.severity, found.says) == (Severity.PROBLEM, "objects: the S3 server has ended")


def test_a_data_folder_that_others_can_read_is_a_problem(data):
    data.chmod(0o755)
    access, _ = check_server(data)
    assert access.severity is Severity.PROBLEM
    assert "chmod 700" in access.remedy
