"""What the template has CloudFormation create in AppConfig, against the model of AppConfig's own calls.

CloudFormation hands the properties on under their own names, and no emulator creates extensions: so this is what shows that
AppConfig would take them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from formation import Stack

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/wire"))

from check_requests import constraint_faults  # noqa: E402

CALLS = {
    "FlagsAtOnce": "CreateDeploymentStrategy",
    "FlagGuard": "CreateExtension",
    "GuardedFlags": "CreateExtensionAssociation",
}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:tidegate-health-check"
ROLE = "arn:aws:iam::123456789012:role/guard"

def faults(resource: str, properties: dict) -> list[str]:
    shape = botocore.session.get_session().get_service_model("appconfig").operation_model(CALLS[resource]).input_shape
    report = ParamValidator().validate(properties, shape)
    unknown = [f"{name} is no member" for name in properties if name not in shape.members]
    return unknown + report.generate_report().splitlines() + constraint_faults(properties, shape)


def properties(resource: str) -> dict:
    given = {"GuardedFlagsResource": "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234", "GuardedFlagsPolicy": "checkout"}
    made = Stack.of_sam(ROOT / "infra/sam/template.yaml", given).resources()
    (found,) = (one.properties for one in made if one.id == f"FeatureFlag/{resource}")
    # What CloudFormation would fill in where only a name for it stands.
    filled = {"VersionNumber": 1, "ExtensionVersionNumber": 1}
    actions = {
        point: [action | ({"RoleArn": ROLE} if "RoleArn" in action else {}) for action in of_point]
        for point, of_point in found.get("Actions", {}).items()
    }
    return found | {name: value for name, value in filled.items() if name in found} | ({"Actions": actions} if actions else {})


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
