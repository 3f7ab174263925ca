"""Functions that are killed, that cannot reach their table, that find a service away. The end is always right."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud import wait_until
from house import SOON, Workload
from rough import RoughHouse


def crash_everywhere(
    rough: RoughHouse, name: str, after: bool, begin: Callable[[Workload], dict], check: Callable[[Workload], None]
) -> list[str]:
    """Kills a function at its first call, and for another workload at its second, and so on until it makes no such call.

    After each crash the same event is delivered again, as Lambda does, and the sweep comes. Returns the calls.
    """
    for nth in itertools.count(1):
        workload = rough.workload(f"{name}-killed-{'after' if after else 'before'}-{nth}")
        event = begin(workload)
        came_that_far = rough.killed_at(name, event, nth, after=after)
        calls = rough.gates[name].calls
        if came_that_far:
            rough.invoke(name, event)
        rough.sweep()
        check(workload)
        if not came_that_far:
            return calls
    raise AssertionError("it never ends")


@pytest.mark.parametrize("after", [False, True], ids=["before-the-call", "after-the-call"])
def test_a_rollback_killed_at_any_of_its_calls_ends_as_if_it_had_not_been(rough: RoughHouse, after: bool) -> None:
    def begin(workload: Workload) -> dict:
        rollout = rough.bake(workload)
        return rough.bus_event("Rollout Command", {"rollout": rollout, "verb": "abort", "by": "e2e"})

    def check(workload: Workload) -> None:
        rollout = workload.rollout()
        rough.until(rollout, "rolledBack")
        assert rough.traffic(workload) == ("1", {})
        assert rough.outcomes(rollout) == ["rolledBack"]
        assert rough.lock(workload) is None

    calls = crash_everywhere(rough, "rollback", after, begin, check)
    assert [call.split("/")[-1] for call in calls].count("DynamoDB_20120810.TransactWriteItems") == 2
    assert any(call.startswith("PUT ") for call in calls), calls


@pytest.mark.parametrize("after", [False, True], ids=["before-the-call", "after-the-call"])
def test_a_promotion_killed_at_any_of_its_calls_moves_one_step_and_no_more(rough: RoughHouse, after: bool) -> None:
    def begin(workload: Workload) -> dict:
        rollout = rough.bake(workload)
        return rough.bus_event("Rollout Command", {"rollout": rollout, "verb": "promote", "by": "e2e"})

    def check(workload: Workload) -> None:
        rollout = workload.rollout()
        rough.until(rollout, "baking", step=1)
        assert rough.traffic(workload) == ("1", {"2": 0.5})
        assert rough.wishes(rollout)[-1] == 50
        assert set(rough.wishes(rollout)) == {10, 50}
        assert rough.outcomes(rollout) == []

    calls = crash_everywhere(rough, "traffic-shift", after, begin, check)
    assert any(call.startswith("PUT ") for call in calls), calls


def test_a_rollback_whose_event_is_never_delivered_again_is_finished_by_the_sweep(rough: RoughHouse) -> None:
    workload = rough.workload("sweep-finishes")
    rollout = rough.bake(workload)
    event = rough.bus_event("Rollout Command", {"rollout": rollout, "verb": "abort", "by": "e2e"})
    for nth in itertools.count(1):
        assert rough.killed_at("rollback", event, nth, after=True), "it got through before it had committed anything"
        if rough.phase(rollout) == "rollingBack":
            break
    assert rough.traffic(workload) == ("1", {"2": 0.1})
    rough.sweep_until(rollout, "rolledBack")
    assert rough.traffic(workload) == ("1", {})
    assert rough.outcomes(rollout) == ["rolledBack"]


def test_a_function_that_slept_through_a_rollback_cannot_push_the_weight_up_again(rough: RoughHouse) -> None:
    """Its write is held at the gate while the rollout is aborted, and then let through with the fence it had observed."""
    workload = rough.workload("sleeper")
    rollout = rough.bake(workload)
    event = rough.bus_event("Rollout Command", {"rollout": rollout, "verb": "promote", "by": "e2e"})
    gate = rough.gates["traffic-shift"]
    gate.hold_call("PUT ")
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(rough.invoke, "traffic-shift", event)
        wait_until(gate.is_held, SOON, "the sleeper is about to write 50 %", every=0.01)
        rough.command(rollout, "abort")
        wait_until(lambda: rough.phase(rollout) == "rolledBack", SOON, "the rollout is rolled back meanwhile")
        gate.let_through()
        sleeper.result()
    rough.sweep()
    rough.until(rollout, "rolledBack")
    assert rough.wishes(rollout) == [10, 50, 0]
    assert rough.traffic(workload) == ("1", {})
    assert rough.outcomes(rollout) == ["rolledBack"]


@pytest.mark.last
def test_a_message_whose_sender_was_killed_before_it_spoke_is_sent_once_after_its_lease(rough: RoughHouse) -> None:
    """The crash was before the other tests: a claim holds for two real minutes. Nothing but sweeps comes after it."""
    rollout = rough.silenced.rollout()
    rough.sweep_until(rollout, "rolledBack", timeout=150)
    assert rough.outcomes(rollout) == ["rolledBack"]


def test_an_event_whose_function_fails_every_time_ends_in_its_dead_letter_queue(rough: RoughHouse) -> None:
    queue = rough.stack.resources["Rollback/Undelivered"]
    event = rough.bus_event("Rollout Command", {"rollout": "lost-live-2", "verb": "abort", "by": "e2e"})
    before = rough.environment("rollback", {"TIDEGATE_TABLE": "no-such-table"})
    try:
        rough.cloud.deliver(event, rough.bus)
        (letter,) = wait_until(lambda: rough.cloud.receive_all(queue), SOON, "the event is in the dead-letter queue")
    finally:
        rough.environment("rollback", before)
    assert letter["Json"]["requestPayload"] == event
    failure = letter["Json"]["responsePayload"]
    assert failure["errorType"] == "Missing"
    assert "GetItem ROLLOUT#lost-live-2" in failure["errorMessage"]
    attempts = [line for line in rough.logs("rollback") if '"fault.kind":"Missing"' in line]
    assert len(attempts) == 3
    assert all(json.loads(line)["level"] == "ERROR" for line in attempts)


def test_an_event_that_finds_its_table_away_is_handled_by_a_later_try(rough: RoughHouse) -> None:
    workload = rough.workload("away")
    rollout = rough.bake(workload)
    gate = rough.gates["rollback"]
    gate.refuse(503)
    rough.cloud.deliver(
        rough.bus_event("Rollout Command", {"rollout": rollout, "verb": "abort", "by": "e2e"}), rough.bus
    )
    failed = '"fault.kind":"Passing"'
    wait_until(lambda: any(failed in line for line in rough.logs("rollback")), SOON, "a first try failed")
    gate.let_go()
    rough.until(rollout, "rolledBack")
    assert rough.traffic(workload) == ("1", {})
    assert rough.outcomes(rollout) == ["rolledBack"]
    assert rough.cloud.receive_all(rough.stack.resources["Rollback/Undelivered"]) == []
