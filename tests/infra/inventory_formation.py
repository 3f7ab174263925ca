"""The inventory of a CloudFormation template: SAM's after its transform, and CDK's."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable

import inventory
from formation import Resource, Stack
from inventory import Taken, last, statements

Kinds = dict[str, list[Resource]]

# What nothing depends on: tags, and what only names a thing for people or for the tool.
PASSED_OVER = {"AWS::CDK::Metadata"}


def of_stack(stack: Stack) -> dict:
    """Everything that the stack makes."""
    kinds: Kinds = defaultdict(list)
    for resource in stack.resources():
        kinds[resource.type].append(resource)
    if unknown := kinds.keys() - READERS.keys() - READ_BY_OTHERS - PASSED_OVER:
        raise ValueError(f"nobody looks at resources of the types {sorted(unknown)}")
    found: dict = {}
    for kind, (section, read) in READERS.items():
        made = [read(resource, _taken(resource), kinds) for resource in kinds[kind]]
        found[section] = sorted(made) if section == "rules" else dict(made)
    return found


def _taken(resource: Resource) -> Taken:
    properties = {key: value for key, value in resource.properties.items() if key != "Tags"}
    return Taken(resource.id, properties)


def _role(arn: str, kinds: Kinds) -> dict:
    """The role that a resource takes, with what it may do."""
    (role,) = (one for one in kinds["AWS::IAM::Role"] if arn == f"id:{one.id}")
    take = _taken(role)
    trust, policies = take("AssumeRolePolicyDocument"), [one["PolicyDocument"] for one in take("Policies", [])]
    for policy in kinds["AWS::IAM::Policy"]:
        attached = Taken(policy.id, policy.properties)
        document, roles = attached("PolicyDocument"), attached("Roles")
        attached("PolicyName")
        attached.is_all()
        if f"id:{role.id}" in roles:
            policies.append(document)
    take("Description", None)
    take.is_all()
    return inventory.role(trust, policies)


def _function(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("FunctionName")
    take("Code")
    settings = {
        "description": take("Description"),
        "runtime": take("Runtime"),
        "handler": take("Handler"),
        "architecture": take("Architectures"),
        "memory": take("MemorySize"),
        "timeout": take("Timeout"),
        "tracing": take("TracingConfig")["Mode"],
        "reserved": take("ReservedConcurrentExecutions", None),
        "environment": take("Environment")["Variables"],
        "logs": take("LoggingConfig")["LogGroup"],
        "async": [_invoked(one, kinds) for one in kinds["AWS::Lambda::EventInvokeConfig"] if one.properties["FunctionName"] == name],
        "role": _role(take("Role"), kinds),
    }
    take.is_all()
    return name, settings


def _invoked(resource: Resource, kinds: Kinds) -> dict:
    take = _taken(resource)
    take("FunctionName")
    found = {
        "qualifier": take("Qualifier"),
        "retries": take("MaximumRetryAttempts"),
        "undelivered": last(take("DestinationConfig")["OnFailure"]["Destination"]),
    }
    take.is_all()
    return found


def _rule(resource: Resource, take: Taken, kinds: Kinds) -> str:
    (target,) = (Taken(f"{resource.id}, target", target) for target in take("Targets"))
    function = last(target("Arn"))
    target("Id")
    undelivered = last(target("DeadLetterConfig", {"Arn": "nobody"})["Arn"])
    target.is_all()
    bus, state = take("EventBusName", "default"), take("State", "ENABLED")
    take("Description", None)
    line = inventory.rule(bus, take("EventPattern"), function, undelivered, _may_invoke(resource, function, kinds))
    take.is_all()
    return line if state == "ENABLED" else f"{line}, disabled"


def _may_invoke(resource: Resource, function: str, kinds: Kinds) -> bool:
    for permission in kinds["AWS::Lambda::Permission"]:
        take = _taken(permission)
        principal, action, of, source = (take(key) for key in ("Principal", "Action", "FunctionName", "SourceArn"))
        take.is_all()
        if source == f"id:{resource.id}" and last(of) == function:
            return (principal, action) == ("events.amazonaws.com", "lambda:InvokeFunction")
    return False


def _schedule(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    target = Taken(f"{resource.id}, target", take("Target"))
    found = {
        "description": take("Description"),
        "expression": take("ScheduleExpression"),
        "window": take("FlexibleTimeWindow")["Mode"],
        "state": take("State", "ENABLED"),
        "function": last(target("Arn")),
        "input": json.loads(target("Input")),
        "undelivered": last(target("DeadLetterConfig")["Arn"]),
        "retries": {key: str(value) for key, value in target("RetryPolicy").items()},
        "role": _role(target("RoleArn"), kinds),
    }
    name = take("Name")
    target.is_all()
    take.is_all()
    return name, found


def _table(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    encryption = take("SSESpecification", {})
    found = {
        "billing": take("BillingMode"),
        "protected": take("DeletionProtectionEnabled"),
        "recovery": take("PointInTimeRecoverySpecification")["PointInTimeRecoveryEnabled"],
        "expires": take("TimeToLiveSpecification"),
        "key": {one["KeyType"]: one["AttributeName"] for one in take("KeySchema")},
        "attributes": {one["AttributeName"]: one["AttributeType"] for one in take("AttributeDefinitions")},
        "indexes": {index["IndexName"]: _index(index) for index in take("GlobalSecondaryIndexes")},
        "encryption": encryption.get("KMSMasterKeyId") if encryption.get("SSEEnabled") else None,
    }
    name = take("TableName")
    take.is_all()
    return name, found


def _index(index: dict) -> dict:
    projection = index["Projection"]
    return {
        "key": {one["KeyType"]: one["AttributeName"] for one in index["KeySchema"]},
        "projection": projection["ProjectionType"],
        "attributes": sorted(projection.get("NonKeyAttributes", [])),
    }


def _bus(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("Name")
    take.is_all()
    return name, {}


def _topic(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name, key = take("TopicName"), take("KmsMasterKeyId", None)
    take.is_all()
    policies = [one.properties["PolicyDocument"] for one in kinds["AWS::SNS::TopicPolicy"] if last(one.properties["Topics"][0]) == name]
    return name, {"encryption": key, "policy": [line for policy in policies for line in statements(policy)]}


def _key(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    found = {"description": take("Description"), "rotates": take("EnableKeyRotation"), "policy": statements(take("KeyPolicy"))}
    take.is_all()
    return "own", found


def _queue(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("QueueName")
    found = {
        "seconds": take("MessageRetentionPeriod"),
        "encryption": take("KmsMasterKeyId", None) or ("SQS" if take("SqsManagedSseEnabled", False) else None),
        "policy": [
            line
            for one in kinds["AWS::SQS::QueuePolicy"]
            if [last(url) for url in one.properties["Queues"]] == [name]
            for line in statements(one.properties["PolicyDocument"])
        ],
    }
    take.is_all()
    return name, found


def _logs(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("LogGroupName")
    found = {"days": int(take("RetentionInDays")), "encryption": take("KmsKeyId", None)}
    take.is_all()
    return name, found


def _alarm(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("AlarmName")
    found = {
        "description": take("AlarmDescription"),
        "metric": [take("Namespace"), take("MetricName")],
        "dimensions": {one["Name"]: one["Value"] for one in take("Dimensions")},
        "statistic": take("Statistic"),
        "period": take("Period"),
        "periods": take("EvaluationPeriods"),
        "datapoints": take("DatapointsToAlarm", None),
        "threshold": take("Threshold"),
        "comparison": take("ComparisonOperator"),
        "missing": take("TreatMissingData"),
        "actions": take("AlarmActions", []),
    }
    take.is_all()
    return name, found


def _page(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("AlarmName")
    found = {
        "description": take("AlarmDescription"),
        "any of": sorted(part.strip() for part in take("AlarmRule").split(" OR ")),
        "actions": take("AlarmActions"),
        "when well": take("OKActions"),
    }
    take.is_all()
    return name, found


def _dashboard(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name, body = take("DashboardName"), json.loads(take("DashboardBody"))
    take.is_all()
    return name, {widget["properties"].get("title") or widget["properties"]["markdown"]: widget for widget in body["widgets"]}


def _strategy(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("Name")
    keys = ("Description", "DeploymentDurationInMinutes", "FinalBakeTimeInMinutes", "GrowthFactor", "GrowthType", "ReplicateTo")
    found = {key: take(key) for key in keys}
    take.is_all()
    return name, found


def _extension(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    name = take("Name")
    actions = {
        point: [action | ({"RoleArn": _role(action["RoleArn"], kinds)} if "RoleArn" in action else {}) for action in actions]
        for point, actions in take("Actions").items()
    }
    found = {"description": take("Description"), "actions": actions, "parameters": take("Parameters")}
    take.is_all()
    return name, found


def _association(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, dict]:
    of = take("ResourceIdentifier")
    found = {"extension": take("ExtensionIdentifier"), "version": take("ExtensionVersionNumber", None), "parameters": take("Parameters")}
    take.is_all()
    return of, found


def _people(resource: Resource, take: Taken, kinds: Kinds) -> tuple[str, list[str]]:
    description, document = take("Description"), take("PolicyDocument")
    for key, nobody in (("Path", "/"), ("Roles", []), ("Users", []), ("Groups", [])):
        if (attached := take(key, nobody)) != nobody:
            raise ValueError(f"{resource.id}: {key} is {attached}; whom it is for is the account's to say")
    take.is_all()
    return description, statements(document)


Reader = Callable[[Resource, Taken, Kinds], object]
READERS: dict[str, tuple[str, Reader]] = {
    "AWS::Lambda::Function": ("functions", _function),
    "AWS::Events::Rule": ("rules", _rule),
    "AWS::Scheduler::Schedule": ("schedules", _schedule),
    "AWS::DynamoDB::Table": ("table", _table),
    "AWS::Events::EventBus": ("bus", _bus),
    "AWS::SNS::Topic": ("topic", _topic),
    "AWS::KMS::Key": ("keys", _key),
    "AWS::SQS::Queue": ("queues", _queue),
    "AWS::Logs::LogGroup": ("logs", _logs),
    "AWS::CloudWatch::Alarm": ("alarms", _alarm),
    "AWS::CloudWatch::CompositeAlarm": ("pages", _page),
    "AWS::CloudWatch::Dashboard": ("dashboards", _dashboard),
    "AWS::AppConfig::DeploymentStrategy": ("strategies", _strategy),
    "AWS::AppConfig::Extension": ("extensions", _extension),
    "AWS::AppConfig::ExtensionAssociation": ("associations", _association),
    "AWS::IAM::ManagedPolicy": ("people", _people),
}
# These belong to what stands above, and are read with it.
READ_BY_OTHERS = {
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
