from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber
from botocore_shapes import input_problems, output_members

from burnish.aws import jobs
from burnish.aws.clients import new_token
from burnish.aws.idempotency import idempotency_token
from burnish.configs import FinetuningJobConfig, VpcConfig
from burnish.errors import Conflict, InvalidConfig, Rejected, ServiceError, WaitTimeout
from burnish.families import DatasetRules
from burnish.names import MANIFEST_TAG, PROGRESS_HEADER, SCHEDULE_HEADER
from burnish.service import ModelFinetuningService
from burnish.settings import ResolvedSettings, Settings, resolve_settings
from burnish.types import CustomizationType, JobProgress, JobSchedule, JobStatus
from burnish.waiting import Clock

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0:300k/abcdefghijkl"
MODEL_ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
BASE_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)

CONFIG = FinetuningJobConfig(
    base_model=BASE_ARN,
    training_data_uri="s3://bucket/training.jsonl",
    validation_data_uri="s3://bucket/validation.jsonl",
    output_uri="s3://bucket/output/",
    role_arn="arn:aws:iam::123456789012:role/BedrockFinetuningRole",
    job_name="model-finetuning-job",
    model_name="finetuned-model",
    hyperparameters={"epochCount": "2"},
    job_tags={"team": "documents"},
    model_tags={"team": "documents", "stage": "trial"},
)
CHOICES = ResolvedSettings(
    base_model_id=BASE_ARN, rules=DatasetRules(), hyperparameters={"epochCount": "2", "batchSize": "1"}
)

DESCRIBED = {
    "jobArn": ARN,
    "jobName": "model-finetuning-job",
    "outputModelName": "finetuned-model",
    "outputModelArn": MODEL_ARN,
    "roleArn": CONFIG.role_arn,
    "status": "Completed",
    "statusDetails": {
        "validationDetails": {"status": "Completed"},
        "dataProcessingDetails": {"status": "Completed"},
        "trainingDetails": {"status": "Completed"},
    },
    "creationTime": WHEN,
    "endTime": WHEN,
    "baseModelArn": BASE_ARN,
    "hyperParameters": {"epochCount": "2"},
    "trainingDataConfig": {"s3Uri": CONFIG.training_data_uri},
    "validationDataConfig": {"validators": []},
    "outputDataConfig": {"s3Uri": CONFIG.output_uri},
    "trainingMetrics": {"trainingLoss": 0.5},
    "validationMetrics": [{"validationLoss": 0.75}],
}


class FakeTime:
    """Hours that pass at once."""

    def __init__(self):
        self.time = 0.0
        self.pauses = []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.time += seconds

    @property
    def clock(self):
        return Clock(now=lambda: self.time, sleep=self.sleep)


def refuse_role(bedrock):
    message = "Could not assume provided IAM role. Please verify that the role exists"
    bedrock.add_client_error("create_model_customization_job", "ValidationException", message, 400)


def described(bedrock, **changes):
    bedrock.add_response("get_model_customization_job", DESCRIBED | changes, {"jobIdentifier": ARN})


def test_a_full_request_is_as_the_service_model_says():
    request = jobs.request_for(CONFIG, CHOICES, token=new_token())
    assert input_problems("bedrock", "CreateModelCustomizationJob", request) == []
    assert request["jobTags"] == [{"key": "team", "value": "documents"}]
    assert request["validationDataConfig"] == {"validators": [{"s3Uri": "s3://bucket/validation.jsonl"}]}


def test_a_request_leaves_out_what_is_not_given():
    bare = replace(CONFIG, validation_data_uri=None, job_tags={}, model_tags={})
    request = jobs.request_for(bare, CHOICES, token=new_token())
    assert input_problems("bedrock", "CreateModelCustomizationJob", request) == []
    assert not {"validationDataConfig", "jobTags", "customModelTags"} & set(request)


