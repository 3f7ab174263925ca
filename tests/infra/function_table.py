#!/usr/bin/env python3
"""Prints the table of infra/README.md: for each function, what wakes it and what it may do, read from the SAM template.

A test keeps the README the same: `UPDATE_README=1 .tools/venv/bin/python -m pytest tests/infra/test_function_table.py`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from formation import ACCOUNT, REGION, Resource, Stack
from inventory import last, listed

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- functions: written by tests/infra/function_table.py -->", "<!-- /functions -->"


READS = ("Get", "BatchGet", "List", "Describe", "Query")

# Actions, by where they are allowed.
Rights = dict[str, list[str]]


def table(template: Path = ROOT / "infra/sam/template.yaml") -> str:
    resources = list(Stack.of_sam(template).resources())
    functions = {one.properties["FunctionName"]: one for one in resources if one.type == "AWS::Lambda::Function"}
    allowed = {name: rights(function, resources) for name, function in functions.items()}
    common = set.intersection(*({(place, action) for place, actions in one.items() for action in actions} for one in allowed.values()))
    lines = ["| function | what wakes it | what it reads | what it changes |", "|---|---|---|---|"]
    for name in functions:
        own = {place: [one for one in actions if (place, one) not in common] for place, actions in allowed[name].items()}
        cells = [wakers(name, resources), _phrases(own, reads=True), _phrases(own, reads=False)]
        lines.append(f"| `{name}` | {' | '.join('<br>'.join(cell) for cell in cells)} |")
    everywhere: Rights = defaultdict(list)
    for place, action in sorted(common):
        everywhere[place].append(action)
    phrases = [phrase for reading in (True, False) for phrase in _phrases(everywhere, reading)]
    return "\n".join([*lines, "", "Every one of them may besides:", "", *(f"- {phrase}" for phrase in phrases)])


def _phrases(allowed: Rights, reads: bool) -> list[str]:
    found = []
    for place, actions in allowed.items():
        if named := [f"`{one}`" for one in actions if one.split(":")[1].startswith(READS) == reads]:
            found.append(f"{', '.join(named)} {place}")
    return found


def wakers(name: str, resources: list[Resource]) -> list[str]:
    """The rules and schedules that invoke a function, and who else may."""
    found = []
    for one in resources:
        if one.type == "AWS::Events::Rule" and last(one.properties["Targets"][0]["Arn"]) == name:
            found.append(_event(one.properties["EventPattern"]))
        if one.type == "AWS::Scheduler::Schedule" and last(one.properties["Target"]["Arn"]) == name:
            found.append(f"the schedule, `{one.properties['ScheduleExpression']}`")
        if one.type == "AWS::AppConfig::Extension":
            asked = [action for (action,) in one.properties["Actions"].values() if last(action["Uri"]) == name]
            found += ["AppConfig, at every tick of a guarded deployment"] * len(asked)
    return found or ["CodeDeploy, where a deployment names it as a hook"]


def _event(pattern: dict) -> str:
    (source,) = pattern["source"]
    kinds = ", ".join(f"`{kind}`" if isinstance(kind, str) else _matcher(kind) for kind in pattern["detail-type"])
    detail = "; ".join(_members(pattern.get("detail", {})))
    where = "" if source == "tidegate" else f" of {source}"
    return f"{kinds}{where}{f' ({detail})' if detail else ''}"


def _members(detail: dict, path: str = "") -> list[str]:
    found = []
    for key, value in detail.items():
        if isinstance(value, dict):
            found += _members(value, f"{path}{key}.")
        else:
            found.append(f"{path}{key}: {' or '.join(one if isinstance(one, str) else _matcher(one) for one in value)}")
    return found


def _matcher(matcher: dict) -> str:
    ((kind, value),) = matcher.items()
    match kind:
        case "anything-but":
            return f"anything but {', '.join(value) if isinstance(value, list) else value}"
        case "prefix":
            return f"{value}…"
        case "exists":
            return "there" if value else "absent"
    raise ValueError(f"no words for the matcher {kind}")


def rights(function: Resource, resources: list[Resource]) -> Rights:
    """What a function may do; its own name is left out, so that what is each function's own reads the same for all."""
    (role,) = (one for one in resources if f"id:{one.id}" == function.properties["Role"])
    logs = function.properties["LoggingConfig"]["LogGroup"].removeprefix("/aws/lambda/")
    actions: Rights = defaultdict(list)
    for policy in role.properties["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    actions[_where(resource.replace(logs, "…"), statement.get("Condition"))].append(action)
    return actions


def _where(resource: str, condition: dict | None) -> str:
    if resource == "*":
        return "on everything"
    place = resource.replace(f":{REGION}:{ACCOUNT}:", ":").removeprefix("arn:aws:")
    return f"on `{place}`{_if(condition)}"


def _if(condition: dict | None) -> str:
    if condition is None:
        return ""
    ((_, operands),) = condition.items()
    ((key, values),) = operands.items()
    return ", tagged `tidegate:policy`" if key == "aws:ResourceTag/tidegate:policy" else f", where `{key}` is `{values}`"


def with_table(readme: str) -> str:
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    sys.exit(print(table()))
