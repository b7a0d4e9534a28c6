"""What the pages are about: folders of this machine, and an endpoint with its jobs, models and data sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.aws.clients import Clients
from burnish.ui.page_pictures import PagePictures

if TYPE_CHECKING:
    from burnish.service import ModelFinetuningService
    from burnish.ui.audit_runs import AuditRuns
    from burnish.ui.document_pictures import DocumentPictures
    from burnish.ui.evaluated_pages import EvaluatedPages
    from burnish.ui.known_datasets import KnownDatasets
    from burnish.ui.saved_audits import SavedAudits
    from burnish.ui.saved_classifications import SavedClassifications
    from burnish.ui.saved_evaluations import SavedEvaluations


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """Folders in which evaluations and classifications are found, and the clients of an endpoint."""

    folders: tuple[Path, ...]
    clients: Clients

    @cached_property
    def service(self) -> ModelFinetuningService:
        """Jobs, models and what serves them."""
        from burnish.service import ModelFinetuningService

        return ModelFinetuningService(clients=self.clients)

    @cached_property
    def evaluations(self) -> SavedEvaluations:
        """The evaluations in the folders."""
        from burnish.ui.saved_evaluations import SavedEvaluations

        return SavedEvaluations(self.folders)

    @cached_property
    def evaluated_pages(self) -> EvaluatedPages:
        """The images of the pages that evaluations are about."""
        from burnish.ui.evaluated_pages import EvaluatedPages

        return EvaluatedPages(self.clients)

    @cached_property
    def classifications(self) -> SavedClassifications:
        """The classified documents in the folders."""
        from burnish.ui.saved_classifications import SavedClassifications

        return SavedClassifications(self.folders)

    @cached_property
    def datasets(self) -> KnownDatasets:
        """The data sets that jobs, evaluations and classifications name."""
        from burnish.ui.known_datasets import KnownDatasets

        return KnownDatasets(self.clients, self.evaluations, self.classifications)

    @cached_property
    def audits(self) -> SavedAudits:
        """The audits in the folders."""
        from burnish.ui.saved_audits import SavedAudits

        return SavedAudits(self.folders)

    @cached_property
    def audit_runs(self) -> AuditRuns:
        """The audits that were started from a page."""
        from burnish.ui.audit_runs import AuditRuns

        return AuditRuns(self.clients)

    @cached_property
    def document_pictures(self) -> DocumentPictures:
        """The pages of documents on this machine."""
        from burnish.ui.document_pictures import DocumentPictures

        return DocumentPictures(self.pictures)

    @cached_property
    def pictures(self) -> PagePictures:
        """Pages as pictures for a browser."""
        return PagePictures()

    @property
    def endpoint(self) -> str:
        """Where the calls go, for a reader."""
        if self.clients.leads_to_aws:
            return "AWS"
        return str(self.clients.bedrock.meta.endpoint_url)