NOVA_2 = "amazon.nova-2-lite-v1:0:256k"
GRADER = "arn:aws:lambda:us-east-1:123456789012:function:grader"
REINFORCED = replace(
    CONFIG,
    base_model=NOVA_2,
    customization_type=CustomizationType.REINFORCEMENT_FINE_TUNING,
    grader_lambda_arn=GRADER,
    hyperparameters={"batchSize": "64", "learningRate": "0.0001"},
)
DISTILLED = replace(
    CONFIG,
    customization_type=CustomizationType.DISTILLATION,
    teacher_model="amazon.nova-pro-v1:0",
    teacher_max_tokens=500,
    validation_data_uri=None,
    hyperparameters={},
)


def request_of(config: FinetuningJobConfig) -> dict:
    return jobs.request_for(config, resolve_settings(config, Settings()), token=new_token())


def test_reinforcement_fine_tuning_sends_numbers_as_numbers_and_its_grader():
    request = request_of(REINFORCED)
    assert input_problems("bedrock", "CreateModelCustomizationJob", request) == []
    assert "hyperParameters" not in request
    sent = request["customizationConfig"]["rftConfig"]
    assert sent["graderConfig"] == {"lambdaGrader": {"lambdaArn": GRADER}}
    assert sent["hyperParameters"]["batchSize"] == 64
    assert sent["hyperParameters"]["learningRate"] == 0.0001
    assert sent["hyperParameters"]["reasoningEffort"] == "medium"


def test_distillation_names_its_teacher():
    request = request_of(DISTILLED)
    assert input_problems("bedrock", "CreateModelCustomizationJob", request) == []
    assert request["customizationConfig"]["distillationConfig"]["teacherModelConfig"] == {
        "teacherModelIdentifier": "amazon.nova-pro-v1:0",
        "maxResponseLengthForInference": 500,
    }


