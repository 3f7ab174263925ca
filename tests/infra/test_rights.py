"""Holds every role of the template against what the function's adapters say they call: nothing missing, nothing more.

The adapters state their IAM actions in the code; a Rust test keeps infra/rights.json the same. Which adapters a function
uses stands in its Cargo.toml: they are the features under which its binary is built.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
# What each function does with routers, and with deployments.
FUNCTIONS = {
    "traffic-shift": ("TrafficShift", {"observe", "examine", "route"}, {"read", "start", "goOn", "tags"}),
    "health-check": ("HealthCheck", {"observe"}, {"read", "answer"}),
    "rollback": ("Rollback", {"observe", "route"}, {"read", "stop"}),
    "feature-flag": ("FeatureFlag", set(), set()),
    "notify": ("Notify", set(), set()),
}
# What Lambda itself needs of every role: logs, traces, and the way into the function's own dead-letter queue.
PLATFORM = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def listed(value: object) -> list:
    """A policy's value, which may be one or a list of them."""
    return value if isinstance(value, list) else [value]


def template() -> dict:
    return yaml_parse((ROOT / "infra/sam/template.yaml").read_text())


def statements(resource: str) -> list[dict]:
    role = template()["Resources"][f"{resource}Role"]["Properties"]
    assert "ManagedPolicyArns" not in role, "a managed policy allows more than the function calls"
    return [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]


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
    resource, router_calls, deployment_calls = FUNCTIONS[function]
    allowed = {action for statement in statements(resource) for action in listed(statement["Action"])}
    assert allowed - PLATFORM == needed(function, router_calls, deployment_calls)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_allows_an_action_wildcard(function: str) -> None:
    for statement in statements(FUNCTIONS[function][0]):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in listed(statement["Action"])), statement


def test_only_tagged_functions_may_be_moved() -> None:
    for resource, calls, _ in FUNCTIONS.values():
        moving = [s for s in statements(resource) if "lambda:UpdateAlias" in listed(s["Action"])]
        assert len(moving) == ("route" in calls)
        for statement in moving:
            assert statement["Condition"] == {"Null": {"aws:ResourceTag/tidegate:policy": "false"}}


def test_deployments_are_started_where_a_tag_allows_it_and_stopped_by_rollback_alone() -> None:
    may = {
        (resource, action): statement
        for resource, _, _ in FUNCTIONS.values()
        for statement in statements(resource)
        for action in listed(statement["Action"])
    }
    starts = may["TrafficShift", "codedeploy:CreateDeployment"]
    assert starts["Condition"] == {"Null": {"aws:ResourceTag/tidegate:policy": "false"}}
    stopping = {resource for resource, action in may if action == "codedeploy:StopDeployment"}
    starting = {resource for resource, action in may if action == "codedeploy:CreateDeployment"}
    assert (stopping, starting) == ({"Rollback"}, {"TrafficShift"})


def test_only_tagged_functions_and_check_functions_are_asked() -> None:
    asking = [s for s in statements("HealthCheck") if "lambda:InvokeFunction" in listed(s["Action"])]
    tagged, named = asking
    assert tagged["Condition"] == {"Null": {"aws:ResourceTag/tidegate:policy": "false"}}
    assert named["Resource"]["Fn::Sub"].endswith(":function:${CheckFunctionPrefix}*")


def test_codedeploy_may_invoke_health_check_by_its_second_name() -> None:
    resources = template()["Resources"]
    hook, function = resources["CodeDeployHook"]["Properties"], resources["HealthCheck"]["Properties"]
    assert hook["FunctionName"]["Fn::Sub"].startswith("CodeDeployHook_"), "CodeDeploy's managed roles invoke no other names"
    for name in ("CodeUri", "Role", "LoggingConfig", "EventInvokeConfig"):
        assert hook[name] == function[name], name


def test_only_feature_flag_changes_flags() -> None:
    calls = {"appconfig:CreateHostedConfigurationVersion", "appconfig:StartDeployment", "appconfig:StopDeployment"}
    allowed = {resource: set() for resource, _, _ in FUNCTIONS.values()}
    for resource, actions in allowed.items():
        actions.update(action for s in statements(resource) for action in listed(s["Action"]) if action in calls)
    assert {resource: actions for resource, actions in allowed.items() if actions} == {"FeatureFlag": calls}


def test_what_switches_at_once_does_not_bake() -> None:
    resources = template()["Resources"]
    strategy = resources["FlagsAtOnce"]["Properties"]
    at_once = {"DeploymentDurationInMinutes": 0, "FinalBakeTimeInMinutes": 0, "GrowthFactor": 100}
    assert {name: strategy[name] for name in at_once} == at_once
    function = resources["FeatureFlag"]["Properties"]
    assert function["Environment"]["Variables"]["TIDEGATE_FLAG_STRATEGY"] == {"Ref": "FlagsAtOnce"}


