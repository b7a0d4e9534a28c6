"""The images of the pages that an evaluation is about: from its data set, or as it has kept them."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from burnish.aws.clients import Clients
from burnish.datasets.manifest import read_manifest
from burnish.errors import BurnishError, NotFound
from burnish.evaluation.evaluation import Evaluation
from burnish.ui.page_pictures import page_body


class EvaluatedPages:
    """Where the pages of data sets lie, each manifest of which is read once. Threads may share one."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._places: dict[str, Mapping[str, str]] = {}

    def body(self, evaluation: Evaluation, page: str) -> bytes:
        """The image of a page. Raises a `BurnishError` that says why there is none."""
        digest = evaluation.pages.get(page, "")
        try:
            return page_body(self._clients.s3, self._place_of(evaluation, digest), digest)
        except (BurnishError, OSError):
            if kept := evaluation.thumbnails.get(page):
                return kept  # of the mistakes of the best model the report has a copy
            raise

    def _place_of(self, evaluation: Evaluation, digest: str) -> str:
        with self._lock:
            # Again where it is not known: the data set may have been prepared anew since.
            if digest not in self._places.get(evaluation.dataset, {}):
                self._places[evaluation.dataset] = self._read(evaluation.dataset)
            place = self._places[evaluation.dataset].get(digest)
        if place is None:
            raise NotFound(
                f"The data set at {evaluation.dataset} no longer has this page: it was prepared anew"
            )
        return place

    def _read(self, dataset: str) -> Mapping[str, str]:
        manifest = read_manifest(self._clients.s3, dataset)
        return {
            page.digest: page.uri for document in manifest.documents for page in document.pages if page.uri
        }
