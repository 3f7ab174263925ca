"""infra/deploy-functions.sh against an installation: every function's code is new, and everything else is as it was."""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud import ACCOUNT, REGION, Cloud, wait_until, zip_bootstrap
from house import EVENTS, FUNCTIONS, ROOT, SOON, TEMPLATE

NAME = "tidegate"
# As Lambda calls what this machine is, so that the binaries that were built here run in the emulator.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
# What a deploy of code changes, and what is said anew of every change.
OF_CODE = {"CodeSha256", "CodeSize", "LastModified", "RevisionId", "ResponseMetadata"}
OF_CODE |= {"StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
BINARIES = {
    f"CodeDeployHook_{NAME}" if logical_id == "CodeDeployHook" else f"{NAME}-{binary}": binary
    for logical_id, binary in FUNCTIONS.items()
}
SAMPLES = ROOT / "tests" / "bench" / "events"

Deploy = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, code: dict[str, bytes]) -> Iterator[Cloud]:
    """An installation on an emulator of its own, whose functions do nothing yet."""
    folder = tmp_path_factory.mktemp("deploy")
    nothing = folder / "bootstrap"
    nothing.write_text("#!/bin/sh\nexit 1\n")
    with Cloud(folder) as running:
        empty = dict.fromkeys(code, zip_bootstrap(nothing))
        running.deploy_stack(TEMPLATE, {"Architecture": ARCHITECTURE}, empty, NAME)
        yield running


@pytest.fixture(scope="module")
def binaries(code: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real binaries, as `cargo lambda build` lays them out."""
    folder = tmp_path_factory.mktemp("lambda")
    for logical_id, binary in FUNCTIONS.items():
        zipfile.ZipFile(io.BytesIO(code[logical_id])).extractall(folder / binary)
        (folder / binary / "bootstrap").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def deploy(cloud: Cloud, binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """Calls the script as a person does who has cargo-lambda and the AWS CLI."""
    folder = tmp_path_factory.mktemp("bin")
    aws = folder / "aws"
    aws.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("aws_cli.py")}" "$@"\n')
    aws.chmod(0o755)
    variables = os.environ | {
        "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    def called(name: str = NAME, binaries: Path = binaries) -> subprocess.CompletedProcess[str]:
        given = {"NAME": name, "BINARIES": str(binaries)}
        script = ROOT / "infra" / "deploy-functions.sh"
        return subprocess.run([script], env=variables | given, capture_output=True, text=True, check=False)

    return called


def installed(cloud: Cloud) -> dict[str, dict]:
    """Every function's configuration and tags, once it is ready."""
    functions = cloud.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    names = [found["FunctionName"] for page in pages for found in page["Functions"]]

    def ready(name: str) -> dict | None:
        one = functions.get_function_configuration(FunctionName=name)
        is_ready = (one["State"], one["LastUpdateStatus"]) == ("Active", "Successful")
        return one | {"Tags": functions.list_tags(Resource=one["FunctionArn"])["Tags"]} if is_ready else None

    return {name: wait_until(lambda name=name: ready(name), SOON, f"{name} is ready") for name in names}


def settings(functions: dict[str, dict]) -> dict[str, dict]:
    return {name: {key: value for key, value in one.items() if key not in OF_CODE} for name, one in functions.items()}


def digests(functions: dict[str, dict]) -> dict[str, str]:
    return {name: one["CodeSha256"] for name, one in functions.items()}


def test_where_nothing_is_installed_nothing_is_created(cloud: Cloud, deploy: Deploy) -> None:
    called = deploy(name="elsewhere")
    assert (called.returncode, "elsewhere-traffic-shift cannot be read" in called.stderr) == (1, True), called
    assert installed(cloud).keys() == BINARIES.keys()


def test_a_binary_for_another_processor_is_given_to_nobody(
    cloud: Cloud, deploy: Deploy, binaries: Path, tmp_path: Path
) -> None:
    before = digests(installed(cloud))
    shutil.copytree(binaries, tmp_path, dirs_exist_ok=True)
    # The last one of the list: none before it may have been deployed.
    with (tmp_path / "notify" / "bootstrap").open("r+b") as binary:
        binary.seek(18)
        binary.write(bytes([0xF3, 0x00]))
    called = deploy(binaries=tmp_path)
    assert (called.returncode, f"{NAME}-notify runs on {ARCHITECTURE}" in called.stderr) == (1, True), called
    assert digests(installed(cloud)) == before


def test_every_function_gets_its_code_and_keeps_its_settings(cloud: Cloud, deploy: Deploy) -> None:
    before = installed(cloud)
    called = deploy()
    assert called.returncode == 0, called
    after = installed(cloud)
    for name, kept in settings(after).items():
        assert kept == settings(before)[name]
    unchanged = {name for name, digest in digests(after).items() if digest == before[name]["CodeSha256"]}
    assert (unchanged, after.keys()) == (set(), BINARIES.keys())
    for one in after.values():
        assert one["Environment"]["Variables"]["TIDEGATE_TABLE"]
        assert (one["MemorySize"], one["Timeout"], one["TracingConfig"]) == (256, 60, {"Mode": "Active"})
        assert ":role/" in one["Role"]


# What each binary says to its sample where nothing has happened yet.
SAID = {
    f"{NAME}-traffic-shift": "no such rollout",
    f"{NAME}-health-check": '"swept": 0',
    f"CodeDeployHook_{NAME}": '"asked": "d-deploymentId"',
    f"{NAME}-rollback": "no such rollout",
    f"{NAME}-feature-flag": "there is no application at all",
    f"{NAME}-notify": "no such rollout",
}


@pytest.mark.parametrize("function", BINARIES)
def test_a_deployed_function_answers(cloud: Cloud, function: str) -> None:
    hook = EVENTS / "lambda-codedeploy-hook.json"
    sample = hook if function.startswith("CodeDeployHook_") else SAMPLES / f"{BINARIES[function]}.json"
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=sample.read_text().replace("123456789012", ACCOUNT))
    said = answer["Payload"].read().decode()
    assert ("FunctionError" not in answer, SAID[function] in said) == (True, True), said
