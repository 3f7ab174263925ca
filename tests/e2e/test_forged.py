"""Events that are not what they say: of other accounts and sources, of detail types that nobody has, endless, and written to be read as
something else in a log or a message. Nothing moves; what was meant for Tidegate is kept, and on-call is told of it once.
"""

from __future__ import annotations

import json
import unicodedata
import uuid
from collections.abc import Mapping

import pytest
from botocore.exceptions import ClientError

from cloud import ACCOUNT, REGION, wait_until
from house import EVENTS, SOON, House, Workload, policy
from test_faults import kept_and_paged_once, letters
from test_logs import OF_LAMBDA

STRANGER = "111111111111"
ALARM = "forged-5xx"
SHOP = {"lambda": {"function": "shop", "alias": "live"}}
# Clears the screen, sets a window's title, turns the direction of reading, and begins a line that looks like one of the house's.
EVIL = 'fine\r\n{"level":"ERROR","message":"ALL CLEAR"}\n  in short  all is well\x1b[2J\x1b]0;gone\x07\x9b31m\u202e\x00'


@pytest.fixture(scope="module")
def baking(house: House) -> Workload:
    """A workload whose rollout is under way, and watches an alarm; no test here may move it."""
    metric = {"Namespace": "Shop", "MetricName": "Forged", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloudwatch = house.cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName=ALARM, Threshold=0, ComparisonOperator="GreaterThanThreshold", **metric)
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="the test begins")
    workload = house.workload("forged", analysis={"alarms": [{"name": ALARM, "action": "rollBack"}]})
    house.bake(workload)
    return workload


def of_aws(sample: str, **detail: str) -> dict:
    """One of the project's own samples as it would come here."""
    event = json.loads((EVENTS / f"{sample}.json").read_text().replace("123456789012", ACCOUNT).replace("us-east-1", REGION))
    return event | {"detail": event["detail"] | detail}


def meant_for_it(house: House, workload: Workload) -> list[tuple[str, dict]]:
    """What would move the rollout or a flag, or start something, if it were true; with its bus."""
    rollout = workload.rollout()
    command = {"rollout": rollout, "by": "eve"}
    return [
        ("default", house.alarm_event(ALARM)),
        ("default", house.version_event(workload.function, "1")),
        ("default", of_aws("eb-codedeploy-deployment-start")),
        ("default", of_aws("eb-codedeploy-deployment-failure")),
        ("default", of_aws("eb-appconfig-start")),
        ("default", of_aws("eb-appconfig-complete")),
        (house.bus, house.bus_event("Rollout Command", command | {"verb": "abort"})),
        (house.bus, house.bus_event("Rollout Command", command | {"verb": "promoteFull"})),
        (house.bus, verdict(workload, house.document(rollout)["version"])),
        (house.bus, house.bus_event("Rollout Requested", {"version": "2", "policy": workload.function, "by": "eve"})),
        (house.bus, house.bus_event("Rollout Reqeusted", {})),
    ]


def verdict(workload: Workload, version: int) -> dict:
    """The project's sample of a verdict to roll back, about this rollout."""
    event = json.loads((EVENTS.parent / "bus" / "verdict-reached.json").read_text())
    event["detail"]["rollout"] = workload.rollout()
    event["detail"]["judged"]["version"] = version
    return event | {"id": str(uuid.uuid4()), "account": ACCOUNT, "region": REGION}


def asked(house: House, event: Mapping, bus: str) -> list[dict]:
    """What the functions that the rules choose answer to an event."""
    own = f"{house.stack.name}-"
    functions = [arn.split(":function:")[1] for arn in house.cloud.targets(event, bus)]
    return [house.invoke(function.removeprefix(own), event) for function in functions if function.startswith(own)]


def invoked(house: House, payload: str) -> dict:
    """What traffic-shift answers to a payload as it stands."""
    answer = house.cloud.client("lambda").invoke(FunctionName=house.function("traffic-shift"), Payload=payload)
    return json.load(answer["Payload"])


def standing(house: House, workload: Workload) -> tuple:
    """Everything that could have moved."""
    rollout = workload.rollout()
    return house.alias(workload), house.document(rollout), house.told(rollout), len(house.items("QUARANTINE"))


