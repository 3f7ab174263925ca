"""The main job: a new version of a tagged function is let in a little at a time, and in the end carries the traffic."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cloud import ACCOUNT, REGION, wait_until
from house import SOON, House, Workload, policy


def test_a_new_version_of_a_tagged_function_is_let_in_step_by_step(house: House) -> None:
    workload = house.workload("stepwise")
    before = house.alias(workload)
    assert (before["primary"], before["weights"]) == ("1", {})

    rollout = house.bake(workload)
    first = house.alias(workload)
    assert (first["primary"], first["weights"]) == ("1", {"2": 0.1})
    assert first["revision"] != before["revision"]
    assert house.lock(workload) == rollout

    house.command(rollout, "promote", why="seen enough")
    house.until(rollout, "baking", step=1)
    assert house.traffic(workload) == ("1", {"2": 0.5})

    house.command(rollout, "promote")
    house.sweep_until(rollout, "succeeded")
    assert house.traffic(workload) == ("2", {})
    assert house.wishes(rollout) == [10, 50, 100]
    assert house.outcomes(rollout) == ["succeeded"]
    assert house.lock(workload) is None


def test_every_change_of_a_rollout_stands_in_its_timeline_with_its_reason(house: House) -> None:
    workload = house.workload("timeline")
    rollout = house.bake(workload)
    house.command(rollout, "promoteFull")
    house.sweep_until(rollout, "succeeded")
    told = [(entry["by"], entry["to"], entry["reason"]["because"]) for entry in house.timeline(rollout)]
    assert told[:8] == [
        ("traffic-shift", "queued", "requested"),
        ("traffic-shift", "preflight", "targetFree"),
        ("health-check", "preflight", "recorded"),
        ("traffic-shift", "baking", "preflightPassed"),
        ("traffic-shift", "baking", "weightReached"),
        ("traffic-shift", "watching", "overridden"),
        ("traffic-shift", "watching", "fullyPromoted"),
        ("traffic-shift", "succeeded", "watchOver"),
    ]
    assert {entry[2] for entry in told[8:]} == {"recorded"}
    versions = [entry["version"] for entry in house.timeline(rollout)]
    assert versions == list(range(1, len(versions) + 1))
    assert house.document(rollout)["version"] == versions[-1]


def test_updating_code_and_publishing_it_starts_a_rollout_too(house: House) -> None:
    workload = house.workload("updated")
    event = house.version_event(workload.function, "2", sample="eb-cloudtrail-updatefunctioncode")
    assert house.cloud.deliver(event) == [arn(house.function("traffic-shift"))]
    house.until(workload.rollout(), "baking", step=0)
    assert house.traffic(workload) == ("1", {"2": 0.1})


def test_a_request_on_the_bus_starts_a_rollout_under_a_policy_of_its_own(house: House) -> None:
    workload = house.workload("requested")
    strategy = {"steps": [{"setWeight": 2.5}, {"bake": "1m"}], "watch": "0s"}
    detail = {
        "id": "requested-by-hand",
        "target": {"lambda": {"function": workload.function, "alias": workload.alias}},
        "version": "2",
        "policy": policy("inline", strategy=strategy),
        "by": "e2e",
    }
    house.cloud.put_event("tidegate", "Rollout Requested", detail, house.bus)
    house.until("requested-by-hand", "baking", step=0)
    assert house.traffic(workload) == ("1", {"2": 0.025})


def test_a_new_version_of_a_function_without_the_tag_is_left_alone(house: House) -> None:
    function = house.create_function("untagged")
    house.cloud.deliver(house.version_event(function, "1"))
    wait_until(lambda: any("untagged is not tagged" in line for line in house.logs("traffic-shift")), SOON, "it is passed over")
    assert house.document("untagged-live-1") is None


def test_a_newer_version_takes_the_place_of_the_older_one(house: House) -> None:
    workload = house.workload("newer")
    older = house.bake(workload)
    version = house.publish(workload.function)
    newer = house.release(workload, version)
    house.sweep_until(newer, "baking")
    superseded = house.until(older, "superseded")
    assert superseded["phase"]["by"] == newer
    assert house.traffic(workload) == ("1", {"3": 0.1})
    assert house.wishes(older) == [10, 0]
    assert house.outcomes(older) == ["superseded"]
    assert house.lock(workload) == newer


def test_an_older_version_never_takes_traffic_from_a_newer_one(house: House) -> None:
    workload = house.workload("late-event")
    version = house.publish(workload.function)
    newer = house.bake(workload, version)
    older = house.release(workload, "2")
    refused = house.until(older, "refused")
    assert refused["phase"]["findings"][0]["kind"] == "newerUnderWay"
    assert house.outcomes(older) == ["refused"]
    assert house.traffic(workload) == ("1", {"3": 0.1})
    assert house.phase(newer) == "baking"


def test_a_function_deployed_with_cargo_lambda_is_rolled_out(house: House, tmp_path: Path) -> None:
    function = "deployed-with-cargo-lambda"
    (tmp_path / "Cargo.toml").write_text(f'[package]\nname = "{function}"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text("fn main() {}\n")
    deploy(house, function, elf(tmp_path / "one", b"1"))
    functions = house.cloud.client("lambda")
    stable = functions.publish_version(FunctionName=function)["Version"]
    functions.create_alias(FunctionName=function, Name="live", FunctionVersion=stable)
    house.apply_policy(policy(function))
    functions.tag_resource(Resource=arn(function), Tags={"tidegate:policy": function})

    deploy(house, function, elf(tmp_path / "two", b"2"))
    candidate = functions.publish_version(FunctionName=function)["Version"]
    assert candidate != stable
    workload = Workload(function)
    rollout = house.bake(workload, candidate)
    assert house.traffic(workload) == (stable, {candidate: 0.1})
    house.command(rollout, "promoteFull")
    house.sweep_until(rollout, "succeeded")
    assert house.traffic(workload) == (candidate, {})


def elf(path: Path, mark: bytes) -> Path:
    """Some ELF binary, told from others by what stands at its end: cargo-lambda takes no script, and nobody runs it."""
    shutil.copy("/bin/true", path)
    with path.open("ab") as binary:
        binary.write(mark)
    return path


def deploy(house: House, function: str, binary: Path) -> None:
    command = [str(Path(sys.executable).parent / "cargo-lambda"), "lambda", "deploy", "--region", REGION]
    command += ["--endpoint-url", house.cloud.endpoint, "--iam-role", f"arn:aws:iam::{ACCOUNT}:role/workload"]
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(
        [*command, "--binary-path", str(binary), function],
        cwd=binary.parent,
        env=os.environ | credentials,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    house.until_ready(function)


def arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
