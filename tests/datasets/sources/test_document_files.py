"""A reference finds the file that it names, or none, or says that it cannot be told; never another."""

import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_studio_exports import lay_out

from burnish.datasets.sources.document_files import DocumentFiles, FileMatch, Remark
from burnish.datasets.sources.references import reference_in, short_names

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Bücher/süß é.png") for form in ("NFC", "NFD"))


def match(folder: Path, text: str) -> FileMatch:
    reference = reference_in(text)
    assert reference
    return DocumentFiles(folder).match(reference)


def found(folder: Path, text: str) -> tuple[list[str], Remark]:
    """The paths, below the folder's parent, that a text may mean, and what had to be left aside."""
    matched = match(folder, text)
    return sorted(str(path.relative_to(folder.parent)) for path in matched.files), matched.remark


@pytest.mark.parametrize(
    "text",
    [
        "boxA/scan 1.png",
        "./boxA/scan 1.png",
        r"boxA\scan 1.png",
        "/data/local-files/?d=boxA/scan%201.png",
        "/data/local-files/?d=boxA%2Fscan+1.png",
        "/data/local-files/?d=export/boxA/scan 1.png",
        r"/data/local-files/?d=export\boxA\scan 1.png",
        "http://localhost:8080/label-studio/data/local-files/?token=7&d=export%2FboxA%2Fscan%201.png",
    ],
)
def test_a_whole_path_is_found_from_the_folder_or_from_above_it(tmp_path, text):
    lay_out(tmp_path / "export", "boxA/scan 1.png", "boxB/scan 1.png", "scan 1.png")
    assert found(tmp_path / "export", text) == (["export/boxA/scan 1.png"], Remark.NOTHING)


def test_a_full_path_is_found_wherever_it_leads(tmp_path):
    lay_out(tmp_path, "export/boxA/1.png", "scans/boxA/1.png")
    assert found(tmp_path / "export", f"file://{tmp_path}/export/boxA/1.png")[0] == ["export/boxA/1.png"]
    assert found(tmp_path / "export", f"{tmp_path}/scans/boxA/1.png") == (
        ["scans/boxA/1.png"],
        Remark.OUTSIDE,
    )


