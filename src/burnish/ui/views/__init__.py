"""The views of the site, in the order of the navigation."""

from __future__ import annotations

from burnish.ui.views import datasets, documents, evaluations, jobs, models, review
from burnish.ui.visits import SiteView

VIEWS: tuple[SiteView, ...] = (
    evaluations.VIEW,
    review.VIEW,
    documents.VIEW,
    datasets.VIEW,
    jobs.VIEW,
    models.VIEW,
)
