"""What somebody else changes is seen by the next sweep and never overwritten silently."""

from __future__ import annotations

from collections.abc import Mapping

from house import House, Workload


def set_by_hand(house: House, workload: Workload, version: str, weights: Mapping[str, float]) -> dict:
    """Changes an alias as somebody at a console would; returns it as it stands then."""
    house.cloud.client("lambda").update_alias(
        FunctionName=workload.function,
        Name=workload.alias,
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": dict(weights)},
    )
    return house.alias(workload)


def test_an_alias_put_back_on_stable_by_hand_ends_the_rollout_as_taken_over(house: House) -> None:
    workload = house.workload("put-back")
    rollout = house.bake(workload)
    left = set_by_hand(house, workload, "1", {})
    document = house.sweep_until(rollout, "takenOver")
    assert document["phase"]["found"] == {"primary": "1"}
    assert house.alias(workload) == left
    assert house.outcomes(rollout) == ["takenOver"]
    assert house.lock(workload) is None


def test_more_on_the_candidate_by_hand_holds_the_rollout_and_a_rollback_stays_possible(house: House) -> None:
    workload = house.workload("more-by-hand")
    rollout = house.bake(workload)
    left = set_by_hand(house, workload, "1", {"2": 0.4})
    paused = house.sweep_until(rollout, "paused")
    assert paused["phase"]["cause"]["kind"] == "drift"
    assert house.alias(workload) == left
    assert house.outcomes(rollout) == ["paused"]

    house.sweep()
    assert house.until(rollout, "paused")["version"] == paused["version"]

    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    assert house.traffic(workload) == ("1", {})
    assert house.outcomes(rollout) == ["paused", "rolledBack"]


def test_a_third_version_by_hand_makes_tidegate_let_go(house: House) -> None:
    workload = house.workload("third")
    house.publish(workload.function)
    rollout = house.bake(workload)
    left = set_by_hand(house, workload, "3", {})
    document = house.sweep_until(rollout, "takenOver")
    assert document["phase"]["found"] == {"primary": "3"}
    assert house.alias(workload) == left
    assert house.outcomes(rollout) == ["takenOver"]

    house.command(rollout, "abort")
    house.sweep()
    assert house.alias(workload) == left


def test_a_promotion_does_not_overwrite_what_somebody_did_a_moment_before(house: House) -> None:
    workload = house.workload("raced")
    rollout = house.bake(workload)
    left = set_by_hand(house, workload, "1", {"2": 0.01})
    house.command(rollout, "promote")
    house.until(rollout, "paused")
    assert house.alias(workload) == left
    assert house.wishes(rollout) == [10]


def test_a_description_changed_by_hand_is_no_drift(house: House) -> None:
    workload = house.workload("described")
    rollout = house.bake(workload)
    house.cloud.client("lambda").update_alias(FunctionName=workload.function, Name=workload.alias, Description="by hand")
    house.sweep()
    house.command(rollout, "promote")
    house.until(rollout, "baking", step=1)
    assert house.traffic(workload) == ("1", {"2": 0.5})
    assert house.outcomes(rollout) == []
