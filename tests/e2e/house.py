"""Tidegate as it is installed on the emulator, and the eyes and hands of a test.

What is asserted is read independently of Tidegate's code: the table's items, the alias, the bus, the queue that stands
for on-call. How the items are laid out stands in shared/aws/src/store/keys.rs.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.dynamodb.types import TypeDeserializer

from cloud import ACCOUNT, REGION, Cloud, wait_until, zip_bootstrap

if TYPE_CHECKING:
    from minutes import Minutes

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra" / "sam" / "template.yaml"
EVENTS = ROOT / "events" / "aws"

# Logical ids of the template, and the crates and binaries behind them.
FUNCTIONS = {
    "TrafficShift": "traffic-shift",
    "HealthCheck": "health-check",
    "CodeDeployHook": "health-check",
    "Rollback": "rollback",
    "FeatureFlag": "feature-flag",
    "Notify": "notify",
}

ENDED = {"succeeded", "rolledBack", "superseded", "takenOver", "refused"}

# How long anything may take that is a matter of a few invocations. Never asserted, only waited for.
SOON = 30


def packages() -> dict[str, bytes]:
    """The deployment package of each function, compiled where it is not fresh.

    `TIDEGATE_E2E_BINARIES` names a folder with binaries that are tested as they are.
    """
    if given := os.environ.get("TIDEGATE_E2E_BINARIES"):
        return {logical_id: zip_bootstrap(Path(given) / name) for logical_id, name in FUNCTIONS.items()}
    crates = [word for name in FUNCTIONS.values() for word in ("-p", f"tidegate-{name}")]
    subprocess.run(
        ["cargo", "build", "--quiet", "--locked", "--profile", "ci", "--bins", *crates],
        cwd=ROOT,
        check=True,
    )
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return {logical_id: zip_bootstrap(ROOT / target / "ci" / name) for logical_id, name in FUNCTIONS.items()}


def now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Workload:
    """A function of a user's, with an alias that carries its traffic."""

    function: str
    alias: str = "live"

    def rollout(self, version: str = "2") -> str:
        """The id of the rollout that a new version starts by itself."""
        return f"{self.function}-{self.alias}-{version}"


def policy(name: str, **changes: object) -> dict:
    """A policy with two steps and a watch that ends at once; `changes` replace its members."""
    steps = [{"setWeight": 10}, {"bake": "1m"}, {"setWeight": 50}, {"bake": "1m"}]
    return {"version": 1, "name": name, "strategy": {"steps": steps, "watch": "0s"}} | changes


