import math

import pytest

from burnish.cli.loss_plot import loss_plot

LOSSES = [(step, 2 - step / 40) for step in range(61)]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("in_unicode", [True, False])
def test_a_plot_fits_the_terminal_and_falls_from_the_left_to_the_right(width, in_unicode):
    lines = loss_plot(LOSSES, width=width, in_unicode=in_unicode)
    assert max(map(len, lines)) <= width
    title, *drawn, steps = lines
    assert title == "loss"
    assert drawn[0].split()[0] == "2"
    assert drawn[-1].split()[0] == "0.5"
    ends = [len(line) for line in drawn]
    assert ends == sorted(ends)
    assert steps.split() == ["step", "0", "60"]


def test_a_terminal_without_unicode_gets_ascii():
    assert "".join(loss_plot(LOSSES, width=80, in_unicode=False)).isascii()


def test_losses_of_several_magnitudes_are_drawn_on_a_logarithmic_scale():
    falling = [(step, math.exp(-step / 5)) for step in range(30)]
    title, *drawn, _ = loss_plot(falling, width=60, in_unicode=False)
    assert title == "loss, logarithmic"
    assert all("*" in line for line in drawn)


def test_a_loss_that_is_no_number_is_left_out_and_a_single_one_makes_no_plot():
    assert loss_plot([(0, 1.0), (1, math.nan)], width=80, in_unicode=True) == []
    assert loss_plot([], width=80, in_unicode=True) == []
