"""What is spent stays within its bound, whatever runs at the same time; what is answered is kept."""

import threading
import time
from dataclasses import replace

import pytest
from questions import question

from burnish.errors import InvalidInput
from burnish.evaluation.budget import Budget, BudgetSpent, Meter
from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.predicting import Asking, Page
from burnish.evaluation.prices import ModelPrice, price_of

PAGES = [Page(name=f"{number}.png", label="ab"[number % 2], png=b"png %d" % number) for number in range(40)]
#: One answer costs a dollar.
PRICE = ModelPrice(input_usd=0.9, output_usd=0.1)


class Model:
    def __init__(self, pause=0.0):
        self.calls, self.pause, self.lock = 0, pause, threading.Lock()

    def converse(self, **_):
        with self.lock:
            self.calls += 1
        time.sleep(self.pause)
        usage = {"inputTokens": 1000, "outputTokens": 1000}
        return {"output": {"message": {"content": [{"text": "a"}]}}, "usage": usage}


@pytest.mark.parametrize("concurrency", [1, 8])
def test_no_more_is_spent_than_the_bound_and_what_was_answered_is_kept(tmp_path, concurrency):
    model, path = Model(pause=0.002), tmp_path / "answers.jsonl"
    asking = Asking(concurrency=concurrency, meter=Meter(budget=Budget(most_usd=10.5), price=PRICE))
    with pytest.raises(BudgetSpent, match=r"bound of \$10.5 leaves no room.*\$10 spent"):
        predict_once(model, PAGES, replace(question(), asking=asking), journal=Journal(path))
    assert model.calls == 10
    assert len(path.read_text().splitlines()) == 10


def test_a_raised_bound_goes_on_where_it_was(tmp_path):
    model, path = Model(), tmp_path / "answers.jsonl"
    for most in (10.5, 50):
        asking = Asking(meter=Meter(budget=Budget(most_usd=most), price=PRICE))
        try:
            found = predict_once(model, PAGES, replace(question(), asking=asking), journal=Journal(path))
        except BudgetSpent:
            continue
    assert len(found) == model.calls == len(PAGES)


def test_what_was_paid_before_counts():
    budget = Budget(most_usd=3)
    meter = Meter(budget=budget, price=PRICE)
    meter.pay(1000, 1000)
    meter.pay(1000, 1000)
    with meter.one_call() as payment:
        payment.tokens(1000, 1000)
    with pytest.raises(BudgetSpent), meter.one_call():
        pass
    assert budget.spent_usd == pytest.approx(3)


def test_a_call_that_fails_costs_nothing_and_leaves_its_room():
    meter = Meter(budget=Budget(most_usd=1), price=PRICE)
    with pytest.raises(ZeroDivisionError), meter.one_call():
        raise ZeroDivisionError
    with meter.one_call() as payment:
        payment.tokens(1000, 1000)


def test_prices_are_those_of_the_family_and_never_made_up():
    listed = price_of("amazon.nova-micro-v1:0")
    assert (listed.input_usd, listed.output_usd) == (0.000035, 0.00014)
    assert "Price List" in listed.source
    assert price_of("local.smollm2-135m-instruct-v1:0") is None
    assert price_of("somebody.else-v1") is None
    with pytest.raises(InvalidInput, match="negative"):
        ModelPrice(input_usd=-1)
