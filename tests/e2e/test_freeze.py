"""One switch stops every weight from rising, and nothing from going back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from command import BAD, GOOD, USAGE, Command
from house import House


@pytest.fixture(scope="module")
def tidegate(house: House, binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(house.cloud.endpoint, binary, tmp_path_factory.mktemp("ana"))


@pytest.fixture(autouse=True)
def thawed(tidegate: Command) -> Iterator[None]:
    yield
    tidegate("freeze", "off")


def test_a_freeze_holds_a_promote_and_lets_an_abort_through(house: House, tidegate: Command) -> None:
    workload = house.workload("frozen")
    rollout = house.bake(workload)
    assert tidegate("freeze", "on", "--because", "the sale begins at noon").exit == GOOD
    told = tidegate("promote", rollout)
    assert told.exit == BAD and "frozen by ana" in told.stdout, told
    house.sweep()
    assert house.traffic(workload) == ("1", {"2": 0.1})
    assert tidegate.json("get", rollout)["freeze"]["because"] == "the sale begins at noon"
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    assert house.traffic(workload) == ("1", {})


def test_a_rollout_waits_in_preflight_until_the_freeze_is_lifted(house: House, tidegate: Command) -> None:
    tidegate("freeze", "on", "--because", "nobody is here")
    workload = house.workload("waits")
    rollout = house.release(workload)
    house.sweep_until(rollout, "preflight")
    house.sweep()
    assert house.traffic(workload) == ("1", {})
    assert tidegate("freeze", "off").exit == GOOD
    house.sweep_until(rollout, "baking")


def test_a_second_freeze_is_told_of_the_first(tidegate: Command) -> None:
    assert tidegate("freeze", "on").exit == USAGE
    assert tidegate("freeze", "on", "--because", "the sale").exit == GOOD
    again = tidegate("freeze", "on", "--because", "a fair")
    assert again.exit == BAD and "frozen by ana" in again.stdout, again
    shown = tidegate.json("freeze")
    assert (shown["freeze"]["because"], shown["changes"][-1]["to"]["is"]) == ("the sale", "on")
    assert tidegate("freeze", "off").exit == GOOD
    assert tidegate.json("freeze")["freeze"] is None
