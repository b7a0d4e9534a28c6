"""A progress bar: what is left in sight where nothing can be painted over, and in a notebook."""

from __future__ import annotations

import pytest

from burnish.progress import progress_bar


def test_the_last_state_stays_in_sight(capsys):
    with progress_bar("pages") as bar:
        bar.show(1, 3, "1 of 3")
        bar.show(3, 3, "3 of 3")
    printed = capsys.readouterr().err
    assert "pages" in printed
    assert "3 of 3" in printed
    assert "1 of 3" not in printed


def test_an_error_inside_is_raised_and_the_state_stays(capsys):
    def train():
        with progress_bar("job") as bar:
            bar.show(detail="training, loss 1.2")
            raise ValueError("out of memory")

    with pytest.raises(ValueError, match="out of memory"):
        train()
    assert "training, loss 1.2" in capsys.readouterr().err


def test_a_notebook_has_one_output_that_is_painted_over(monkeypatch):
    """Without ipywidgets, which rich's own live display needs there."""
    notebook = pytest.importorskip("IPython.display", reason="IPython comes with notebooks")
    import rich.console

    painted = []

    class Handle:
        def update(self, shown):
            painted.append(shown._repr_mimebundle_([], [])["text/html"])

    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: True)
    monkeypatch.setattr(notebook, "display", lambda shown, display_id: Handle())
    with progress_bar("pages") as bar:
        for done in range(1, 100):
            bar.show(done, 100, f"{done} of 100")
    assert len(painted) < 10  # many answers in a moment are one frame
    assert "99 of 100" in painted[-1]
