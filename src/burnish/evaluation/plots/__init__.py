"""The plots of an evaluation.

Every function returns a `matplotlib.figure.Figure`, and writes it where a path is given: as SVG where that
ends in ``.svg``, else as PNG.
"""

from __future__ import annotations

from burnish.appearance.colours import DARK, LIGHT, Theme
from burnish.evaluation.plots.confidence import plot_reliability, plot_risk_coverage
from burnish.evaluation.plots.confusion import plot_confusion_matrix
from burnish.evaluation.plots.cost import CostPoint, plot_cost_against_accuracy
from burnish.evaluation.plots.drawing import DOTS_PER_INCH, png_of, svg_of
from burnish.evaluation.plots.quality import (
    plot_accuracies,
    plot_learning_curve,
    plot_loss,
    plot_model_comparison,
    smoothed,
)

__all__ = [
    "DARK",
    "DOTS_PER_INCH",
    "LIGHT",
    "CostPoint",
    "Theme",
    "plot_accuracies",
    "plot_confusion_matrix",
    "plot_cost_against_accuracy",
    "plot_learning_curve",
    "plot_loss",
    "plot_model_comparison",
    "plot_reliability",
    "plot_risk_coverage",
    "png_of",
    "smoothed",
    "svg_of",
]
