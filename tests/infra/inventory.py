"""What an installation is made of, in words that belong to no tool: for holding SAM, CDK and Terraform against each other.

    functions   by name: settings, `async` (retries, on failure), `role` (trust and rights, as text), `wakers`
    rules       sorted text: the bus, the pattern, the function, its dead-letter queue, and whether the rule may invoke it
    schedules, table, bus, topic, keys, queues, logs, alarms, pages, dashboards, strategies, extensions, associations, people

Rights and patterns are text, one line each, so that a difference reads as one. Names that AWS makes up (of roles, rules,
policies) are not part of it; what such a thing is for is. A property that is not looked at is an error and not a gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

MISSING = object()


def listed(value: object) -> list:
    """A policy's value, which may be one or a list of them."""
    return value if isinstance(value, list) else [value]


def text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def statements(document: Mapping | str) -> list[str]:
    """A policy as sorted lines, one for each action on each resource: `Allow sqs:SendMessage on arn:… if {…}`."""
    if isinstance(document, str):
        document = json.loads(document)
    lines = set()
    for statement in listed(document["Statement"]):
        known = {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}
        if unknown := statement.keys() - known:
            raise ValueError(f"a statement says {sorted(unknown)}, which is not looked at")
        for action in listed(statement["Action"]):
            for resource in listed(statement.get("Resource", "itself")):
                who = f" to {_principal(statement['Principal'])}" if "Principal" in statement else ""
                condition = f" if {_condition(statement['Condition'])}" if statement.get("Condition") else ""
                lines.add(f"{statement['Effect']} {action} on {resource}{who}{condition}")
    return sorted(lines)


def _principal(principal: str | Mapping) -> str:
    if principal in ("*", {"AWS": "*"}):
        return "*"
    return text({kind: sorted(map(str, listed(who))) for kind, who in principal.items()})


def _condition(condition: Mapping) -> str:
    return text(
        {
            operator: {key: sorted(str(value).lower() if isinstance(value, bool) else str(value) for value in listed(values)) for key, values in operands.items()}
            for operator, operands in condition.items()
        }
    )


def role(trust: Mapping | str, policies: Iterable[Mapping | str]) -> dict[str, list[str]]:
    """A role: who may take it, and all that it may do."""
    return {"trust": statements(trust), "rights": sorted({line for policy in policies for line in statements(policy)})}


def rule(bus: str, pattern: Mapping | str, function: str, undelivered: str | None, invokes: bool) -> str:
    """An event rule with its one target, as a line."""
    pattern = json.loads(pattern) if isinstance(pattern, str) else pattern
    may = "" if invokes else ", and may not invoke it"
    return f"{bus}: {_pattern(pattern)} wakes {function}, undelivered to {undelivered}{may}"


def _pattern(node: object) -> str:
    def normal(value: object) -> object:
        if isinstance(value, list):
            return sorted((normal(one) for one in value), key=text)
        return {key: normal(part) for key, part in value.items()} if isinstance(value, dict) else value

    return text(normal(node))


def difference(one: object, other: object, path: str = "") -> list[str]:
    """Every place where two inventories differ, in words."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys(), key=str)
        return [
            line
            for key in keys
            for line in difference(one.get(key, MISSING), other.get(key, MISSING), f"{path}/{key}")
        ]
    if isinstance(one, list) and isinstance(other, list):
        lacks = [f"{path}: lacks {text(value)}" for value in one if value not in other]
        return lacks + [f"{path}: has besides {text(value)}" for value in other if value not in one]
    if one is MISSING:
        return [f"{path}: has besides {text(other)}"]
    if other is MISSING:
        return [f"{path}: lacks {text(one)}"]
    return [] if one == other else [f"{path}: {text(other)} where {text(one)} should be"]


class Taken:
    """Properties that are taken one by one; what nobody took is an error."""

    def __init__(self, where: str, properties: Mapping):
        self._where, self._left = where, dict(properties)

    def __call__(self, key: str, default: object = MISSING) -> object:
        value = self._left.pop(key, default)
        if value is MISSING:
            raise ValueError(f"{self._where}: {key} is not set")
        return value

    def is_all(self) -> None:
        if self._left:
            raise ValueError(f"{self._where}: nobody looks at {sorted(self._left)}")


def last(arn: str) -> str:
    """The name at the end of an ARN of a function, queue, bus or topic."""
    return arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