@pytest.mark.parametrize(
    ("text", "file", "remark"),
    [
        ("/data/local-files/?d=scans/boxA/1.png", "boxA/1.png", Remark.BY_ENDING),
        ("/data/local-files/?d=boxA/1.png", "scans/boxA/1.png", Remark.IN_DEEPER_FOLDER),
        ("1.png", "boxA/1.png", Remark.IN_DEEPER_FOLDER),
        (r"C:\scans\boxA\1.png", "boxA/1.png", Remark.BY_ENDING),
        ("s3://bucket/boxA/1.png", "boxA/1.png", Remark.BY_ENDING),
        ("s3://bucket/boxA/1.png", "bucket/boxA/1.png", Remark.NOTHING),
        ("gs://bucket/prefix/boxA/1.png", "boxA/1.png", Remark.BY_ENDING),
        ("azure-blob://container/boxA/1.png", "copy/boxA/1.png", Remark.BY_ENDING),
        ("https://host/boxA/1.png?X-Amz-Signature=7#top", "boxA/1.png", Remark.BY_ENDING),
        ("s3://bucket/a%20b.png", "a%20b.png", Remark.BY_ENDING),
        ("s3://bucket/a%20b.png", "a b.png", Remark.BY_ENDING),
        ("s3://bucket/a#1?.png", "a#1?.png", Remark.BY_ENDING),
        ("/data/local-files/?d=a+b.png", "a+b.png", Remark.BY_ANOTHER_READING),
        ("/data/upload/1/0badcafe-a.png", "0badcafe-a.png", Remark.BY_ENDING),
        ("/data/upload/1/0badcafe-a.png", "images/0badcafe-a.png", Remark.BY_ENDING),
        ("/data/upload/1/0badcafe-a.png", "media/upload/1/0badcafe-a.png", Remark.BY_ENDING),
        ("/data/upload/1/0badcafe-a.png", "boxA/a.png", Remark.WITHOUT_PREFIX),
        ("/data/upload/0badcafe-a_1.png", "a (1).png", Remark.WITHOUT_PREFIX),
        ("https://host/data/upload/1/0badcafe-s%C3%BC%C3%9F.png", "süß.png", Remark.WITHOUT_PREFIX),
        ("/storage-data/uploaded/?filepath=upload/1/0badcafe-a.png", "a.png", Remark.WITHOUT_PREFIX),
        ("/data/upload/1/0b4dcafe-1111-4222-8333-0123456789ab-a.png", "a.png", Remark.WITHOUT_PREFIX),
        ("/data/upload/1/0badcafe-deadbeef-scan.png", "deadbeef-scan.png", Remark.WITHOUT_PREFIX),
        ("boxA/SCAN.PNG", "BoxA/scan.png", Remark.IN_OTHER_CASE),
    ],
)
def test_less_than_the_whole_path_is_enough_where_it_is_unique_and_it_is_said(tmp_path, text, file, remark):
    lay_out(tmp_path / "export", file, "boxB/2.png")
    assert found(tmp_path / "export", text) == ([f"export/{file}"], remark)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("/data/local-files/?d=scan.png", ("boxA/scan.png", "boxB/scan.png")),
        ("/data/local-files/?d=boxA/scan.png", ("first/boxA/scan.png", "second/boxA/scan.png")),
        ("https://host/scan.png", ("scan.png", "boxB/scan.png")),
        ("s3://bucket/prefix/boxA/scan.png", ("boxA/scan.png", "old/boxA/scan.png")),
        ("/data/upload/1/0badcafe-scan.png", ("boxA/scan.png", "boxB/scan.png")),
        ("/data/upload/1/0badcafe-scan.png", ("scan.png", "boxB/scan.png")),
        ("/data/upload/1/0badcafe-scan_1.png", ("scan 1.png", "scan_1.png")),
        ("/data/upload/1/0badcafe-scan.png", ("images/0badcafe-scan.png", "old/0badcafe-scan.png")),
        ("boxA/Scan.png", ("boxA/SCAN.png", "boxA/scan.png")),
        ("/data/local-files/?d=old/prefix/scan.png", ("scan.png", "boxA/scan.png")),
    ],
)
def test_several_files_that_may_be_meant_are_all_given(tmp_path, text, files):
    lay_out(tmp_path / "export", *files)
    assert found(tmp_path / "export", text)[0] == sorted(f"export/{file}" for file in files)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("/data/local-files/?d=export/boxB/scan.png", ("boxA/scan.png",)),
        ("/data/local-files/?d=export/boxB/scan.png", ("boxA/scan.png", "boxB/other.png")),
        ("boxB/scan.png", ("scan.png", "boxB/other.png")),
        ("boxB/scan.png", ("backup/boxB/scan.png", "boxB/other.png")),
        ("2024/boxA/scan.png", ("2023/boxA/scan.png",)),
        ("s3://bucket/boxB/scan.png", ("boxA/scan.png",)),
        ("s3://one/scan.png", ("two/scan.png", "one/other.png")),
        ("/data/local-files/?d=20240101-scan.png", ("scan.png",)),
        ("s3://bucket/deadbeef-scan.png", ("scan.png",)),
        ("scan.png", ("deadbeef-scan.png",)),
        ("/data/upload/1/0badcafe-scan.png", ("deadbeef-scan.png",)),
        ("/data/upload/1/0badcafe-deadbeef-scan.png", ("scan.png",)),
        (r"C:\scans\boxB\scan.png", ("boxA/scan.png",)),
        ("../boxB/scan.png", ("boxA/scan.png",)),
    ],
)
def test_a_document_that_is_not_there_is_not_replaced_by_one_of_its_name(tmp_path, text, others):
    lay_out(tmp_path / "export", *others)
    assert match(tmp_path / "export", text).files == ()


def test_the_folder_beside_is_where_a_document_is_missed(tmp_path):
    lay_out(tmp_path, "boxA/scan.png", "boxB/other.png")
    assert match(tmp_path / "boxA", "boxB/scan.png").files == ()
    assert match(tmp_path / "boxA", "/data/local-files/?d=scans/boxB/scan.png").files == ()


def test_what_looks_like_a_prefix_is_part_of_a_name_that_is_there(tmp_path):
    lay_out(tmp_path / "export", "20240101-scan.png", "scan.png", "deadbeef-scan.png")
    for name in ("20240101-scan.png", "scan.png", "deadbeef-scan.png"):
        for text in (name, f"/data/local-files/?d={name}", f"/data/upload/1/{name}"):
            assert found(tmp_path / "export", text)[0] == [f"export/{name}"]


