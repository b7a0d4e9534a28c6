"""What calls will cost is estimated by what is asked, and by what such calls have cost before."""

from burnish.evaluation.cost_estimates import cost_of_calls
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.families import ImageTokens
from burnish.records import classification_prompt

PROMPT = classification_prompt(["a", "b"])
PRICE = ModelPrice(input_usd=1.0, output_usd=10.0)
SIZES = [[(100, 100)], [(1000, 1000)]]
IMAGES = ImageTokens(pixels_per_token=100, least=0, likely_pixels_per_token=1000)


def cost(calls, sizes=SIZES, paid=()):
    return cost_of_calls(calls, sizes, PROMPT, price=PRICE, images=IMAGES, paid=paid)


def test_the_most_is_every_call_at_the_price_of_the_largest_page_and_the_longest_answer():
    found = cost(3)
    assert found.most_usd_per_call > (10_000 * 1.0 + PROMPT.max_answer_tokens * 10.0) / 1000
    assert found.most_usd == 3 * found.most_usd_per_call
    assert cost(3, SIZES[:1]).most_usd < found.most_usd
    # Two pages that are asked about together are one call about both.
    assert cost(3, [SIZES[1] * 2]).most_usd_per_call > found.most_usd_per_call


def test_the_estimate_is_what_answers_have_cost_where_there_are_some():
    answered = Prediction(page="p", label="a", answer="a", seconds=1, input_tokens=2_000, output_tokens=100)
    assert cost(3, paid=[answered]).likely_usd == 3 * 3.0
    assert 0 < cost(3).likely_usd < cost(3).most_usd


def test_no_calls_cost_nothing():
    assert (cost(0).likely_usd, cost(0, []).most_usd) == (0, 0)