def test_a_key_and_a_network_are_sent_as_the_service_spells_them():
    config = replace(
        CONFIG,
        model_kms_key_id="alias/documents",
        vpc=VpcConfig(subnet_ids=("subnet-1",), security_group_ids=("sg-1", "sg-2")),
    )
    request = request_of(config)
    assert input_problems("bedrock", "CreateModelCustomizationJob", request) == []
    assert request["customModelKmsKeyId"] == "alias/documents"
    assert request["vpcConfig"] == {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1", "sg-2"]}


@pytest.mark.parametrize(
    ("config", "changes", "says"),
    [
        (REINFORCED, {"grader_lambda_arn": None}, "grader_lambda_arn is missing"),
        (REINFORCED, {"grader_lambda_arn": "my-function"}, "must be the ARN of a Lambda function"),
        (DISTILLED, {"teacher_model": None}, "teacher_model is missing"),
        (CONFIG, {"teacher_model": "amazon.nova-pro-v1:0"}, "teacher_model is for DISTILLATION"),
        (CONFIG, {"model_kms_key_id": "my key"}, "model_kms_key_id is 'my key'"),
    ],
)
def test_what_one_way_of_tuning_needs_and_others_do_not_take_is_said(config, changes, says):
    with pytest.raises(InvalidConfig, match=says):
        replace(config, **changes)


@pytest.mark.parametrize(
    "output", ["s3://bucket/a/../b/", "s3://bucket/./a", "s3://bucket/a//b", "s3://bucket//"]
)
def test_an_output_that_a_server_may_take_for_another_place_is_refused(output):
    with pytest.raises(InvalidConfig, match="output_uri"):
        replace(CONFIG, output_uri=output)


def test_a_way_that_the_model_does_not_take_is_refused_before_any_call():
    with pytest.raises(InvalidConfig, match="cannot be tuned by REINFORCEMENT_FINE_TUNING"):
        replace(REINFORCED, base_model=BASE_ARN)


def test_settings_for_fine_tuning_do_not_reach_into_other_ways():
    settings = Settings(hyperparameters={"learningRateWarmupSteps": "20"})
    assert "learningRateWarmupSteps" not in resolve_settings(REINFORCED, settings).hyperparameters
    assert resolve_settings(CONFIG, settings).hyperparameters["learningRateWarmupSteps"] == "20"


def test_the_checker_sees_what_botocore_lets_pass():
    request = jobs.request_for(CONFIG, CHOICES, token="-") | {
        "jobName": "a_b",
        "customizationType": "GUESSING",
    }
    problems = input_problems("bedrock", "CreateModelCustomizationJob", request)
    assert len(problems) == 3


def test_every_member_that_is_read_exists_in_the_service_model():
    assert set(DESCRIBED) <= set(output_members("bedrock", "GetModelCustomizationJob"))
    listed = output_members("bedrock", "ListModelCustomizationJobs")["modelCustomizationJobSummaries"]
    assert {"customModelArn", "customModelName", "jobArn", "status"} <= set(listed.member.members)


def test_a_result_holds_what_the_service_said(clients, bedrock):
    described(bedrock)
    job = jobs.get_job(clients.bedrock, ARN)
    assert job.model_id == MODEL_ARN
    assert job.status is JobStatus.COMPLETED
    assert (job.training_loss, job.validation_loss) == (0.5, 0.75)
    assert job.status_details == {
        "validation": "Completed",
        "data processing": "Completed",
        "training": "Completed",
    }
    assert job.creation_time == WHEN
    assert job.output_uri == "s3://bucket/output/"


def test_a_status_we_do_not_know_is_an_error():
    with pytest.raises(ServiceError, match="'Dreaming'"):
        jobs.result_of(DESCRIBED | {"status": "Dreaming"})


@pytest.mark.parametrize("said", [None, "null", "{", '{"done": "many"}'])
def test_a_job_without_a_count_that_is_understood_has_none(said):
    headers = {} if said is None else {PROGRESS_HEADER: said}
    assert jobs.result_of(DESCRIBED | {"ResponseMetadata": {"HTTPHeaders": headers}}).progress is None


def test_a_failed_job_is_a_result_with_its_message(clients, bedrock):
    described(bedrock, status="Failed", failureMessage="No access to the bucket")
    job = jobs.get_job(clients.bedrock, ARN)
    assert job.status is JobStatus.FAILED
    assert str(job) == "fine-tuning job 'model-finetuning-job', Failed: No access to the bucket"


def test_a_started_job_is_in_progress(clients, bedrock):
    bedrock.add_response("create_model_customization_job", {"jobArn": ARN})
    job = jobs.create_job(clients, CONFIG)
    assert (job.job_arn, job.status, job.model_id) == (ARN, JobStatus.IN_PROGRESS, None)


def test_a_role_that_is_not_known_everywhere_yet_is_waited_for_with_one_token(clients, bedrock):
    tokens = []
    clients.bedrock.meta.events.register(
        "before-parameter-build.bedrock.CreateModelCustomizationJob",
        lambda params, **_: tokens.append(params["clientRequestToken"]),
    )
    for _ in range(3):
        refuse_role(bedrock)
    bedrock.add_response("create_model_customization_job", {"jobArn": ARN})
    time = FakeTime()
    assert jobs.create_job(clients, CONFIG, clock=time.clock).job_arn == ARN
    assert time.pauses == [2, 4, 8]
    assert len(tokens) == 4
    assert len(set(tokens)) == 1


def test_two_jobs_never_share_a_token():
    assert new_token() != new_token()


def test_the_wait_for_a_role_ends_after_two_minutes(clients, bedrock):
    for _ in range(9):
        refuse_role(bedrock)
    time = FakeTime()
    with pytest.raises(Rejected, match="Could not assume provided IAM role"):
        jobs.create_job(clients, CONFIG, clock=time.clock)
    assert 100 < time.time <= 120


@pytest.mark.parametrize("message", ["", "and of 'Could not assume provided IAM role'"])
def test_any_other_refusal_is_raised_at_once(clients, bedrock, message):
    bedrock.add_client_error(
        "create_model_customization_job", "ValidationException", f"Bad hyperparameter {message}", 400
    )
    time = FakeTime()
    with pytest.raises(Rejected, match="Bad hyperparameter"):
        jobs.create_job(clients, CONFIG, clock=time.clock)
    assert time.pauses == []


def summary_named(name: str) -> dict:
    return {
        "jobArn": ARN,
        "baseModelArn": BASE_ARN,
        "jobName": name,
        "status": "Failed",
        "creationTime": WHEN,
    }


REFUSED = ("create_model_customization_job", "ConflictException", "The job name is in use", 400)
BY_NAME = {"jobIdentifier": CONFIG.job_name}
NO_SUCH_JOB = ("get_model_customization_job", "ResourceNotFoundException", "none", 404)


def already_there(bedrock, tags=(), **changes):
    """The job of this name exists, and the next name as well."""
    there = {**DESCRIBED, "validationDataConfig": {"validators": [{"s3Uri": CONFIG.validation_data_uri}]}}
    bedrock.add_client_error(*REFUSED)
    bedrock.add_response("get_model_customization_job", there | changes, BY_NAME)
    taken = [summary_named(name) for name in (CONFIG.job_name, f"{CONFIG.job_name}-2")]
    bedrock.add_response("list_model_customization_jobs", {"modelCustomizationJobSummaries": taken})
    bedrock.add_response("list_tags_for_resource", {"tags": list(tags)})


@pytest.mark.parametrize("status", ["InProgress", "Completed"])
def test_a_creation_that_is_repeated_goes_on_with_the_job_that_is_there(clients, bedrock, status, caplog):
    already_there(bedrock, status=status)
    found = jobs.create_job(clients, CONFIG)
    assert (found.job_arn, found.status) == (ARN, status)
    step = {"InProgress": "`wait_for_job_completion(", "Completed": "`deploy_custom_model("}
    assert "and is reused" in caplog.text
    assert step[status] in caplog.text


@pytest.mark.parametrize("status", ["Failed", "Stopping", "Stopped"])
def test_a_job_that_came_to_nothing_is_no_result_and_another_name_is_proposed(clients, bedrock, status):
    already_there(bedrock, status=status, failureMessage="the disk was full")
    with pytest.raises(
        Conflict, match=f"{status}: the disk was full, cannot be resumed.*'{CONFIG.job_name}-3' is free"
    ):
        jobs.create_job(clients, CONFIG)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"hyperParameters": {"epochCount": "3"}}, "epochCount is '3', and not '2' as requested"),
        ({"hyperParameters": {}}, "epochCount is 'left to the service', and not '2' as requested"),
        ({"trainingDataConfig": {"s3Uri": "s3://bucket/other.jsonl"}}, "the training data is 's3://bucket/o"),
        ({"validationDataConfig": {"validators": []}}, "the validation data is"),
        ({"outputDataConfig": {"s3Uri": "s3://bucket/else/"}}, "the output is"),
        (
            {"outputModelName": "another"},
            "the model's name is 'another', and not 'finetuned-model' as requested",
        ),
        ({"baseModelArn": BASE_ARN.replace("lite", "pro")}, "the base model is"),
        (
            {"tags": [{"key": MANIFEST_TAG, "value": "before"}]},
            "the data set is 'before', and not 'now' as requested",
        ),
    ],
)
def test_a_job_name_that_another_job_has_says_in_what_it_differs(clients, bedrock, changes, says):
    already_there(bedrock, **changes)
    with pytest.raises(Conflict, match=f"differs: {says}.*'{CONFIG.job_name}-3' is free"):
        jobs.create_job(clients, replace(CONFIG, job_tags={MANIFEST_TAG: "now"}))


