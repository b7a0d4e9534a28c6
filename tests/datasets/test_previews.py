from PIL import Image

from burnish import preview_pages, read_documents


def test_one_page_of_each_type_is_shown_and_what_cannot_be_read_is_passed_over(tmp_path):
    for label, shade in (("invoice", 40), ("letter", 200)):
        (tmp_path / label).mkdir()
        for number in range(2):
            Image.new("L", (300, 400), shade + number).save(tmp_path / label / f"{number + 1}.png")
    (tmp_path / "letter" / "0.pdf").write_bytes(b"%PDF-1.4\nnothing")
    shown = preview_pages(read_documents(tmp_path))
    assert [(page.label, page.name) for page in shown.pages] == [
        ("invoice", "invoice/1.png"),
        ("letter", "letter/1.png"),
    ]
    assert shown._repr_html_().count("data:image/png;base64,") == 2


def test_a_source_of_its_own_is_for_testing_only(tmp_path):
    for folder in ("training", "held-out"):
        for label in ("invoice", "letter"):
            (tmp_path / folder / label).mkdir(parents=True)
            shade = 10 * len(folder) + len(label)
            Image.new("L", (300, 400), shade).save(tmp_path / folder / label / "1.png")
    found = read_documents(tmp_path / "training", held_out=tmp_path / "held-out")
    assert [str(one.part) for one in found.documents] == ["None", "None", "test", "test"]
    assert str(found) == f"4 documents of 2 types in {tmp_path / 'training'}"
    assert "<td>invoice</td><td>2</td>" in found._repr_html_()
