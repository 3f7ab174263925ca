"""A release is a template that installs what the sources say, from packages in a bucket, without sources."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import urlparse

import pytest
from samtranslator.yaml_helper import yaml_parse

from cloud import NESTED, REGION, Cloud
from house import FUNCTIONS, ROOT

SAM = ROOT / "infra/sam"
BUCKET = "releases"


def toolchain() -> dict[str, str]:
    """Where cargo and its toolchains are, whatever HOME says."""
    homes = {"CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup"}
    return {name: os.environ.get(name, str(Path.home() / folder)) for name, folder in homes.items()}


def release(cloud: Cloud, binaries: Path, template: Path) -> subprocess.CompletedProcess[str]:
    settings = {
        "PATH": f"{ROOT / '.tools/sam/bin'}:{os.environ['PATH']}",
        "HOME": str(binaries),
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "SAM_CLI_TELEMETRY": "0",
        "BINARIES": str(binaries),
        **toolchain(),
    }
    command = [SAM / "release.sh", BUCKET, template]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def binaries(code: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as `cargo lambda build --output-format zip` leaves them."""
    folder = tmp_path_factory.mktemp("lambda")
    for logical_id, name in FUNCTIONS.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "bootstrap.zip").write_bytes(code[logical_id])
    return folder


def in_bucket(cloud: Cloud, url: str) -> bytes:
    """What a release points to, as `s3://bucket/key` or by its address."""
    key = urlparse(url).path.removeprefix(f"/{BUCKET}").lstrip("/")
    return cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()


def test_a_release_is_the_sources_with_packages_in_their_place(
    cloud: Cloud, code: dict[str, bytes], binaries: Path, tmp_path: Path
) -> None:
    cloud.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    done = release(cloud, binaries, tmp_path / "release.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"sam deploy --template-file {tmp_path / 'release.yaml'} ")
    assert all((binaries / name / "bootstrap.cdx.json").exists() for name in FUNCTIONS.values())

    released, source = (yaml_parse(path.read_text()) for path in (tmp_path / "release.yaml", SAM / "template.yaml"))
    assert released["Parameters"] == source["Parameters"]
    installed = set()
    for name, stack in source["Resources"].items():
        assert stack["Type"] == NESTED
        there = released["Resources"][name]["Properties"]
        assert there["Parameters"] == stack["Properties"]["Parameters"]
        nested = yaml_parse(in_bucket(cloud, there["TemplateURL"]).decode())
        wanted = yaml_parse((SAM / stack["Properties"]["TemplateURL"]).read_text())
        for logical_id, resource in nested["Resources"].items():
            # How it is built in the one, which place it came from in the other.
            resource.pop("Metadata")
            wanted["Resources"][logical_id].pop("Metadata", None)
            if resource["Type"] == "AWS::Serverless::Function":
                assert in_bucket(cloud, resource["Properties"].pop("CodeUri")) == code[logical_id]
                del wanted["Resources"][logical_id]["Properties"]["CodeUri"]
                installed.add(logical_id)
        assert nested == wanted, name
    assert installed == set(FUNCTIONS)


def test_what_is_not_built_is_named_and_nothing_is_released(cloud: Cloud, tmp_path: Path) -> None:
    done = release(cloud, tmp_path, tmp_path / "release.yaml")
    assert done.returncode == 1
    for name in sorted(set(FUNCTIONS.values())):
        assert f"there is no {tmp_path}/{name}/bootstrap.zip" in done.stderr
    assert not (tmp_path / "release.yaml").exists()
