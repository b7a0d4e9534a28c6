"""Documents to a model that is tuned, asked and deleted: flat lines of boto3 and Burnish's pieces.

    python examples/loop.py documents/ my-bucket amazon.nova-lite-v1:0:300k

`documents/` has a sub-folder for each type. On AWS this costs money while the throughput is there; on a server
of your own set `eval "$(burnish env)"` first, and name one of its models.
"""

import sys
import time

import boto3

from burnish import Destination, Preparation, SplitPlan, prepare_dataset, read_folder, read_manifest
from burnish.aws.role_policies import JobScope, RoleNeeds
from burnish.aws.roles import create_or_update_model_customization_role, delete_role
from burnish.datasets.documents import Part
from burnish.evaluation import metrics_of, pages_of, predict
from burnish.families import CustomizationType, family_of

folder, bucket, base_model = sys.argv[1:]
s3, iam, bedrock, runtime = (boto3.client(name) for name in ("s3", "iam", "bedrock", "bedrock-runtime"))
scope = JobScope(account_id=boto3.client("sts").get_caller_identity()["Account"], region=s3.meta.region_name)
rules = family_of(base_model).tuning(base_model, CustomizationType.FINE_TUNING).rules

# A data set: pages and records in S3, none of a document or its copies on two sides of the split.
data = prepare_dataset(
    read_folder(folder),
    s3=s3,
    destination=Destination(bucket=bucket, prefix="loop", owner=scope.account_id),
    preparation=Preparation(rules=rules, plan=SplitPlan(test_share=0.2, validation_share=0.15, seed=0)),
)
# A role that can read and write this bucket and nothing else, and a job.
role = create_or_update_model_customization_role(
    iam, role_name="BurnishLoop", needs=RoleNeeds(buckets=(bucket,)), scope=scope
)
job = bedrock.create_model_customization_job(
    jobName=f"loop-{int(time.time())}",
    customModelName=f"loop-{int(time.time())}",
    roleArn=role,
    baseModelIdentifier=base_model,
    trainingDataConfig={"s3Uri": data.train_uri},
    validationDataConfig={"validators": [{"s3Uri": data.validation_uri}]},
    outputDataConfig={"s3Uri": f"s3://{bucket}/loop/output/"},
)["jobArn"]
while (seen := bedrock.get_model_customization_job(jobIdentifier=job))["status"] == "InProgress":
    time.sleep(5)
print("job:", seen["status"], seen.get("failureMessage", ""))

# Throughput, which bills by the hour from here on, and the held-out pages.
tuned = bedrock.create_provisioned_model_throughput(
    modelUnits=1, provisionedModelName=f"loop-{int(time.time())}", modelId=seen["outputModelArn"]
)["provisionedModelArn"]
while bedrock.get_provisioned_model_throughput(provisionedModelId=tuned)["status"] == "Creating":
    time.sleep(5)
pages = pages_of(s3, read_manifest(s3, data.manifest_uri), Part.TEST)
for name, model in (("base", base_model), ("tuned", tuned)):
    scores = metrics_of(predict(runtime, model, pages, data.prompt), data.labels)
    print(f"{name}: {scores.correct} of {scores.pages} pages right")

# Nothing is left that costs anything.
bedrock.delete_provisioned_model_throughput(provisionedModelId=tuned)
while any(
    one["provisionedModelArn"] == tuned
    for one in bedrock.list_provisioned_model_throughputs()["provisionedModelSummaries"]
):
    time.sleep(5)
bedrock.delete_custom_model(modelIdentifier=seen["outputModelArn"])
delete_role(iam, role)
