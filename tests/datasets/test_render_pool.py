"""Reading documents in processes: what one document breaks costs that document alone."""

import io
import os
import select
import signal
import subprocess
import sys
import threading

import msgspec
import pytest
from page_files import write_page, written_page
from PIL import Image

from burnish.datasets import pages, render_pool
from burnish.datasets.documents import Document
from burnish.datasets.page_index import IndexedDocument, PageIndex
from burnish.datasets.pages import Rendering
from burnish.datasets.render_pool import RenderPool
from burnish.datasets.render_worker import Request, render_document


def document(path, digest="d"):
    return Document(path=path, label="a", digest=digest, name=path.name)


@pytest.fixture
def renderers():
    with RenderPool(1) as renderers:
        yield renderers


def test_pages_come_with_what_is_known_of_them(renderers, tmp_path):
    path = tmp_path / "two.tif"
    written_page("one").save(path, save_all=True, append_images=[Image.new("L", (300, 400), "white")])
    read = renderers.render(document(path), Rendering(pages="all", longest_edge=200))
    assert [(page.facts.width, page.facts.height, page.facts.blank) for page in read.pages] == [
        (150, 200, False),
        (150, 200, True),
    ]
    for page in read.pages:
        assert Image.open(io.BytesIO(page.png)).size == (150, 200)
        assert page.facts.size == len(page.png)


@pytest.mark.parametrize("kind", ["PNG", "PDF", "TIFF"])
def test_a_document_is_read_whatever_bytes_its_name_has(renderers, tmp_path, kind):
    written_page("one").save(tmp_path / "plain", kind)
    path = (tmp_path / "plain").rename(tmp_path / os.fsdecode(b"gesch\xe4ft.png"))
    assert len(renderers.render(document(path), Rendering()).pages) == 1


def test_a_document_that_cannot_be_read_has_a_reason_and_is_not_tried_again(renderers, tmp_path, killer):
    path = tmp_path / "broken.png"
    path.write_bytes(b"broken")
    read = renderers.render(document(path), Rendering())
    assert "neither a PDF nor an image" in read.reason
    assert read.is_final
    assert killer.begun == 1


@pytest.fixture
def killer(monkeypatch):
    """Has the processes killed that begin to read, so many of them; how many were begun is counted."""

    class Killer:
        kills = 0
        begun = 0

    answer_to = render_pool._RenderProcess._answer_to

    def dying(reader, request):
        Killer.begun += 1
        if Killer.begun <= Killer.kills:
            reader._process.kill()
            reader._process.wait()
        return answer_to(reader, request)

    monkeypatch.setattr(render_pool._RenderProcess, "_answer_to", dying)
    return Killer


def test_a_process_that_is_killed_once_costs_nothing(renderers, tmp_path, killer):
    path = write_page(tmp_path / "good.png", "x")
    killer.kills = 1
    read = renderers.render(document(path), Rendering())
    assert (len(read.pages), read.reason, read.is_final, killer.begun) == (1, None, True, 2)


def test_a_process_that_dies_again_costs_its_document_alone(renderers, tmp_path, killer):
    path = write_page(tmp_path / "good.png", "x")
    killer.kills = 2
    read = renderers.render(document(path), Rendering())
    assert "the process that read it was ended by the system" in read.reason
    assert "It failed twice, and will be tried again on the next run" in read.reason
    assert not read.is_final
    assert renderers.render(document(path), Rendering()).pages


def test_a_document_that_takes_for_ever_is_given_up_after_a_second_attempt(tmp_path, monkeypatch):
    path = write_page(tmp_path / "good.png", "x")
    with RenderPool(1, seconds=0.5) as renderers, monkeypatch.context() as patch:
        # The request never reaches the process, which is what a hang looks like from here.
        patch.setattr(render_pool.msgspec.json, "encode", lambda _: b"")
        patch.setattr(render_pool._RenderProcess, "_answer_to", lambda reader, _: reader._whole(8) and None)
        read = renderers.render(document(path), Rendering())
    assert "it took longer than 0.5 s" in read.reason
    assert not read.is_final


def test_a_file_that_is_not_there_for_now_is_no_verdict(renderers, tmp_path):
    read = renderers.render(document(tmp_path / "gone.png"), Rendering())
    assert "its file could not be read (No such file or directory)" in read.reason
    assert str(tmp_path) not in read.reason
    assert not read.is_final


def test_a_want_of_memory_is_no_verdict(tmp_path, monkeypatch):
    def greedy(*how, **more):
        raise MemoryError

    path = write_page(tmp_path / "good.png", "x")
    monkeypatch.setattr(pages, "decoded_pages", greedy)
    read = render_document(Request(path=os.fsencode(path), rendering=Rendering()))
    assert "too little memory" in read.reason
    assert not read.is_final