def test_one_request_has_one_token_and_another_has_another(clients):
    def token(config):
        return idempotency_token(jobs.request_for(config, resolve_settings(config, Settings()), token="any"))

    assert token(CONFIG) == token(replace(CONFIG))
    assert token(CONFIG) != token(replace(CONFIG, hyperparameters={"epochCount": "3"}))


def test_another_conflict_is_told_as_it_is(clients, bedrock):
    bedrock.add_client_error(
        "create_model_customization_job", "ConflictException", "The model name is in use", 400
    )
    bedrock.add_client_error(*NO_SUCH_JOB)
    with pytest.raises(Conflict) as caught:
        jobs.create_job(clients, CONFIG)
    assert "is free" not in str(caught.value)


NOT_STARTED = {
    "statusDetails": {
        f"{phase}Details": {"status": "NotStarted"} for phase in ("validation", "dataProcessing", "training")
    }
}


def test_a_job_that_does_not_begin_has_a_limit_of_its_own(clients, bedrock):
    for _ in range(3):
        described(bedrock, status="InProgress", **NOT_STARTED)
    with pytest.raises(WaitTimeout, match="has been queued for 120 seconds and has not begun") as caught:
        jobs.wait_for_job(
            clients.bedrock, ARN, interval=60, timeout=86_400, begin_within=120, clock=FakeTime().clock
        )
    assert caught.value.last.waits_for_its_turn


