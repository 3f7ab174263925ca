"""Flags of AppConfig: asked for, served, taken back, waited for, and turned off by an alarm."""

from __future__ import annotations

import pytest

from cloud import wait_until
from flags import DOCUMENT, Shop
from house import SOON, House, Workload

ON = '"new-basket": {\n      "enabled": true,'
OFF = '"new-basket": {\n      "enabled": false,'


def test_a_flag_that_is_asked_for_is_all_that_changes(house: House) -> None:
    shop = Shop(house, "asked")
    assert not shop.is_on("new-basket")
    toggle = shop.ask("new-basket", enabled=True, why="it is ready")
    done = shop.until(toggle, "done")
    assert OFF in DOCUMENT
    assert shop.text(2) == DOCUMENT.replace(OFF, ON)
    assert shop.deployments() == [(1, "1", "COMPLETE"), (2, "2", "COMPLETE")]
    assert shop.is_on("new-basket")
    assert done["asked"] == {"kind": "person", "by": "e2e", "why": "it is ready"}
    assert toggle not in shop.live()
    wait_until(lambda: house.outcomes(toggle) == ["flagsSet"], SOON, "on-call is told")


def test_a_request_that_comes_again_makes_one_deployment(house: House) -> None:
    shop = Shop(house, "again")
    event = shop.request("new-basket", enabled=True)
    house.cloud.deliver(event, house.bus)
    house.cloud.deliver(event, house.bus)
    done = shop.until(event["id"], "done")
    house.invoke("feature-flag", event)
    house.sweep()
    assert shop.toggle(event["id"]) == done
    assert [version for _, version, _ in shop.deployments()] == ["1", "2"]


def test_what_is_so_already_is_not_deployed(house: House) -> None:
    shop = Shop(house, "already")
    toggle = shop.ask("new-basket", enabled=False)
    shop.until(toggle, "done")
    assert len(shop.deployments()) == 1


def test_a_flag_that_is_not_defined_is_refused_and_told(house: House) -> None:
    shop = Shop(house, "unknown")
    toggle = shop.ask("old-basket", enabled=True)
    failed = shop.until(toggle, "failed")
    assert "old-basket" in failed["stage"]["why"]
    assert len(shop.deployments()) == 1
    wait_until(lambda: house.outcomes(toggle) == ["flagsRefused"], SOON, "on-call is told")


def test_clients_get_the_old_value_until_a_deployment_gets_to_them(house: House) -> None:
    """A minute of the emulator's is a minute."""
    shop = Shop(house, "slow")
    toggle = shop.ask("new-basket", enabled=True, strategy=shop.strategy(minutes=1)["Name"])
    shop.until(toggle, "deploying")
    assert not shop.is_on("new-basket")
    assert shop.deployments()[-1] == (2, "2", "DEPLOYING")
    wait_until(lambda: shop.is_on("new-basket"), 90, "the deployment is through")
    shop.say("complete", 2)
    shop.until(toggle, "done")


def test_somebody_elses_deployment_is_waited_for(house: House) -> None:
    shop = Shop(house, "busy")
    theirs = shop.deploy(shop.write(DOCUMENT.replace('"express-checkout": {', '"express-checkout":  {')), "AppConfig.AllAtOnce")
    toggle = shop.ask("new-basket", enabled=True)
    waiting = wait_until(lambda: waits(shop, toggle), SOON, "it waits for the environment")
    assert f"deployment {theirs}" in waiting
    house.sweep()
    assert len(shop.deployments()) == 2
    shop.stop(theirs)
    shop.say("rollback", theirs)
    shop.until(toggle, "done")
    assert [state for _, _, state in shop.deployments()] == ["COMPLETE", "ROLLED_BACK", "COMPLETE"]
    assert shop.text(3) == DOCUMENT.replace(OFF, ON), "what is in force is changed, not what was taken back"


def test_an_alarm_turns_a_flag_off_in_one_invocation(house: House) -> None:
    shop = Shop(house, "killed")
    shop.until(shop.ask("new-basket", enabled=True), "done")
    switch = {"alarm": f"{shop.name}-5xx", "flag": "new-basket"} | shop.where
    house.apply_policy(policy_with(shop, killSwitches=[switch]))
    event = house.alarm_event(switch["alarm"])
    answer = house.invoke("feature-flag", event)
    assert "answers" in answer, answer
    assert not shop.is_on("new-basket")
    assert shop.text(3) == DOCUMENT

    house.cloud.deliver(event)
    house.invoke("feature-flag", event)
    assert len(shop.deployments()) == 3, "the same alarm event turns it off once"
    toggle = f"{event['id']}@{shop.name}/prod/flags:new-basket"
    assert shop.toggle(toggle)["asked"]["kind"] == "alarm"
    wait_until(lambda: house.outcomes(toggle) == ["flagsSet"], SOON, "on-call is told once")


