"""Lists: every page begins in the right place, whatever happens meanwhile, and none reads everything."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_requests import REQUEST
from regions import Region

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.server import store
from burnish.server.resources import CustomModel, Deployment, Job, Throughput
from burnish.server.wire.call import ServiceFault

MODELS = [f"arn:aws:bedrock:us-east-1:123456789012:custom-model/m/{letter * 12}" for letter in "ab"]
MOMENTS = [1_700_000_000.0, 1_700_000_000.1, 1_700_000_001.0, 1_700_000_002.7]


@dataclass(frozen=True)
class Listed:
    """A list operation: what it lists, under which names, and with which states."""

    kind: type
    operation: str
    summaries: str
    arn: str
    states: tuple[str, ...]
    bounds: tuple[str, str] = ("creationTimeAfter", "creationTimeBefore")


JOBS = Listed(
    Job,
    "ListModelCustomizationJobs",
    "modelCustomizationJobSummaries",
    "jobArn",
    ("InProgress", "Completed", "Failed"),
)
THROUGHPUTS = Listed(
    Throughput,
    "ListProvisionedModelThroughputs",
    "provisionedModelSummaries",
    "provisionedModelArn",
    ("Creating", "InService", "Failed"),
)
DEPLOYMENTS = Listed(
    Deployment,
    "ListCustomModelDeployments",
    "modelDeploymentSummaries",
    "customModelDeploymentArn",
    ("Creating", "Active", "Updating"),
    ("createdAfter", "createdBefore"),
)

items = st.tuples(st.sampled_from(MOMENTS), st.integers(0, 2), st.integers(0, 1), st.sampled_from("xyz"))
events = st.lists(st.one_of(items, st.integers(0, 20)), max_size=3)


def put(region, listed, item):
    """A resource of a kind, in the store."""
    moment, state, model, letter = item
    arn = region.arn("thing")
    row = {
        "arn": arn,
        "region": region.name,
        "name": f"{letter}-{arn[-12:]}",
        "status": listed.states[state],
        "created_at": moment,
        "base_model_id": "local.m-v1:0",
        "model_arn": MODELS[model],
    }
    if listed.kind is Job:
        row |= {"model_name": arn[-12:], "request": REQUEST, "hyperparameters": {}, "model_arn": None}
    if listed.kind is Throughput:
        row |= {"units": 1}
    if listed.kind is Deployment:
        del row["base_model_id"]
    made = listed.kind(**row)
    region.control.store.add(made)
    return made


def a_filter(listed):
    """Filters of a request, any of them left out."""
    after, before = listed.bounds
    moments = st.sampled_from([datetime.fromtimestamp(moment, UTC) for moment in MOMENTS])
    states = [state for state in listed.states if state != "Updating"]
    optional = {
        "statusEquals": st.sampled_from(states),
        "nameContains": st.sampled_from(["x", "y-", "-0", "x-0", "X-0", "-000"]),
        "sortOrder": st.sampled_from(["Ascending", "Descending"]),
        after: moments,
        before: moments,
    }
    if listed.kind is not Job:
        optional["modelArnEquals"] = st.sampled_from(MODELS)
    return st.fixed_dictionaries({}, optional=optional)


def kept(listed, rows, filters):
    """What a list shows, in its order, by the plain reading of its filters."""
    after, before = (filters.get(name) for name in listed.bounds)

    def is_kept(row):
        status = "Active" if listed.kind is Deployment and row.status == "Updating" else row.status
        return (
            filters.get("statusEquals") in (None, status)
            and filters.get("nameContains", "") in row.name
            and filters.get("modelArnEquals") in (None, row.model_arn)
            and (after is None or row.created_at >= after.timestamp())
            and (before is None or row.created_at <= before.timestamp())
        )

    descending = filters.get("sortOrder") != "Ascending"
    return sorted(filter(is_kept, rows), key=lambda row: (row.created_at, row.arn), reverse=descending)


def pages(region, listed, filters, size):
    """The ARNs on each page of a list."""
    token = {}
    while True:
        answer = region.answer(listed.operation, maxResults=size, **filters, **token)
        yield [summary[listed.arn] for summary in answer[listed.summaries]]
        if answer["nextToken"] is None:
            return
        token = {"nextToken": answer["nextToken"]}


def happen(region, listed, present, happened):
    """Add what is new, and remove another that is there; jobs stay for ever."""
    for event in happened:
        if isinstance(event, tuple):
            present.append(put(region, listed, event))
        elif present and listed.kind is not Job:
            region.control.store.remove(present.pop(event % len(present)))


@pytest.mark.parametrize("listed", [JOBS, THROUGHPUTS, DEPLOYMENTS], ids=lambda listed: listed.kind.__name__)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_there_throughout_is_on_exactly_one_page_whatever_comes_and_goes(control, listed, data):
    region = Region(control=control)
    present = [put(region, listed, item) for item in data.draw(st.lists(items, max_size=12))]
    filters, size = data.draw(a_filter(listed)), data.draw(st.integers(1, 5))
    throughout, ever, seen = list(present), list(present), []
    for page in pages(region, listed, filters, size):
        assert len(page) <= size
        seen += page
        happen(region, listed, present, data.draw(events))
        throughout = [row for row in throughout if row in present]
        ever += [row for row in present if row not in ever]
    assert len(seen) == len(set(seen))
    shown = [row.arn for row in kept(listed, ever, filters) if row.arn in seen]
    assert seen == shown
    assert [row.arn for row in kept(listed, throughout, filters) if row.arn not in seen] == []


def a_list_of(region, number):
    """Jobs that began one after another."""
    return [put(region, JOBS, (1_700_000_000.0 + position, 1, 0, "x")) for position in range(number)]


def a_model(region, job, *, name, base_model_id="local.m-v1:0"):
    """The custom model that a job has made."""
    return CustomModel(
        arn=region.arn("custom-model"),
        region=region.name,
        name=name,
        job_arn=job.arn,
        base_model_id=base_model_id,
        weights_id=None,
        adapter="models/adapter",
    )


def a_token(region, **filters):
    return region.answer(JOBS.operation, maxResults=1, **filters)["nextToken"]


def test_a_list_goes_on_where_it_was_though_what_stood_there_is_gone(region):
    first, second, third = (put(region, DEPLOYMENTS, (moment, 1, 0, "x")) for moment in MOMENTS[:3])
    newest = region.answer(DEPLOYMENTS.operation, maxResults=1)
    region.control.store.remove(third)
    region.control.store.remove(second)
    rest = region.answer(DEPLOYMENTS.operation, nextToken=newest["nextToken"])
    assert [item["customModelDeploymentArn"] for item in rest["modelDeploymentSummaries"]] == [first.arn]
    assert rest["nextToken"] is None


def test_the_size_of_a_page_may_differ_from_page_to_page(region):
    jobs = a_list_of(region, 4)
    rest = region.answer(JOBS.operation, maxResults=3, nextToken=a_token(region))
    assert [item["jobArn"] for item in rest["modelCustomizationJobSummaries"]] == [
        job.arn for job in reversed(jobs[:3])
    ]


def test_a_damaged_job_is_passed_over_and_keeps_its_names(region):
    jobs = a_list_of(region, 5)
    database = region.control.store.database
    ((request,),) = database.rows("select request from jobs where arn = ?", jobs[0].arn)
    for job, damaged in zip(jobs[1:4], ("{", "{}", '{"roleArn": 1}'), strict=True):
        database.execute("update jobs set request = ? where arn = ?", damaged, job.arn)
    shown = [arn for page in pages(region, JOBS, {}, 1) for arn in page]
    assert shown == [jobs[4].arn, jobs[0].arn]
    assert region.control.store.has_job(region.name, name=jobs[1].name)
    assert region.control.store.has_job(region.name, model_name=jobs[1].model_name)
    for job in jobs[1:4]:
        database.execute("update jobs set request = ? where arn = ?", request, job.arn)


def refused(region, token, **filters):
    with pytest.raises(ServiceFault) as raised:
        region.answer(JOBS.operation, nextToken=token, **filters)
    return raised.value.code == "ValidationException" and "start again" in raised.value.message


@pytest.mark.attack(
    "Bedrock API",
    "a nextToken that was cut, changed or made up",
    "400 ValidationException; no page of another list is shown",
)
def test_a_token_that_was_changed_is_refused(region):
    a_list_of(region, 2)
    token = a_token(region)
    changed = [token[:-1], token[1:], token[::-1], token + "A", token + "====", token.lower(), token.upper()]
    flipped = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    made_up = ["", "A", "=", "none", "MTIz", "ü", "\ud800", "\x00", "A" * 2048, "aGVsbG8gd29ybGQ="]
    assert all(refused(region, one) for one in [*changed, *flipped, *made_up] if one != token)


def test_a_token_of_another_list_is_refused(region, control):
    a_list_of(region, 2)
    other = Region(control=control)
    a_list_of(other, 2)
    assert refused(region, a_token(other))
    assert refused(region, a_token(region), statusEquals="Completed")
    assert refused(region, a_token(region, statusEquals="Completed"), statusEquals="Failed")
    assert refused(region, a_token(region, sortOrder="Ascending"))
    put(region, DEPLOYMENTS, (1.0, 1, 0, "x"))
    put(region, DEPLOYMENTS, (2.0, 1, 0, "x"))
    assert refused(region, region.answer(DEPLOYMENTS.operation, maxResults=1)["nextToken"])


def test_custom_models_are_listed_by_their_base(region):
    for base in ("local.a-v1:0", "local.b-v1:0"):
        (job,) = a_list_of(region, 1)
        region.control.store.add(a_model(region, job, name=f"of-{base[6]}", base_model_id=base))
    prefix = f"arn:aws:bedrock:{region.name}::foundation-model/"

    def names(**filters):
        return [item["modelName"] for item in region.answer("ListCustomModels", **filters)["modelSummaries"]]

    assert names(baseModelArnEquals=f"{prefix}local.a-v1:0") == ["of-a"]
    assert names(baseModelArnEquals=f"{prefix}local.a-v1:0", foundationModelArnEquals=f"{prefix}other") == []
    assert names(foundationModelArnEquals="local.a-v1:0") == []
    assert names(modelStatus="Failed") == []
    assert names(modelStatus="Active", nameContains="of-") == ["of-b", "of-a"]


def jobs_named(region, part):
    answer = region.answer(JOBS.operation, nameContains=part)
    return [summary["jobName"] for summary in answer["modelCustomizationJobSummaries"]]


@pytest.mark.parametrize("part", ["y", "y-", "y-0", "y-00000"])
@pytest.mark.parametrize("few", [0, 1, 1000])
def test_a_part_of_a_name_is_found_whatever_its_length_and_however_many_have_it(
    region, monkeypatch, part, few
):
    monkeypatch.setattr(store, "_FEW_NAMES", few)
    first, _, third = (put(region, JOBS, (MOMENTS[at], 1, 0, letter)) for at, letter in enumerate("yxy"))
    assert jobs_named(region, part) == [third.name, first.name]
    assert jobs_named(region, part.upper()) == []


def throughputs_named(region, part):
    answer = region.answer(THROUGHPUTS.operation, nameContains=part)
    return [summary["provisionedModelName"] for summary in answer["provisionedModelSummaries"]]


def test_a_throughput_is_found_by_the_name_that_it_has_now(region):
    throughput = put(region, THROUGHPUTS, (MOMENTS[0], 1, 0, "x"))
    region.answer(
        "UpdateProvisionedModelThroughput",
        provisionedModelId=throughput.arn,
        desiredProvisionedModelName="renamed-once",
    )
    assert throughputs_named(region, "med-once") == ["renamed-once"]
    assert throughputs_named(region, throughput.name) == []
    region.answer("DeleteProvisionedModelThroughput", provisionedModelId=throughput.arn)
    assert throughputs_named(region, "med-once") == []


@pytest.fixture
def plans(control):
    """How SQLite goes about a query: its plans, line by line."""

    def plans(query):
        rows = control.store.database.rows(f"explain query plan {query}")
        return [row["detail"] for row in rows]

    return plans


@pytest.fixture
def asked(control):
    """The queries that the store puts to SQLite, as they are put."""
    queries = []
    control.store.database._connection.set_trace_callback(queries.append)
    yield queries
    control.store.database._connection.set_trace_callback(None)


REQUESTS = [
    *[(listed.operation, {}) for listed in (JOBS, THROUGHPUTS, DEPLOYMENTS)],
    *[(listed.operation, {"statusEquals": "Failed"}) for listed in (JOBS, THROUGHPUTS, DEPLOYMENTS)],
    *[(listed.operation, {"modelArnEquals": MODELS[0]}) for listed in (THROUGHPUTS, DEPLOYMENTS)],
    (DEPLOYMENTS.operation, {"statusEquals": "Active"}),
    (JOBS.operation, {"nameContains": "x", "sortOrder": "Ascending"}),
    (JOBS.operation, {"creationTimeAfter": datetime(2026, 1, 1, tzinfo=UTC)}),
    ("ListCustomModels", {}),
    ("ListCustomModels", {"baseModelArnEquals": "arn:aws:bedrock:REGION::foundation-model/local.m-v1:0"}),
    ("ListTagsForResource", {"resourceARN": "arn:aws:bedrock:x:123456789012:custom-model/m/abcdefghijkl"}),
    ("GetModelCustomizationJob", {"jobIdentifier": "abcdefghijkl"}),
    ("GetCustomModel", {"modelIdentifier": "a-name"}),
    ("GetProvisionedModelThroughput", {"provisionedModelId": "a-name"}),
    ("GetCustomModelDeployment", {"customModelDeploymentIdentifier": "a-name"}),
    ("DeleteCustomModel", {"modelIdentifier": "the-model"}),
    (
        "CreateModelCustomizationJob",
        {
            "baseModelIdentifier": DEFAULT_MODEL.id,
            "jobName": "j",
            "customModelName": "m",
            "trainingDataConfig": {"s3Uri": "s3://abc/d"},
        },
    ),
]


@pytest.mark.parametrize(("operation", "parameters"), REQUESTS)
def test_no_request_reads_or_sorts_a_whole_table(region, asked, plans, operation, parameters):
    (job,) = a_list_of(region, 1)
    region.control.store.add(a_model(region, job, name="the-model"))
    asked.clear()
    given = {name: region_in(value, region) for name, value in parameters.items()}
    with suppress(ServiceFault, KeyError):
        region.answer(operation, **given)
    assert asked
    for query in asked:
        if query.startswith(("select", "delete")):
            assert not any(is_long(step, of_a_list=" order by " in query) for step in plans(query)), query


def test_a_search_reads_only_what_has_the_part_of_a_name(region, asked, plans):
    a_list_of(region, 1)
    asked.clear()
    assert jobs_named(region, "no-job") == []
    steps = [step for query in asked if " jobs" in query for step in plans(query)]
    assert not [step for step in steps if "SCAN" in step and "VIRTUAL TABLE INDEX" not in step]
    assert "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (arn=?)" in steps


def is_long(step, *, of_a_list):
    """Whether a step takes longer the more there is; a list goes by age, but only until its page is full."""
    return "SCAN" in step or "TEMP B-TREE" in step or (step.endswith("(region=?)") and not of_a_list)


def test_the_unfinished_are_found_without_reading_the_finished(control, asked, plans):
    for kind in (Job, Throughput, Deployment):
        control.store.references(kind, "InProgress", "Stopping")
    assert asked
    assert [step for query in asked for step in plans(query) if "SCAN" in step] == []


def region_in(value, region):
    return value.replace("REGION", region.name) if isinstance(value, str) else value
