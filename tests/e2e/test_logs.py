"""What the functions print, in all tests before: one JSON object a line, findable by rollout."""

from __future__ import annotations

import json
import pathlib

import pytest

from house import FUNCTIONS, House

pytestmark = pytest.mark.last

METRICS = pathlib.Path(__file__).resolve().parents[2] / "infra/metrics.json"

# Lambda's own, in the emulator as on AWS.
OF_LAMBDA = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


@pytest.fixture(scope="module")
def printed(house: House) -> dict[str, list[dict]]:
    """What each function printed, after one rollout at least; a line that is no JSON fails here."""
    rollout = house.bake(house.workload("logged"))
    house.sweep()
    house.command(rollout, "abort")
    house.until(rollout, "rolledBack")
    return {
        name: [json.loads(line) for line in house.logs(name) if not line.startswith(OF_LAMBDA)]
        for name in FUNCTIONS.values()
    }


def test_every_line_is_a_message_with_its_fields_or_a_measurement(printed: dict[str, list[dict]]) -> None:
    for name in ("traffic-shift", "health-check", "rollback", "notify"):
        assert printed[name], f"{name} printed nothing"
    for line in (line for lines in printed.values() for line in lines):
        assert "_aws" in line or {"timestamp", "level", "message"} <= line.keys(), line


def test_a_line_about_a_rollout_names_it_in_a_field(printed: dict[str, list[dict]]) -> None:
    about = [line for lines in printed.values() for line in lines if line.get("message", "").startswith("rollout ")]
    assert about
    for line in about:
        assert line["message"].startswith(f"rollout {line['rollout.id']}: "), line


def test_all_metrics_but_those_of_a_success_are_measured(printed: dict[str, list[dict]]) -> None:
    measured = [line for lines in printed.values() for line in lines if "_aws" in line]
    names = {metric["Name"] for line in measured for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert names | {"LeadSeconds"} == {metric["name"] for metric in json.loads(METRICS.read_text())}
    for line in measured:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Tidegate"
        assert directive["Dimensions"] == [["Installation"]]
        assert isinstance(line["Installation"], str)
        assert all(metric["Name"] in line for metric in directive["Metrics"])


def test_a_rollout_that_goes_as_it_should_logs_no_error(house: House, printed: dict[str, list[dict]]) -> None:
    errors = [line for lines in printed.values() for line in lines if line.get("level") == "ERROR"]
    assert errors == []
