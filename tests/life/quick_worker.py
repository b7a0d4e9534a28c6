"""In the place of the training worker, where only the way of requests is tried: a model without training."""

from __future__ import annotations

import os
import shutil
import sys

from burnish.server.arns import new_arn
from burnish.server.data_folder import close_to_others
from burnish.server.job_files import attempt_folder
from burnish.server.job_input import READER_OF_WORKER_INPUT
from burnish.server.resources import CustomModel, Job, JobPhase
from burnish.server.store import Store
from burnish.server.wire.call import Identity

given = READER_OF_WORKER_INPUT.read(sys.argv[1])
store = Store(given.data)
job = store.get(Job, given.job_arn)
assert job
adapter = attempt_folder(given.data, job.id, given.attempt)
shutil.copytree(os.environ["READY_ADAPTER"], adapter, dirs_exist_ok=True)
close_to_others(adapter)  # a copy keeps permissions
caller = Identity(account_id=job.arn.split(":")[4], access_key="", region=job.region)
model = CustomModel(
    arn=new_arn(caller, f"custom-model/{job.base_model_id}"),
    region=job.region,
    name=job.model_name,
    job_arn=job.arn,
    base_model_id=job.base_model_id,
    weights_id=job.weights_id,
    adapter=adapter.relative_to(given.data).as_posix(),
)
phases = {phase: JobPhase(status="Completed") for phase in job.phases}
if job.name.startswith("stuck"):
    sys.exit()  # the job is stopped before anybody notices
if not store.complete(job, model, training_loss=0.5, validation_loss=None, phases=phases):
    store.change(Job, job.arn, status="Stopped")
