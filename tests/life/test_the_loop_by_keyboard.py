"""The whole loop by keyboard alone: evaluate, open a cell, review, new version, new job, better or not."""

from __future__ import annotations

import re

import pytest
from noise_pages import write_noise
from site_visitor import served
from whole_server import BUCKET, base_model_id

from burnish import Workspace, read_documents
from burnish.datasets.documents import Part
from burnish.datasets.manifest import read_manifest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
DATASET = f"s3://{BUCKET}/by-keyboard"
INCOMING = 10
MOST_TABS = 120
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def server(quick_server):
    """A server whose jobs make a model at once."""
    return quick_server


@pytest.fixture
def done(burnish):
    """Runs a command that must succeed."""

    def run(*words):
        ended = burnish(*words)
        assert ended.returncode == 0, ended.stderr

    return run


class Keyboard:
    """Somebody in front of a page, without a mouse."""

    def __init__(self, page) -> None:
        self._page = page

    def go(self, name: str) -> None:
        """Go by Tab to the link or button of this name, or to a file of it, and press Enter."""
        for _ in range(MOST_TABS):
            self._page.keyboard.press("Tab")
            text = self._page.evaluate("document.activeElement?.innerText?.trim() ?? ''")
            if text == name or text.endswith(f"/{name}"):
                self._page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab does not come to {name!r}")

    def fill(self, field: str, text: str) -> None:
        """Go by Tab to the field of this id, and type."""
        for _ in range(MOST_TABS):
            self._page.keyboard.press("Tab")
            if self._page.evaluate("document.activeElement.id") == field:
                self._page.keyboard.type(text)
                return
        raise AssertionError(f"Tab does not come to the field {field!r}")

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def sees(self, text: str | re.Pattern[str]) -> None:
        sync_api.expect(self._page.locator("main")).to_contain_text(text, timeout=PATIENCE_MS)


@pytest.fixture
def keyboard(server, tmp_path, browser):
    with served(tmp_path, server.clients()) as link:
        page = browser.new_page()
        page.goto(link)
        page.wait_for_url("**/evaluations")
        yield Keyboard(page)
        page.close()


@pytest.fixture
def evaluated(server, role, done, tmp_path) -> str:
    """A model that was tuned and evaluated, and new documents that it was asked about."""
    for seed, label in enumerate(("invoice", "letter")):
        write_noise(tmp_path / "labelled" / label, 5, seed)
    write_noise(tmp_path / "incoming", INCOMING, seed=7)
    work = Workspace(clients=server.clients(), base_model=base_model_id(server))
    work.prepare(read_documents(tmp_path / "labelled"), to=DATASET)
    model = base_model_id(server)
    done("job", "create", DATASET, "--name", "keyboard-first", "--model", model, "--role", role, "--wait")
    done("evaluate", DATASET, f"base={model}", "--out", "evaluation")
    classify = ("classify", "incoming", "--model", model, "--dataset", DATASET)
    done(*classify, "--threshold", "1", "--to", "new.csv")
    return model


def test_the_whole_loop_goes_by_keyboard(evaluated, keyboard, server, done):
    before = read_manifest(server.clients().s3, DATASET)
    keyboard.go("Evaluation")
    keyboard.sees("takes for what")
    keyboard.go(str(len(before.pages_of(Part.TEST)) // 2))  # a cell of the matrix
    keyboard.sees(re.compile(r"Truth: (invoice|letter)"))

    keyboard.go("Review")
    keyboard.sees(f"0 of {INCOMING} decided")
    keyboard.go("new.csv")
    for decided in range(INCOMING):
        keyboard.sees(f"{decided} of {INCOMING} decided")
        keyboard.press("2")
    keyboard.sees(f"{INCOMING} of {INCOMING} decided: {INCOMING} labelled")

    keyboard.press("v")
    keyboard.sees("The next version of the data set")
    keyboard.press("Enter")
    keyboard.sees("The next version is made")
    keyboard.fill("name", "keyboard-second")
    keyboard.press("Enter")
    keyboard.sees("Completed")
    after = read_manifest(server.clients().s3, DATASET)
    assert len(after.pages_of(Part.TRAIN)) == len(before.pages_of(Part.TRAIN)) + INCOMING

    done("review", "compare", "keyboard-first", "keyboard-second")
    keyboard.go("Evaluations")
    keyboard.sees("2 found")
    keyboard.go("Before and after the review")
    keyboard.sees("takes for what")
    keyboard.go("Two models")
    keyboard.sees(re.compile(r"p = |p-value"))
