"""The operator's command against a real installation: what a person types, and what comes of it in table, alias and bus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloud import REGION
from command import BAD, DENIED, GOOD, UNAVAILABLE, UNDECIDED, USAGE, Command, ended
from house import House, Workload, policy
from rough import RoughHouse


@pytest.fixture(scope="module")
def tidegate(house: House, binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(house.cloud.endpoint, binary, tmp_path_factory.mktemp("ana"))


def applied(tidegate: Command, folder: Path, rules: dict) -> str:
    """Stores a policy with the command; its name."""
    file = folder / f"{rules['name']}.json"
    file.write_text(json.dumps(rules))
    assert tidegate.json("policy", "apply", file) == [rules["name"]]
    return rules["name"]


def started(tidegate: Command, workload: Workload) -> str:
    """Asks for a rollout of version 2 under the workload's own policy; its name, once it bakes."""
    line = ["start", "--version", "2", "--policy", workload.function]
    status = tidegate.json(*line, "--function", workload.function, "--alias", workload.alias)
    assert (status["phase"], status["weight"]) == ("baking", 10)
    return status["rollout"]


def test_a_policy_that_is_applied_is_given_back_as_it_was(house: House, tidegate: Command, tmp_path: Path) -> None:
    name = applied(tidegate, tmp_path, policy("kept-by-hand"))
    assert house.item(f"POLICY#{name}", "POLICY")["by"] == "ana"
    kept = tidegate.json("policy", "get", name)
    assert (json.loads(kept["text"]), kept["by"]) == (policy(name), "ana")
    assert tidegate("policy", "get", "nobody-knows-it").exit == USAGE


def test_a_rollout_is_started_promoted_and_waited_for(house: House, tidegate: Command, tmp_path: Path) -> None:
    workload = house.workload("by-hand")
    rules = policy("of-a-file", target={"lambda": {"function": workload.function, "alias": workload.alias}})
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(rules))

    called = tidegate("start", "--version", "2", "--policy", file)
    assert called.exit == GOOD, called
    rollout = workload.rollout()
    house.until(rollout, "baking", step=0)
    assert house.traffic(workload) == ("1", {"2": 0.1})
    assert house.document(rollout)["request"]["by"] == "ana"
    assert rollout in [status["rollout"] for status in tidegate.json("list")]
    assert "is under way already" in tidegate("start", "--version", "2", "--policy", file).stdout

    status = tidegate.json("promote", rollout, "--why", "seen enough")
    house.until(rollout, "baking", step=1)
    assert status["phase"] == "baking"
    assert house.traffic(workload) == ("1", {"2": 0.5})
    got = tidegate.json("get", rollout)
    assert (got["weight"], got["stable"], got["candidate"], got["by"]) == (50, "1", "2", "ana")
    assert [step["state"] for step in got["steps"]] == ["done", "current", "toCome"]

    waiting = tidegate.begun("promote", rollout, "--full", "--wait")
    house.sweep_until(rollout, "succeeded")
    promoted = ended(waiting)
    assert promoted.exit == GOOD, promoted
    assert "Healthy" in promoted.stdout
    assert house.traffic(workload) == ("2", {})
    assert rollout in [status["rollout"] for status in tidegate.json("list", "--all")]


def test_start_waits_until_somebody_has_to_act(house: House, tidegate: Command) -> None:
    workload = house.workload("waited-for")
    line = ["start", "--version", "2", "--policy", workload.function, "--wait"]
    waiting = tidegate.begun(*line, "--function", workload.function, "--alias", workload.alias)
    house.until(workload.rollout(), "baking", step=0)
    house.command(workload.rollout(), "pause")
    called = ended(waiting)
    assert called.exit == UNDECIDED, called
    assert f"tidegate resume {workload.rollout()}" in called.stdout


def test_a_rollout_that_is_paused_goes_on_when_it_is_resumed(house: House, tidegate: Command) -> None:
    workload = house.workload("held-by-hand")
    rollout = started(tidegate, workload)
    assert tidegate.json("pause", rollout)["waitsForSomebody"]
    assert house.phase(rollout) == "paused"
    assert tidegate.json("resume", rollout)["phase"] == "baking"
    assert house.phase(rollout) == "baking"


def test_an_abort_takes_all_traffic_back_and_a_retry_starts_anew(house: House, tidegate: Command) -> None:
    workload = house.workload("aborted-by-hand")
    rollout = started(tidegate, workload)
    aborted = tidegate("abort", rollout, "--why", "wrong colour")
    assert aborted.exit == GOOD, aborted
    house.sweep_until(rollout, "rolledBack", timeout=150)
    assert house.traffic(workload) == ("1", {})
    assert tidegate.json("get", rollout, exit=BAD)["phase"] == "rolledBack"

    again = tidegate("promote", rollout)
    assert (again.exit, "nothing changes" in again.stdout) == (BAD, True), again
    retried = tidegate.json("retry", rollout)
    assert retried["rollout"] != rollout
    assert house.traffic(workload) == ("1", {"2": 0.1})


