"""A job's folder as it lies in S3."""

from __future__ import annotations

import uuid

import pytest

from burnish.errors import InvalidInput, ServiceUnavailable
from burnish.server.cluster.mirror import Mirror
from burnish.server.cluster.node_folder import NodeFolder
from burnish.server.cluster.remote_folder import (
    BUCKET,
    Beat,
    PieceSender,
    RemoteFolder,
    fetch_folder,
    send_folder,
    take_pieces,
)
from burnish.server.job_folder.orders import Orders, read_orders, write_orders
from burnish.server.job_folder.paths import JobFolder
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage


@pytest.fixture(scope="module")
def storage(object_store) -> RoleStorage:
    store, credentials, _ = object_store
    storage = RoleStorage(store.endpoint, credentials, ALL_OF_S3)
    if not storage.exists(f"s3://{BUCKET}"):
        storage.make_bucket(f"s3://{BUCKET}")
    return storage


@pytest.fixture
def remote(storage) -> RemoteFolder:
    return RemoteFolder(storage, f"job{uuid.uuid4().hex[:9]}")


@pytest.fixture
def node(remote, tmp_path) -> NodeFolder:
    """The second attempt's side of the folder."""
    found = NodeFolder(JobFolder(tmp_path / "node"), 2, remote)
    found.own.path.mkdir(parents=True)
    return found


@pytest.fixture
def here(tmp_path) -> JobFolder:
    """The server's side of it."""
    return JobFolder(tmp_path / "server")


@pytest.fixture
def mirror(remote, here, tmp_path) -> Mirror:
    return Mirror(here, 2, remote, tmp_path / "job.log")


def checkpoint(node: NodeFolder, place: str, content: str) -> None:
    folder = node.folder.checkpoints / place
    folder.mkdir(parents=True)
    (folder / "state").write_text(content)
    (folder / "manifest.json").write_text(f"of {content}")


def test_of_a_file_that_grows_whole_lines_are_sent_and_at_last_the_rest(storage, remote, tmp_path):
    sent, taken = tmp_path / "sent", tmp_path / "taken"
    sender = PieceSender(storage, f"{remote.uri}/pieces", sent)
    sender.send()
    pieces: list[bytes] = []
    for text, is_last, arrived in [("a\nb", False, "a\n"), ("\nc", False, "a\nb\n"), ("d", True, "a\nb\ncd")]:
        sent.open("a").write(text)
        sender.send(is_last=is_last)
        take_pieces(storage, f"{remote.uri}/pieces", taken, also=pieces.append)
        assert taken.read_text() == arrived
    assert pieces == [b"a\n", b"b\n", b"cd"]
    assert storage.names(remote.uri) == []


def test_what_was_sent_without_an_answer_is_sent_again_as_it_was(storage, remote, tmp_path, monkeypatch):
    sent, taken, uri = tmp_path / "sent", tmp_path / "taken", f"{remote.uri}/pieces"
    sender = PieceSender(storage, uri, sent)
    write = RoleStorage.write

    def unanswered(self, *given):
        write(self, *given)
        raise ServiceUnavailable("The answer is lost")

    sent.write_text("a\n")
    with monkeypatch.context() as patch:
        patch.setattr(RoleStorage, "write", unanswered)
        with pytest.raises(ServiceUnavailable):
            sender.send()
    # It is taken, and the file grows, before it is sent again.
    take_pieces(storage, uri, taken)
    sent.write_text("a\nb\n")
    sender.send()
    sender.send()
    take_pieces(storage, uri, taken)
    assert taken.read_text() == "a\nb\n"


def test_a_name_that_leads_out_of_its_folder_is_refused(storage, remote, tmp_path):
    with pytest.raises(InvalidInput, match="leads out of its folder"):
        fetch_folder(storage, remote.uri, ["../outside"], tmp_path / "folder")
    assert not (tmp_path / "outside").exists()


def test_orders_come_to_the_node_and_so_does_that_there_are_none_any_more(here, mirror, node):
    write_orders(here, Orders(attempt=2, stop=True))
    mirror.send_orders()
    node.take_orders()
    assert read_orders(node.folder) == Orders(attempt=2, stop=True)
    here.orders.unlink()
    mirror.send_orders()
    node.take_orders()
    assert read_orders(node.folder) is None


def test_reports_the_log_and_signs_of_life_come_to_the_server(here, mirror, node, tmp_path):
    (tmp_path / "job.log").write_text("attempt 1\n")
    node.own.events.write_text('{"at": 1}\n')
    node.log.write_text("attempt 2\n")
    node.send_reports()
    assert mirror.take() is None
    node.send_beat(Beat(count=1))
    assert mirror.take() == Beat(count=1)
    assert not here.attempt(2).heartbeat.exists()
    node.send_beat(Beat(count=2, has_begun=True))
    assert mirror.take().has_begun
    assert here.attempt(2).heartbeat.exists()
    # The same one says nothing new.
    assert mirror.take() is None
    assert here.attempt(2).events.read_text() == '{"at": 1}\n'
    assert (tmp_path / "job.log").read_text() == "attempt 1\nattempt 2\n"


def test_a_model_is_taken_whole_and_before_the_result(here, mirror, node, storage, remote):
    (node.own.model / "part").mkdir(parents=True)
    (node.own.model / "part" / "weights").write_bytes(b"weights")
    node.send_result()
    mirror.take_result()
    assert not here.attempt(2).path.exists()  # it has not said how it ended
    node.own.result.write_text("the result")
    node.send_result()
    storage.write(f"{remote.attempt(2).model}/part/weights", b"of another")
    with pytest.raises(ServiceUnavailable, match="is not what was written there"):
        mirror.take_result()
    assert not here.attempt(2).result.exists()
    node.send_result()
    mirror.take_result()
    assert (here.attempt(2).model / "part" / "weights").read_bytes() == b"weights"
    assert here.attempt(2).result.read_text() == "the result"


def test_the_latest_checkpoints_are_kept_for_the_next_attempt(node, remote, storage, tmp_path):
    sent = set()
    for step in (8, 9, 10, 11):
        checkpoint(node, f"member/step-{step}", f"step {step}")
        node.send_checkpoints(sent)
    checkpoint(node, "step-3", "of the whole")
    (node.folder.checkpoints / "step-4").mkdir()  # not whole
    node.send_checkpoints(sent)
    found = remote.checkpoints()
    assert sorted(found) == ["member/step-10", "member/step-11", "step-3"]
    assert sorted(found["step-3"]) == ["manifest.json", "state"]


def test_of_two_checkpoints_of_a_step_the_later_attempt_has_the_better_one(node, remote, tmp_path):
    checkpoint(node, "step-3", "of the second")
    node.send_checkpoints(set())
    first = NodeFolder(JobFolder(tmp_path / "first"), 1, remote)
    checkpoint(first, "step-3", "of the first")
    first.send_checkpoints(set())
    next_one = NodeFolder(JobFolder(tmp_path / "next"), 3, remote)
    next_one._fetch_checkpoints()
    assert (next_one.folder.checkpoints / "step-3" / "state").read_text() == "of the second"


def test_a_folder_is_sent_with_the_sums_of_its_files(storage, remote, tmp_path):
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "file").write_bytes(b"")
    sums = send_folder(storage, tmp_path / "sent", f"{remote.uri}/sent")
    assert sums == {"file": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    remote.delete()
    assert storage.names(remote.uri) == []
