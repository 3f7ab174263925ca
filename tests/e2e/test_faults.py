"""What cannot be read is kept and paged once; what fails for good ends in the dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cloud import wait_until
from house import SOON, House

# Lines of what others said begin no line of a message.
INDENT = "\n" + " " * 11


def letters(house: House, event_id: str) -> list[dict]:
    """What the quarantine holds of an event."""
    found = [json.loads(item["letter"]) for item in house.items("QUARANTINE")]
    return [letter for letter in found if letter["id"] == event_id]


def kept_and_paged_once(house: House, event: Mapping, receiver: str) -> dict:
    """Delivers an event twice; returns its letter, after on-call was told of it once."""
    house.cloud.deliver(event, house.bus if event["source"] == "tidegate" else "default")
    wait_until(lambda: house.told(event["id"]), SOON, f"on-call is told of event {event['id']}")
    # What was sent is recorded a moment later; a second delivery in between would find it in somebody's hands, and be tried again.
    recorded = f"OUTCOME#quarantine@{event['id']}"
    wait_until(lambda: [item["state"] for item in house.items(recorded)] == ["sent"], SOON, "it is recorded that it was told")
    house.invoke(receiver, event)
    wait_until(
        lambda: len([one for one in house.events(event["id"]) if one["detail-type"] == "Rollout Outcome"]) == 2,
        SOON,
        "the second delivery has said its word too",
    )
    house.sweep()
    (message,) = house.told(event["id"])
    assert message["Json"]["MessageAttributes"]["outcome"]["Value"] == "quarantined"
    assert message["Json"]["MessageAttributes"]["severity"]["Value"] == "critical"
    (letter,) = letters(house, event["id"])
    assert (letter["receivedBy"], letter["payload"]) == (receiver, event)
    assert letter["problem"] in json.loads(message["Json"]["Message"])["text"].replace(INDENT, "\n")
    return letter


def test_a_request_with_a_faulty_policy_is_kept_with_every_fault_and_paged_once(house: House) -> None:
    faulty = {"version": 1, "name": "Faulty!", "strategy": {"steps": [{"setWeight": 50}, {"setWeight": 30}]}}
    event = house.bus_event("Rollout Requested", {"version": "2", "policy": faulty, "by": "e2e"})
    letter = kept_and_paged_once(house, event, "traffic-shift")
    for place in ("name", "strategy.steps[0]", "strategy.steps[1]"):
        assert place in letter["problem"]


def test_a_request_with_a_misspelt_member_is_kept_and_paged_once(house: House) -> None:
    detail = {"version": "2", "policy": "checkout", "by": "e2e", "fixForwards": True}
    letter = kept_and_paged_once(house, house.bus_event("Rollout Requested", detail), "traffic-shift")
    assert "fixForwards" in letter["problem"]


def test_an_unknown_detail_type_is_kept_and_paged_once(house: House) -> None:
    event = house.bus_event("Rollout Reqeusted", {"version": "2"})
    letter = kept_and_paged_once(house, event, "notify")
    assert "no such detail type; known: Rollout Requested" in letter["problem"]


def test_a_command_without_a_verb_is_kept_and_paged_once(house: House) -> None:
    event = house.bus_event("Rollout Command", {"rollout": "checkout-live-8", "by": "e2e"})
    letter = kept_and_paged_once(house, event, "traffic-shift")
    assert "verb" in letter["problem"]


def test_a_flag_toggle_that_says_neither_on_nor_off_is_kept_and_paged_once(house: House) -> None:
    names = {"application": "shop", "environment": "prod", "profile": "flags", "flag": "new-basket"}
    event = house.bus_event("Flag Toggle Requested", names | {"by": "e2e"})
    letter = kept_and_paged_once(house, event, "feature-flag")
    assert "detail.enabled" in letter["problem"]


def test_a_tag_that_names_no_policy_is_kept_and_paged_once(house: House) -> None:
    workload = house.workload("mistagged")
    house.cloud.client("dynamodb").delete_item(
        TableName=house.table, Key={"pk": {"S": f"POLICY#{workload.function}"}, "sk": {"S": "POLICY"}}
    )
    letter = kept_and_paged_once(house, house.version_event(workload.function, "2"), "traffic-shift")
    assert f'no policy is called "{workload.function}"' in letter["problem"]
    assert house.document(workload.rollout()) is None


def test_an_event_of_aws_that_is_not_ours_is_neither_kept_nor_paged(house: House) -> None:
    event = house.version_event("somebody-elses", "1", sample="eb-cloudtrail-updatefunctioncode-dry-run")
    house.cloud.deliver(event)
    assert "ignored" in house.invoke("traffic-shift", event)["answers"][0]
    assert letters(house, event["id"]) == []
    assert house.told(event["id"]) == []