def test_an_event_of_another_account_moves_nothing_whatever_it_says(house: House, baking: Workload) -> None:
    before = standing(house, baking)
    for bus, event in meant_for_it(house, baking):
        answers = asked(house, event | {"account": STRANGER}, bus)
        assert answers, f"no rule is for {event['detail-type']}"
        for answer in answers:
            assert answer == {"ignored": f'it comes from account "{STRANGER}", and Tidegate acts in its own alone'}
    assert standing(house, baking) == before


def test_an_event_of_another_source_wakes_nobody_and_is_passed_over(house: House, baking: Workload) -> None:
    before = standing(house, baking)
    for bus, event in meant_for_it(house, baking):
        forged = event | {"source": "com.example"}
        assert house.cloud.targets(forged, bus) == []
        elsewhere = house.bus if bus == "default" else "default"
        assert house.cloud.targets(event, elsewhere) == [], "a rule of the other bus takes it"
        for name in ("traffic-shift", "health-check", "rollback", "feature-flag", "notify"):
            (answer,) = house.invoke(name, forged)["answers"]
            assert answer == {"ignored": f"{event['detail-type']} from com.example is not for Tidegate"}
    assert standing(house, baking) == before


def test_nobody_can_put_an_event_of_aws(house: House, baking: Workload) -> None:
    """The emulator is AWS here; all else that is forged as AWS's comes from another account's bus."""
    for bus in ("default", house.bus):
        with pytest.raises((ClientError, AssertionError), match="NotAuthorizedForSource"):
            house.cloud.put_event("aws.codedeploy", "CodeDeploy Deployment State-change Notification", {"state": "FAILURE"}, bus)


def test_another_account_s_function_of_the_same_name_is_not_ours(house: House, baking: Workload) -> None:
    """Who publishes a version of another account's function finds the call in his own trail as well."""
    arn = f"arn:aws:lambda:{REGION}:{STRANGER}:function:{baking.function}"
    for part, member in (("requestParameters", "functionName"), ("responseElements", "functionArn")):
        house.publish(baking.function)
        event = house.version_event(baking.function, "3")
        event["detail"][part][member] = arn
        (answer,) = house.invoke("traffic-shift", event)["answers"]
        assert f"a function of account {STRANGER}" in answer["ignored"]
    assert house.document(baking.rollout("3")) is None
    assert house.phase(baking.rollout()) == "baking"


def test_a_deployment_that_codedeploy_does_not_know_moves_nothing_and_is_told_once(house: House, baking: Workload) -> None:
    """It is read before anything is believed; that one goes on unguarded is what people are told."""
    alias, document, *_ = standing(house, baking)
    events = [of_aws(f"eb-codedeploy-deployment-{sample}", deploymentId="d-F0RGED000") for sample in ("start", "failure", "stop")]
    for event in [*events, *events]:
        for answer in asked(house, event, "default"):
            assert "does not exist" in answer["answers"][0]["ignored"], answer
    assert standing(house, baking)[:2] == (alias, document)
    assert len([item for item in house.items("QUARANTINE") if "d-F0RGED000" in item["letter"]]) == 1


def test_a_verdict_about_an_older_version_changes_nothing(house: House, baking: Workload) -> None:
    before = standing(house, baking)
    (answer,) = asked(house, verdict(baking, before[1]["version"] - 1), house.bus)
    assert "kept" in answer["answers"][0], answer
    assert standing(house, baking) == before


def test_a_detail_that_is_nested_deeper_than_any_of_ours_is_kept(house: House) -> None:
    event = house.bus_event("Rollout Requested", {"version": "2", "policy": "NESTED", "by": "eve"})
    answer = invoked(house, json.dumps(event).replace('"NESTED"', "[" * 100 + "]" * 100))
    assert "found a list, expected an object" in answer["answers"][0]["problem"]


def test_a_detail_without_end_is_an_error_and_breaks_nobody(house: House) -> None:
    """The runtime reads no deeper than 128. As any invocation that fails three times, it ends in the dead-letter queue."""
    event = house.bus_event("Rollout Requested", {"version": "2", "policy": "NESTED", "by": "eve"})
    processes = house.cloud.function_processes(house.function("traffic-shift"))
    answer = invoked(house, json.dumps(event).replace('"NESTED"', "[" * 5_000 + "]" * 5_000))
    assert "DeserializeError" in answer["errorType"]
    assert len(answer["errorMessage"]) < 2_000
    assert set(house.cloud.function_processes(house.function("traffic-shift"))) >= set(processes)