def test_a_job_that_has_begun_may_take_its_time(clients, bedrock):
    described(bedrock, status="InProgress", **NOT_STARTED)
    for _ in range(3):
        described(bedrock, status="InProgress")
    described(bedrock, status="Completed")
    job = jobs.wait_for_job(
        clients.bedrock, ARN, interval=60, timeout=86_400, begin_within=60, clock=FakeTime().clock
    )
    assert job.status is JobStatus.COMPLETED


def test_nothing_is_sent_when_the_hyperparameters_cannot_work(clients, bedrock):
    by_a_short_name = Settings(base_models={"mine": BASE_ARN})
    wrong = {"epochCount": "9", "topK": "3", "batchSize": 2}
    with pytest.raises(InvalidConfig) as caught:
        jobs.create_job(
            clients, replace(CONFIG, base_model="mine", hyperparameters=wrong), settings=by_a_short_name
        )
    assert len(caught.value.problems) == 3


def test_a_wrong_config_gets_all_its_problems_in_one_message():
    wrong = {
        "training_data_uri": "s3://bucket/a b.jsonl",
        "role_arn": "my-role",
        "job_name": "a_b",
        "validation_split": 2.0,
        "hyperparameters": {"epochCount": "9", "topK": "3"},
    }
    with pytest.raises(InvalidConfig) as caught:
        replace(CONFIG, validation_data_uri=None, **wrong)
    assert len(caught.value.problems) == 6


def test_waiting_ends_with_the_job_and_shows_every_look(clients, bedrock):
    described(bedrock, status="InProgress")
    described(bedrock, status="Stopping")
    described(bedrock, status="Stopped")
    seen = []
    time = FakeTime()
    job = jobs.wait_for_job(
        clients.bedrock,
        ARN,
        interval=60,
        timeout=3600,
        on_poll=lambda job: seen.append(str(job.status)),
        clock=time.clock,
    )
    assert job.status is JobStatus.STOPPED
    assert seen == ["InProgress", "Stopping", "Stopped"]
    assert time.pauses == [60, 60]


def test_running_out_of_time_is_not_completion(clients, bedrock):
    for _ in range(3):
        described(bedrock, status="InProgress")
    with pytest.raises(WaitTimeout, match="'model-finetuning-job', InProgress") as caught:
        jobs.wait_for_job(clients.bedrock, ARN, interval=60, timeout=120, clock=FakeTime().clock)
    assert caught.value.last.status is JobStatus.IN_PROGRESS


def test_the_list_is_read_page_by_page(clients, bedrock):
    summary = {
        "jobArn": ARN,
        "baseModelArn": BASE_ARN,
        "jobName": "a",
        "status": "Completed",
        "creationTime": WHEN,
    }
    order = {"sortBy": "CreationTime", "sortOrder": "Descending", "statusEquals": "Completed"}
    answers = [
        ({"modelCustomizationJobSummaries": [summary], "nextToken": "more"}, order),
        (
            {"modelCustomizationJobSummaries": [summary | {"jobName": "b", "customModelArn": MODEL_ARN}]},
            order | {"nextToken": "more"},
        ),
    ]
    for answer, expected in answers:
        bedrock.add_response("list_model_customization_jobs", answer, expected)
    found = list(jobs.list_jobs(clients.bedrock, status=JobStatus.COMPLETED))
    assert [(job.job_name, job.model_id) for job in found] == [("a", None), ("b", MODEL_ARN)]


def test_a_job_is_stopped(clients, bedrock):
    bedrock.add_response("stop_model_customization_job", {}, {"jobIdentifier": ARN})
    jobs.stop_job(clients.bedrock, ARN)


