"""The CDK construct makes what the SAM template makes, and what a fault in it would change is found."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cdk
import inventory
from formation import Stack
from inventory_formation import of_stack

SAM = cdk.PACKAGE.parents[1] / "infra/sam/template.yaml"

pytestmark = pytest.mark.skipif(os.environ.get("CI") != "true" and not cdk.IS_THERE, reason="CDK needs Node 20 and tests/tools.sh node")

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
FLAGS = "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234"
# What an installation is told: as parameters of SAM's, and as props of CDK's.
VARIANTS: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "by default": ({}, {}),
    "with a key and a topic of one's own": (
        {"KmsKeyArn": KEY, "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:platform"},
        {"kmsKeyArn": KEY, "alarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:platform"},
    ),
    "with everything else": (
        {
            "Name": "tide-2",
            "Architecture": "x86_64",
            "LogLevel": "debug",
            "LogRetentionDays": "365",
            "Policies": "checkout,shop-*",
            "CheckFunctionPrefix": "ask-",
            "GuardedFlagsResource": FLAGS,
            "GuardedFlagsPolicy": "flags",
            "ReserveConcurrency": "false",
        },
        {
            "name": "tide-2",
            "architecture": "x86_64",
            "logLevel": "debug",
            "logRetentionDays": 365,
            "policies": ["checkout", "shop-*"],
            "checkFunctionPrefix": "ask-",
            "guardedFlagsResource": FLAGS,
            "guardedFlagsPolicy": "flags",
            "reserveConcurrency": False,
        },
    ),
}


def differences(template: Path, parameters: dict[str, str] | None = None) -> list[str]:
    """What the CDK's template makes otherwise than SAM's."""
    return inventory.difference(of_stack(Stack.of_sam(SAM, parameters)), of_stack(Stack.of_json(template)))


@pytest.mark.parametrize(("parameters", "props"), VARIANTS.values(), ids=VARIANTS)
def test_cdk_makes_what_sam_makes(parameters: dict[str, str], props: dict[str, object], tmp_path: Path) -> None:
    assert differences(cdk.installation(tmp_path / "out", props), parameters) == []


def test_nothing_in_the_template_depends_on_where_it_was_made(tmp_path: Path) -> None:
    one, other = (cdk.installation(tmp_path / name).read_text() for name in ("one", "other"))
    assert one == other
    assert str(tmp_path) not in one


# ---------------------------------------------------------------- planted faults
Fault = Callable[[dict], None]


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return json.loads(cdk.installation(tmp_path_factory.mktemp("cdk") / "out").read_text())


def of_type(template: dict, kind: str) -> Iterator[tuple[str, dict]]:
    return ((name, one["Properties"]) for name, one in template["Resources"].items() if one["Type"] == kind)


def rule(template: dict, detail_type: str) -> tuple[str, dict]:
    """The only rule for this type of event."""
    (found,) = (one for one in of_type(template, "AWS::Events::Rule") if one[1]["EventPattern"]["detail-type"] == [detail_type])
    return found


def statements(template: dict, action: str) -> list[dict]:
    """Those of all roles that allow this action, and no other."""
    policies = [policy for _, role in of_type(template, "AWS::IAM::Role") for policy in role["Policies"]]
    found = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"] if statement["Action"] == action]
    assert found, f"nobody has {action} alone: the fault is out of date"
    return found


def drop_permission(template: dict, rule_name: str) -> None:
    (permission,) = (one for one, properties in of_type(template, "AWS::Lambda::Permission") if rule_name in str(properties["SourceArn"]))
    del template["Resources"][permission]


def drop_rule(template: dict) -> None:
    name, _ = rule(template, "Deployment Found")
    drop_permission(template, name)
    del template["Resources"][name]


def misspell_detail_type(template: dict) -> None:
    rule(template, "Rollout Outcome")[1]["EventPattern"]["detail-type"] = ["Rollout Outcomes"]


def forbid_invocation(template: dict) -> None:
    drop_permission(template, rule(template, "Ticks Due")[0])


def forget_undelivered(template: dict) -> None:
    del rule(template, "Ticks Due")[1]["Targets"][0]["DeadLetterConfig"]


def widen(template: dict) -> None:
    statements(template, "sns:Publish")[0]["Resource"] = "*"


def move_anything(template: dict) -> None:
    del statements(template, "lambda:UpdateAlias")[0]["Condition"]


def grant(template: dict) -> None:
    """As constructs do for those who use them."""
    role = next(name for name, one in of_type(template, "AWS::IAM::Role") if one["Policies"][0]["PolicyName"] == "notify")
    allowed = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"}
    properties = {"PolicyName": "granted", "Roles": [{"Ref": role}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]}}
    template["Resources"]["Granted"] = {"Type": "AWS::IAM::Policy", "Properties": properties}


def run_longer(template: dict) -> None:
    next(of_type(template, "AWS::Lambda::Function"))[1]["Timeout"] = 900


def let_delete(template: dict) -> None:
    next(of_type(template, "AWS::DynamoDB::Table"))[1]["DeletionProtectionEnabled"] = False


# Who plants it, and what is said of it.
PLANTED: dict[str, tuple[Fault, str]] = {
    "a dropped rule": (drop_rule, '/rules: lacks "tidegate: {\\"detail-type\\": [\\"Deployment Found\\"]'),
    "a wrong detail-type": (misspell_detail_type, "Rollout Outcomes"),
    "a rule that may not invoke its function": (forbid_invocation, "and may not invoke it"),
    "a rule without its dead-letter queue": (forget_undelivered, "undelivered to nobody"),
    "a resource that is widened": (widen, 'has besides "Allow sns:Publish on *"'),
    "a removed condition": (move_anything, 'has besides "Allow lambda:UpdateAlias on arn:aws:lambda:eu-west-1:123456789012:function:*"'),
    "a right that a construct granted": (grant, '/functions/tidegate-notify/role/rights: has besides "Allow dynamodb:Scan on *"'),
    "a function that runs longer": (run_longer, "/timeout: 900 where 60 should be"),
    "a table that may be deleted": (let_delete, "/table/tidegate/protected: false where true should be"),
}


@pytest.mark.parametrize(("plant", "words"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(plant: Fault, words: str, synthesized: dict, tmp_path: Path) -> None:
    template = copy.deepcopy(synthesized)
    plant(template)
    planted = tmp_path / "planted.json"
    planted.write_text(json.dumps(template))
    assert words in "\n".join(differences(planted))
