"""The same as `loop.py` through the service, which checks first, waits well, and cleans up whatever happens.

python examples/service.py documents/ my-bucket amazon.nova-lite-v1:0:300k
"""

import sys
from datetime import datetime
from functools import partial
from pathlib import Path

from burnish import (
    Destination,
    FinetuningJobConfig,
    ModelFinetuningService,
    Preparation,
    SplitPlan,
    open_clients,
    prepare_dataset,
    read_folder,
)
from burnish.datasets.documents import Part
from burnish.evaluation import (
    AskedPages,
    Candidate,
    ConversePredictor,
    Evaluation,
    Journal,
    identity_of,
    pages_of,
    prompt_digest,
    require_unseen,
    with_thumbnails,
    write_evaluation,
)
from burnish.families import CustomizationType, family_of

folder, bucket, base_model = sys.argv[1:]
clients = open_clients()
service = ModelFinetuningService(clients=clients)
family = family_of(base_model)
name = f"service-{datetime.now():%Y%m%d-%H%M%S}"

data = prepare_dataset(
    read_folder(folder),
    s3=clients.s3,
    destination=Destination(bucket=bucket, prefix="service", owner=clients.account_id),
    preparation=Preparation(
        rules=family.tuning(base_model, CustomizationType.FINE_TUNING).rules,
        model=base_model,
        plan=SplitPlan(test_share=0.2, validation_share=0.15, seed=0),
    ),
)
role = service.create_or_update_model_customization_role("BurnishService", buckets=[bucket])
job = service.create_finetuning_job(
    FinetuningJobConfig(
        base_model=base_model,
        model_type=family.name,
        training_data_uri=data.train_uri,
        validation_data_uri=data.validation_uri,
        output_uri=f"s3://{bucket}/service/output/",
        role_arn=role,
        job_name=name,
        model_name=name,
    )
)
job = service.wait_for_job_completion(job.job_arn, model_type=family.name, polling_interval=5)
print(job)

deployed = service.deploy_custom_model(job.model_id, name, polling_interval=5)
try:
    pages = pages_of(clients.s3, data.manifest, Part.TEST)
    journal = Journal(Path("service-report") / "answers.jsonl")
    candidates = []
    for title, model in (("base", base_model), ("tuned", deployed.model_id)):
        asked = ConversePredictor(
            name=title,
            model_id=model,
            runtime=clients.bedrock_runtime,
            prompt=data.prompt,
            journal=journal,
            identify=partial(identity_of, clients),
        )
        # Says, or refuses, where a model has seen these pages: here each was kept out of training.
        seen = require_unseen(clients, {title: asked.identity.model_arn}, AskedPages(manifest=data.manifest))
        candidates.append(
            Candidate(
                name=title,
                predictions=tuple(asked.predict(pages)),
                identity=asked.identity,
                remarks=seen[title],
            )
        )
    evaluation = Evaluation(
        title=name,
        created=datetime.now().astimezone(),
        dataset=data.manifest_uri,
        labels=data.labels,
        candidates=tuple(candidates),
        pages={page.name: page.digest for page in pages},
        prompt=prompt_digest(data.prompt),
    )
    print(evaluation.scores.conclusion)
    print("report:", write_evaluation(with_thumbnails(evaluation, pages), Path("service-report")))
finally:
    service.undeploy_custom_model(deployed.model_id)
    service.delete_custom_model(job.model_id)
    service.delete_role(role)
