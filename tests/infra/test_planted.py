"""Faults that people make in templates, planted in the installation's own: each is found, and here stands by what.

What differs between the tools is found by test_parity.py, which reads SAM's inventory: a fault in one tool's code counts as
found by parity where it changes that inventory.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

import inventory
from formation import Stack, Unresolved
from inventory_formation import of_stack
from translate import whole

HERE = Path(__file__).parent
SAM = HERE.parents[1] / "infra/sam"

pytestmark = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("node") and (HERE / "node_modules").is_dir()),
    reason="the lints need Node 20 and tests/tools.sh node",
)

# What is planted: the file, the text that is replaced, what takes its place, who finds it, and words of what they say.
PLANTED = {
    "an unknown property": ("rollback.yaml", "MemorySize: 256", "MemorySizes: 256", "cfn-lint", "MemorySizes"),
    "a property of the wrong type": ("rollback.yaml", "Timeout: 60", "Timeout: soon", "cfn-lint", "'soon' is not of type 'integer'"),
    "an unknown kind of resource": ("state.yaml", "AWS::SNS::Topic\n", "AWS::SNS::Topics\n", "cfn-lint", "AWS::SNS::Topics"),
    "a reference to nothing": ("rollback.yaml", "!GetAtt Role.Arn", "!GetAtt Rolle.Arn", "cfn-lint", "Rolle"),
    "a nested stack without a parameter": ("template.yaml", "        KeyArn: !GetAtt State.Outputs.KeyArn\n", "", "cfn-lint", "KeyArn"),
    "a misspelt action": ("rollback.yaml", "codedeploy:StopDeployment", "codedeploy:StopDeployments", "iam_lint", "no such action"),
    "a misspelt service": ("notify.yaml", "sns:Publish", "snss:Publish", "iam_lint", 'no service has the prefix "snss"'),
    "an action wildcard": ("rollback.yaml", "Action: lambda:UpdateAlias", "Action: lambda:*", "iam_lint", "name each action"),
    "a resource that is widened to all": (
        "notify.yaml",
        'Resource: !Sub "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:*"',
        'Resource: "*"',
        "iam_lint",
        "narrow it to a topic",
    ),
    "a condition that can never hold": (
        "rollback.yaml",
        'Action: codedeploy:StopDeployment\n                Resource: "*"',
        'Action: codedeploy:StopDeployment\n                Resource: "*"\n'
        '                Condition: { StringLike: { "aws:ResourceTag/tidegate:policy": "*" } }',
        "iam_lint",
        "provides no condition key",
    ),
    "a wildcard principal": (
        "state.yaml",
        "Principal: { Service: cloudwatch.amazonaws.com }\n            Action: sns:Publish",
        'Principal: "*"\n            Action: sns:Publish',
        "iam_lint",
        "allows everybody",
    ),
    "a wrong detail-type of AWS's": (
        "rollback.yaml",
        "CloudWatch Alarm State Change",
        "CloudWatch Alarm State Changed",
        "pattern_lint",
        "sends no",
    ),
    "a misspelt path in a pattern": (
        "rollback.yaml",
        "detail: { state: { value: [ALARM] } }",
        "detail: { state: { values: [ALARM] } }",
        "pattern_lint",
        'no "values"',
    ),
    "a wrong detail-type of our own": ("notify.yaml", "[Rollout Outcome]", "[Rollout Outcomes]", "pattern_lint", "no message of Tidegate's"),
    "a removed condition": (
        "rollback.yaml",
        '                Condition: { StringLike: { "aws:ResourceTag/tidegate:policy": !Ref Policies } }\n',
        "",
        "parity",
        "lambda:UpdateAlias",
    ),
    "a resource that is widened within the account": ("rollback.yaml", "/index/shelf", "/index/*", "parity", "/index/*"),
    "a right that was added": ("notify.yaml", "Action: sns:Publish", "Action: [sns:Publish, sns:Subscribe]", "parity", "sns:Subscribe"),
    "a dropped rule": (
        "rollback.yaml",
        """        Alarms:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.cloudwatch]
              detail-type: [CloudWatch Alarm State Change]
              detail: { state: { value: [ALARM] } }
            DeadLetterConfig: { Arn: !GetAtt Undelivered.Arn }
""",
        "",
        "parity",
        "CloudWatch Alarm State Change",
    ),
    "a rule without its dead-letter queue": (
        "rollback.yaml",
        "            DeadLetterConfig: { Arn: !GetAtt Undelivered.Arn }\n",
        "",
        "parity",
        "undelivered to nobody",
    ),
    "a table that may be deleted": ("state.yaml", "DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", "parity", "/protected"),
    "a table without recovery": ("state.yaml", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "parity", "/recovery"),
    "a queue without encryption": (
        "rollback.yaml",
        "SqsManagedSseEnabled: !If [GivenKey, !Ref AWS::NoValue, true]",
        "SqsManagedSseEnabled: false",
        "parity",
        "/encryption",
    ),
    "an alarm of which the page does not know": ("watch.yaml", 'OR ALARM("${Name}-sweep-stopped") ', "", "parity", "sweep-stopped"),
    "a dashboard that shows another metric": ("watch.yaml", '"RolloutsStuck"', '"RolloutStuck"', "parity", "RolloutStuck"),
    "a property that nobody looks at": (
        "state.yaml",
        "      TopicName:",
        "      FifoTopic: true\n      TopicName:",
        "parity",
        "nobody looks at ['FifoTopic']",
    ),
}


def cfn_lint(folder: Path, file: str) -> str:
    done = subprocess.run(
        [HERE.parents[1] / ".tools/venv/bin/cfn-lint", "--template", folder / file], capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout if done.returncode else ""


def node_lint(script: str, folder: Path) -> str:
    template = folder / "whole.json"
    template.write_text(json.dumps(whole(folder / "template.yaml", {})))
    done = subprocess.run(["node", HERE / script, template], capture_output=True, text=True, check=False, timeout=120)
    return done.stdout if done.returncode else ""


@cache
def sound() -> dict:
    return of_stack(Stack.of_sam(SAM / "template.yaml"))


def parity(folder: Path) -> str:
    try:
        return "\n".join(inventory.difference(sound(), of_stack(Stack.of_sam(folder / "template.yaml"))))
    except (ValueError, Unresolved) as unread:
        return str(unread)


def found_by(check: str, folder: Path, file: str) -> str:
    match check:
        case "cfn-lint":
            return cfn_lint(folder, file)
        case "parity":
            return parity(folder)
        case "iam_lint" | "pattern_lint":
            return node_lint(f"{check}.mjs", folder)
    raise ValueError(f"no check is called {check}")


@pytest.mark.parametrize(("file", "text", "fault", "check", "words"), PLANTED.values(), ids=PLANTED)
def test_is_found(file: str, text: str, fault: str, check: str, words: str, tmp_path: Path) -> None:
    folder = shutil.copytree(SAM, tmp_path / "sam")
    before = (folder / file).read_text()
    assert text in before, "there is nothing to replace: the fault is out of date"
    (folder / file).write_text(before.replace(text, fault))
    assert words in found_by(check, folder, file)


def test_the_installation_as_it_stands_has_none_of_them() -> None:
    assert parity(SAM) == ""
