"""The same event again, at once or long after, changes nothing that it should not."""

from __future__ import annotations

import json

from cloud import wait_until
from house import SOON, House, Workload


def standing(house: House, workload: Workload, rollout: str) -> dict:
    """All that a duplicate could change."""
    return {
        "document": house.document(rollout),
        "timeline": house.timeline(rollout),
        "alias": house.alias(workload),
        "lock": house.lock(workload),
        "told": [message["MessageId"] for message in house.told(rollout)],
    }


def test_every_event_of_a_finished_rollout_delivered_again_changes_nothing(house: House) -> None:
    workload = house.workload("again-later")
    published = house.version_event(workload.function, "2")
    house.cloud.deliver(published)
    rollout = workload.rollout()
    house.until(rollout, "baking", step=0)
    house.command(rollout, "promote")
    house.until(rollout, "baking", step=1)
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    before = standing(house, workload, rollout)
    events = house.events(rollout)
    kinds = {event["detail-type"] for event in events}
    assert kinds == {"Effects Due", "Verdict Reached", "Rollout Command", "Rollout Outcome"}

    # By the side door, which answers: nothing that may still be under way could change something after this test.
    answers = [house.invoke("traffic-shift", published)]
    for event in events:
        for owner in house.cloud.targets(event, house.bus):
            answers.append(house.cloud.client("lambda").invoke(FunctionName=owner, Payload=json.dumps(event)))
            assert "FunctionError" not in answers[-1]
    assert len(answers) > len(events)
    house.sweep()
    assert standing(house, workload, rollout) == before


def test_a_rollout_whose_every_event_comes_twice_goes_as_any_other(house: House) -> None:
    workload = house.workload("twice")
    published = house.version_event(workload.function, "2")
    rollout = workload.rollout()
    seen: set[str] = set()

    def second_copies(phase: str, step: int | None = None) -> bool:
        """Delivers what has come onto the bus once more, until there is nothing new and the rollout is there."""
        fresh = [event for event in house.events(rollout) if event["id"] not in seen]
        for event in fresh:
            seen.add(event["id"])
            house.cloud.deliver(event, house.bus)
        document = house.document(rollout)
        here = document["phase"]["is"] == phase and step in (None, document["phase"].get("step"))
        return here and not fresh and not document.get("pending")

    def twice(phase: str, step: int | None = None) -> None:
        wait_until(lambda: second_copies(phase, step), SOON, f"{rollout} is {phase}, every event delivered twice")

    house.cloud.deliver(published)
    house.cloud.deliver(published)
    twice("baking", step=0)
    house.command(rollout, "promote")
    twice("baking", step=1)
    assert house.traffic(workload) == ("1", {"2": 0.5})
    house.command(rollout, "promote")
    twice("watching")
    house.sweep()
    house.sweep()
    twice("succeeded")
    assert house.wishes(rollout) == [10, 50, 100]
    assert house.traffic(workload) == ("2", {})
    assert house.outcomes(rollout) == ["succeeded"]


def test_the_same_alarm_event_twice_rolls_back_once(house: House) -> None:
    alarm = "twice-5xx"
    workload = house.workload("alarmed-twice", analysis={"alarms": [{"name": alarm}]})
    rollout = house.bake(workload)
    event = house.alarm_event(alarm)
    house.cloud.deliver(event)
    house.cloud.deliver(event)
    house.until(rollout, "rolledBack")
    before = standing(house, workload, rollout)
    house.invoke("rollback", event)
    assert standing(house, workload, rollout) == before
    assert house.outcomes(rollout) == ["rolledBack"]
    assert house.wishes(rollout) == [10, 0]