def test_what_cannot_be_done_has_an_exit_code_and_a_remedy(tidegate: Command) -> None:
    unknown = tidegate("get", "nobody-knows-it")
    assert (unknown.exit, "no rollout is called nobody-knows-it" in unknown.stderr) == (USAGE, True)
    nowhere = tidegate("list", "--stack", "elsewhere")
    assert (nowhere.exit, "no installation called elsewhere" in nowhere.stderr) == (USAGE, True)
    no_table = tidegate("list", "--table", "elsewhere")
    assert (no_table.exit, "--table NAME" in no_table.stderr) == (UNAVAILABLE, True)
    nobody = tidegate("list", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert (nobody.exit, "aws sso login" in nobody.stderr) == (DENIED, True)
    silent = tidegate("list", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (silent.exit, "AWS_ENDPOINT_URL" in silent.stderr) == (UNAVAILABLE, True)


def test_credentials_come_from_a_profile_too(tidegate: Command, tmp_path: Path) -> None:
    keys = json.dumps({"Version": 1, "AccessKeyId": "test", "SecretAccessKey": "test"})
    (tmp_path / "keys.json").write_text(keys)
    (tmp_path / "config").write_text(
        f"[profile ana]\nregion = {REGION}\ncredential_process = cat {tmp_path / 'keys.json'}\n"
    )
    variables = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_REGION": None}
    called = tidegate("list", AWS_CONFIG_FILE=str(tmp_path / "config"), AWS_PROFILE="ana", **variables)
    assert called.exit == GOOD, called


def states(report: dict) -> dict[str, str]:
    return {check["name"]: check["state"] for check in report["checks"]}


def test_the_doctor_finds_a_whole_installation_and_a_ready_target(house: House, tidegate: Command) -> None:
    house.sweep()
    workload = house.workload("healthy")
    report = tidegate.json("doctor", "--function", workload.function, "--alias", workload.alias)
    # The emulator has no CloudTrail events, so nothing proves the trail.
    assert {check for check, state in states(report).items() if state != "ok"} == {"trail"}
    assert report["ok"]
    functions = ["traffic-shift", "health-check", "feature-flag", "rollback", "notify"]
    installed = ["credentials", "table", "index", "freeze", "bus", *functions, "sweep", "rules", "new versions", "trail"]
    assert list(states(report)) == [*installed, "function", "policy", "alarms", "alias", "weights", "versions"]


def test_the_doctor_says_what_is_missing_and_what_to_do(house: House, tidegate: Command) -> None:
    house.sweep()
    workload = house.workload("ailing", analysis={"alarms": [{"name": "no-such-alarm"}]})
    functions = house.cloud.client("lambda")
    weights = {"AdditionalVersionWeights": {"2": 0.2}}
    functions.update_alias(FunctionName=workload.function, Name=workload.alias, RoutingConfig=weights)
    report = tidegate.json("doctor", "--function", workload.function, "--alias", workload.alias, exit=BAD)
    failed = {check for check, state in states(report).items() if state == "failed"}
    assert failed == {"alarms", "weights"}
    assert all(check["todo"] for check in report["checks"] if check["state"] != "ok")

    elsewhere = tidegate("doctor", "--stack", "elsewhere")
    assert elsewhere.exit == BAD
    assert "✗   table" in elsewhere.stdout
    assert "→ say --stack NAME" in elsewhere.stdout


def test_a_document_of_a_newer_release_hides_no_other_rollout(rough: RoughHouse, binary: Path, tmp_path: Path) -> None:
    """As after a downgrade: the old functions leave it alone, and people see what there is."""
    workload = rough.workload("listed")
    rollout = rough.bake(workload)
    table, key = rough.cloud.client("dynamodb"), {"pk": {"S": "ROLLOUT#newer"}, "sk": {"S": "DOC"}}
    stored = table.get_item(TableName=rough.table, Key=key | {"pk": {"S": f"ROLLOUT#{rollout}"}})["Item"]
    table.put_item(TableName=rough.table, Item=stored | key | {"doc": {"S": '{"format":99,"rollout":{}}'}})
    try:
        called = Command(rough.cloud.endpoint, binary, tmp_path)("list")
    finally:
        table.delete_item(TableName=rough.table, Key=key)
    assert called.exit == UNAVAILABLE, called
    assert rollout in called.stdout
    assert "newer cannot be read" in called.stdout
    assert "has format 99, of a newer release" in called.stderr