def test_a_bomb_does_not_take_this_process_with_it(renderers, tmp_path):
    path = tmp_path / "bomb.png"
    Image.new("1", (12_000, 12_000)).save(path)
    assert "more pixels than any page needs" in renderers.render(document(path), Rendering()).reason


def test_several_threads_share_the_processes(tmp_path):
    paths = [write_page(tmp_path / f"{number}.png", str(number)) for number in range(12)]
    found = {}
    with RenderPool(2) as renderers:

        def read(path):
            found[path] = renderers.render(document(path), Rendering())

        threads = [threading.Thread(target=read, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(len(found[path].pages) == 1 for path in paths)


def test_what_was_read_is_known_for_the_same_content_and_rendering_only(renderers, tmp_path):
    path = write_page(tmp_path / "good.png", "x")
    facts = tuple(page.facts for page in renderers.render(document(path), Rendering()).pages)
    index = PageIndex(tmp_path / "cache")
    index.store("digest", Rendering(), IndexedDocument(pages=facts))
    index.close()
    index = PageIndex(tmp_path / "cache")
    assert index.find("digest", Rendering()) == IndexedDocument(pages=facts)
    assert index.find("other", Rendering()) is None
    assert index.find("digest", Rendering(longest_edge=100)) is None
    index.close()


def test_a_refusal_is_known_as_long_as_decoders_and_limits_are_the_same(tmp_path, monkeypatch):
    index = PageIndex(tmp_path / "cache")
    index.store("digest", Rendering(), IndexedDocument(reason="it is broken"))
    assert index.find("digest", Rendering()).reason == "it is broken"
    changes = {
        "pixels": ("burnish.datasets.page_index.MAX_PIXELS", 10**9),
        "sides": ("burnish.datasets.page_index.MIN_SIDE", 20),
        "decoders": ("burnish.datasets.page_index.decoders", lambda: "others"),
    }
    for name, (place, value) in changes.items():
        with monkeypatch.context() as patch:
            patch.setattr(place, value)
            assert index.find("digest", Rendering()) is None, name
    index.close()


def test_a_fault_that_may_pass_is_never_known(tmp_path):
    index = PageIndex(tmp_path / "cache")
    index.store("digest", Rendering(), IndexedDocument(reason="it took too long", is_final=False))
    assert index.find("digest", Rendering()) is None
    index.close()


def test_leaving_the_pool_ends_a_process_that_hangs(tmp_path):
    os.mkfifo(tmp_path / "hangs.png")
    with RenderPool(1, seconds=600) as renderers:
        reading = threading.Thread(
            target=renderers.render, args=(document(tmp_path / "hangs.png"), Rendering())
        )
        reading.start()
        # Opening a pipe for writing waits until it is opened for reading.
        with (tmp_path / "hangs.png").open("wb"):
            renderers.__exit__(None, None, None)
            reading.join(60)
            assert not reading.is_alive()


CLIENT = """
import sys
from pathlib import Path
from burnish.datasets.documents import Document
from burnish.datasets.pages import Rendering
from burnish.datasets.render_pool import RenderPool

path = Path(sys.argv[1])
RenderPool(1).render(Document(path=path, label="a", digest="d", name=path.name), Rendering())
"""


def test_a_process_that_hangs_ends_with_a_client_that_is_killed(tmp_path):
    os.mkfifo(tmp_path / "hangs.png")
    client = subprocess.Popen([sys.executable, "-c", CLIENT, tmp_path / "hangs.png"])
    # Opens once the process has opened it for reading. Nothing is written, so the process is stuck.
    with (tmp_path / "hangs.png").open("wb") as held:
        client.kill()
        client.wait()
        readers = select.poll()
        readers.register(held, 0)
        assert readers.poll(60_000) == [(held.fileno(), select.POLLERR)]  # there are no more


def test_a_document_that_takes_for_ever_is_ended_without_a_client(tmp_path):
    """By the kernel: nothing in the process needs to run for that."""
    os.mkfifo(tmp_path / "hangs.png")
    request = Request(path=os.fsencode(tmp_path / "hangs.png"), rendering=Rendering(), seconds=0.1)
    worker = [sys.executable, "-m", "burnish.datasets.render_worker"]
    with subprocess.Popen(worker, stdin=subprocess.PIPE) as process:
        process.stdin.write(msgspec.json.encode(request) + b"\n")
        process.stdin.flush()
        assert process.wait(60) == -signal.SIGALRM
