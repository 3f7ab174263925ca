"""Many rollouts at once on an installation of their own, all of whose functions reach AWS through the weather of `chaos.py`.

Nothing is done to the rollouts but what people and alarms do: versions are published, promoted, aborted, alarms fire, and what lies
in a dead-letter queue is delivered again. Then the weather is calm, and everything has to come to its end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from chaos import Chaos, Fault, Weather
from cloud import Cloud, wait_until
from house import ENDED, House, Workload

SERVICES = ("DYNAMODB", "EVENTBRIDGE", "LAMBDA", "SNS", "CLOUDWATCH")
UNDER_CHAOS = ("traffic-shift", "health-check", "rollback", "notify", "feature-flag")
RECEIVERS = {"traffic-shift": "TrafficShift", "rollback": "Rollback"}

# As many as make requests of the emulator at once, on our side.
HANDS = 8
# A minute of the schedule's, here; and how long somebody waits before saying again what had no effect.
SWEEP_SECONDS = 3
PATIENCE = 6
# Longer than any storm takes.
LONGEST_SECONDS = 900
# The lease and what it takes to sweep.
SETTLED_SECONDS = 180
# So many rollouts watch one alarm.
WATCHERS = 5


class Plan(Enum):
    """What becomes of a rollout, once it bakes."""

    PROMOTED = "promoted"
    ABORTED = "aborted"
    ALARMED = "alarmed"


PLANS = (Plan.PROMOTED, Plan.ABORTED, Plan.PROMOTED, Plan.ALARMED)


@dataclass
class Release:
    """One rollout of the storm."""

    workload: Workload
    plan: Plan
    alarm: str | None
    first_revision: str
    said_at: float = 0.0

    @property
    def rollout(self) -> str:
        return self.workload.rollout()


class Storm(House):
    """An installation in bad weather."""

    weather: Weather
    releases: list[Release]
    at_once = 0

    @classmethod
    @contextmanager
    def built(cls, folder: Path, code: dict[str, bytes], seed: int) -> Iterator[Storm]:
        with ExitStack() as stack:
            cloud = stack.enter_context(Cloud(folder))
            storm = cls(cloud, code)
            cloud.client("scheduler").delete_schedule(Name=f"{storm.stack.name}-sweep")
            storm.weather = Weather(seed, cloud.kill_caller)
            for name in UNDER_CHAOS:
                proxy = stack.enter_context(Chaos(cloud.endpoint, name, storm.weather))
                storm.environment(name, {f"AWS_ENDPOINT_URL_{service}": proxy.endpoint for service in SERVICES})
            yield storm

    def prepare(self, count: int) -> None:
        """So many workloads, a few of which watch an alarm together."""
        with ThreadPoolExecutor(HANDS) as hands:
            self.releases = list(hands.map(self._prepare, range(count)))

    def blow(self) -> None:
        """All versions are published, and each rollout is taken as far as its plan; in the end the weather is calm."""
        events = [self.version_event(release.workload.function, "2") for release in self.releases]
        for event in events:
            self.cloud.invoke_async(self.function("traffic-shift"), event)
        with self._sweeping():
            wait_until(self._all_are_there, LONGEST_SECONDS, "every rollout is there", every=0.5)
            self.at_once = sum(phase not in ENDED for phase in self.phases().values())
            wait_until(self._all_are_decided, LONGEST_SECONDS, "every rollout's end is decided", every=0.5)

    def calm(self) -> None:
        self.weather.calm()
        self._redeliver()
        wait_until(self._all_have_ended, LONGEST_SECONDS, "every rollout has ended", every=1)

    def phases(self) -> dict[str, str | None]:
        with ThreadPoolExecutor(HANDS) as hands:
            rollouts = [release.rollout for release in self.releases]
            return dict(zip(rollouts, hands.map(self.phase, rollouts), strict=True))

    def pending(self) -> list[str]:
        """The rollouts that have something left to do."""
        return [release.rollout for release in self.releases if self.document(release.rollout).get("pending")]

    def settle(self) -> None:
        """Sweeps until nothing is pending: a message whose sender was killed in mid-speech is sent after its two-minute lease."""

        def nothing_is_pending() -> bool:
            self.sweep()
            return not self.pending()

        wait_until(nothing_is_pending, SETTLED_SECONDS, "nothing is pending", every=2)

    def report(self) -> str:
        """What happened, in numbers."""
        starts = {name: sum(line.startswith("START ") for line in self.logs(name)) for name in UNDER_CHAOS}
        calls, writes, faults = self.weather.calls, len(self.weather.writes), self.weather.met.total()
        return "\n".join(
            [
                f"{len(self.releases)} rollouts, {self.at_once} at once, seed {self.weather.seed}",
                f"{sum(starts.values())} invocations {starts}, {calls} calls, {writes} writes of aliases, {faults} faults:",
                *(f"{self.weather.met[fault]:6} {fault.value}" for fault in Fault),
            ]
        )

    def everything(self, beginning: str) -> list[str]:
        """The partitions of the table that begin so."""
        query = {"TableName": self.table, "FilterExpression": "begins_with(pk, :beginning)", "ConsistentRead": True}
        query |= {"ExpressionAttributeValues": {":beginning": {"S": beginning}}}
        pages = self.cloud.client("dynamodb").get_paginator("scan").paginate(**query)
        return [item["pk"]["S"] for page in pages for item in page["Items"]]

    def _prepare(self, number: int) -> Release:
        plan = PLANS[number % len(PLANS)]
        alarm = f"alarm-{number // len(PLANS) // WATCHERS}" if plan is Plan.ALARMED else None
        rules = {"analysis": {"alarms": [{"name": alarm, "action": "rollBack"}]}} if alarm else {}
        if alarm:
            self._alarm(alarm)
        workload = self.workload("storm", **rules)
        return Release(workload, plan, alarm, self.alias(workload)["revision"])

    def _alarm(self, name: str) -> None:
        cloudwatch = self.cloud.client("cloudwatch")
        metric = {"Namespace": "Shop", "MetricName": name, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
        cloudwatch.put_metric_alarm(AlarmName=name, Threshold=0, ComparisonOperator="GreaterThanThreshold", **metric)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="the storm begins")

    # What people and alarms do

    def _all_are_there(self) -> bool:
        self._redeliver()
        phases = self.phases()
        return all(phase and phase not in ("queued", "preflight") for phase in phases.values())

    def _all_are_decided(self) -> bool:
        self._redeliver()
        phases = self.phases()
        for release in self.releases:
            if phases[release.rollout] == "baking" and time.monotonic() > release.said_at + PATIENCE:
                release.said_at = time.monotonic()
                self._say(release)
        return all(phase in ENDED | {"watching", "rollingBack", "stuck"} for phase in phases.values())

    def _say(self, release: Release) -> None:
        match release.plan:
            case Plan.PROMOTED:
                self._command(release, "promote", "traffic-shift")
            case Plan.ABORTED:
                self._command(release, "abort", "rollback")
            case Plan.ALARMED:
                fired = {"AlarmName": release.alarm, "StateValue": "ALARM", "StateReason": "the storm says so"}
                self.cloud.client("cloudwatch").set_alarm_state(**fired)
                self.cloud.invoke_async(self.function("rollback"), self.alarm_event(release.alarm))

    def _command(self, release: Release, verb: str, receiver: str) -> None:
        event = self.bus_event("Rollout Command", {"rollout": release.rollout, "verb": verb, "by": "e2e"})
        self.cloud.invoke_async(self.function(receiver), event)

    def _redeliver(self) -> None:
        """What failed three times lies in the dead-letter queues, until somebody delivers it again."""
        for function, logical_id in RECEIVERS.items():
            for letter in self.cloud.receive_all(self.stack.resources[f"{logical_id}/Undelivered"]):
                self.cloud.invoke_async(self.function(function), letter["Json"]["requestPayload"])

    def _all_have_ended(self) -> bool:
        self.sweep()
        return all(phase in ENDED for phase in self.phases().values())

    @contextmanager
    def _sweeping(self) -> Iterator[None]:
        """Sweeps as the schedule does, whether or not one succeeds."""
        over = threading.Event()

        def sweep() -> None:
            while not over.wait(SWEEP_SECONDS):
                self.invoke("health-check", self.minute())

        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        try:
            yield
        finally:
            over.set()
            sweeper.join()
