"""The examples run from top to bottom, and leave nothing behind."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    rng = random.Random(0)
    for number in range(20):
        path = tmp_path / "documents" / ("invoice", "letter")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("L", (30, 40), rng.randbytes(1200)).resize((300, 400)).save(path)
    return tmp_path / "documents"


#: What each prints, and its arguments after the folder of documents.
EXAMPLES_TO_RUN = {
    "loop.py": ("of 4 pages right", ("examples", "{model}")),
    "service.py": ("report:", ("examples", "{model}")),
    "workspace.py": ("0.png: ", ("s3://examples/workspace", "documents/invoice/0.png")),
}


@pytest.mark.parametrize("example", EXAMPLES_TO_RUN)
def test_an_example_runs_and_leaves_nothing_behind(
    burnish_environment, documents: Path, tmp_path: Path, example: str
):
    from burnish import open_clients
    from burnish.aws.objects import ensure_bucket

    clients, before = open_clients(), everything_there()
    ensure_bucket(clients.s3, "examples", region="us-east-1")
    says, arguments = EXAMPLES_TO_RUN[example]
    words = [word.format(model=burnish_environment.models[0]) for word in arguments]
    command = [sys.executable, str(EXAMPLES / example), "documents", *words]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert says in ended.stdout
    assert everything_there() == before


def everything_there() -> set[str]:
    """All that costs money where it is billed; other tests share the server."""
    from burnish import ModelFinetuningService

    service = ModelFinetuningService()
    return {
        *(one.model_arn for one in service.list_custom_models()),
        *(one.provisioned_model_arn for one in service.list_provisioned_throughputs()),
        *(one.deployment_arn for one in service.list_custom_model_deployments()),
    }
