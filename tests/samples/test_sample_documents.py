"""The sample documents on the disk: how many, of which formats, readable, and the same every time."""

from __future__ import annotations

import random
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from burnish.errors import InvalidConfig, InvalidDocuments
from burnish.samples import SampleSet, write_sample_documents

LABELS = {"invoice", "letter", "resume", "memo", "form", "email", "budget", "scientific_paper"}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def samples(root: Path) -> SampleSet:
    return write_sample_documents(root / "samples", per_label=6, held_out_per_label=4, seed=7)


def files(side: Path) -> list[Path]:
    return sorted(path for path in side.rglob("*") if path.is_file())


def test_every_label_has_as_many_documents_as_asked_for(samples):
    assert set(samples.labels) == LABELS
    for side, count in ((samples.training, 6), (samples.held_out, 4)):
        assert {folder.name: len(files(folder)) for folder in side.iterdir()} == dict.fromkeys(LABELS, count)
    assert samples.documents == 8 * (6 + 4)


def test_every_label_is_trained_on_in_every_format(samples):
    for label in samples.labels:
        suffixes = {path.suffix for path in files(samples.training / label)}
        assert suffixes == {".pdf", ".png", ".tif"}


def test_some_tiff_files_are_faxes_and_some_are_gray(samples):
    made = set()
    for path in files(samples.training):
        if path.suffix == ".tif":
            with Image.open(path) as image:
                made.add((image.mode, image.info["compression"]))
    assert made == {("1", "group4"), ("L", "tiff_lzw")}


def test_every_file_opens_and_is_one_page(samples):
    for path in [*files(samples.training), *files(samples.held_out)]:
        if path.suffix == ".pdf":
            with pypdfium2.PdfDocument(path) as document:
                assert len(document) == 1
                assert len(document[0].get_textpage().get_text_bounded()) > 150
        else:
            with Image.open(path) as image:
                image.load()
                assert getattr(image, "n_frames", 1) == 1
                assert 1100 <= max(image.size) <= 1300


def test_no_text_leaves_the_page(samples):
    for path in [*files(samples.training), *files(samples.held_out)]:
        if path.suffix == ".pdf":
            with pypdfium2.PdfDocument(path) as document:
                width, height = document[0].get_size()
                page = document[0].get_textpage()
                for index in range(page.count_rects()):
                    left, bottom, right, top = page.get_rect(index)
                    assert left >= 0, path
                    assert bottom >= 0, path
                    assert right <= width, path
                    assert top <= height, path


def test_nothing_is_written_outside_the_two_folders(samples, root):
    assert [path.name for path in root.iterdir()] == ["samples"]
    assert {path.name for path in (root / "samples").iterdir()} == {"training", "held-out"}


def test_the_same_seed_gives_the_same_bytes_whatever_else_draws_chance(samples, tmp_path):
    random.seed(99)
    again = write_sample_documents(tmp_path, per_label=6, held_out_per_label=4, seed=7)
    assert contents(again.training) == contents(samples.training)
    assert contents(again.held_out) == contents(samples.held_out)


def test_the_state_of_the_global_chance_is_left_alone(tmp_path):
    random.seed(5)
    before = random.getstate()
    write_sample_documents(tmp_path, per_label=1, held_out_per_label=1, seed=0)
    assert random.getstate() == before


def test_asking_for_fewer_gives_the_first_of_the_same_documents(samples, tmp_path):
    fewer = contents(write_sample_documents(tmp_path, per_label=2, held_out_per_label=1, seed=7).training)
    all_of_them = contents(samples.training)
    assert len(fewer) == 16
    assert all(all_of_them[name] == page for name, page in fewer.items())


def test_another_seed_gives_other_documents(samples, tmp_path):
    other = write_sample_documents(tmp_path, per_label=1, held_out_per_label=1, seed=8)
    known = set(contents(samples.training).values())
    assert not known & set(contents(other.training).values())


def test_each_document_is_reported_as_it_is_written(tmp_path):
    seen: list[Path] = []

    def see(path: Path) -> None:
        assert path.stat().st_size > 0
        seen.append(path)

    made = write_sample_documents(tmp_path, per_label=1, held_out_per_label=1, seed=1, on_document=see)
    assert sorted(seen) == sorted([*files(made.training), *files(made.held_out)])


def test_writing_the_same_again_is_welcome(tmp_path):
    for _ in range(2):
        made = write_sample_documents(tmp_path, per_label=1, held_out_per_label=1, seed=1)
    assert len(files(made.training)) == 8


def test_a_folder_with_other_files_is_refused_by_name_and_left_as_it_is(tmp_path):
    stranger = tmp_path / "training" / "invoice" / "mine.pdf"
    stranger.parent.mkdir(parents=True)
    stranger.write_bytes(b"mine")
    with pytest.raises(InvalidDocuments, match=r"mine\.pdf"):
        write_sample_documents(tmp_path, per_label=1, held_out_per_label=1, seed=1)
    assert contents(tmp_path) == {str(Path("training/invoice/mine.pdf")): b"mine"}


def test_counts_below_one_are_refused_all_at_once(tmp_path):
    with pytest.raises(InvalidConfig) as refusal:
        write_sample_documents(tmp_path, per_label=0, held_out_per_label=-1, seed=1)
    assert [problem.partition(" ")[0] for problem in refusal.value.problems] == [
        "per_label",
        "held_out_per_label",
    ]


def test_missing_packages_are_named_with_the_way_to_install_them(tmp_path, monkeypatch):
    monkeypatch.setattr("burnish.samples.NEEDED_PACKAGES", ("a_package_that_is_not_there",))
    with pytest.raises(InvalidConfig, match=r"a_package_that_is_not_there.*burnish\[samples\]"):
        write_sample_documents(tmp_path, per_label=1, held_out_per_label=1, seed=1)