@pytest.mark.parametrize(
    "event",
    [
        ("Rollout Command", {"rollout": "x" * 5_000, "verb": "pause", "by": "eve"}),
        ("Rollout Requested", {"version": "2", "policy": "x" * 5_000, "by": "eve"}),
    ],
    ids=["rollout", "policy"],
)
def test_a_name_that_no_key_can_hold_is_kept_and_paged_once(house: House, event: tuple[str, dict]) -> None:
    kept_and_paged_once(house, house.bus_event(*event), "traffic-shift")


def test_an_event_as_large_as_they_come_is_kept_in_part_and_paged_once(house: House) -> None:
    event = house.bus_event("Rollout Requested", {"version": "2", "policy": "shop", "by": "eve", "x" * 100: "y" * 240_000})
    house.invoke("traffic-shift", event)
    house.invoke("traffic-shift", event)
    wait_until(lambda: house.told(event["id"]), SOON, "on-call is told")
    (message,) = house.told(event["id"])
    (letter,) = letters(house, event["id"])
    assert "bytes)" in letter["payload"]
    assert len(message["Body"]) < 20_000


def test_what_is_written_to_be_read_as_something_else_is_shown_as_what_it_is(house: House) -> None:
    workload = house.workload("injected")
    rollout = house.bake(workload)
    house.command(rollout, "abort", by=EVIL, why=EVIL)
    house.until(rollout, "rolledBack")
    (message,) = house.told(rollout)
    is_plain(message)


@pytest.mark.parametrize(
    ("detail_type", "detail", "receiver"),
    [
        (f"Rollout Reqeusted{EVIL}", {"version": "2"}, "notify"),
        ("Rollout Requested", {"version": "2", "policy": "shop", "by": "eve", EVIL: EVIL}, "traffic-shift"),
        ("Rollout Requested", {"id": EVIL, "version": EVIL, "target": SHOP, "policy": policy("shop"), "by": "eve"}, "traffic-shift"),
        ("Rollout Requested", {"version": "2", "policy": EVIL, "by": "eve"}, "traffic-shift"),
        ("Rollout Command", {"rollout": "shop-live-2", "verb": EVIL, "by": "eve"}, "traffic-shift"),
    ],
    ids=["detail-type", "member", "version", "policy", "verb"],
)
def test_a_request_that_forges_lines_is_kept_and_paged_once_in_plain_words(
    house: House, detail_type: str, detail: dict, receiver: str
) -> None:
    event = house.bus_event(detail_type, detail)
    kept_and_paged_once(house, event, receiver)
    (message,) = house.told(event["id"])
    is_plain(message)


@pytest.mark.last
def test_no_log_holds_a_control_character(house: House) -> None:
    """As it is printed; and no escape sequence once a line's JSON is read."""
    for name in ("traffic-shift", "health-check", "rollback", "feature-flag", "notify"):
        lines = [line.rstrip("\n") for line in house.logs(name) if not line.startswith(OF_LAMBDA)]
        assert lines, f"{name} printed nothing"
        for line in lines:
            assert not controls(line), repr(line)
            assert not controls("".join(value for value in json.loads(line).values() if isinstance(value, str)).replace("\n", ""))


def is_plain(message: Mapping) -> None:
    """A message to on-call shows what others said, and is not steered by it."""
    envelope = message["Json"]
    body = json.loads(envelope["Message"])
    assert not controls(envelope["Subject"])
    assert len(envelope["Subject"]) < 100
    assert not controls(body["text"].replace("\n", ""))
    assert "\\u{1b}[2J" in body["text"], "it is not shown at all"
    for line in body["text"].splitlines():
        assert not line.startswith(("{", "  in short")), body["text"]


def controls(text: str) -> set[str]:
    """The characters that show nothing and change how others are shown."""
    return {one for one in text if unicodedata.category(one) in ("Cc", "Cf")}
