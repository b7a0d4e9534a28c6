"""A model is moved to its place whole, or not at all."""

from __future__ import annotations

from burnish.server.training.settling import move_whole


def test_a_model_is_moved_to_another_disk_whole_though_a_server_was_killed_as_it_did(tmp_path, tiny_disk):
    made, kept = tmp_path / "made", tiny_disk.path / "models" / "job" / "1"
    made.mkdir()
    (made / "adapter").write_text("weights")
    half = kept.with_name(".1")
    half.mkdir(parents=True)
    (half / "a-part").touch()
    move_whole(made, kept)
    assert [path.name for path in kept.parent.iterdir()] == ["1"]
    assert [(path.name, path.read_text()) for path in kept.iterdir()] == [("adapter", "weights")]
