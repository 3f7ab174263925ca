"""What an operator says to a rollout, and what alarms do to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloud import wait_until
from house import SOON, House, Workload

WITH_ALARM = {"steps": [{"setWeight": 10}, {"bake": "1m"}], "watch": "0s"}


def test_an_abort_takes_all_traffic_back(house: House) -> None:
    workload = house.workload("aborted")
    rollout = house.bake(workload)
    moved = house.alias(workload)
    house.command(rollout, "abort", why="too early")
    document = house.until(rollout, "rolledBack")
    assert document["phase"]["cause"] == {"kind": "aborted", "with": {"by": "e2e", "why": "too early"}}
    back = house.alias(workload)
    assert (back["primary"], back["weights"]) == ("1", {})
    assert back["revision"] not in (moved["revision"], None)
    assert house.wishes(rollout) == [10, 0]
    assert house.outcomes(rollout) == ["rolledBack"]
    assert house.lock(workload) is None


def test_a_paused_rollout_keeps_its_weight_until_it_is_resumed(house: House) -> None:
    workload = house.workload("paused")
    rollout = house.bake(workload)
    house.command(rollout, "pause")
    paused = house.until(rollout, "paused")
    assert paused["phase"]["cause"] == {"kind": "operator", "with": {"by": "e2e"}}
    house.sweep()
    assert house.traffic(workload) == ("1", {"2": 0.1})
    house.command(rollout, "resume")
    house.until(rollout, "baking", step=0)
    assert house.wishes(rollout) == [10]


def test_a_paused_rollout_can_be_promoted_and_aborted(house: House) -> None:
    workload = house.workload("paused-then")
    rollout = house.bake(workload)
    house.command(rollout, "pause")
    house.until(rollout, "paused")
    house.command(rollout, "promote")
    house.until(rollout, "baking", step=1)
    assert house.traffic(workload) == ("1", {"2": 0.5})
    house.command(rollout, "pause")
    house.until(rollout, "paused")
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    assert house.traffic(workload) == ("1", {})


def test_a_rolled_back_version_is_tried_again_only_when_somebody_says_so(house: House) -> None:
    workload = house.workload("again")
    rollout = house.bake(workload)
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    house.cloud.deliver(house.version_event(workload.function, "2"))
    house.command(rollout, "retry")
    house.until(f"{rollout}.2", "baking", step=0)
    assert house.traffic(workload) == ("1", {"2": 0.1})
    assert house.until(rollout, "rolledBack")["phase"]["is"] == "rolledBack"
    assert house.wishes(rollout) == [10, 0]
    assert house.outcomes(rollout) == ["rolledBack"]


def test_a_command_to_no_rollout_changes_nothing_and_is_no_fault(house: House) -> None:
    house.command("nobody-live-1", "abort")
    told = "no such rollout"
    wait_until(lambda: any(told in line for line in house.logs("rollback")), SOON, "the command is passed over")
    assert house.document("nobody-live-1") is None
    assert house.told("nobody-live-1") == []


@pytest.fixture
def alarm(house: House) -> Iterator[str]:
    """An alarm that is quiet until a test says otherwise."""
    name = "workload-5xx"
    cloudwatch = house.cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Refused",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="the test begins")
    yield name
    cloudwatch.delete_alarms(AlarmNames=[name])


def watched(house: House, name: str, alarm: str, action: str = "rollBack") -> Workload:
    return house.workload(name, strategy=WITH_ALARM, analysis={"alarms": [{"name": alarm, "action": action}]})


def fire(house: House, alarm: str) -> None:
    house.cloud.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test says so")


def test_an_alarm_takes_the_traffic_of_every_rollout_that_watches_it_back(house: House, alarm: str) -> None:
    watching = [watched(house, name, alarm) for name in ("watches", "watches-too")]
    rollouts = [house.bake(workload) for workload in watching]
    elsewhere = house.workload("looks-elsewhere")
    other = house.bake(elsewhere)
    house.cloud.deliver(house.alarm_event(alarm))
    for workload, rollout in zip(watching, rollouts, strict=True):
        assert house.until(rollout, "rolledBack")["phase"]["cause"] == {"kind": "alarmFired", "with": {"alarm": alarm}}
        assert house.traffic(workload) == ("1", {})
        assert house.outcomes(rollout) == ["rolledBack"]
    assert house.phase(other) == "baking"
    assert house.items(f"ALARM#{alarm}") == []


def test_an_alarm_that_only_holds_pauses_the_rollout_at_the_next_sweep(house: House, alarm: str) -> None:
    workload = watched(house, "holds", alarm, action="hold")
    rollout = house.bake(workload)
    fire(house, alarm)
    paused = house.sweep_until(rollout, "paused")
    assert paused["phase"]["cause"] == {"kind": "hold", "with": {"kind": "alarm", "with": {"alarm": alarm}}}
    assert house.outcomes(rollout) == ["paused"]
    assert house.traffic(workload) == ("1", {"2": 0.1})


def test_a_rollout_does_not_start_under_a_firing_alarm(house: House, alarm: str) -> None:
    workload = watched(house, "starts-under-alarm", alarm)
    fire(house, alarm)
    refused = house.until(house.release(workload), "refused")
    assert refused["phase"]["findings"] == [{"kind": "alarmFiring", "with": alarm}]
    assert house.wishes(workload.rollout()) == []
    assert house.outcomes(workload.rollout()) == ["refused"]


def test_the_emulators_own_schedule_finds_an_alarm_whose_event_was_lost(house: House, alarm: str) -> None:
    """Nothing is said to Tidegate here: the minute's sweep alone sees that the alarm fires."""
    workload = watched(house, "schedule", alarm)
    rollout = house.bake(workload)
    fire(house, alarm)
    house.until(rollout, "rolledBack", timeout=100)
    assert house.traffic(workload) == ("1", {})
    assert house.outcomes(rollout) == ["rolledBack"]
