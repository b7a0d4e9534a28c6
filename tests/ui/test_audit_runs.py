"""Audits that a page starts: what becomes of them is told, also where they cannot run."""

from __future__ import annotations

import pytest
from sample_work import page_image

from burnish.errors import Conflict
from burnish.ui.audit_runs import AuditRun, AuditRuns
from burnish.waiting import wait_until

PATIENCE_SECONDS = 300


def ended(runs: AuditRuns, dataset: str) -> AuditRun:
    return wait_until(
        lambda: runs.of(dataset), lambda run: run.is_over, interval=0.05, timeout=PATIENCE_SECONDS
    )


def test_an_audit_writes_its_sheet_and_tells_its_conclusion(object_store_clients, tmp_path):
    for label in ("letter", "memo"):
        (tmp_path / "papers" / label).mkdir(parents=True)
        (tmp_path / "papers" / label / "one.png").write_bytes(page_image(label))
    runs = AuditRuns(object_store_clients)
    runs.start("s3://papers/set", str(tmp_path / "papers"), tmp_path / "audit")
    run = ended(runs, "s3://papers/set")
    assert run.problem == ""
    assert run.conclusion
    assert list((tmp_path / "audit").glob("*.html"))
    assert runs.of("s3://papers/other") is None


def test_an_audit_that_finds_no_documents_says_so_and_another_may_start(object_store_clients, tmp_path):
    runs = AuditRuns(object_store_clients)
    for _ in range(2):
        runs.start("s3://papers/set", str(tmp_path / "nowhere"), tmp_path / "audit")
        assert "nowhere" in ended(runs, "s3://papers/set").problem


def test_a_data_set_is_audited_once_at_a_time(object_store_clients, tmp_path, monkeypatch):
    runs = AuditRuns(object_store_clients)
    monkeypatch.setattr(runs, "_run", lambda *given: None)  # it never ends
    runs.start("s3://papers/set", str(tmp_path), tmp_path / "audit")
    with pytest.raises(Conflict, match="is running"):
        runs.start("s3://papers/set", str(tmp_path), tmp_path / "audit")
    runs.start("s3://papers/other", str(tmp_path), tmp_path / "audit")