def test_appconfig_asks_health_check_and_says_what_the_rules_listen_to() -> None:
    resources = template()["Resources"]
    actions = {point: only for point, (only,) in resources["FlagGuard"]["Properties"]["Actions"].items()}
    ask = actions.pop("AT_DEPLOYMENT_TICK")
    assert ask["Uri"] == {"Fn::GetAtt": ["HealthCheck", "Arn"]}
    assert ask["RoleArn"] == {"Fn::GetAtt": ["FlagGuardRole", "Arn"]}
    (may,) = statements("FlagGuard")
    assert (may["Action"], may["Resource"]) == ("lambda:InvokeFunction", {"Fn::GetAtt": ["HealthCheck", "Arn"]})
    said = {"ON_DEPLOYMENT_START", "ON_DEPLOYMENT_COMPLETE", "ON_DEPLOYMENT_ROLLED_BACK"}
    assert actions.keys() == said
    assert all(action["Uri"]["Fn::Sub"].endswith(":event-bus/default") for action in actions.values())
    heard = {kind for rule in patterns().values() if rule["Pattern"]["source"] == ["aws.appconfig"] for kind in rule["Pattern"]["detail-type"]}
    assert heard == {"On Deployment Start", "On Deployment Complete", "On Deployment Rollback"}


def test_every_state_of_a_deployment_has_one_receiver() -> None:
    states = {name: rule["Pattern"]["detail"]["state"] for name, rule in patterns().items() if name.endswith(".Deployments")}
    ended = states["Rollback.Deployments"]
    assert states == {"Rollback.Deployments": ended, "TrafficShift.Deployments": [{"anything-but": ended}]}


def test_no_function_may_run_longer_than_the_way_back_counts_on() -> None:
    source = (ROOT / "shared/domain/src/decide/back.rs").read_text()
    longest = int(source.split("LONGEST_FUNCTION_TIMEOUT: Span = Span::seconds(")[1].split(")")[0])
    resources = template()["Resources"].values()
    stated = [r["Properties"].get("Timeout") for r in resources if r["Type"] == "AWS::Serverless::Function"]
    assert all(timeout is None or timeout <= longest for timeout in stated)
    assert template()["Globals"]["Function"]["Timeout"] <= longest


def patterns() -> dict[str, dict]:
    """Every event pattern of the template, by function and event."""
    found = {}
    for resource, _, _ in FUNCTIONS.values():
        for name, event in template()["Resources"][resource]["Properties"]["Events"].items():
            if event["Type"] == "EventBridgeRule":
                found[f"{resource}.{name}"] = event["Properties"]
    return found


# What these receive is for an owner, and names none that listens to it.
UNOWNED = ("Notify.UnownedVerdicts", "Notify.UnownedEffects")


def test_every_detail_type_of_the_contract_has_one_receiver_for_each_owner() -> None:
    """Two functions never receive the same message: the patterns differ in detail type, or in the verb or the owner."""
    receivers: dict[tuple[str, str], str] = {}
    for name, rule in patterns().items():
        pattern = rule["Pattern"]
        if pattern["source"] != ["tidegate"] or name == "Notify.Unknown" or name in UNOWNED:
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
    for name, rule in patterns().items():
        pattern = rule["Pattern"]
        states = str(pattern.get("detail", {}).get("state", ""))
        for detail_type in pattern["detail-type"] if pattern["source"] != ["tidegate"] else []:
            receivers.setdefault((detail_type, states), []).append(name.split(".")[0])
    assert all(len(functions) == len(set(functions)) for functions in receivers.values()), receivers
    several = {detail_type: set(functions) for (detail_type, _), functions in receivers.items() if len(functions) > 1}
    assert several == {"CloudWatch Alarm State Change": {"Rollback", "FeatureFlag"}}


def test_what_no_other_rule_matches_is_quarantined() -> None:
    known = set(patterns()["Notify.Unknown"]["Pattern"]["detail-type"][0]["anything-but"])
    contract = {path.stem for path in (ROOT / "events/schemas").glob("*.json")}
    assert {name.lower().replace(" ", "-") for name in known} == contract


@pytest.mark.parametrize("name", UNOWNED)
def test_what_names_no_owner_that_listens_is_quarantined(name: str) -> None:
    pattern = patterns()[name]["Pattern"]
    listening = {
        owner
        for other, rule in patterns().items()
        if other not in ("Notify.Unknown", *UNOWNED) and set(rule["Pattern"]["detail-type"]) & set(pattern["detail-type"])
        for owner in rule["Pattern"].get("detail", {}).get("owner", [])
    }
    known, absent = pattern["detail"]["owner"]
    assert (set(known["anything-but"]), absent) == (listening, {"exists": False})


def test_every_rule_and_every_function_has_a_dead_letter_queue() -> None:
    for name, rule in patterns().items():
        assert "Arn" in rule["DeadLetterConfig"], name
    for resource, _, _ in FUNCTIONS.values():
        properties = template()["Resources"][resource]["Properties"]
        assert properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Type"] == "SQS", resource
