import pytest
from page_files import write_folder, write_page

from burnish.datasets.sources import read_folder
from burnish.errors import InvalidDocuments


def test_each_sub_folder_is_a_label_at_any_depth(tmp_path):
    write_folder(tmp_path, {"letter": 2, "invoice": 3})
    write_page(tmp_path / "letter" / "2026" / "deep.TIFF", "deep")
    found = read_folder(tmp_path)
    assert found.labels == ("invoice", "letter")
    assert [document.path.name for document in found.documents if document.label == "letter"] == [
        "000.png",
        "001.png",
        "deep.TIFF",
    ]
    assert found.skipped == ()


@pytest.mark.parametrize("suffix", [".pdf", ".PDF", ".png", ".jpg", ".JPEG", ".tif", ".Tiff"])
def test_every_kind_of_page_is_taken_whatever_its_case(tmp_path, suffix):
    found = read_folder(write_folder(tmp_path, {"a": 3, "b": 3}, suffix))
    assert len(found.documents) == 6


def test_what_cannot_be_used_is_listed_with_the_reason(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 3})
    (tmp_path / "a" / "notes.docx").write_bytes(b"x")
    (tmp_path / "a" / "nothing.pdf").write_bytes(b"")
    (tmp_path / "stray.png").write_bytes(b"x")
    (tmp_path / "b" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    reasons = {skipped.path.name: skipped.reason for skipped in read_folder(tmp_path).skipped}
    assert "'.docx'" in reasons.pop("notes.docx")
    assert reasons.pop("nothing.pdf") == "it is empty"
    assert "no folder" in reasons.pop("stray.png")
    assert "link" in reasons.pop("gone.png")
    assert reasons == {}


def test_hidden_files_and_folders_are_passed_over_in_silence(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 3, ".git": 3})
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    found = read_folder(tmp_path)
    assert (found.labels, found.skipped) == (("a", "b"), ())


def test_a_second_copy_of_a_file_is_listed_even_under_another_label(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 4})
    (tmp_path / "b" / "copy.png").write_bytes((tmp_path / "a" / "000.png").read_bytes())
    found = read_folder(tmp_path)
    assert len(found.documents) == 7
    assert "labelled 'a'" in found.skipped[0].reason


def test_a_label_with_too_few_documents_is_named_with_all_others(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 1, "c": 2})
    with pytest.raises(InvalidDocuments, match=r"at least 3 different documents .*'b' has 1, 'c' has 2"):
        read_folder(tmp_path)


def test_a_folder_that_only_tests_needs_one_document_a_label(tmp_path):
    assert len(read_folder(write_folder(tmp_path, {"a": 1, "b": 1}), at_least=1).documents) == 2


def test_one_label_is_not_enough(tmp_path):
    with pytest.raises(InvalidDocuments, match="one type only, 'a'"):
        read_folder(write_folder(tmp_path, {"a": 5}))


def test_documents_without_sub_folders_are_told_where_to_go(tmp_path):
    write_page(tmp_path / "one.png", "one")
    with pytest.raises(InvalidDocuments, match=r"put the documents of each type into a folder .*"):
        read_folder(tmp_path)


def test_a_folder_that_is_not_there_or_is_a_file(tmp_path):
    with pytest.raises(InvalidDocuments, match="does not exist"):
        read_folder(tmp_path / "missing")
    with pytest.raises(InvalidDocuments, match="is a file"):
        read_folder(write_page(tmp_path / "one.png", "one"))
