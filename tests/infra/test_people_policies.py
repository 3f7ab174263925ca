"""Holds the policies of people against what the verbs of the command call: all that a group's verbs need, and nothing else."""

from __future__ import annotations

import re

import pytest

from people import BUS, GROUPS, KEY, ROOT, TABLE, VERBS, Asked, calls, function, is_allowed, listed, policies

SENT = {"events:source": ["tidegate"], "events:detail-type": ["Rollout Command"]}


def is_for(group: str, verb: str) -> bool:
    return GROUPS.index(VERBS[verb]["group"]) <= GROUPS.index(group)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("group", GROUPS)
def test_a_group_may_call_its_verbs_and_no_others(group: str, verb: str) -> None:
    refused = {asked.action for asked in calls(verb) if not is_allowed(policies(group), asked)}
    if is_for(group, verb):
        assert refused == set()
    else:
        # Everything may be looked at; what is asked for or stored is refused.
        stored = verb in ("policy apply", "freeze on", "freeze off")
        assert refused == {"dynamodb:PutItem" if stored else "events:PutEvents"}


def test_no_action_is_allowed_that_no_verb_calls() -> None:
    called = {asked.action for verb in VERBS for asked in calls(verb)}
    allowed = {action for statement in policies("operator") for action in listed(statement["Action"])}
    assert allowed == called


def test_every_action_of_a_verb_is_stated_by_an_adapter() -> None:
    stated = set(re.findall(r'"(\w+:\w+)"', (ROOT / "infra" / "rights.json").read_text()))
    assert {asked.action for verb in VERBS for asked in calls(verb)} - stated == set()


def test_people_put_no_message_on_the_bus_that_only_functions_put_there() -> None:
    sent = {of for verb in VERBS.values() for of in verb["calls"].get("events:PutEvents", [])}
    contract = {" ".join(path.stem.split("-")).title() for path in (ROOT / "events" / "schemas").glob("*.json")}
    assert sent < contract
    for detail_type in contract - sent:
        assert not is_allowed(policies("operator"), Asked("events:PutEvents", BUS, SENT | {"events:detail-type": [detail_type]}))


@pytest.mark.parametrize(
    "asked",
    [
        Asked("events:PutEvents", BUS.replace("tidegate", "default"), SENT),
        Asked("events:PutEvents", BUS, SENT | {"events:source": ["aws.codedeploy"]}),
        Asked("events:PutEvents", BUS, SENT | {"events:detail-type": ["Rollout Command", "Verdict Reached"]}),
        Asked("events:PutEvents", BUS, {"events:source": ["tidegate"]}),
        Asked("dynamodb:PutItem", TABLE, {"dynamodb:LeadingKeys": ["ROLLOUT#checkout-live-8"]}),
        Asked("dynamodb:PutItem", TABLE, {"dynamodb:LeadingKeys": ["POLICY#checkout", "LOCK#lambda:checkout:live"]}),
        Asked("dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["HOOKS"]}),
        Asked("dynamodb:Query", TABLE),
        Asked("dynamodb:Query", TABLE.replace("tidegate", "orders"), {"dynamodb:LeadingKeys": ["POLICY#checkout"]}),
        Asked("lambda:GetFunctionConfiguration", function("untagged")),
        Asked("lambda:ListVersionsByFunction", function("untagged")),
    ],
)
def test_what_nobody_may(asked: Asked) -> None:
    assert not is_allowed(policies("operator"), asked)


def test_that_a_function_is_not_tagged_can_be_seen() -> None:
    for action in ("lambda:GetAlias", "lambda:ListTags"):
        assert is_allowed(policies("reader"), Asked(action, function("untagged")))


def test_the_key_of_the_table_is_used_through_the_table_alone() -> None:
    through_table = Asked("kms:Decrypt", KEY, {"kms:ViaService": ["dynamodb.eu-west-1.amazonaws.com"]})
    assert is_allowed(policies("reader", key=KEY), through_table)
    assert not is_allowed(policies("reader", key=KEY), Asked("kms:Decrypt", KEY, {"kms:ViaService": ["sns.eu-west-1.amazonaws.com"]}))
    assert not is_allowed(policies("reader"), through_table)


@pytest.mark.parametrize("group", GROUPS)
def test_a_policy_names_actions_whole_and_denies_nothing(group: str) -> None:
    for statement in policies(group):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in listed(statement["Action"])), statement


def rows() -> list[str]:
    """The guide's table: verbs of one group that call the same share a row."""
    alike: dict[str, list[str]] = {}
    for verb, stated in sorted(VERBS.items(), key=lambda one: GROUPS.index(one[1]["group"])):
        called = (f"`{action}`" + (f" ({', '.join(of)})" if of else "") for action, of in stated["calls"].items())
        alike.setdefault(f"| {stated['group']} | {', '.join(called)} |", []).append(f"`{verb}`")
    return [f"| {', '.join(verbs)} {called}" for called, verbs in alike.items()]


def test_the_guide_has_every_verb_with_its_group_and_what_it_calls() -> None:
    guide = (ROOT / "docs" / "people.md").read_text().splitlines()
    assert [line for line in guide if re.match(r"\| `.*\| (reader|approver|operator) \|", line)] == rows()