@pytest.mark.parametrize("said", [None, "{"])
def test_a_service_that_would_make_no_model_is_not_asked_to_stop(clients, bedrock, said):
    headers = {SCHEDULE_HEADER: said} if said else {}
    described(bedrock, status="InProgress", ResponseMetadata={"HTTPHeaders": headers})
    with pytest.raises(InvalidConfig, match="this server makes no model of a job that is stopped"):
        jobs.finish_job(clients.bedrock, ARN)


def test_aws_is_asked_nothing_where_a_model_is_to_be_kept(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    service = ModelFinetuningService(region="us-east-1")
    with pytest.raises(InvalidConfig, match="Amazon Bedrock makes no model of a job that is stopped"):
        service.stop_job(ARN, keep_model=True)


def test_jobs_in_a_list_have_the_progress_and_the_schedule_of_their_page(clients, bedrock):
    summary = {name: DESCRIBED[name] for name in ("jobArn", "jobName", "status", "creationTime")}
    summary |= {"status": "InProgress", "baseModelArn": BASE_ARN}
    headers = {
        PROGRESS_HEADER: '{"abcdefghijkl":{"done":12,"total":60}}',
        SCHEDULE_HEADER: '{"abcdefghijkl":{"ends_in":240.0}}',
    }
    page = {"modelCustomizationJobSummaries": [summary], "ResponseMetadata": {"HTTPHeaders": headers}}
    bedrock.add_response("list_model_customization_jobs", page)
    (job,) = jobs.list_jobs(clients.bedrock)
    assert job.progress == JobProgress(done=12, total=60)
    assert job.schedule == JobSchedule(ends_in=240.0)


@pytest.mark.parametrize("status", ["Stopping", "Stopped"])
def test_a_stop_whose_answer_was_lost_counts_as_done(clients, bedrock, no_pauses, status):
    bedrock.add_client_error("stop_model_customization_job", "InternalServerException", "lost", 500)
    bedrock.add_client_error("stop_model_customization_job", "ConflictException", "is stopping", 400)
    described(bedrock, status=status)
    jobs.stop_job(clients.bedrock, ARN)


def test_a_stop_that_comes_too_late_says_so_because_there_is_a_model(clients, bedrock, no_pauses):
    bedrock.add_client_error("stop_model_customization_job", "InternalServerException", "lost", 500)
    bedrock.add_client_error("stop_model_customization_job", "ConflictException", "is Completed", 400)
    described(bedrock, status="Completed")
    with pytest.raises(Conflict, match="is Completed"):
        jobs.stop_job(clients.bedrock, ARN)


def test_a_split_replaces_both_uris_before_the_job_is_started(object_store_clients, s3_folder):
    from burnish.aws import objects
    from burnish.records import classification_prompt, classification_record, line_of

    prompt = classification_prompt(["a", "b"])
    lines = [
        line_of(
            classification_record(
                prompt,
                image_uri=f"s3://pages/{number}.png",
                bucket_owner="123456789012",
                label="ab"[number % 2],
            )
        )
        for number in range(20)
    ]
    source = s3_folder.child("training.jsonl")
    objects.upload_bytes(object_store_clients.s3, source, b"".join(lines))
    config = replace(CONFIG, training_data_uri=str(source), validation_data_uri=None, validation_split=0.2)
    sent = {}
    with Stubber(object_store_clients.bedrock) as stubber:
        stubber.add_response("create_model_customization_job", {"jobArn": ARN})
        object_store_clients.bedrock.meta.events.register(
            "before-parameter-build.bedrock.CreateModelCustomizationJob",
            lambda params, **_: sent.update(params),
        )
        jobs.create_job(object_store_clients, config)
    assert input_problems("bedrock", "CreateModelCustomizationJob", sent) == []
    validation_uri = sent["validationDataConfig"]["validators"][0]["s3Uri"]
    assert objects.read_bytes(object_store_clients.s3, objects.S3Uri.parse(validation_uri)).count(b"\n") == 4
    assert sent["trainingDataConfig"]["s3Uri"] not in (str(source), validation_uri)
