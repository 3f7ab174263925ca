"""What the template has CloudFormation create in AppConfig, against the model of AppConfig's own calls.

CloudFormation hands the properties on under their own names, and no emulator creates extensions: so this is what shows that
AppConfig would take them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from translate import read_template

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/wire"))

from check_requests import constraint_faults  # noqa: E402

CALLS = {
    "FlagsAtOnce": "CreateDeploymentStrategy",
    "FlagGuard": "CreateExtension",
    "GuardedFlags": "CreateExtensionAssociation",
}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:tidegate-health-check"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", "AWS::StackName": "tidegate"}


def resolved(value: object) -> object:
    """A property as CloudFormation would hand it on."""
    match value:
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda name: PSEUDO[name.group(1)], text)
        case {"Fn::GetAtt": [_, "VersionNumber"]} | {"Fn::GetAtt": "FlagGuard.VersionNumber"}:
            return 1
        case {"Fn::GetAtt": _}:
            return ARN
        case {"Ref": name}:
            return name
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
        case _:
            return value


def faults(resource: str, properties: dict) -> list[str]:
    shape = botocore.session.get_session().get_service_model("appconfig").operation_model(CALLS[resource]).input_shape
    report = ParamValidator().validate(properties, shape)
    unknown = [f"{name} is no member" for name in properties if name not in shape.members]
    return unknown + report.generate_report().splitlines() + constraint_faults(properties, shape)


def properties(resource: str) -> dict:
    found = read_template(ROOT / "infra/sam/template.yaml")["Resources"][resource]["Properties"]
    return resolved(found)


@pytest.mark.parametrize("resource", CALLS)
def test_appconfig_would_take_it(resource: str) -> None:
    assert faults(resource, properties(resource)) == []


def test_the_extension_asks_at_each_tick_and_says_what_becomes_of_deployments() -> None:
    actions = properties("FlagGuard")["Actions"]
    assert set(actions) == {
        "AT_DEPLOYMENT_TICK",
        "ON_DEPLOYMENT_START",
        "ON_DEPLOYMENT_COMPLETE",
        "ON_DEPLOYMENT_ROLLED_BACK",
    }
    assert actions["AT_DEPLOYMENT_TICK"][0]["Uri"] == ARN
    assert all(name in properties("GuardedFlags")["Parameters"] for name in properties("FlagGuard")["Parameters"])


@pytest.mark.parametrize(
    ("resource", "change"),
    [
        ("FlagGuard", {"Actions": {"AT_DEPLOYMENT_TOCK": [{"Name": "judge", "Uri": ARN}]}}),
        ("FlagGuard", {"Name": "a/b"}),
        ("FlagGuard", {"Parameter": {}}),
        ("FlagsAtOnce", {"FinalBakeTimeInMinutes": 1441}),
        ("FlagsAtOnce", {"GrowthType": "QUICK"}),
        ("GuardedFlags", {"ExtensionIdentifier": None}),
    ],
)
def test_what_appconfig_would_refuse_is_found(resource: str, change: dict) -> None:
    assert faults(resource, properties(resource) | change) != []
