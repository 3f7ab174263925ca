"""The inventory of a Terraform plan, as `terraform show -json` has it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import inventory
from inventory import Taken, last, statements

Values = dict


@dataclass(frozen=True)
class Resource:
    address: str
    type: str
    values: Values


Kinds = dict[str, list[Resource]]

# What AWS says of a resource and nobody states, tags, and the beginnings of names that AWS makes up.
PASSED_OVER = {"arn", "id", "name_prefix", "qualified_arn", "tags", "tags_all", "url", "version"}
# These have no ARN of their own; theirs is that of what they belong to.
BELONG_TO_AN_ARN = {"aws_cloudwatch_event_target", "aws_sns_topic_policy"}


def of_plan(plan: dict) -> dict:
    """Everything that the plan makes."""
    kinds: Kinds = defaultdict(list)
    for resource in _resources(plan["planned_values"]["root_module"]):
        kinds[resource.type].append(resource)
    if unknown := kinds.keys() - READERS.keys() - READ_BY_OTHERS:
        raise ValueError(f"nobody looks at resources of the types {sorted(unknown)}")
    found: dict = {}
    for kind, (section, read) in READERS.items():
        made = [read(resource, _taken(resource), kinds) for resource in kinds[kind]]
        found[section] = sorted(made) if section == "rules" else dict(made)
    return found


def _resources(module: dict) -> Iterator[Resource]:
    for resource in module.get("resources", []):
        if resource["mode"] == "managed":
            yield Resource(resource["address"], resource["type"], resource["values"])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _taken(resource: Resource) -> Taken:
    passed_over = PASSED_OVER - ({"arn"} if resource.type in BELONG_TO_AN_ARN else set())
    return _stated(resource.address, {key: value for key, value in resource.values.items() if key not in passed_over})


def _stated(where: str, values: Values) -> Taken:
    """Terraform shows every argument that there is; those that nobody states are null or empty."""
    return Taken(where, {key: value for key, value in values.items() if value not in (None, [], {})})


def _block(where: str, blocks: list[Values]) -> Taken:
    """A block of which there is one."""
    (values,) = blocks
    return _stated(where, values)


def _in_block(where: str, blocks: list[Values], key: str) -> object:
    """The one argument that a block states."""
    take = _block(where, blocks)
    value = take(key)
    take.is_all()
    return value


def _only(kinds: Kinds, kind: str, **values: object) -> Resource:
    found = [one for one in kinds[kind] if all(one.values.get(key) == value for key, value in values.items())]
    if len(found) != 1:
        raise ValueError(f"there are {len(found)} {kind} with {values}, and there should be one")
    return found[0]


def _role(arn: str, kinds: Kinds) -> dict:
    """The role that a resource takes, with what it may do."""
    role = _only(kinds, "aws_iam_role", arn=arn)
    take = _taken(role)
    trust = take("assume_role_policy")
    take("name")
    take.is_all()
    policies = []
    for policy in kinds["aws_iam_role_policy"]:
        if policy.values["role"] == role.values["id"]:
            of = _taken(policy)
            of("role")
            of("name")
            policies.append(of("policy"))
            of.is_all()
    return inventory.role(trust, policies)


def _policies(kinds: Kinds, kind: str, **values: object) -> list[str]:
    """What the policies say that belong to a queue or a topic."""
    of = [one for one in kinds[kind] if all(one.values.get(key) == value for key, value in values.items())]
    return [line for one in of for line in statements(one.values["policy"])]


def _function(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name, where = take("function_name"), resource.address
    for package in ("filename", "source_code_hash", "s3_bucket", "s3_key"):
        take(package, None)
    logs = _block(where, take("logging_config"))
    # Lambda's own default, which the provider wants to hear.
    if (written := logs("log_format")) != "Text":
        raise ValueError(f"{where}: log_format is {written}; the functions write Text")
    settings = {
        "description": take("description"),
        "runtime": take("runtime"),
        "handler": take("handler"),
        "architecture": take("architectures"),
        "memory": take("memory_size"),
        "timeout": take("timeout"),
        "tracing": _in_block(where, take("tracing_config"), "mode"),
        "reserved": take("reserved_concurrent_executions", None),
        "environment": _in_block(where, take("environment"), "variables"),
        "logs": logs("log_group"),
        "async": [_invoked(one) for one in kinds["aws_lambda_function_event_invoke_config"] if one.values["function_name"] == name],
        "role": _role(take("role"), kinds),
    }
    logs.is_all()
    take.is_all()
    return name, settings


def _invoked(resource: Resource) -> dict:
    take = _taken(resource)
    take("function_name")
    on_failure = _in_block(resource.address, take("destination_config"), "on_failure")
    found = {
        "qualifier": take("qualifier"),
        "retries": take("maximum_retry_attempts"),
        "undelivered": last(_in_block(resource.address, on_failure, "destination")),
    }
    take.is_all()
    return found


def _rule(resource: Resource, take: Taken, kinds: Kinds) -> str:
    name, bus, state = take("name"), take("event_bus_name", "default"), take("state", "ENABLED")
    target = _taken(_only(kinds, "aws_cloudwatch_event_target", rule=name, event_bus_name=bus))
    for known in ("rule", "event_bus_name", "target_id"):
        target(known)
    function = last(target("arn"))
    undelivered = last(_in_block(name, target("dead_letter_config", [{"arn": "nobody"}]), "arn"))
    target.is_all()
    line = inventory.rule(bus, take("event_pattern"), function, undelivered, _may_invoke(resource, function, kinds))
    take.is_all()
    return line if state == "ENABLED" else f"{line}, disabled"


def _may_invoke(resource: Resource, function: str, kinds: Kinds) -> bool:
    for permission in kinds["aws_lambda_permission"]:
        take = _taken(permission)
        principal, action, of, source = (take(key) for key in ("principal", "action", "function_name", "source_arn"))
        take.is_all()
        if source == resource.values["arn"] and of == function:
            return (principal, action) == ("events.amazonaws.com", "lambda:InvokeFunction")
    return False


def _schedule(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    target = _block(f"{resource.address}, target", take("target"))
    retries = _block(resource.address, target("retry_policy"))
    found = {
        "description": take("description"),
        "expression": take("schedule_expression"),
        "window": _in_block(resource.address, take("flexible_time_window"), "mode"),
        "state": take("state", "ENABLED"),
        "function": last(target("arn")),
        "input": json.loads(target("input")),
        "undelivered": last(_in_block(resource.address, target("dead_letter_config"), "arn")),
        "retries": {
            "MaximumRetryAttempts": str(retries("maximum_retry_attempts")),
            "MaximumEventAgeInSeconds": str(retries("maximum_event_age_in_seconds")),
        },
        "role": _role(target("role_arn"), kinds),
    }
    name = take("name")
    retries.is_all()
    target.is_all()
    take.is_all()
    return name, found


def _table(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    where = resource.address
    expires = _block(where, take("ttl"))
    encryption = take("server_side_encryption", [{}])[0]
    found = {
        "billing": take("billing_mode"),
        "protected": take("deletion_protection_enabled"),
        "recovery": _in_block(where, take("point_in_time_recovery"), "enabled"),
        "expires": {"AttributeName": expires("attribute_name"), "Enabled": expires("enabled")},
        "key": {"HASH": take("hash_key"), "RANGE": take("range_key")},
        "attributes": {one["name"]: one["type"] for one in take("attribute")},
        "indexes": dict(_index(where, one) for one in take("global_secondary_index")),
        "encryption": encryption["kms_key_arn"] if encryption.get("enabled") else None,
    }
    name = take("name")
    expires.is_all()
    take.is_all()
    return name, found


def _index(where: str, values: Values) -> tuple[str, dict]:
    take = _stated(f"{where}, index", values)
    found = {
        "key": {"HASH": take("hash_key"), "RANGE": take("range_key")},
        "projection": take("projection_type"),
        "attributes": sorted(take("non_key_attributes", [])),
    }
    name = take("name")
    take.is_all()
    return name, found


def _bus(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("name")
    take.is_all()
    return name, {}


def _topic(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name, key = take("name"), take("kms_master_key_id", None)
    take.is_all()
    return name, {"encryption": key, "policy": _policies(kinds, "aws_sns_topic_policy", arn=resource.values["arn"])}


def _key(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    found = {"description": take("description"), "rotates": take("enable_key_rotation"), "policy": statements(take("policy"))}
    take("bypass_policy_lockout_safety_check", False)
    take.is_all()
    return "own", found


def _queue(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("name")
    found = {
        "seconds": take("message_retention_seconds"),
        "encryption": take("kms_master_key_id", None) or ("SQS" if take("sqs_managed_sse_enabled", False) else None),
        "policy": _policies(kinds, "aws_sqs_queue_policy", queue_url=resource.values["id"]),
    }
    take.is_all()
    return name, found


def _logs(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("name")
    found = {"days": take("retention_in_days"), "encryption": take("kms_key_id", None)}
    take.is_all()
    return name, found


def _alarm(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("alarm_name")
    found = {
        "description": take("alarm_description"),
        "metric": [take("namespace"), take("metric_name")],
        "dimensions": take("dimensions"),
        "statistic": take("statistic"),
        "period": take("period"),
        "periods": take("evaluation_periods"),
        "datapoints": take("datapoints_to_alarm", None),
        "threshold": take("threshold"),
        "comparison": take("comparison_operator"),
        "missing": take("treat_missing_data"),
        "actions": take("alarm_actions", []),
    }
    take.is_all()
    return name, found


def _page(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("alarm_name")
    found = {
        "description": take("alarm_description"),
        "any of": sorted(take("alarm_rule").split(" OR ")),
        "actions": take("alarm_actions"),
        "when well": take("ok_actions"),
    }
    take.is_all()
    return name, found


def _dashboard(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name, body = take("dashboard_name"), json.loads(take("dashboard_body"))
    take.is_all()
    return name, {widget["properties"].get("title") or widget["properties"]["markdown"]: widget for widget in body["widgets"]}


def _strategy(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("name")
    found = {
        "Description": take("description"),
        "DeploymentDurationInMinutes": take("deployment_duration_in_minutes"),
        "FinalBakeTimeInMinutes": take("final_bake_time_in_minutes"),
        "GrowthFactor": take("growth_factor"),
        "GrowthType": take("growth_type"),
        "ReplicateTo": take("replicate_to"),
    }
    take.is_all()
    return name, found


def _extension(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("name")
    found = {
        "description": take("description"),
        "actions": {point["point"]: [_action(name, one, kinds) for one in point["action"]] for point in take("action_point")},
        "parameters": {one["name"]: {"Description": one["description"], "Required": one["required"]} for one in take("parameter")},
    }
    take.is_all()
    return name, found


def _action(where: str, values: Values, kinds: Kinds) -> dict:
    take = _stated(f"{where}, action", values)
    found = {"Name": take("name"), "Uri": take("uri")}
    if role := take("role_arn", None):
        found["RoleArn"] = _role(role, kinds)
    take.is_all()
    return found


def _association(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    of = take("resource_arn")
    found = {
        "extension": take("extension_arn"),
        # AWS says it: the newest one when the association is made.
        "version": str(take("extension_version")),
        "parameters": take("parameters"),
    }
    take.is_all()
    return of, found


def _people(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, list[str]]:
    description, document = take("description"), take("policy")
    take("name")
    take.is_all()
    return description, statements(document)


Reader = Callable[[Resource, Taken, Kinds], object]
READERS: dict[str, tuple[str, Reader]] = {
    "aws_lambda_function": ("functions", _function),
    "aws_cloudwatch_event_rule": ("rules", _rule),
    "aws_scheduler_schedule": ("schedules", _schedule),
    "aws_dynamodb_table": ("table", _table),
    "aws_cloudwatch_event_bus": ("bus", _bus),
    "aws_sns_topic": ("topic", _topic),
    "aws_kms_key": ("keys", _key),
    "aws_sqs_queue": ("queues", _queue),
    "aws_cloudwatch_log_group": ("logs", _logs),
    "aws_cloudwatch_metric_alarm": ("alarms", _alarm),
    "aws_cloudwatch_composite_alarm": ("pages", _page),
    "aws_cloudwatch_dashboard": ("dashboards", _dashboard),
    "aws_appconfig_deployment_strategy": ("strategies", _strategy),
    "aws_appconfig_extension": ("extensions", _extension),
    "aws_appconfig_extension_association": ("associations", _association),
    "aws_iam_policy": ("people", _people),
}
# These belong to what stands above, and are read with it.
READ_BY_OTHERS = {
    "aws_cloudwatch_event_target",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_permission",
    "aws_sns_topic_policy",
    "aws_sqs_queue_policy",
}
