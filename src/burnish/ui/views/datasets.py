"""Data sets: their documents and splits, copies, what an audit suspects, and how versions differ."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import Any

from starlette.responses import Response

from burnish.datasets.correction_files import DROP, KEEP, decision_for
from burnish.datasets.documents import Part
from burnish.datasets.manifest import ManifestDocument
from burnish.datasets.versions import difference_between, versions_of
from burnish.errors import BurnishError, Conflict, InvalidInput, NotFound
from burnish.ui.audit_runs import likely_source
from burnish.ui.dataset_facts import (
    PART_NAMES,
    copy_groups,
    counts_by_label,
    counts_by_part,
    lineage_in,
    warnings_about,
)
from burnish.ui.known_datasets import OpenedDataset
from burnish.ui.links import url
from burnish.ui.page_pictures import LARGE, SMALL, text_on
from burnish.ui.selected_documents import documents_in
from burnish.ui.version_changes import ChangeKind, changes_between, decisions_since
from burnish.ui.visits import SiteView, Visit

_SET = "/datasets/set"
#: Documents, groups, findings and changes on a page.
_SHOWN, _GROUPS, _FINDINGS, _CHANGES = 24, 20, 24, 200
_MEMBERS = 6


def listed(visit: Visit) -> Response:
    """The data sets that are known here."""
    lines, doubt = visit.bench.datasets.lines()
    return visit.page("datasets/list.html.jinja", lines=lines, doubt=doubt, counts_by_part=counts_by_part)


def overview(visit: Visit) -> Response:
    """The facts of a data set, its split by label, and what somebody should know."""
    dataset = _opened(visit)
    groups = copy_groups(dataset.manifest)
    return _shown(
        visit,
        dataset,
        "overview",
        current=_current(visit, dataset),
        lineage=lineage_in(dataset.manifest),
        labels=counts_by_label(dataset.manifest),
        parts=counts_by_part(dataset.manifest),
        warnings=warnings_about(dataset.manifest, groups),
        model=dataset.manifest.model if isinstance(dataset.manifest.model, str) else "",
        schema=dataset.manifest.prompt.json_schema if dataset.manifest.has_fields else "",
        pages=sum(bool(page.uri) for one in dataset.manifest.documents for page in one.pages),
    )


def documents(visit: Visit) -> Response:
    """The documents that the filters choose."""
    dataset, selection = _opened(visit), documents_in(visit)
    found, offset = selection.of(dataset.manifest), visit.number("offset", 0)
    return _shown(
        visit,
        dataset,
        "documents",
        selection=selection,
        documents=found[offset : offset + _SHOWN],
        labels=counts_by_label(dataset.manifest),
        parts=counts_by_part(dataset.manifest),
        offset=offset,
        limit=_SHOWN,
        total=len(found),
    )


def document(visit: Visit) -> Response:
    """A document with all its pages, between its neighbours in the list."""
    dataset, selection = _opened(visit), documents_in(visit)
    one = dataset.document(visit.query("digest"))
    digests = [each.digest for each in selection.of(dataset.manifest)]
    place = digests.index(one.digest) if one.digest in digests else None
    lineage = lineage_in(dataset.manifest)
    return _shown(
        visit,
        dataset,
        "document",
        document=one,
        selection=selection,
        place=place,
        total=len(digests),
        before=digests[place - 1] if place else None,
        after=digests[place + 1] if place is not None and place + 1 < len(digests) else None,
        copies=[each for each in dataset.manifest.documents if each.group == one.group and each != one],
        decisions=[each for each in lineage.decisions if each.digest == one.digest] if lineage else [],
        pages=[page for page in one.pages if page.uri],
        trouble=_trouble_with(visit, dataset, one),
    )


def picture(visit: Visit) -> Response:
    """A page as a picture."""
    body = _picture(visit, _opened(visit), visit.query("page"), SMALL if visit.query("small") else LARGE)
    return Response(body, media_type="image/webp")


def text(visit: Visit) -> Response:
    """What is written on a page. Reading one that was not read before takes a second."""
    image = visit.bench.datasets.page_body(_opened(visit), visit.query("page"))
    return visit.page("evaluations/text.html.jinja", text=text_on(image))


def copies(visit: Visit) -> Response:
    """The groups of copies, each of which the split has kept in one part."""
    dataset, offset = _opened(visit), visit.number("offset", 0)
    groups = copy_groups(dataset.manifest)
    return _shown(
        visit,
        dataset,
        "copies",
        groups=groups[offset : offset + _GROUPS],
        members=_MEMBERS,
        offset=offset,
        limit=_GROUPS,
        total=len(groups),
    )


def suspects(visit: Visit) -> Response:
    """What audits have found about the documents, to be decided one by one."""
    dataset, offset = _opened(visit), visit.number("offset", 0)
    audits = visit.bench.audits.about(dataset.documents)
    chosen = next((one for one in audits if one.key == visit.query("audit")), audits[0] if audits else None)
    findings, decided = chosen.findings if chosen else (), visit.number("decided", 0)
    return _shown(
        visit,
        dataset,
        "suspects",
        audits=audits,
        audit=chosen,
        findings=findings[offset : offset + _FINDINGS],
        # Where somebody goes on who has decided about one.
        next_line=next(
            (one.line for one in findings if decided and one.line > decided and not one.decision), 0
        ),
        documents=dataset.documents,
        labels=list(dataset.manifest.prompt.labels),
        offset=offset,
        limit=_FINDINGS,
        total=len(findings),
        run=visit.bench.audit_runs.of(dataset.folder),
        likely_source=likely_source(dataset.manifest, visit.bench.folders),
        source=shlex.quote(dataset.manifest.source),
        corrections=shlex.quote(chosen.place) if chosen else "",
    )


def start_audit(visit: Visit) -> Response:
    """Audit the documents that are named. What was decided in an audit before stays."""
    bench, dataset = visit.bench, _opened(visit, visit.form.get("at", ""))
    source = visit.form.get("source", "").strip()
    if not source:
        raise InvalidInput("No documents are named: give the folder that the data set was made of")
    before = bench.audits.about(dataset.documents)
    new = bench.folders[0] / f"burnish-audit-{dataset.title}"
    bench.audit_runs.start(dataset.folder, source, before[0].corrections.parent if before else new)
    return visit.redirect(url(f"{_SET}/suspects", at=dataset.place))


def decide(visit: Visit) -> Response:
    """Write a decision about a finding into the file of its audit."""
    form, dataset = visit.form, _opened(visit, visit.form.get("at", ""))
    key, label = form.get("audit", ""), form.get("label", "")
    if label and label not in dataset.manifest.prompt.labels:
        raise InvalidInput(f"{label!r} is no label of this data set: choose one of its labels")
    line = form.get("line", "")
    if not (line.isascii() and line.isdecimal()):
        raise InvalidInput("The form names no line of the audit: load the page again")
    back = url(f"{_SET}/suspects", at=dataset.place, audit=key, offset=form.get("offset"), decided=line)
    digest, seen = form.get("digest", ""), form.get("seen", "")
    action = form.get("action", "")
    if action not in ("", KEEP, DROP):
        raise InvalidInput(f"{action!r} is no decision: choose one of the buttons")
    decision = decision_for(label) if label else action
    try:
        visit.bench.audits.decide(key, int(line), digest=digest, seen=seen, decision=decision)
    except Conflict as conflict:
        return visit.redirect(back, notice=conflict.message)
    return visit.redirect(f"{back}#finding-{line}")


def versions(visit: Visit) -> Response:
    """The versions of a data set, and what differs between two of them."""
    dataset, datasets = _opened(visit), visit.bench.datasets
    found = versions_of(visit.bench.clients.s3, dataset.folder)
    later = datasets.open(visit.query("later") or dataset.place)
    lineage = lineage_in(later.manifest)
    before = visit.query("earlier") or (lineage.parent if lineage else "")
    values: dict[str, Any] = {"earlier": None, "changes": [], "counts": {}, "difference": None}
    offset, total = visit.number("offset", 0), 0
    if before and before != later.place:
        earlier = datasets.open(before)
        changes = changes_between(earlier, later, decisions_since(datasets, earlier, later))
        total = len(changes)
        values = {
            "earlier": earlier,
            "changes": changes[offset : offset + _CHANGES],
            "counts": Counter(one.kind for one in changes),
            "difference": difference_between(earlier.manifest, later.manifest),
        }
    return _shown(
        visit,
        dataset,
        "versions",
        versions=found,
        later=later,
        kinds=list(ChangeKind),
        offset=offset,
        limit=_CHANGES,
        total=total,
        **values,
    )


def _opened(visit: Visit, place: str = "") -> OpenedDataset:
    given = (place or visit.query("at")).strip()
    if not given:
        raise InvalidInput("No data set is named: give the s3:// address of one that was prepared")
    return visit.bench.datasets.open(given)


def _shown(visit: Visit, dataset: OpenedDataset, template: str, **values: Any) -> Response:  # noqa: ANN401
    return visit.page(
        f"datasets/{template}.html.jinja",
        dataset=dataset,
        manifest=dataset.manifest,
        home=_SET,
        at=dataset.place,
        part_names=PART_NAMES,
        Part=Part,
        **values,
    )


def _current(visit: Visit, dataset: OpenedDataset) -> str | None:
    """The current version, where that is another one."""
    try:
        current = visit.bench.datasets.open(dataset.folder).place
    except NotFound:
        return None
    return current if current != dataset.place else None


def _picture(visit: Visit, dataset: OpenedDataset, page: str, longest_edge: int) -> bytes:
    # By where it lies as well: a picture that is kept must not stand for one that was written over.
    digest = f"{dataset.image_place(page)} {page}"
    bench = visit.bench
    return bench.pictures.picture(digest, longest_edge, lambda: bench.datasets.page_body(dataset, page))


def _trouble_with(visit: Visit, dataset: OpenedDataset, one: ManifestDocument) -> str:
    """Why the first page of a document cannot be shown; empty where it can."""
    first = next((page for page in one.pages if page.uri), None)
    if first is None:
        return "All of its pages are the same as pages of other documents, and are in no record."
    try:
        _picture(visit, dataset, first.digest, LARGE)
    except BurnishError as error:
        return error.in_terminal
    return ""


VIEW = SiteView(
    title="Data sets",
    path="/datasets",
    pages={
        "": listed,
        "/set": overview,
        "/set/documents": documents,
        "/set/document": document,
        "/set/picture": picture,
        "/set/text": text,
        "/set/copies": copies,
        "/set/suspects": suspects,
        "/set/versions": versions,
    },
    actions={"/set/suspects/decide": decide, "/set/suspects/audit": start_audit},
)
