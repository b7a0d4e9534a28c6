"""The databases of a data folder as version 0.1 wrote them, in its own words."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

ACCOUNT = "123456789012"
OWN = "local.smollm2-135m-instruct-v1:0"
STAND_IN = "amazon.nova-micro-v1:0:128k"
CACHED_WEIGHTS = "/home/ada/.cache/burnish/weights/HuggingFaceTB--SmolLM2-135M-Instruct"

_STATE = """
create table jobs (
    arn text primary key, region text not null, name text not null, model_name text not null,
    base_model_id text not null, request text not null, hyperparameters text not null,
    status text not null, phases text not null, failure_message text, attempts integer not null,
    created_at real not null, modified_at real not null, ended_at real,
    model_arn text, training_loss real, validation_loss real, unique (region, name)
) strict;
create table models (
    arn text primary key, region text not null, name text not null,
    job_arn text not null references jobs(arn), base_model_id text not null,
    weights text not null, adapter text not null,
    created_at real not null, unique (region, name)
) strict;
create table throughputs (
    arn text primary key, region text not null, name text not null, model_arn text not null,
    base_model_id text not null, units integer not null, status text not null, commitment text,
    failure_message text, created_at real not null, modified_at real not null, unique (region, name)
) strict;
create table deployments (
    arn text primary key, region text not null, name text not null, model_arn text not null,
    next_model_arn text, description text, status text not null, failure_message text,
    created_at real not null, modified_at real not null, unique (region, name)
) strict;
create table tokens (
    operation text not null, token text not null, arn text not null, primary key (operation, token)
) strict;
create table tags (
    arn text not null, key text not null, value text not null, primary key (arn, key)
) strict;
"""
_IAM = """
create table roles (
    name text primary key collate nocase, id text not null, arn text not null unique, path text not null,
    trust_policy text not null, description text, max_session_duration integer not null,
    created_at text not null
) strict;
create table role_policies (
    role text not null references roles(name) collate nocase, name text not null, document text not null,
    primary key (role, name)
) strict;
create table policies (
    arn text primary key, name text not null unique collate nocase, id text not null, path text not null,
    description text, default_version integer not null, last_version integer not null,
    created_at text not null, updated_at text not null
) strict;
create table policy_versions (
    policy_arn text not null references policies(arn) on delete cascade, number integer not null,
    document text not null, created_at text not null, primary key (policy_arn, number)
) strict;
create table attachments (
    role text not null references roles(name) collate nocase,
    policy_arn text not null references policies(arn), primary key (role, policy_arn)
) strict;
create table tags (
    arn text not null, key text not null, value text not null, primary key (arn, key)
) strict;
"""


_HYPERPARAMETERS = '{"epochCount": "2", "batchSize": "8"}'
_PHASES = json.dumps(
    {
        phase: {"status": "Completed", "begun": 1.0, "changed": 2.0}
        for phase in ("validation", "dataProcessing", "training")
    }
)


def _request(name: str, base: str) -> str:
    """All that was asked for a job: version 0.1 kept it as it came."""
    return json.dumps(
        {
            "jobName": f"{name}-job",
            "customModelName": name,
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/Tuner",
            "clientRequestToken": "one-token",
            "baseModelIdentifier": base,
            "customizationType": "FINE_TUNING",
            "jobTags": [{"key": "team", "value": "papers"}],
            "customModelTags": [{"key": "team", "value": "papers"}],
            "trainingDataConfig": {"s3Uri": "s3://documents/train.jsonl"},
            "validationDataConfig": {"validators": [{"s3Uri": "s3://documents/validation.jsonl"}]},
            "outputDataConfig": {"s3Uri": "s3://documents/output/"},
            "hyperParameters": {"epochCount": "2"},
        }
    )


def write_databases(data: Path, *, lain_at: str = "/srv/burnish") -> None:
    """The state and the roles of a server that kept its data at ``lain_at`` and tuned two models there."""
    with closing(sqlite3.connect(data / "state.sqlite3")) as state:
        state.executescript("pragma journal_mode = wal;" + _STATE)
        for name, base, weights in (
            ("first", OWN, CACHED_WEIGHTS),
            ("second", STAND_IN, CACHED_WEIGHTS),
            ("third", STAND_IN, "/home/ada/my--model"),
        ):
            job_id = f"{name:a<12}"
            job = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-customization-job/{base}/{job_id}"
            state.execute(
                "insert into jobs values (?, 'us-east-1', ?, ?, ?, ?, ?, 'Completed', ?, null, 1, "
                "1.0, 2.0, 2.0, null, 0.5, null)",
                (job, f"{name}-job", name, base, _request(name, base), _HYPERPARAMETERS, _PHASES),
            )
            model = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/{base}/{job_id}"
            adapter = f"{lain_at}/models/{job_id}"
            row = (model, name, job, base, weights, adapter)
            state.execute("insert into models values (?, 'us-east-1', ?, ?, ?, ?, ?, 2.0)", row)
        state.commit()
    with closing(sqlite3.connect(data / "iam.sqlite3")) as iam:
        iam.executescript("pragma journal_mode = wal;" + _IAM)
        iam.execute(
            "insert into roles values ('Tuner', 'AROA1', ?, '/', '{}', null, 3600, '2025-01-01T00:00:00')",
            (f"arn:aws:iam::{ACCOUNT}:role/Tuner",),
        )
        iam.commit()
