"""`burnish samples` writes documents once, and says where they are."""


def test_documents_are_written_and_where_is_told(burnish, tmp_path):
    words = ("samples", tmp_path / "s", "--per-label", "1", "--held-out-per-label", "1")
    first = burnish(*words)
    assert first.returncode == 0, first.stderr
    assert (
        first.stdout
        == f"Training documents: {tmp_path}/s/training\nHeld-out documents: {tmp_path}/s/held-out\n"
    )
    files = sorted(one for one in (tmp_path / "s").rglob("*.*") if one.is_file())
    assert len(files) == 16
    again = burnish(*words)
    assert again.returncode == 0, again.stderr
    assert sorted(one for one in (tmp_path / "s").rglob("*.*") if one.is_file()) == files