@pytest.mark.parametrize(("said", "written"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_letters_are_the_same_however_they_are_composed(tmp_path, said, written):
    lay_out(tmp_path / "export", written)
    assert found(tmp_path / "export", said) == ([f"export/{written}"], Remark.NOTHING)
    lay_out(tmp_path / "export", said)
    assert found(tmp_path / "export", said) == ([f"export/{said}"], Remark.NOTHING)


def test_a_file_that_two_references_could_mean_is_that_of_the_one_that_names_it(tmp_path):
    lay_out(tmp_path, "scan.png")
    texts = ("/data/upload/1/0badcafe-scan.png", "/data/local-files/?d=scan.png", "boxB/scan.png")
    references = [one for text in texts if (one := reference_in(text))]
    matches = DocumentFiles(tmp_path).match_all(references)
    assert [matches[one.path].files for one in references] == [(), (tmp_path / "scan.png",), ()]


def test_a_file_that_two_references_could_mean_equally_is_doubtful(tmp_path):
    lay_out(tmp_path, "scan.png")
    texts = ("/data/upload/1/20240101-scan.png", "/data/upload/1/20240102-scan.png")
    matches = DocumentFiles(tmp_path).match_all([one for text in texts if (one := reference_in(text))])
    assert [one.rivals for one in matches.values()] == [(texts[1],), (texts[0],)]


def test_linked_files_and_folders_are_found_and_a_circle_ends(tmp_path):
    lay_out(tmp_path, "elsewhere/boxA/1.png", "export/boxB/2.png")
    (tmp_path / "export" / "boxA").symlink_to(tmp_path / "elsewhere" / "boxA")
    (tmp_path / "export" / "boxB" / "again").symlink_to(tmp_path / "export")
    (tmp_path / "export" / "copy.png").symlink_to(tmp_path / "export" / "boxB" / "2.png")
    assert found(tmp_path / "export", "boxA/1.png") == (["export/boxA/1.png"], Remark.NOTHING)
    assert found(tmp_path / "export", "2.png") == (["export/boxB/2.png"], Remark.IN_DEEPER_FOLDER)


@pytest.mark.parametrize(
    "text", ["", "no document", "http://[/a.png", "\0.png", "x" * 5000 + ".png", "..", "%.png"]
)
def test_no_text_whatever_crashes(tmp_path, text):
    lay_out(tmp_path, "a.png")
    reference = reference_in(text)
    assert reference is None or len(DocumentFiles(tmp_path).match(reference).files) <= 1


FOLDERS = st.lists(st.sampled_from(["boxA", "boxB", "2024", "export", "Box A"]), max_size=3)
NAMES = st.sampled_from(
    ["scan.png", "Scan.png", "scan 1.png", "deadbeef-scan.png", "20240101-scan.png", "a%20b.png", "a+b.png"]
)
PATHS = st.builds(lambda folders, name: (*folders, name), FOLDERS, NAMES)
#: How a path that begins at the document root, which is the export's folder, is written in an export.
WRITTEN = st.sampled_from(
    [
        "{0}",
        "/data/local-files/?d={1}",
        "/data/local-files/?d=root/{1}",
        "s3://bucket/{0}",
        "https://host/{1}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(there=st.sets(PATHS, max_size=8), absent=st.sets(PATHS, max_size=4), written=WRITTEN)
def test_every_reference_finds_its_own_file_or_is_doubtful(there, absent, written):
    from urllib.parse import quote

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "root"
        folder.mkdir()
        lay_out(folder, *("/".join(path) for path in sorted(there)))
        joined = {path: "/".join(path) for path in there | absent}
        known = {path: reference_in(written.format(text, quote(text))) for path, text in joined.items()}
        matches = DocumentFiles(folder).match_all([one for one in known.values() if one])
        for path, reference in known.items():
            assert reference
            matched = matches[reference.path]
            if len(matched.files) == 1 and not matched.rivals:
                meant = matched.files[0].relative_to(folder).parts
                assert meant == path if path in there else _differs_in_what_was_said(meant, path, matched)
            elif path in there:
                assert len(matched.files) > 1 or matched.rivals


def _differs_in_what_was_said(meant: tuple[str, ...], path: tuple[str, ...], matched: FileMatch) -> bool:
    """Whether an absent document was taken for one that differs only in what the remark says of it."""
    folded, wanted = (tuple(name.casefold() for name in names) for names in (meant, path))
    shortest = min(len(meant), len(path))
    return bool(matched.remark) and folded[-shortest:] == wanted[-shortest:]


@given(paths=st.sets(PATHS, max_size=12))
def test_short_names_tell_all_paths_apart(paths):
    names = short_names(paths)
    assert len(set(names.values())) == len(paths)
    assert all("/".join(path).endswith(name) for path, name in names.items())
