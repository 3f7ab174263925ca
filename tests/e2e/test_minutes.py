"""What only real minutes can show. The rollouts began with the session (minutes.py); nobody said anything to them since."""

from __future__ import annotations

import json

import pytest

from house import House
from minutes import Minutes

pytestmark = pytest.mark.last


def test_a_bad_version_is_rolled_back_after_its_metrics_say_so(house: House, minutes: Minutes) -> None:
    rollout = minutes.bad.rollout()
    document = house.until(rollout, "rolledBack", timeout=150)
    cause = document["phase"]["cause"]
    assert cause["kind"] == "failsOutright"
    (errors,) = [metric for metric in cause["with"]["metrics"] if metric["name"] == "errors"]
    assert (errors["candidate"]["total"] % 10_000, errors["candidate"]["bad"] % 9_000) == (0, 0)
    assert errors["ratio"] == pytest.approx(18, rel=0.01)
    assert house.traffic(minutes.bad) == ("1", {})
    assert house.wishes(rollout) == [10, 0]
    decided = next(entry for entry in house.timeline(rollout) if entry["to"] == "rollingBack")
    assert decided["by"] == "rollback"

    assert house.outcomes(rollout) == ["rolledBack"]
    (message,) = house.told(rollout)
    assert "errors 18× stable" in json.loads(message["Json"]["Message"])["text"]


def test_a_good_version_passes_its_step_on_the_evidence_and_carries_the_traffic(house: House, minutes: Minutes) -> None:
    rollout = minutes.good.rollout()
    document = house.sweep_until(rollout, "succeeded", timeout=480)
    assert house.traffic(minutes.good) == ("2", {})
    assert house.wishes(rollout) == [10, 100]
    assert document["baseline"]["errors"] == {"total": 200_000, "bad": 10_000}
    passed = next(entry for entry in house.timeline(rollout) if entry["to"] == "watching")
    assert passed["reason"]["because"] == "stepPassed"
    assert passed["reason"]["with"]["kind"] == "evidence"
    assert house.outcomes(rollout) == ["succeeded"]


def test_every_minute_that_was_judged_is_stored_with_its_counts(house: House, minutes: Minutes) -> None:
    rollout = minutes.good.rollout()
    house.sweep_until(rollout, "succeeded", timeout=480)
    hours = house.items(f"ROLLOUT#{rollout}", "TICKS#")
    ticks = [json.loads(value) for hour in hours for name, value in hour.items() if name.startswith("m")]
    assert len(ticks) >= 3
    for tick in ticks:
        counts = tick["metrics"]["errors"]
        assert counts["c"] == {"total": 10_000, "bad": 500}
        assert counts["s"] == {"total": 90_000, "bad": 4_500}


def test_how_long_a_rollback_took_is_measured(house: House, minutes: Minutes) -> None:
    house.until(minutes.bad.rollout(), "rolledBack", timeout=150)
    lines = [json.loads(line) for line in house.logs("rollback") if '"RollbackSeconds"' in line]
    assert lines
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Tidegate"
        assert {metric["Name"] for metric in directive["Metrics"]} == {"RolloutsEnded", "RolloutsSucceeded", "RolloutsRolledBack", "RollbackSeconds"}
        assert 0 <= line["RollbackSeconds"] < 60
