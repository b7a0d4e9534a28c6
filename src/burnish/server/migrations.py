"""The tables of the server's databases, as the steps by which each version has come from the one before.

The number of steps taken is a database's version, in its ``user_version``. A step that was released is never
changed: a change of the tables is a further step at the end. Databases of version 0.1 are numbered 0, as new
ones are, and the first step makes only what is missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import TypeAlias

from burnish.engine.catalogue import open_model
from burnish.families.open_weights import OPEN_WEIGHTS

#: One step, in a transaction that is not its own.
Migration: TypeAlias = Callable[[sqlite3.Connection], None]

_STATE_OF_VERSION_0_1 = (
    """create table if not exists jobs (
        arn text primary key, region text not null, name text not null, model_name text not null,
        base_model_id text not null, request text not null, hyperparameters text not null,
        status text not null, phases text not null, failure_message text, attempts integer not null,
        created_at real not null, modified_at real not null, ended_at real,
        model_arn text, training_loss real, validation_loss real, unique (region, name)
    ) strict""",
    """create table if not exists models (
        arn text primary key, region text not null, name text not null,
        job_arn text not null references jobs(arn), base_model_id text not null,
        weights text not null, adapter text not null,
        created_at real not null, unique (region, name)
    ) strict""",
    """create table if not exists throughputs (
        arn text primary key, region text not null, name text not null, model_arn text not null,
        base_model_id text not null, units integer not null, status text not null, commitment text,
        failure_message text, created_at real not null, modified_at real not null, unique (region, name)
    ) strict""",
    """create table if not exists deployments (
        arn text primary key, region text not null, name text not null, model_arn text not null,
        next_model_arn text, description text, status text not null, failure_message text,
        created_at real not null, modified_at real not null, unique (region, name)
    ) strict""",
    """create table if not exists tokens (
        operation text not null, token text not null, arn text not null, primary key (operation, token)
    ) strict""",
    """create table if not exists tags (
        arn text not null, key text not null, value text not null, primary key (arn, key)
    ) strict""",
)

_IAM_OF_VERSION_0_1 = (
    """create table if not exists roles (
        name text primary key collate nocase, id text not null, arn text not null unique, path text not null,
        trust_policy text not null, description text, max_session_duration integer not null,
        created_at text not null
    ) strict""",
    """create table if not exists role_policies (
        role text not null references roles(name) collate nocase, name text not null,
        document text not null, primary key (role, name)
    ) strict""",
    """create table if not exists policies (
        arn text primary key, name text not null unique collate nocase, id text not null, path text not null,
        description text, default_version integer not null, last_version integer not null,
        created_at text not null, updated_at text not null
    ) strict""",
    """create table if not exists policy_versions (
        policy_arn text not null references policies(arn) on delete cascade, number integer not null,
        document text not null, created_at text not null, primary key (policy_arn, number)
    ) strict""",
    """create table if not exists attachments (
        role text not null references roles(name) collate nocase,
        policy_arn text not null references policies(arn), primary key (role, policy_arn)
    ) strict""",
    """create table if not exists tags (
        arn text not null, key text not null, value text not null, primary key (arn, key)
    ) strict""",
)

#: What a job tunes, in SQL. A damaged row has none, and keeps nobody from the others.
BASE_OF_A_JOB = "case when json_valid(request) then json_extract(request, '$.baseModelIdentifier') end"

# A list is read in the order of an index, from where its page begins, and names are matched there, too.
# ARNs end in an id of twelve characters, which stands for them. Model names get no unique index: a database
# of version 0.1 may hold one twice.
_STATE_INDEXES = (
    "create index jobs_by_id on jobs (substr(arn, -12), region)",
    "create index jobs_by_age on jobs (region, created_at, arn, name)",
    "create index jobs_by_region_and_status on jobs (region, status, created_at, arn, name)",
    "create index jobs_by_model_name on jobs (region, model_name)",
    f"""create index unfinished_jobs_by_base on jobs ({BASE_OF_A_JOB})
        where status in ('InProgress', 'Stopping')""",
    "create index models_by_id on models (substr(arn, -12), region)",
    "create index models_by_age on models (region, created_at, arn, name)",
    "create index models_by_base on models (base_model_id, region, created_at, arn, name)",
    "create index throughputs_by_id on throughputs (substr(arn, -12), region)",
    "create index throughputs_by_age on throughputs (region, created_at, arn, name, status)",
    "create index throughputs_by_region_and_status on throughputs (region, status, created_at, arn, name)",
    "create index throughputs_by_model on throughputs (model_arn, region, created_at, arn, status, name)",
    "create index deployments_by_id on deployments (substr(arn, -12), region)",
    "create index deployments_by_age on deployments (region, created_at, arn, name, status)",
    "create index deployments_by_region_and_status on deployments (region, status, created_at, arn, name)",
    "create index deployments_by_model on deployments (model_arn, region, created_at, arn, status, name)",
    """create index deployments_by_next_model on deployments (next_model_arn, region, created_at, arn)
       where next_model_arn is not null""",
)

# A part of a name is found by its runs of three characters. A row's own number would not do to refer to it:
# SQLite may give rows others when it copies a database.
_NAMED_TABLES = ("jobs", "models", "throughputs", "deployments")
_NAME_INDEX = (
    "create table names (number integer primary key, arn text not null unique) strict",
    "create virtual table name_parts using fts5(name, tokenize = 'trigram case_sensitive 1')",
)


def _name_index_of(table: str) -> tuple[str, ...]:
    """What puts the names of a table into the index, those that it has and those to come."""
    indexed = "rowid = (select number from names where arn = old.arn)"
    return (
        f"insert into names (arn) select arn from {table}",
        f"insert into name_parts (rowid, name) select number, name from names join {table} using (arn)",
        f"""create trigger {table}_named after insert on {table} begin
            insert into names (arn) values (new.arn);
            insert into name_parts (rowid, name) select number, new.name from names where arn = new.arn;
        end""",
        f"""create trigger {table}_renamed after update of name on {table} begin
            update name_parts set name = new.name where {indexed};
        end""",
        f"""create trigger {table}_unnamed after delete on {table} begin
            delete from name_parts where {indexed};
            delete from names where arn = old.arn;
        end""",
    )


# Lists go by name; where they are of one path, the path is read beside the name.
_IAM_INDEXES = (
    "create index roles_by_name on roles (name, path)",
    "create index policies_by_name on policies (name, path, arn)",
    "create index attachments_by_policy on attachments (policy_arn)",
)


#: Users beside roles, what both have in tables of both, and the keys of users and sessions.
_USERS = (
    """create table users (
        name text primary key collate nocase, id text not null, arn text not null unique, path text not null,
        created_at text not null
    ) strict""",
    """create table entity_policies (
        kind text not null, entity text not null collate nocase, name text not null, document text not null,
        primary key (kind, entity, name)
    ) strict""",
    "insert into entity_policies select 'role', role, name, document from role_policies",
    "drop table role_policies",
    # Without a reference to the account's policies: those of AWS are attached as well, and are in no table.
    """create table entity_attachments (
        kind text not null, entity text not null collate nocase, policy_arn text not null,
        primary key (kind, entity, policy_arn)
    ) strict""",
    "insert into entity_attachments select 'role', role, policy_arn from attachments",
    "drop table attachments",
    "create index entity_attachments_by_policy on entity_attachments (policy_arn, kind, entity)",
    """create table boundaries (
        kind text not null, entity text not null collate nocase, policy_arn text not null,
        primary key (kind, entity)
    ) strict""",
    "create index boundaries_by_policy on boundaries (policy_arn, kind, entity)",
    # Signatures of version 4 need the secret itself; of tokens that are shown, the hash is enough.
    """create table access_keys (
        id text primary key, user text not null references users(name) collate nocase, secret text not null,
        status text not null, created_at text not null, expires_at text
    ) strict""",
    """create table bearer_keys (
        id text primary key, user text not null references users(name) collate nocase,
        name text not null unique, token_hash text not null, status text not null, created_at text not null,
        expires_at text
    ) strict""",
    """create table sessions (
        id text primary key, role text not null references roles(name) on delete cascade collate nocase,
        name text not null, secret text not null, token_hash text not null, policies text, tags text not null,
        source_arn text not null, created_at text not null, expires_at text not null
    ) strict""",
)

_GROUPS = (
    """create table groups (
        name text primary key collate nocase, id text not null, arn text not null unique, path text not null,
        created_at text not null
    ) strict""",
    """create table memberships (
        user text not null references users(name) collate nocase,
        group_name text not null references groups(name) collate nocase,
        primary key (user, group_name)
    ) strict""",
    "create index memberships_by_group on memberships (group_name, user)",
)

_USER_SESSIONS = (
    # Without a user they are of the account's root.
    """create table user_sessions (
        id text primary key, user text references users(name) on delete cascade collate nocase,
        secret text not null, token_hash text not null, created_at text not null, expires_at text not null
    ) strict""",
)


def no_absolute_paths(database: sqlite3.Connection) -> None:
    """Adapters by their places in the data folder, weights by their ids: the folder can be moved."""
    database.execute("alter table jobs add column weights_id text")
    database.execute("alter table models add column weights_id text")
    query = "select arn, base_model_id, weights, adapter from models"
    for arn, base_model_id, weights, adapter in database.execute(query).fetchall():
        database.execute(
            "update models set weights_id = ?, adapter = ? where arn = ?",
            (_weights_id(base_model_id, PurePath(weights)), f"models/{PurePath(adapter).name}", arn),
        )
    database.execute("alter table models drop column weights")


#: How far the attempts at a job have come, and what is unfinished by an index.
_PROGRESS_OF_JOBS = (
    "alter table jobs add column progress integer not null default 0",
    "alter table jobs add column fruitless_attempts integer not null default 0",
    "alter table jobs add column waiting_for text",
    # With all that references to rows need: a damaged page of a table takes no other row along.
    "create index jobs_by_status on jobs (status, created_at, arn, name)",
    "create index throughputs_by_status on throughputs (status, created_at, arn, name)",
    "create index deployments_by_status on deployments (status, created_at, arn, name)",
)


#: What is asked of a job while it runs, and what its duration is estimated by.
_ENDS_OF_JOBS = (
    "alter table jobs add column ends_early integer not null default 0",
    "alter table jobs add column records integer",
)


def searchable_names(database: sqlite3.Connection) -> None:
    """Searches for a part of a name that take no longer the more names do not have it."""
    _execute_all(_NAME_INDEX, database)
    for table in _NAMED_TABLES:
        _execute_all(_name_index_of(table), database)


_IMPORTS = (
    """create table imports (
        arn text primary key, region text not null, name text not null, model_name text not null,
        role_arn text not null, uri text not null, model_tags text not null, status text not null,
        failure_message text, model_arn text, created_at real not null, modified_at real not null,
        ended_at real, unique (region, name)
    ) strict""",
    """create table imported_models (
        arn text primary key, region text not null, name text not null, job_arn text not null,
        architecture text not null, folder text not null, weights_id text, created_at real not null,
        unique (region, name)
    ) strict""",
    "create index imports_by_id on imports (substr(arn, -12), region)",
    "create index imports_by_age on imports (region, created_at, arn, name)",
    "create index imports_by_region_and_status on imports (region, status, created_at, arn, name)",
    "create index imports_by_status on imports (status, created_at, arn, name)",
    "create index imported_models_by_id on imported_models (substr(arn, -12), region)",
    "create index imported_models_by_age on imported_models (region, created_at, arn, name)",
)


def imports(database: sqlite3.Connection) -> None:
    """Imported models, and the jobs that import them."""
    _execute_all(_IMPORTS, database)
    for table in ("imports", "imported_models"):
        _execute_all(_name_index_of(table), database)


_INVOCATION_JOBS = (
    """create table invocation_jobs (
        arn text primary key, region text not null, name text not null, batch_request text not null,
        status text not null, message text, total_records integer, successes integer not null,
        failures integer not null, created_at real not null, modified_at real not null, ended_at real,
        unique (region, name)
    ) strict""",
    "create index invocation_jobs_by_id on invocation_jobs (substr(arn, -12), region)",
    "create index invocation_jobs_by_age on invocation_jobs (region, created_at, arn, name)",
    """create index invocation_jobs_by_region_and_status
       on invocation_jobs (region, status, created_at, arn, name)""",
    "create index invocation_jobs_by_status on invocation_jobs (status, created_at, arn, name)",
    "create table public_access_blocks (bucket text primary key, block text not null) strict",
    "alter table imports add column security text not null default '{}'",
)


def invocation_jobs(database: sqlite3.Connection) -> None:
    """Batch inference jobs, public access blocks, and what imports are asked for without effect."""
    _execute_all((*_INVOCATION_JOBS, *_name_index_of("invocation_jobs")), database)


#: Where each region logs its invocations.
_LOGGING_CONFIGURATIONS = (
    "create table logging_configurations (region text primary key, configuration text not null) strict",
)

_EVALUATION_JOBS = (
    """create table evaluation_jobs (
        arn text primary key, region text not null, name text not null, evaluation_request text not null,
        status text not null, message text, created_at real not null, modified_at real not null,
        unique (region, name)
    ) strict""",
    "create index evaluation_jobs_by_id on evaluation_jobs (substr(arn, -12), region)",
    "create index evaluation_jobs_by_age on evaluation_jobs (region, created_at, arn, name)",
    """create index evaluation_jobs_by_region_and_status
       on evaluation_jobs (region, status, created_at, arn, name)""",
    "create index evaluation_jobs_by_status on evaluation_jobs (status, created_at, arn, name)",
)


def evaluation_jobs(database: sqlite3.Connection) -> None:
    """Evaluations of models."""
    _execute_all((*_EVALUATION_JOBS, *_name_index_of("evaluation_jobs")), database)


def _weights_id(base_model_id: str, folder: PurePath) -> str:
    """The id of the weights in a folder. Those behind a stand-in are known by the folder's name only."""
    if base_model_id.startswith(OPEN_WEIGHTS.id_prefix):
        return base_model_id
    is_fetched = folder.parent.name == "weights"
    return open_model(folder.name.rpartition("--")[2] if is_fetched else folder.name).id


def _execute_all(statements: tuple[str, ...], database: sqlite3.Connection) -> None:
    # One by one: `executescript` would commit what is to be taken back where a later step fails.
    for statement in statements:
        database.execute(statement)


def _step(statements: tuple[str, ...]) -> Migration:
    return partial(_execute_all, statements)


STATE: tuple[Migration, ...] = (
    _step(_STATE_OF_VERSION_0_1),
    no_absolute_paths,
    _step(_PROGRESS_OF_JOBS),
    _step(_STATE_INDEXES),
    searchable_names,
    _step(_ENDS_OF_JOBS),
    imports,
    invocation_jobs,
    _step(_LOGGING_CONFIGURATIONS),
    evaluation_jobs,
)
IAM: tuple[Migration, ...] = (
    _step(_IAM_OF_VERSION_0_1),
    _step(_IAM_INDEXES),
    _step(_USERS),
    _step(_GROUPS),
    _step(_USER_SESSIONS),
)
