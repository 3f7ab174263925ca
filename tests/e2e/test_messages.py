"""What reaches the queue that stands for on-call: once for every outcome, in words and for machines."""

from __future__ import annotations

import json

from cloud import wait_until
from house import SOON, House


def test_an_outcome_is_told_once_with_subject_text_attributes_and_body(house: House) -> None:
    workload = house.workload("told")
    rollout = house.bake(workload)
    house.command(rollout, "abort", why="the baskets are empty")
    document = house.until(rollout, "rolledBack")
    house.sweep()
    (message,) = house.told(rollout)
    envelope = message["Json"]

    subject = envelope["Subject"]
    assert subject == f"[critical] lambda:{workload.function}:live version 2 was rolled back"
    assert len(subject) < 100

    attributes = {name: attribute["Value"] for name, attribute in envelope["MessageAttributes"].items()}
    decided = next(entry for entry in house.timeline(rollout) if entry["to"] == "rolledBack")
    assert attributes == {
        "severity": "critical",
        "target": f"lambda:{workload.function}:live",
        "outcome": "rolledBack",
        "outcomeId": f"{rollout}@{decided['version']}",
    }

    body = json.loads(envelope["Message"])
    assert body["subject"] == subject
    assert body["outcome"]["outcomeId"] == attributes["outcomeId"]
    assert body["outcome"]["about"]["rollout"]["candidate"] == "2"
    assert body["outcome"]["reason"] == document["reason"]
    for word in (rollout, "aborted by e2e", "the baskets are empty", f"tidegate retry {rollout}"):
        assert word in body["text"]


def test_the_claim_of_an_outcome_is_recorded_as_sent(house: House) -> None:
    workload = house.workload("claimed")
    rollout = house.bake(workload)
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    (message,) = house.told(rollout)
    outcome = json.loads(message["Json"]["Message"])["outcome"]["outcomeId"]
    assert house.item(f"OUTCOME#{outcome}", "OUTCOME")["state"] == "sent"


def test_a_policy_says_which_topic_is_told_and_how_loudly(house: House) -> None:
    cloud = house.cloud
    topic = cloud.client("sns").create_topic(Name="checkout-team")["TopicArn"]
    queue = cloud.client("sqs").create_queue(QueueName="checkout-team")["QueueUrl"]
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    workload = house.workload("own-topic", notify={"topic": "checkout-team", "severities": {"rolledBack": "warning"}})
    rollout = house.bake(workload)
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    (message,) = cloud.receive_all(queue)
    assert message["Json"]["Subject"].startswith("[warning] ")
    assert house.told(rollout) == []


def test_whoever_listens_on_the_bus_hears_of_the_outcome_too(house: House) -> None:
    workload = house.workload("heard")
    rollout = house.bake(workload)
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")

    def outcomes() -> list[dict]:
        return [event for event in house.events(rollout) if event["detail-type"] == "Rollout Outcome"]

    (event,) = wait_until(outcomes, SOON, "the outcome is on the bus")
    assert event["detail"]["outcome"]["kind"] == "rolledBack"
