"""No model is charged for reading, whichever is asked first."""

import threading
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from questions import KNOWN

from burnish.evaluation.facts import ReadingTime
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Page
from burnish.evaluation.predictors import ConversePredictor
from burnish.evaluation.reading_ahead import read_ahead
from burnish.records import classification_prompt
from burnish.waiting import Clock

PROMPT = classification_prompt(["a", "b"])
PAGES = [Page(name=f"{number}.png", label="a", png=b"png %d" % number) for number in range(5)]


class Server:
    """Reads a page in two seconds when it is first asked about it, and loads a model in a hundred."""

    def __init__(self, *, counts=True):
        self.counts, self.seconds, self.lock = counts, 0.0, threading.Lock()
        self.read, self.loaded, self.charged = set(), set(), []

    def count_tokens(self, *, modelId, input):  # noqa: A002, N803
        if not self.counts:
            raise ClientError({"Error": {"Code": "UnsupportedOperation"}}, "CountTokens")
        return {"inputTokens": self._take(modelId, input["converse"])}

    def converse(self, **request):
        before = len(self.read), len(self.loaded)
        tokens = self._take(request["modelId"], request)
        # What this call was charged for beside answering.
        self.charged.append((len(self.read) - before[0], len(self.loaded) - before[1]))
        usage = {"inputTokens": tokens, "outputTokens": 1}
        return {"output": {"message": {"content": [{"text": "a"}]}}, "usage": usage}

    def _take(self, model, request):
        with self.lock:
            self.seconds += 100 * (model not in self.loaded)
            self.loaded.add(model)
            for block in request["messages"][0]["content"]:
                page = "image" in block and block["image"]["source"]["bytes"]
                self.seconds += 2 * bool(page and page not in self.read)
                self.read |= {page} - {False}
        return 10


def predictors(tmp_path, server, names=("base", "tuned"), *, reads_pages=True):
    journal = Journal(tmp_path / "answers.jsonl")
    return [
        ConversePredictor(
            name=name,
            model_id=name,
            runtime=server,
            prompt=PROMPT,
            journal=journal,
            identify=lambda model_id: replace(KNOWN, model_id=model_id, reads_pages=reads_pages),
        )
        for name in names
    ]


@pytest.mark.parametrize("order", [("base", "tuned"), ("tuned", "base")])
def test_reading_and_loading_are_over_before_the_first_model_is_asked(tmp_path, order):
    server, heard = Server(), []
    asked = predictors(tmp_path, server, order)
    clock = Clock(now=lambda: server.seconds)
    found = read_ahead(server, asked, PAGES, on_page=heard.append, clock=clock)
    # Two seconds a page; neither of the models that were loaded before.
    assert found == ReadingTime(pages=5, seconds=10.0)
    assert len(heard) == len(PAGES)
    for one in asked:
        one.predict(PAGES)
    assert set(server.charged) == {(0, 0)}


def test_nothing_is_read_where_every_answer_is_there(tmp_path):
    server = Server()
    for one in predictors(tmp_path, server):
        one.predict(PAGES)
    assert read_ahead(server, predictors(tmp_path, server), PAGES) is None


def test_a_service_whose_models_see_pages_is_not_asked_to_read_any(tmp_path):
    server = Server()
    assert read_ahead(server, predictors(tmp_path, server, reads_pages=False), PAGES) is None
    assert (server.read, server.loaded) == (set(), set())


def test_a_server_that_counts_no_tokens_is_asked_all_the_same(tmp_path):
    server = Server(counts=False)
    asked = predictors(tmp_path, server)
    assert read_ahead(server, asked, PAGES) is None
    assert all(one.error is None for one in asked[0].predict(PAGES))
