"""The lints let a sound template pass and find each planted fault."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from translate import read_template, translate

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("node") and (HERE / "node_modules").is_dir()),
    reason="the lints need Node 20 and tests/tools.sh node",
)

TAG = {"StringEquals": {"aws:ResourceTag/tidegate": "yes"}}
SOUND = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]},
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": [
                                {"Sid": "Shift", "Action": ["lambda:UpdateAlias"], "Resource": "*", "Condition": TAG},
                                {"Sid": "Stop", "Action": "codedeploy:StopDeployment", "Resource": "*"},
                                {"Sid": "Look", "Action": "cloudwatch:GetMetricData", "Resource": "*"},
                                {"Sid": "Say", "Action": "events:PutEvents", "Resource": {"Fn::GetAtt": ["Bus", "Arn"]}},
                            ]
                        }
                    }
                ],
            },
        },
        "Alarm": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.cloudwatch"],
                    "detail-type": ["CloudWatch Alarm State Change"],
                    "detail": {"state": {"value": ["ALARM"]}, "alarmName": [{"prefix": "checkout"}]},
                }
            },
        },
    }
}


def statement(template: dict, sid: str) -> dict:
    statements = template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return next(candidate for candidate in statements if candidate["Sid"] == sid)


def pattern(template: dict) -> dict:
    return template["Resources"]["Alarm"]["Properties"]["EventPattern"]


def lint(script: str, template: dict, folder: Path) -> tuple[int, str]:
    file = folder / "template.json"
    file.write_text(json.dumps(template))
    done = subprocess.run(["node", HERE / script, file], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("script", ["iam_lint.mjs", "pattern_lint.mjs"])
def test_a_sound_template_passes(script: str, tmp_path: Path) -> None:
    status, printed = lint(script, SOUND, tmp_path)
    assert (status, "no faults" in printed) == (0, True), printed


IAM_FAULTS = {
    "misspelt action": (lambda t: statement(t, "Shift").update(Action="lambda:UpdateAliases"), "lambda has no such action"),
    "misspelt service": (lambda t: statement(t, "Shift").update(Action="lamda:UpdateAlias"), 'no service has the prefix "lamda"'),
    "every action": (lambda t: statement(t, "Shift").update(Action="lambda:*"), "lambda:*: name each action"),
    "every function": (lambda t: statement(t, "Shift").pop("Condition"), 'lambda:UpdateAlias on "*": narrow it to a function'),
    "resource without effect": (
        lambda t: statement(t, "Stop").update(Resource="arn:aws:codedeploy:*:*:deploymentgroup:*"),
        'codedeploy:StopDeployment knows no resources: anything but "*" grants nothing',
    ),
    "condition without effect": (
        lambda t: statement(t, "Stop").update(Condition=TAG),
        "codedeploy:StopDeployment provides no condition key aws:ResourceTag/tidegate",
    ),
    "everybody": (lambda t: statement(t, "Say").update(Effect="Allow", Principal={"AWS": "*"}), 'allows everybody ("*")'),
    "all but": (lambda t: statement(t, "Stop").update(NotAction="iam:*"), "Stop: says what is not allowed"),
}

PATTERN_FAULTS = {
    "misspelt key": (lambda t: pattern(t).update({"detail_type": ["x"]}), 'events have no "detail_type"'),
    "misspelt type": (lambda t: pattern(t).update({"detail-type": ["Alarm State Change"]}), 'aws.cloudwatch sends no "Alarm State Change"'),
    "misspelt path": (lambda t: pattern(t)["detail"].update(state={"values": ["ALARM"]}), 'state.values: such events have no "values"'),
    "misspelt matcher": (lambda t: pattern(t)["detail"].update(alarmName=[{"begins": "c"}]), 'EventBridge has no matcher "begins"'),
    "misspelt in $or": (lambda t: pattern(t).update({"$or": [{"sauce": ["x"]}, {"account": ["1"]}]}), 'events have no "sauce"'),
    "CloudTrail field": (
        lambda t: pattern(t).update({"source": ["aws.lambda"], "detail-type": ["AWS API Call via CloudTrail"], "detail": {"event": ["x"]}}),
        'such events have no "event"',
    ),
}


def plant(fault: Callable[[dict], object]) -> dict:
    template = copy.deepcopy(SOUND)
    fault(template)
    return template


@pytest.mark.parametrize(("fault", "message"), IAM_FAULTS.values(), ids=IAM_FAULTS)
def test_iam_lint_finds(fault: Callable, message: str, tmp_path: Path) -> None:
    status, printed = lint("iam_lint.mjs", plant(fault), tmp_path)
    assert status == 1
    assert message in printed


@pytest.mark.parametrize(("fault", "message"), PATTERN_FAULTS.values(), ids=PATTERN_FAULTS)
def test_pattern_lint_finds(fault: Callable, message: str, tmp_path: Path) -> None:
    status, printed = lint("pattern_lint.mjs", plant(fault), tmp_path)
    assert status == 1
    assert message in printed


def test_the_translation_writes_out_what_sam_adds(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": ".", "Handler": "bootstrap", "Runtime": "provided.al2023"}}
    template.write_text(yaml.safe_dump({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Judge": function}}))
    kinds = {name: resource["Type"] for name, resource in translate(read_template(template))["Resources"].items()}
    assert kinds == {"Judge": "AWS::Lambda::Function", "JudgeRole": "AWS::IAM::Role"}
