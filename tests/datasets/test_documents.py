"""What is done with the files that any source offers: by content and not by name, each once, none unsaid."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_files import page, write_folder, write_page

from burnish.datasets.documents import Documents, SourceFile, readable, require_types, usable_documents
from burnish.datasets.formats import is_document
from burnish.datasets.sources import read_folder
from burnish.errors import InvalidDocuments


def encoded(kind: str, text: str = "x") -> bytes:
    body = io.BytesIO()
    page(text).save(body, kind)
    return body.getvalue()


# Kinds of files


@pytest.mark.parametrize(
    "name", ["a.png", "a.pdf", "a.PDF", "a.tif", "a.jpg", "a.webp", "a.bin", "a.txt", "a"]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "PDF"])
def test_a_document_is_known_by_its_content_whatever_its_name(tmp_path, kind, name):
    (tmp_path / name).write_bytes(encoded(kind))
    found = usable_documents("here", [SourceFile(path=tmp_path / name, name=name, label="a")])
    assert [one.name for one in found.documents] == [name]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("a.gif", encoded("GIF"), "files of the kind '.gif' are not read"),
        ("a.docx", b"PK\3\4word", "files of the kind '.docx' are not read"),
        ("README", b"# Read me", "files of the kind 'README' are not read"),
        ("a.txt", b"text", "files of the kind '.txt' are not read"),
        (
            "a.pdf",
            b"PK\3\4 %PDF-1.4 inside",
            "its content is zip (as Word, Excel and PowerPoint",
        ),
        ("a.png", encoded("GIF"), "its content is gif, whatever its name says, and is not read"),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0", "its content is heic"),
        ("a.pdf", b"\n<!DOCTYPE html><title>Log in</title>", "its content is html or xml"),
        ("a.png", b"", "it is empty"),
        ("a.txt", b"", "it is empty"),
    ],
)
def test_what_is_no_document_is_named_for_what_it_is(tmp_path, name, body, says):
    (tmp_path / name).write_bytes(body)
    (skipped,) = usable_documents("here", [SourceFile(path=tmp_path / name, name=name, label="a")]).skipped
    assert says in skipped.reason


def test_a_pdf_may_have_other_bytes_before_its_header():
    assert is_document(b"\xef\xbb\xbf\n\0junk" + encoded("PDF"))


def test_a_path_that_no_system_takes_is_listed(tmp_path):
    names = ["x" * 300 + ".png", "a\0b.png", "folder"]
    (tmp_path / "folder").mkdir()
    found = usable_documents(
        "here", [SourceFile(path=tmp_path / name, name=name, label="a") for name in names]
    )
    assert sorted(str(one) for one in found.skipped) == [
        "a\\x00b.png: there is no such file, or it is a broken link",
        "folder: it is a folder, not a file",
        f"{names[0]}: it cannot be read (File name too long)",
    ]


def test_what_is_named_as_a_document_and_is_nothing_known_is_left_to_its_decoder(tmp_path):
    (tmp_path / "a.png").write_bytes(b"broken")
    assert (
        usable_documents("here", [SourceFile(path=tmp_path / "a.png", name="a.png", label="a")]).skipped == ()
    )


def test_a_label_of_which_nothing_can_be_used_is_told(tmp_path):
    folder = write_folder(tmp_path, {"a": 2, "b": 1})
    (folder / "json").mkdir()
    (folder / "json" / "a.json").write_text("{}")
    (folder / "c").mkdir()
    (folder / "c" / "copy.png").write_bytes((folder / "b" / "000.png").read_bytes())
    found = read_folder(folder)
    assert found.labels == ("a", "b")
    assert found.notes[2].startswith("nothing labelled 'c' can be used, such as c/copy.png: the same file")
    assert found.notes[3].startswith("nothing labelled 'json' can be used, such as json/a.json: files of")


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"gesch\xe4ft.png", "gesch\\xe4ft.png"),
        ("süß ☃.png".encode(), "süß ☃.png"),
        (b"two\nlines\x1b[31m.png", "two\\nlines\\x1b[31m.png"),
        ("a\u2028b.png".encode(), "a\\u2028b.png"),
        ("3\u202fPM.png".encode(), "3\u202fPM.png"),
    ],
)
def test_a_name_is_shown_so_that_it_can_be_read(name, shown):
    assert readable(os.fsdecode(name)) == shown


@given(st.binary(min_size=1, max_size=30))
def test_every_name_becomes_text_in_one_line(name):
    text = readable(os.fsdecode(name))
    assert text.encode().decode().splitlines() == [text]
    assert readable(text) == text


def test_documents_whose_names_are_not_text_are_used_and_named_readably(tmp_path):
    folder = write_folder(tmp_path, {"a": 2, "b": 2})
    (folder / "a" / "000.png").rename(folder / "a" / os.fsdecode(b"gesch\xe4ft.png"))
    (folder / "b" / os.fsdecode(b"leer\xe9.png")).touch()
    found = read_folder(folder)
    assert [one.name for one in found.documents] == [
        "a/001.png",
        "a/gesch\\xe4ft.png",
        "b/000.png",
        "b/001.png",
    ]
    assert [str(one) for one in found.skipped] == ["b/leer\\xe9.png: it is empty"]
    assert all(one.path.read_bytes() for one in found.documents)


def test_a_label_that_is_not_text_is_an_error(tmp_path):
    folder = write_folder(tmp_path, {"a": 1, "b": 1})
    (folder / "b").rename(folder / os.fsdecode(b"gesch\xe4ft"))
    with pytest.raises(InvalidDocuments, match=r"'gesch.*ft' of .*: it holds bytes that are not UTF-8"):
        read_folder(folder)


def test_a_folder_whose_own_name_is_not_text_is_named_readably(tmp_path):
    found = read_folder(write_folder(tmp_path / os.fsdecode(b"B\xfccher"), {"a": 1, "b": 1}))
    assert found.origin == f"{tmp_path}/B\\xfccher"
    assert found.notes == (f"{tmp_path}/B\\xfccher: 2 labels",)


# Contradictions


def twice(tmp_path: Path, *labels: str) -> Documents:
    candidates = []
    for number, label in enumerate(labels):
        path = write_page(tmp_path / f"{number}.png", str(number // 2))
        candidates.append(SourceFile(path=path, name=path.name, label=label))
    return usable_documents("here", candidates)


def test_a_file_under_two_labels_is_told_and_counted(tmp_path):
    found = twice(tmp_path, *"abaabcacad")
    note = found.notes[0]
    assert note.startswith(
        "4 files appear under a second label, and the first is used: 0.png ('a') and 1.png"
    )
    assert note.endswith("6.png ('a') and 7.png ('c'), and 1 more. One of them is wrong: resolve it")
    assert found.skipped[0].reason == "the same file as 0.png, labelled 'a' and not 'b': resolve it"


def test_a_file_twice_under_one_label_is_no_contradiction(tmp_path):
    found = twice(tmp_path, "a", "a")
    assert (found.notes, found.skipped[0].reason) == ((), "the same file as 0.png, labelled 'a'")


def test_an_error_about_labels_says_what_was_found(tmp_path):
    write_page(tmp_path / "docs" / "a" / "x" / "1.png", "x")
    with pytest.raises(
        InvalidDocuments, match=r"of one type only, 'a'(.|\n)*if the types are the folders in it"
    ):
        require_types(read_folder(tmp_path / "docs"), 1, remedy="")
