"""Holds every role of the template against what the function's adapters say they call: nothing missing, nothing more.

The adapters state their IAM actions in the code; a Rust test keeps infra/rights.json the same. Which adapters a function
uses stands in its Cargo.toml: they are the features under which its binary is built.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from formation import ACCOUNT, REGION, Resource, Stack
from inventory import listed

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra/sam/template.yaml"
# What each function does with routers, and with deployments.
FUNCTIONS = {
    "traffic-shift": ({"observe", "examine", "route"}, {"read", "start", "goOn", "tags"}),
    "health-check": ({"observe"}, {"read", "answer"}),
    "rollback": ({"observe", "route"}, {"read", "stop"}),
    "feature-flag": (set(), set()),
    "notify": (set(), set()),
}
# What Lambda itself needs of every role: logs, traces, and the way into the function's own dead-letter queue.
PLATFORM = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# What the topic's key wants of notify, which publishes.
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
TAGGED = {"StringLike": {"aws:ResourceTag/tidegate:policy": ["checkout-*", "search"]}}


@cache
def installation() -> Stack:
    return Stack.of_sam(TEMPLATE, {"Policies": "checkout-*,search"})


@cache
def resources() -> dict[str, Resource]:
    return {resource.id: resource for resource in installation().resources()}


def stack_of(function: str) -> str:
    """The nested stack of a function: TrafficShift of traffic-shift."""
    return "".join(map(str.capitalize, function.split("-")))


def made_by(function: str, kind: str) -> dict[str, Resource]:
    return {
        resource.id: resource
        for resource in resources().values()
        if resource.type == kind and resource.id.startswith(f"{stack_of(function)}/")
    }


def statements(function: str) -> list[dict]:
    return statements_of(f"{stack_of(function)}/Role")


def statements_of(role: str) -> list[dict]:
    properties = resources()[role].properties
    assert "ManagedPolicyArns" not in properties, "a managed policy allows more than the function calls"
    return [s for policy in properties["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def needed(function: str, router_calls: set[str], deployment_calls: set[str]) -> set[str]:
    rights = json.loads((ROOT / "infra/rights.json").read_text())
    manifest = tomllib.loads((ROOT / f"functions/{function}/Cargo.toml").read_text())
    features = set(manifest["dependencies"]["tidegate-aws"]["features"]) - {"runtime"}
    actions = {action for feature in features - {"routers", "deployments"} for action in rights[feature]}
    routers = {action for call in router_calls for router in rights["routers"].values() for action in router[call]}
    deployments = {action for call in deployment_calls for action in rights["deployments"][call]}
    assert ("routers" in features) == bool(router_calls)
    assert ("deployments" in features) == bool(deployment_calls)
    return actions | routers | deployments


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_what_its_function_calls_and_no_more(function: str) -> None:
    allowed = {action for statement in statements(function) for action in listed(statement["Action"])}
    key = KEY if function == "notify" else set()
    assert allowed - PLATFORM == needed(function, *FUNCTIONS[function]) | key


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_allows_an_action_wildcard(function: str) -> None:
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in listed(statement["Action"])), statement


def allowed() -> dict[tuple[str, str], list[dict]]:
    """By function and action: the statements that allow it."""
    found: dict[tuple[str, str], list[dict]] = {}
    for function in FUNCTIONS:
        for statement in statements(function):
            for action in listed(statement["Action"]):
                found.setdefault((function, action), []).append(statement)
    return found


def test_what_is_changed_has_the_tag_with_a_value_that_the_installation_may_touch() -> None:
    """Wherever IAM knows the tag. What it cannot narrow stands in infra/README.md, and below."""
    changing = {
        ("traffic-shift", "lambda:UpdateAlias"),
        ("rollback", "lambda:UpdateAlias"),
        ("traffic-shift", "codedeploy:CreateDeployment"),
        ("feature-flag", "appconfig:CreateHostedConfigurationVersion"),
    }
    for function, action in changing:
        assert [one["Condition"] for one in allowed()[function, action]] == [TAGGED], (function, action)
    others = {"deployment/*": "appconfig:StopDeployment", "deploymentstrategy/*": "appconfig:StartDeployment"}
    for end, action in others.items():
        conditions = {one["Resource"]: one.get("Condition") for one in allowed()["feature-flag", action]}
        (free,) = (resource for resource, condition in conditions.items() if condition is None)
        assert free.endswith(end)
        assert [condition for condition in conditions.values() if condition] == [TAGGED]


def test_each_change_is_one_function_s() -> None:
    callers: dict[str, set[str]] = {}
    for function, action in allowed():
        callers.setdefault(action, set()).add(function)
    assert callers["codedeploy:StopDeployment"] == {"rollback"}
    assert callers["codedeploy:CreateDeployment"] == {"traffic-shift"}
    for action in ("CreateHostedConfigurationVersion", "StartDeployment", "StopDeployment"):
        assert callers[f"appconfig:{action}"] == {"feature-flag"}
    assert callers["sns:Publish"] == {"notify"}


def test_only_tagged_functions_and_check_functions_are_asked() -> None:
    tagged, named = allowed()["health-check", "lambda:InvokeFunction"]
    assert tagged["Condition"] == TAGGED
    assert named["Resource"].endswith(":function:tidegate-check-*")


def test_codedeploy_may_invoke_health_check_by_its_second_name() -> None:
    hook, function = (resources()[f"HealthCheck/{name}"].properties for name in ("CodeDeployHook", "HealthCheck"))
    assert hook["FunctionName"].startswith("CodeDeployHook_"), "CodeDeploy's managed roles invoke no other names"
    different = {name for name in function if hook[name] != function[name]}
    assert different == {"FunctionName", "Description", "ReservedConcurrentExecutions"}


def test_what_switches_at_once_does_not_bake() -> None:
    strategy = resources()["FeatureFlag/FlagsAtOnce"].properties
    at_once = {"DeploymentDurationInMinutes": 0, "FinalBakeTimeInMinutes": 0, "GrowthFactor": 100}
    assert {name: strategy[name] for name in at_once} == at_once
    variables = resources()["FeatureFlag/FeatureFlag"].properties["Environment"]["Variables"]
    assert variables["TIDEGATE_FLAG_STRATEGY"] == f"strategy:{strategy['Name']}"


def test_appconfig_asks_health_check_and_says_what_the_rules_listen_to() -> None:
    actions = {point: only for point, (only,) in resources()["FeatureFlag/FlagGuard"].properties["Actions"].items()}
    ask = actions.pop("AT_DEPLOYMENT_TICK")
    health_check = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tidegate-health-check"
    assert (ask["Uri"], ask["RoleArn"]) == (health_check, "id:FeatureFlag/FlagGuardRole")
    (may,) = statements_of("FeatureFlag/FlagGuardRole")
    assert (may["Action"], may["Resource"]) == ("lambda:InvokeFunction", health_check)
    said = {"ON_DEPLOYMENT_START", "ON_DEPLOYMENT_COMPLETE", "ON_DEPLOYMENT_ROLLED_BACK"}
    assert actions.keys() == said
    assert all(action["Uri"].endswith(":event-bus/default") for action in actions.values())
    heard = {kind for pattern in patterns().values() if pattern["source"] == ["aws.appconfig"] for kind in pattern["detail-type"]}
    assert heard == {"On Deployment Start", "On Deployment Complete", "On Deployment Rollback"}


def test_every_state_of_a_deployment_has_one_receiver() -> None:
    states = {name: pattern["detail"]["state"] for name, pattern in patterns().items() if pattern["source"] == ["aws.codedeploy"]}
    ended = states["Rollback/RollbackDeployments"]
    assert states == {"Rollback/RollbackDeployments": ended, "TrafficShift/TrafficShiftDeployments": [{"anything-but": ended}]}


def test_no_function_may_run_longer_than_the_way_back_counts_on() -> None:
    source = (ROOT / "shared/domain/src/decide/back.rs").read_text()
    longest = int(source.split("LONGEST_FUNCTION_TIMEOUT: Span = Span::seconds(")[1].split(")")[0])
    for resource in resources().values():
        if resource.type == "AWS::Lambda::Function":
            assert resource.properties["Timeout"] <= longest, resource.id


def rules() -> dict[str, dict]:
    """Every event rule of the installation."""
    return {one.id: one.properties for one in resources().values() if one.type == "AWS::Events::Rule"}


def patterns() -> dict[str, dict]:
    return {name: rule["EventPattern"] for name, rule in rules().items()}


UNKNOWN = "Notify/NotifyUnknown"
# What these receive is for an owner, and names none that listens to it.
UNOWNED = ("Notify/NotifyUnownedVerdicts", "Notify/NotifyUnownedEffects")


def test_every_detail_type_of_the_contract_has_one_receiver_for_each_owner() -> None:
    """Two functions never receive the same message: the patterns differ in detail type, or in the verb or the owner."""
    receivers: dict[tuple[str, str], str] = {}
    for name, pattern in patterns().items():
        if pattern["source"] != ["tidegate"] or name == UNKNOWN or name in UNOWNED:
            continue
        detail = pattern.get("detail", {})
        for detail_type in pattern["detail-type"]:
            keys = [f"owner={owner}" for owner in detail.get("owner", [])]
            keys += ["verb=abort" if verb == "abort" else "verb=other" for verb in detail.get("verb", [])[:1]]
            for key in keys or ["any"]:
                other = receivers.setdefault((detail_type, key), name)
                assert other == name, f"{detail_type} {key} goes to {other} and to {name}"
    owners = {key for detail_type, key in receivers if detail_type == "Effects Due"}
    assert owners == {f"owner={function}" for function in FUNCTIONS}


def test_what_aws_says_reaches_a_function_once() -> None:
    """An alarm concerns rollouts and kill switches, so that two functions hear of it; none hears of anything twice."""
    receivers: dict[tuple[str, str], list[str]] = {}
    for name, pattern in patterns().items():
        states = str(pattern.get("detail", {}).get("state", ""))
        for detail_type in pattern["detail-type"] if pattern["source"] != ["tidegate"] else []:
            receivers.setdefault((detail_type, states), []).append(name.split("/")[0])
    assert all(len(functions) == len(set(functions)) for functions in receivers.values()), receivers
    several = {detail_type: set(functions) for (detail_type, _), functions in receivers.items() if len(functions) > 1}
    assert several == {"CloudWatch Alarm State Change": {"Rollback", "FeatureFlag"}}


def test_what_no_other_rule_matches_is_quarantined() -> None:
    known = set(patterns()[UNKNOWN]["detail-type"][0]["anything-but"])
    contract = {path.stem for path in (ROOT / "events/schemas").glob("*.json")}
    assert {name.lower().replace(" ", "-") for name in known} == contract


@pytest.mark.parametrize("name", UNOWNED)
def test_what_names_no_owner_that_listens_is_quarantined(name: str) -> None:
    pattern = patterns()[name]
    listening = {
        owner
        for other, heard in patterns().items()
        if other not in (UNKNOWN, *UNOWNED) and set(heard["detail-type"]) & set(pattern["detail-type"])
        for owner in heard.get("detail", {}).get("owner", [])
    }
    known, absent = pattern["detail"]["owner"]
    assert (set(known["anything-but"]), absent) == (listening, {"exists": False})


def test_every_rule_every_function_and_the_schedule_has_its_dead_letter_queue_with_an_alarm() -> None:
    for function in FUNCTIONS:
        (queue,) = made_by(function, "AWS::SQS::Queue").values()
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.properties['QueueName']}"
        for name, rule in made_by(function, "AWS::Events::Rule").items():
            assert [target["DeadLetterConfig"]["Arn"] for target in rule.properties["Targets"]] == [arn], name
        for name, schedule in made_by(function, "AWS::Scheduler::Schedule").items():
            assert schedule.properties["Target"]["DeadLetterConfig"]["Arn"] == arn, name
        asked = {one.properties["FunctionName"] for one in made_by(function, "AWS::Lambda::EventInvokeConfig").values()}
        assert asked == {one.properties["FunctionName"] for one in made_by(function, "AWS::Lambda::Function").values()}
        for one in made_by(function, "AWS::Lambda::EventInvokeConfig").values():
            assert one.properties["DestinationConfig"]["OnFailure"]["Destination"] == arn
        depth = [alarm.properties for alarm in made_by(function, "AWS::CloudWatch::Alarm").values() if alarm.properties["Namespace"] == "AWS/SQS"]
        assert [alarm["Dimensions"] for alarm in depth] == [[{"Name": "QueueName", "Value": queue.properties["QueueName"]}]]


def test_one_alarm_pages_and_it_knows_all_others() -> None:
    alarms = {one.properties["AlarmName"]: one.properties for one in resources().values() if one.type == "AWS::CloudWatch::Alarm"}
    page = resources()["Watch/Unwell"].properties
    assert sorted(re.findall(r'ALARM\("([^"]+)"\)', page["AlarmRule"])) == sorted(alarms)
    assert [name for name, alarm in alarms.items() if "AlarmActions" in alarm] == []
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:tidegate-on-call"
    assert (page["AlarmActions"], page["OKActions"]) == ([topic], [topic])
    elsewhere = Stack.of_sam(TEMPLATE, {"AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:platform"})
    (page,) = (one for one in elsewhere.resources() if one.id == "Watch/Unwell")
    assert page.properties["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:platform"]


def test_queues_and_topic_refuse_whoever_comes_without_tls() -> None:
    kinds = {"AWS::SQS::QueuePolicy": "sqs:*", "AWS::SNS::TopicPolicy": "sns:Publish"}
    policies = [one for one in resources().values() if one.type in kinds]
    assert len(policies) == len(FUNCTIONS) + 1
    for policy in policies:
        denial = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": kinds[policy.type]}
        condition = {"Bool": {"aws:SecureTransport": "false"}}
        (found,) = (one for one in policy.properties["PolicyDocument"]["Statement"] if one["Effect"] == "Deny")
        assert found == denial | {"Resource": found["Resource"], "Condition": condition}


def test_with_a_given_key_all_that_is_kept_is_under_it() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/given"
    given = list(Stack.of_sam(TEMPLATE, {"KmsKeyArn": key}).resources())
    where = {
        "AWS::DynamoDB::Table": lambda one: one["SSESpecification"]["KMSMasterKeyId"],
        "AWS::SQS::Queue": lambda one: one["KmsMasterKeyId"],
        "AWS::SNS::Topic": lambda one: one["KmsMasterKeyId"],
        "AWS::Logs::LogGroup": lambda one: one["KmsKeyId"],
    }
    for one in given:
        if one.type in where:
            assert where[one.type](one.properties) == key, one.id
    assert not [one for one in given if one.type == "AWS::KMS::Key"]
    for function in FUNCTIONS:
        (role,) = (one for one in given if one.id == f"{stack_of(function)}/Role")
        rights = [s for policy in role.properties["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        assert [s["Resource"] for s in rights if set(listed(s["Action"])) == KEY] == [key]


def test_alarms_and_dashboard_show_the_metrics_that_the_functions_write() -> None:
    written = {metric["name"] for metric in json.loads((ROOT / "infra/metrics.json").read_text())}
    alarms = [one.properties for one in resources().values() if one.type == "AWS::CloudWatch::Alarm"]
    watched = {alarm["MetricName"] for alarm in alarms if alarm["Namespace"] == "Tidegate"}
    widgets = json.loads(resources()["Watch/Dashboard"].properties["DashboardBody"])["widgets"]
    lines = [line for widget in widgets for line in widget["properties"].get("metrics", [])]
    shown = {line[1] for line in lines if line[0] == "Tidegate"}
    assert (watched - written, shown) == (set(), written)
    assert all(line[2:4] == ["Installation", "tidegate"] for line in lines if line[0] == "Tidegate")
    for function in (one for one in resources().values() if one.type == "AWS::Lambda::Function"):
        assert function.properties["Environment"]["Variables"]["TIDEGATE_INSTALLATION"] == "tidegate"