def test_a_kill_switch_that_may_stops_somebody_elses_deployment(house: House) -> None:
    shop = Shop(house, "preempted")
    shop.until(shop.ask("new-basket", enabled=True), "done")
    switch = {"alarm": f"{shop.name}-5xx", "flag": "new-basket", "preempt": True} | shop.where
    house.apply_policy(policy_with(shop, killSwitches=[switch]))
    in_force = DOCUMENT.replace(OFF, ON)
    theirs = shop.deploy(shop.write(in_force + "\n"), shop.strategy(minutes=60)["Id"])
    house.invoke("feature-flag", house.alarm_event(switch["alarm"]))
    assert shop.deployments()[theirs - 1][2] == "ROLLED_BACK"
    assert not shop.is_on("new-basket")
    assert shop.deployments()[-1][2] == "COMPLETE"


@pytest.fixture(scope="session")
def taken_back(house: House) -> tuple[Shop, Workload, str]:
    """A rollout that switched a flag on and was aborted; that nothing comes late is proven two minutes later."""
    shop = Shop(house, "rollout")
    workload, rollout = with_flag(house, shop)
    house.command(rollout, "abort")
    return shop, workload, rollout


def test_a_rollout_takes_its_flag_back_at_once(house: House, taken_back: tuple[Shop, Workload, str]) -> None:
    shop, workload, rollout = taken_back
    wait_until(lambda: not shop.is_on("new-basket"), SOON, "the flag is off again")
    wait_until(lambda: house.traffic(workload) == ("1", {}), SOON, "all traffic is back")
    # The last deployment of the environment, and the only one of the rollout: AppConfig itself takes it back.
    assert [state for _, _, state in shop.deployments()] == ["COMPLETE", "REVERTED"]
    assert house.phase(rollout) in ("rollingBack", "rolledBack")


def test_a_rollout_takes_back_its_flag_alone_where_others_deployed_since(house: House) -> None:
    shop = Shop(house, "since")
    _, rollout = with_flag(house, shop)
    theirs = shop.text(2).replace('"old-search": { "enabled": true }', '"old-search": { "enabled": false }')
    shop.deploy(shop.write(theirs))
    house.command(rollout, "abort")
    wait_until(lambda: not shop.is_on("new-basket"), SOON, "the flag is off again")
    assert shop.served()["old-search"] == {"enabled": False}, "theirs stays"
    assert [state for _, _, state in shop.deployments()] == ["COMPLETE"] * 4
    assert shop.text(4) == theirs.replace(ON, OFF)


@pytest.mark.last
def test_a_rollout_says_once_that_traffic_and_flags_are_back(house: House, taken_back: tuple[Shop, Workload, str]) -> None:
    shop, _, rollout = taken_back
    house.sweep_until(rollout, "rolledBack", timeout=180)
    assert house.outcomes(rollout) == ["rolledBack"]
    assert len(shop.deployments()) == 2
    assert not [toggle for toggle in shop.live() if rollout in toggle]


def swept_on(house: House, shop: Shop) -> bool:
    house.sweep()
    return shop.is_on("new-basket")


def with_flag(house: House, shop: Shop) -> tuple[Workload, str]:
    """A rollout whose first step has its flag on."""
    workload = house.workload("with-flag", flags=[{"flag": "new-basket", "at": "10%"} | shop.where])
    rollout = house.release(workload)
    house.sweep_until(rollout, "baking")
    wait_until(lambda: swept_on(house, shop), SOON, "the flag is on")
    assert house.traffic(workload) == ("1", {"2": 0.1})
    return workload, rollout


def waits(shop: Shop, toggle: str) -> str | None:
    return shop.toggle(toggle)["stage"].get("waitsFor")


def policy_with(shop: Shop, **more: object) -> dict:
    steps = [{"setWeight": 10}, {"bake": "1m"}]
    return {"version": 1, "name": shop.name, "strategy": {"steps": steps}} | more
