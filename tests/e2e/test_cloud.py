"""What the end-to-end tests take for granted of the emulator and of the harness in cloud.py.

When a new ministack changes one of these, it should show here and not as a riddle in a rollout.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cloud import Cloud, Stack, TimedOut, wait_until, zip_bootstrap

PROBE = Path(__file__).parent / "probe"
FUNCTION = "probe"


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    code = zip_bootstrap(PROBE / "bootstrap.py")
    return cloud.deploy_stack(PROBE / "template.yaml", {"Name": FUNCTION}, {"Probe": code}, name="probe")


def handled(cloud: Cloud, do: str) -> int:
    """How often the function has begun to handle an event that says `do`."""
    events = [json.loads(line) for line in cloud.logs(FUNCTION) if line.startswith('{"event"')]
    return sum(event["event"].get("detail", {}).get("do") == do for event in events)


def test_a_function_of_the_template_runs_with_its_environment(cloud: Cloud, stack: Stack) -> None:
    answer = cloud.client("lambda").invoke(FunctionName=FUNCTION, Payload=b"{}")
    assert json.load(answer["Payload"]) == {"greeting": "hello"}


def test_an_event_on_the_bus_reaches_the_function_through_its_rule(cloud: Cloud, stack: Stack) -> None:
    cloud.put_event("probe", "Asked", {"do": "greet from the bus"}, bus=stack.outputs["Bus"])
    wait_until(lambda: handled(cloud, "greet from the bus") == 1, 10, "the function has handled the event")


def test_an_event_of_an_aws_service_is_delivered_to_the_rule_it_matches_and_to_no_other(cloud: Cloud, stack: Stack) -> None:
    detail_type = "CloudWatch Alarm State Change"
    alarm = {"state": {"value": "ALARM"}, "do": "look at the alarm"}
    assert cloud_arn(FUNCTION) in cloud.deliver_event("aws.cloudwatch", detail_type, alarm)
    assert cloud.deliver_event("aws.cloudwatch", detail_type, {"state": {"value": "OK"}}) == []
    wait_until(lambda: handled(cloud, "look at the alarm") == 1, 10, "the function has handled the alarm")


def test_a_schedule_can_be_fired_at_once(cloud: Cloud, stack: Stack) -> None:
    before = handled(cloud, "sweep")
    cloud.fire_schedule(FUNCTION)
    wait_until(lambda: handled(cloud, "sweep") > before, 10, "the function has handled the schedule's input")


def test_an_event_that_always_fails_is_tried_three_times_and_then_kept(cloud: Cloud, stack: Stack) -> None:
    event = {"detail": {"do": "fail"}}
    cloud.invoke_async(FUNCTION, event)
    kept = wait_until(lambda: cloud.receive_all(stack.outputs["Undelivered"]), 10, "the event is in the failure queue")
    assert [message["Json"]["requestPayload"] for message in kept] == [event]
    wait_until(lambda: handled(cloud, "fail") == 3, 10, "three attempts are in the log")


def test_a_function_killed_at_every_attempt_leaves_its_event_in_the_failure_queue(cloud: Cloud, stack: Stack) -> None:
    event = {"detail": {"do": "hang"}}
    cloud.invoke_async(FUNCTION, event)

    def kept_after_another_kill() -> list[dict]:
        cloud.kill_function(FUNCTION)
        return cloud.receive_all(stack.outputs["Undelivered"])

    kept = wait_until(kept_after_another_kill, 20, "the event is in the failure queue")
    assert [message["Json"]["requestPayload"] for message in kept] == [event]


def test_metrics_of_one_version_behind_an_alias_are_read_back_by_minute(cloud: Cloud) -> None:
    minute = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(minutes=2)
    cloud.publish_lambda_metrics("checkout", "live", "7", minute, invocations=120, errors=3)
    query = {
        "Id": "errors",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Dimensions": [
                    {"Name": "FunctionName", "Value": "checkout"},
                    {"Name": "Resource", "Value": "checkout:live"},
                    {"Name": "ExecutedVersion", "Value": "7"},
                ],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
    answer = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=minute - timedelta(minutes=5), EndTime=minute + timedelta(minutes=1)
    )
    result = answer["MetricDataResults"][0]
    assert (result["Timestamps"], result["Values"]) == ([minute], [3.0])


def test_a_stale_revision_of_an_alias_is_refused(cloud: Cloud, stack: Stack) -> None:
    functions = cloud.client("lambda")
    version = functions.publish_version(FunctionName=FUNCTION)["Version"]
    read = functions.create_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=version)
    functions.update_alias(FunctionName=FUNCTION, Name="live", Description="somebody else", RevisionId=read["RevisionId"])
    with pytest.raises(ClientError) as refused:
        functions.update_alias(FunctionName=FUNCTION, Name="live", Description="late", RevisionId=read["RevisionId"])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert refused.value.response["Error"]["Code"] == "PreconditionFailedException"


def test_a_refused_transaction_gives_the_item_that_was_in_the_way(cloud: Cloud, stack: Stack) -> None:
    table, item = stack.outputs["Table"], {"pk": {"S": "lock"}, "owner": {"S": "first"}}
    dynamodb = cloud.client("dynamodb")
    dynamodb.put_item(TableName=table, Item=item)
    put = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as refused:
        dynamodb.transact_write_items(TransactItems=[{"Put": put}])
    reason = refused.value.response["CancellationReasons"][0]
    assert (reason["Code"], reason["Item"]) == ("ConditionalCheckFailed", item)


def test_a_stack_that_cannot_be_made_says_which_resource_failed(cloud: Cloud, tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    rule = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST"}}
    template.write_text(json.dumps({"Resources": {"Broken": rule}}))
    with pytest.raises(AssertionError, match=r"Broken \(AWS::Lambda::EventInvokeConfig\)"):
        cloud.deploy_stack(template, name="broken")


def test_code_for_a_function_that_the_template_lacks_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match=r"no function called \['Prob'\]; it has: \['Probe'\]"):
        cloud.deploy_stack(PROBE / "template.yaml", {"Name": FUNCTION}, {"Prob": b""}, name="misspelt")


def test_waiting_in_vain_says_for_what_and_what_was_seen() -> None:
    with pytest.raises(TimedOut, match="until the tide turns; last answer: 0"):
        wait_until(lambda: 0, 0, "the tide turns")
    with pytest.raises(TimedOut, match=r"until the tide turns; last error: KeyError\('moon'\)"):
        wait_until(lambda: {}["moon"], 0, "the tide turns")


def cloud_arn(function: str) -> str:
    return f"arn:aws:lambda:eu-west-1:000000000000:function:{function}"
