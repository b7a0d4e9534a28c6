"""Reading documents in processes: what one document breaks costs that document alone."""

import io
import threading

import pytest
from page_files import write_page, written_page
from PIL import Image

from burnish.datasets import page_readers
from burnish.datasets.documents import Document
from burnish.datasets.page_index import Known, PageIndex
from burnish.datasets.page_readers import PageReaders
from burnish.datasets.pages import Rendering


def document(path, digest="d"):
    return Document(path=path, label="a", digest=digest, name=path.name)


@pytest.fixture
def readers():
    with PageReaders(1) as readers:
        yield readers


def test_pages_come_with_what_is_known_of_them(readers, tmp_path):
    path = tmp_path / "two.tif"
    written_page("one").save(path, save_all=True, append_images=[Image.new("L", (300, 400), "white")])
    read = readers.read(document(path), Rendering(pages="all", longest_edge=200))
    assert [(page.facts.width, page.facts.height, page.facts.blank) for page in read.pages] == [
        (150, 200, False),
        (150, 200, True),
    ]
    for page in read.pages:
        assert Image.open(io.BytesIO(page.png)).size == (150, 200)
        assert page.facts.size == len(page.png)


def test_a_document_that_cannot_be_read_has_a_reason(readers, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"broken")
    assert "neither a PDF nor an image" in readers.read(document(path), Rendering()).reason


def test_a_process_that_dies_costs_its_document_alone(readers, tmp_path, monkeypatch):
    path = write_page(tmp_path / "good.png", "x")
    assert readers.read(document(path), Rendering()).pages
    with monkeypatch.context() as patch:
        kill = page_readers._Reader._answer_to

        def dying(reader, request):
            reader._process.kill()
            reader._process.wait()
            return kill(reader, request)

        patch.setattr(page_readers._Reader, "_answer_to", dying)
        assert "the process that read it ended" in readers.read(document(path), Rendering()).reason
    assert readers.read(document(path), Rendering()).pages


def test_a_document_that_takes_for_ever_is_given_up(tmp_path, monkeypatch):
    path = write_page(tmp_path / "good.png", "x")
    with PageReaders(1, seconds=0.5) as readers, monkeypatch.context() as patch:
        # The request never reaches the process, which is what a hang looks like from here.
        patch.setattr(page_readers.msgspec.json, "encode", lambda _: b"")
        patch.setattr(page_readers._Reader, "_answer_to", lambda reader, _: reader._whole(8) and None)
        assert "it took longer than 0.5 s" in readers.read(document(path), Rendering()).reason


def test_a_bomb_does_not_take_this_process_with_it(readers, tmp_path):
    path = tmp_path / "bomb.png"
    Image.new("1", (12_000, 12_000)).save(path)
    assert "more pixels than any page needs" in readers.read(document(path), Rendering()).reason


def test_several_threads_share_the_processes(tmp_path):
    paths = [write_page(tmp_path / f"{number}.png", str(number)) for number in range(12)]
    found = {}
    with PageReaders(2) as readers:

        def read(path):
            found[path] = readers.read(document(path), Rendering())

        threads = [threading.Thread(target=read, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(len(found[path].pages) == 1 for path in paths)


def test_what_was_read_is_known_for_the_same_content_and_rendering_only(readers, tmp_path):
    path = write_page(tmp_path / "good.png", "x")
    facts = tuple(page.facts for page in readers.read(document(path), Rendering()).pages)
    index = PageIndex(tmp_path / "cache")
    index.keep("digest", Rendering(), Known(pages=facts))
    index.close()
    index = PageIndex(tmp_path / "cache")
    assert index.find("digest", Rendering()) == Known(pages=facts)
    assert index.find("other", Rendering()) is None
    assert index.find("digest", Rendering(longest_edge=100)) is None
    index.close()
