"""The policies of infra/sam/people.yaml, and what IAM would say to a call under them, as far as they use its language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from formation import ACCOUNT, REGION, Stack

ROOT = Path(__file__).resolve().parents[2]
VERBS = json.loads((ROOT / "infra" / "verbs.json").read_text())

# Each may what those before it may.
GROUPS = ("reader", "approver", "operator")

HERE = f"{REGION}:{ACCOUNT}"
TABLE = f"arn:aws:dynamodb:{HERE}:table/tidegate"
BUS = f"arn:aws:events:{HERE}:event-bus/tidegate"
KEY = f"arn:aws:kms:{HERE}:key/1"
INSTALLED = ("traffic-shift", "health-check", "rollback", "feature-flag", "notify")


@dataclass(frozen=True)
class Asked:
    """A call as IAM sees it. A key of its context that has several values has them as a list."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


@cache
def policies(group: str, key: str = "") -> list[dict]:
    """The statements of all policies that somebody of a group gets, as the stack's outputs have them."""
    stack = Stack.of_sam(ROOT / "infra" / "sam" / "template.yaml", {"KmsKeyArn": key})
    documents = {f"id:{made.id}": made.properties.get("PolicyDocument") for made in stack.resources()}
    attached = stack.outputs()[f"{group.capitalize()}Policies"].split(",")
    return [statement for policy in attached for statement in documents[policy]["Statement"]]


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def is_allowed(statements: Sequence[dict], asked: Asked) -> bool:
    return any(_allows(statement, asked) for statement in statements)


def _allows(statement: dict, asked: Asked) -> bool:
    assert statement["Effect"] == "Allow", statement
    return (
        asked.action in listed(statement["Action"])
        and any(fnmatchcase(asked.resource, pattern) for pattern in listed(statement["Resource"]))
        and all(_holds(*one, asked.context) for one in statement.get("Condition", {}).items())
    )


def _holds(operator: str, operands: Mapping[str, object], context: Mapping[str, Sequence[str]]) -> bool:
    return all(_is_met(operator, listed(wanted), context.get(key)) for key, wanted in operands.items())


def _is_met(operator: str, wanted: list, found: Sequence[str] | None) -> bool:
    match operator:
        case "Null":
            return wanted == ["true" if found is None else "false"]
        case "StringEquals":
            return found is not None and len(found) == 1 and found[0] in wanted
        # True of none, too: that is why Null stands beside it.
        case "ForAllValues:StringEquals":
            return all(one in wanted for one in found or [])
        case "ForAllValues:StringLike":
            return all(any(fnmatchcase(one, pattern) for pattern in wanted) for one in found or [])
    raise ValueError(f"no condition operator is known here as {operator}")


TAGGED = {"aws:ResourceTag/tidegate:policy": ["checkout"]}
RESOURCES = {
    "appconfig:ListApplications": ["*"],
    "cloudwatch:DescribeAlarms": [f"arn:aws:cloudwatch:{HERE}:alarm:checkout-5xx"],
    "cloudwatch:GetMetricData": ["*"],
    "events:DescribeEventBus": [BUS],
    "events:DescribeRule": [f"arn:aws:events:{HERE}:rule/{name}" for name in ("tidegate/requests", "versions")],
    "events:ListRuleNamesByTarget": ["*"],
}
FLAGS = [f"arn:aws:appconfig:{HERE}:application/abc1234{below}" for below in ("", "/environment/e", "/configurationprofile/p")]


def calls(verb: str) -> Iterator[Asked]:
    """What a verb asks of IAM, as infra/verbs.json has it."""
    for action, things in VERBS[verb]["calls"].items():
        for of in things or [""]:
            yield from _asked(action, of)


def _asked(action: str, of: str) -> Iterator[Asked]:
    match action.split(":")[0], of:
        case "dynamodb", "index/shelf":
            yield Asked(action, f"{TABLE}/{of}", {"dynamodb:LeadingKeys": ["live"]})
        case "dynamodb", pattern:
            yield Asked(action, TABLE, {"dynamodb:LeadingKeys": [pattern.replace("*", "checkout-live-8")]})
        case "events", detail_type if detail_type:
            yield Asked(action, BUS, {"events:source": ["tidegate"], "events:detail-type": [detail_type]})
        case "lambda", "installation":
            yield from (Asked(action, function(f"tidegate-{name}")) for name in INSTALLED)
        case "lambda", "target":
            yield from (Asked(action, function(name), TAGGED) for name in ("checkout", "checkout:8"))
        case "appconfig", "" if action not in RESOURCES:
            yield from (Asked(action, resource) for resource in FLAGS)
        case _:
            yield from (Asked(action, resource) for resource in RESOURCES[action])


def function(name: str) -> str:
    return f"arn:aws:lambda:{HERE}:function:{name}"