class House:
    """One installation. Every test brings its own workload, so that tests do not see each other."""

    # What takes real minutes, where a session begins it (minutes.py).
    minutes: Minutes

    def __init__(self, cloud: Cloud, code: Mapping[str, bytes]):
        self.cloud = cloud
        self.stack = cloud.deploy_stack(TEMPLATE, code_zips=code)
        self.table = self.stack.outputs["Table"]
        self.bus = self.stack.outputs["Bus"]
        self._on_call = self._queue_on_topic("on-call", self.stack.outputs["OnCallTopic"])
        self._tap = self._queue_on_bus("tap")
        self._messages: list[dict] = []
        self._events: list[dict] = []
        self._numbers = itertools.count(1)

    def function(self, name: str) -> str:
        """The deployed name of one of the five functions."""
        return f"{self.stack.name}-{name}"

    # What a user has

    def apply_policy(self, rules: Mapping) -> str:
        """Stores a policy as `tidegate policy apply` does."""
        item = {"pk": f"POLICY#{rules['name']}", "sk": "POLICY", "text": json.dumps(rules), "json": json.dumps(rules)}
        item["by"] = "e2e"
        item["applied"] = now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        alarms = {switch["alarm"] for switch in rules.get("killSwitches", [])}
        for one in [item, *({"pk": f"KILL#{alarm}", "sk": rules["name"]} for alarm in alarms)]:
            self.cloud.client("dynamodb").put_item(
                TableName=self.table, Item={name: {"S": value} for name, value in one.items()}
            )
        return rules["name"]

    def workload(self, name: str, **changes: object) -> Workload:
        """A tagged function with versions 1 and 2, its alias on version 1, and a policy of its own."""
        function = f"{name}-{next(self._numbers)}"
        return self.adopt(self.create_function(function), **changes)

    def create_function(self, function: str) -> str:
        self.cloud.client("lambda").create_function(
            FunctionName=function,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/workload",
            Timeout=3,
            Code={"ZipFile": _code("1")},
        )
        self.until_ready(function)
        return function

    def adopt(self, function: str, **changes: object) -> Workload:
        """Publishes two versions of a function, points an alias at the first, stores a policy and tags the function with it."""
        functions = self.cloud.client("lambda")
        functions.publish_version(FunctionName=function)
        functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
        self.publish(function)
        name = self.apply_policy(policy(function, **changes))
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        functions.tag_resource(Resource=arn, Tags={"tidegate:policy": name})
        return Workload(function)

    def publish(self, function: str) -> str:
        """Publishes one more version with other code."""
        functions = self.cloud.client("lambda")
        functions.update_function_code(FunctionName=function, ZipFile=_code(str(uuid.uuid4())))
        self.until_ready(function)
        return functions.publish_version(FunctionName=function)["Version"]

    def until_ready(self, function: str) -> None:
        """The emulator's versions keep the state that their function had when they were published."""

        def ready() -> bool:
            found = self.cloud.client("lambda").get_function_configuration(FunctionName=function)
            return (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")

        wait_until(ready, SOON, f"{function} is ready", every=0.02)

    # What happens

    def version_event(self, function: str, version: str, sample: str = "eb-cloudtrail-publishversion") -> dict:
        """CloudTrail's event of a new version, after the project's own sample."""
        event = json.loads((EVENTS / f"{sample}.json").read_text())
        event |= {"id": str(uuid.uuid4()), "account": ACCOUNT, "region": REGION, "time": f"{now():%Y-%m-%dT%H:%M:%SZ}"}
        event["detail"]["requestParameters"]["functionName"] = function
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:{version}"
        event["detail"]["responseElements"] |= {"functionName": function, "functionArn": arn, "version": version}
        return event

    def alarm_event(self, alarm: str, state: str = "ALARM") -> dict:
        """CloudWatch's event of an alarm that changed its state, after the project's own sample."""
        event = json.loads((EVENTS / "eb-cloudwatch-alarm-metric.json").read_text())
        event |= {"id": str(uuid.uuid4()), "account": ACCOUNT, "region": REGION, "time": f"{now():%Y-%m-%dT%H:%M:%SZ}"}
        event["resources"] = [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm}"]
        event["detail"]["alarmName"] = alarm
        event["detail"]["state"] |= {"value": state, "timestamp": f"{now():%Y-%m-%dT%H:%M:%S.000+0000}"}
        return event

    def release(self, workload: Workload, version: str = "2") -> str:
        """Says that a version was published; returns the id of the rollout that should come of it."""
        self.cloud.deliver(self.version_event(workload.function, version))
        return workload.rollout(version)

    def bake(self, workload: Workload, version: str = "2") -> str:
        """Says that a version was published, and waits until the first step's weight is set."""
        rollout = self.release(workload, version)
        self.until(rollout, "baking", step=0)
        return rollout

    def command(self, rollout: str, verb: str, **more: str) -> str:
        """Asks something of a rollout, as `tidegate promote` and its like do; returns the event's id."""
        detail = {"rollout": rollout, "verb": verb, "by": "e2e"} | more
        return self.cloud.put_event("tidegate", "Rollout Command", detail, self.bus)

    def bus_event(self, detail_type: str, detail: Mapping) -> dict:
        """An event on Tidegate's bus, to be delivered by hand."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "source": "tidegate",
            "account": ACCOUNT,
            "time": f"{now():%Y-%m-%dT%H:%M:%SZ}",
            "region": REGION,
            "resources": [],
            "detail-type": detail_type,
            "detail": detail,
        }

    def minute(self) -> dict:
        """What the schedule says every minute, as AWS would fill it in."""
        return {"tidegate": "sweep", "time": f"{now():%Y-%m-%dT%H:%M:00Z}"}

    def sweep(self) -> None:
        """Sweeps now, as the schedule does every minute; what comes of it is on the bus when this returns."""
        answer = self.invoke("health-check", self.minute())
        assert "swept" in answer, f"the sweep failed: {answer}"

    def invoke(self, name: str, event: Mapping) -> dict:
        """Invokes one of the five functions and waits for its answer, or for its failure."""
        answer = self.cloud.client("lambda").invoke(FunctionName=self.function(name), Payload=json.dumps(event))
        return json.load(answer["Payload"])

    def environment(self, name: str, changes: dict[str, str]) -> dict[str, str]:
        """Changes a function's environment; returns what it was."""
        functions, function = self.cloud.client("lambda"), self.function(name)
        before = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": before | changes})
        self.until_ready(function)
        return before

    # What is

    def item(self, pk: str, sk: str) -> dict | None:
        answer = self.cloud.client("dynamodb").get_item(
            TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        )
        return _plain(answer["Item"]) if "Item" in answer else None

    def items(self, pk: str, prefix: str = "") -> list[dict]:
        """The items of a partition, in the order of their sort keys."""
        query = {"TableName": self.table, "KeyConditionExpression": "#pk = :pk", "ConsistentRead": True}
        query |= {"ExpressionAttributeNames": {"#pk": "pk"}, "ExpressionAttributeValues": {":pk": {"S": pk}}}
        pages = self.cloud.client("dynamodb").get_paginator("query").paginate(**query)
        items = [_plain(item) for page in pages for item in page["Items"]]
        return [item for item in items if item["sk"].startswith(prefix)]

    def document(self, rollout: str) -> dict | None:
        item = self.item(f"ROLLOUT#{rollout}", "DOC")
        return json.loads(item["doc"])["rollout"] if item else None

    def phase(self, rollout: str) -> str | None:
        document = self.document(rollout)
        return document["phase"]["is"] if document else None

    def timeline(self, rollout: str) -> list[dict]:
        return [json.loads(item["entry"]) for item in self.items(f"ROLLOUT#{rollout}", "LOG#")]

    def wishes(self, rollout: str) -> list[float]:
        """The candidate's shares that the rollout asked its target for, in order."""
        candidate = rollout.rpartition("-")[2]
        return [_share(entry["wish"], candidate) for entry in self.timeline(rollout) if "wish" in entry]

    def lock(self, workload: Workload) -> str | None:
        item = self.item(f"LOCK#lambda:{workload.function}:{workload.alias}", "LOCK")
        return item["holder"] if item else None

    def alias(self, workload: Workload) -> dict:
        """The alias: `primary`, `weights` and `revision`."""
        answer = self.cloud.client("lambda").get_alias(FunctionName=workload.function, Name=workload.alias)
        weights = answer.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return {"primary": answer["FunctionVersion"], "weights": weights, "revision": answer["RevisionId"]}

    def traffic(self, workload: Workload) -> tuple[str, dict[str, float]]:
        """The version that carries the traffic, and the shares of others."""
        alias = self.alias(workload)
        return alias["primary"], alias["weights"]

    def told(self, rollout: str) -> list[dict]:
        """What on-call was told of a rollout, a toggle, or an event in the quarantine, oldest first."""
        self._messages += self.cloud.receive_all(self._on_call)
        return [message for message in self._messages if _is_about(message, rollout)]

    def outcomes(self, rollout: str) -> list[str]:
        """The kinds of outcomes of a rollout or a toggle that on-call was told of, oldest first."""
        return [json.loads(message["Json"]["Message"])["outcome"]["kind"] for message in self.told(rollout)]

    def events(self, rollout: str) -> list[dict]:
        """What was put on the bus about a rollout, oldest first."""
        self._events += [message["Json"] for message in self.cloud.receive_all(self._tap)]
        return [event for event in self._events if f'"{rollout}"' in json.dumps(event["detail"])]

    def logs(self, name: str) -> list[str]:
        return self.cloud.logs(self.function(name))

    # Waiting

    def until(self, rollout: str, phase: str, step: int | None = None, timeout: float = SOON) -> dict:
        """Waits until a rollout is in a phase, nothing of its own is pending, and on-call is told; returns its document."""

        def there() -> dict | None:
            document = self.document(rollout)
            assert document, "no such rollout"
            is_there = document["phase"]["is"] == phase and step in (None, document["phase"].get("step"))
            assert is_there and not document.get("pending"), f"{document['phase']}, pending {document.get('pending')}"
            return document

        return wait_until(there, timeout, f"{rollout} is {phase}" + ("" if step is None else f" at step {step}"))

    def sweep_until(self, rollout: str, phase: str, timeout: float = SOON) -> dict:
        """Sweeps until a rollout is in a phase, as the schedule would in so many minutes."""

        def swept() -> dict | None:
            self.sweep()
            return self.until(rollout, phase, timeout=1)

        return wait_until(swept, timeout, f"sweeps bring {rollout} to {phase}")

    # The other ends

    def _queue_on_topic(self, name: str, topic: str) -> str:
        queue, arn = self._queue(name)
        self.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return queue

    def _queue_on_bus(self, name: str) -> str:
        """Everything that is put on the bus, once more in a queue."""
        queue, arn = self._queue(name)
        events = self.cloud.client("events")
        events.put_rule(Name=name, EventBusName=self.bus, EventPattern=json.dumps({"source": ["tidegate"]}))
        events.put_targets(Rule=name, EventBusName=self.bus, Targets=[{"Id": name, "Arn": arn}])
        return queue

    def _queue(self, name: str) -> tuple[str, str]:
        sqs = self.cloud.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _code(mark: str) -> bytes:
    """A deployment package that nobody runs; `mark` tells it from others."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", f"#!/bin/sh\n# {mark}\n")
    return package.getvalue()


def _plain(item: Mapping) -> dict:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def _share(routing: Mapping, version: str) -> float:
    canary = routing.get("canary")
    if canary and canary["version"] == version:
        return canary["weight"]
    return 100.0 if routing["primary"] == version else 0.0


def _is_about(message: Mapping, what: str) -> bool:
    about = json.loads(message["Json"]["Message"])["outcome"]["about"]
    ids = [about.get("rollout", {}).get("id"), about.get("flags", {}).get("id"), about.get("event", {}).get("letter")]
    return what in ids
