import subprocess
import sys

import burnish
import idp_common.model_finetuning as seed

NAMES = {
    "AccessDenied",
    "BurnishError",
    "CannotConnect",
    "Clients",
    "Conflict",
    "CustomModelDeploymentConfig",
    "CustomModelDeploymentResult",
    "CustomizationType",
    "DeploymentStatus",
    "DeploymentType",
    "FinetuningJobConfig",
    "FinetuningJobResult",
    "InvalidConfig",
    "InvalidDocuments",
    "InvalidInput",
    "InvalidRecords",
    "JobFailed",
    "JobStatus",
    "ModelFinetuningService",
    "ModelImportJobConfig",
    "NotFound",
    "PreparedDataset",
    "ProvisionedThroughputConfig",
    "ProvisionedThroughputResult",
    "ProvisioningStatus",
    "Rejected",
    "ServiceError",
    "VpcConfig",
    "WaitTimeout",
    "open_clients",
    "prepare_dataset",
    "read_folder",
    "read_manifest",
    "source_named",
    "Destination",
    "Manifest",
    "Preparation",
    "SplitPlan",
    "Workspace",
    "connect",
    "Part",
    "read_documents",
    "sample_documents",
    "preview_pages",
    "EvaluationResult",
    "Classification",
}


def test_the_public_names_are_these():
    assert set(burnish.__all__) == set(dir(burnish)) == NAMES


def test_every_public_name_is_there_and_documented():
    for name in NAMES:
        assert getattr(burnish, name).__doc__, name


def test_a_name_that_is_not_public_is_not_there():
    assert not hasattr(burnish, "JobManager")


def test_the_seeds_names_are_names_here_too():
    assert set(seed.__all__) < NAMES


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'boto3', 'botocore', 'PIL', 'pypdfium2', 'torch', 'msgspec', 'numpy', 'pandas', 'rich'}"
    code = f"import sys, burnish; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_making_the_service_does_not_load_boto3():
    code = (
        "import sys; from idp_common.model_finetuning import ModelFinetuningService as Service; "
        "Service(region='us-east-1'); assert 'boto3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
