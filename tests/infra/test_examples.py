"""The examples beside the installation's template: template, policy and code speak of the same things.

`make python` checks their templates as it checks the installation's; a Rust test of the domain reads their policies.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import yaml

from translate import read_template, translate

EXAMPLE = Path(__file__).resolve().parents[2] / "infra/sam/examples/guarded"
HOOK = "# Hooks: "


def policy() -> dict:
    return yaml.safe_load((EXAMPLE / "policy.yaml").read_text())


def translated(template: Path) -> dict:
    return translate(read_template(template))["Resources"]


def only(resources: dict, kind: str) -> dict:
    (found,) = (resource for resource in resources.values() if resource["Type"] == kind)
    return found


def test_the_function_is_guarded_by_the_example_s_policy() -> None:
    function = only(translated(EXAMPLE / "template.yaml"), "AWS::Lambda::Function")["Properties"]
    tags = {tag["Key"]: tag["Value"] for tag in function["Tags"]}
    assert tags["tidegate:policy"] == policy()["name"] == function["FunctionName"]
    assert policy()["mode"] == "guard"


def test_the_policy_watches_the_alarm_of_the_group() -> None:
    resources = translated(EXAMPLE / "template.yaml")
    (of_group,) = only(resources, "AWS::CodeDeploy::DeploymentGroup")["Properties"]["AlarmConfiguration"]["Alarms"]
    alarm = resources[of_group["Name"]["Ref"]]["Properties"]
    assert [rule["name"] for rule in policy()["analysis"]["alarms"]] == [alarm["AlarmName"]]


def test_without_its_comment_mark_the_hook_is_one_that_codedeploy_may_invoke(tmp_path: Path) -> None:
    text = (EXAMPLE / "template.yaml").read_text()
    assert text.count(HOOK) == 1
    template = tmp_path / "template.yaml"
    template.write_text(text.replace(HOOK, "Hooks: "))
    update = only(translated(template), "AWS::Lambda::Alias")["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["BeforeAllowTrafficHook"] == "CodeDeployHook_tidegate"


def test_the_code_passes_the_policy_s_check() -> None:
    handler = runpy.run_path(str(EXAMPLE / "src/app.py"))["handler"]
    (check,) = policy()["checks"]
    told = handler(check["invoke"]["payload"], None)
    body = json.loads(told["body"])
    assert told["statusCode"] == check["expect"]["status"]
    assert [(place["path"], place["equals"]) for place in check["expect"]["json"]] == [("$.body.ok", body["ok"])]
    assert json.loads(handler({"cart": [{"price": 3}, {"price": 4}]}, None)["body"]) == {"total": 7}
