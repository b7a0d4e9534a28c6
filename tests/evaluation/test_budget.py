"""What is spent stays within its bound, whatever runs at the same time; what is answered is kept."""

import io
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from questions import question

from burnish.errors import InvalidInput
from burnish.evaluation.budget import Budget, BudgetSpent, Meter
from burnish.evaluation.call_tokens import TokenCount, most_tokens
from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.predicting import Asking, Page, predict
from burnish.evaluation.prices import ModelPrice, price_of
from burnish.families import ImageTokens
from burnish.records import classification_prompt

PROMPT = classification_prompt(["a", "b"])


def png(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (100, 140), number).save(buffer, "PNG")
    return buffer.getvalue()


PAGES = [Page(name=f"{number}.png", label="ab"[number % 2], png=png(number)) for number in range(40)]
MOST = most_tokens(PROMPT, [(100, 140)], ImageTokens(), answer=PROMPT.max_answer_tokens)
#: The dearest call costs a dollar.
PRICE = ModelPrice(input_usd=1000 / MOST.asked, output_usd=0.0)


class Model:
    """Takes this share of the most that a call can take, or fails as it is told."""

    def __init__(self, share=1.0, *, pause=0.0, error=None):
        self.calls, self.share, self.pause, self.error = 0, share, pause, error
        self.lock = threading.Lock()

    def converse(self, **_):
        with self.lock:
            self.calls += 1
        time.sleep(self.pause)
        if self.error:
            raise self.error
        usage = {"inputTokens": int(MOST.asked * self.share), "outputTokens": 1}
        return {"output": {"message": {"content": [{"text": "a"}]}}, "usage": usage}


def asking(most_usd, *, price=PRICE, **options):
    budget = Budget(most_usd=most_usd)
    return budget, Asking(meter=Meter(budget=budget, price=price), **options)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_no_more_is_spent_than_the_bound_and_what_was_answered_is_kept(tmp_path, concurrency):
    model, path = Model(pause=0.002), tmp_path / "answers.jsonl"
    _, how = asking(10.5, concurrency=concurrency)
    with pytest.raises(BudgetSpent, match=r"\$10 of \$10.5 is spent, and another call may cost up to \$1\."):
        predict_once(model, PAGES, replace(question(PROMPT), asking=how), journal=Journal(path))
    assert model.calls == 10
    assert len(path.read_text().splitlines()) == 10


def test_a_bound_that_one_call_may_break_allows_none():
    model = Model(share=0.0001)
    budget, how = asking(0.99)
    with pytest.raises(BudgetSpent):
        predict(model, "m", PAGES, PROMPT, how)
    assert (model.calls, budget.spent_usd) == (0, 0)


def test_what_was_reserved_and_not_taken_is_for_others():
    model = Model(share=0.1)
    budget, how = asking(5)
    assert len(predict(model, "m", PAGES, PROMPT, how)) == model.calls == len(PAGES)
    assert budget.spent_usd == pytest.approx(4, rel=0.01)


def test_a_raised_bound_goes_on_where_it_was(tmp_path):
    model, path = Model(), tmp_path / "answers.jsonl"
    for most in (10.5, 50):
        _, how = asking(most)
        try:
            found = predict_once(model, PAGES, replace(question(PROMPT), asking=how), journal=Journal(path))
        except BudgetSpent:
            continue
    assert len(found) == model.calls == len(PAGES)


def test_what_was_paid_before_counts():
    budget, how = asking(3)
    how.meter.pay(2 * MOST.asked, 0)
    with how.meter.one_call(MOST) as payment:
        payment.tokens(MOST.asked, 0)
    with pytest.raises(BudgetSpent), how.meter.one_call(MOST):
        pass
    assert budget.spent_usd == pytest.approx(3)


def test_a_call_that_is_refused_costs_nothing_and_leaves_its_room():
    from botocore.exceptions import ClientError

    refusal = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Converse")
    budget, how = asking(1.5)
    predict(Model(error=refusal), "m", PAGES[:3], PROMPT, how)
    assert budget.spent_usd == 0


def test_a_call_whose_answer_was_lost_counts_as_the_dearest():
    from botocore.exceptions import ReadTimeoutError

    model = Model(error=ReadTimeoutError(endpoint_url="https://host"))
    budget, how = asking(2.5)
    with pytest.raises(BudgetSpent):
        predict(model, "m", PAGES, PROMPT, how)
    assert (model.calls, budget.spent_usd) == (2, pytest.approx(2))


def test_a_model_that_takes_more_than_was_thought_possible_does_so_once():
    model = Model(share=4)
    budget, how = asking(10, concurrency=1)
    with pytest.raises(BudgetSpent, match=r"may cost up to \$4\."):
        predict(model, "m", PAGES, PROMPT, how)
    assert (model.calls, budget.spent_usd) == (2, pytest.approx(8, rel=0.01))


PRICES = st.floats(min_value=0, max_value=1_000, allow_subnormal=False)


@settings(max_examples=50)
@given(
    price=st.builds(ModelPrice, input_usd=PRICES, output_usd=PRICES),
    most_usd=st.floats(min_value=0, max_value=1e5, allow_subnormal=False),
    calls=st.lists(st.tuples(*[st.integers(0, 10_000)] * 4), max_size=30),
    threads=st.integers(1, 8),
)
def test_within_what_calls_may_take_the_bound_holds_for_any_price_usage_and_number_of_threads(
    price, most_usd, calls, threads
):
    budget = Budget(most_usd=most_usd)
    meter, todo = Meter(budget=budget, price=price), list(calls)

    def work():
        while todo:
            try:
                asked, answered, more_asked, more_answered = todo.pop()
            except IndexError:
                return
            most = TokenCount(asked=asked + more_asked, answered=answered + more_answered)
            try:
                with meter.one_call(most) as payment:
                    payment.tokens(asked, answered)
            except BudgetSpent:
                return

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert budget.spent_usd <= most_usd * (1 + 1e-9)


def test_prices_are_those_of_the_family_and_never_made_up():
    listed = price_of("amazon.nova-micro-v1:0")
    assert (listed.input_usd, listed.output_usd) == (0.000035, 0.00014)
    assert "Price List" in listed.source
    assert price_of("local.smollm2-135m-instruct-v1:0") is None
    assert price_of("somebody.else-v1") is None
    with pytest.raises(InvalidInput, match="negative"):
        ModelPrice(input_usd=-1)
