"""The checker accepts what botocore itself sends, in every protocol, and finds each planted fault."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from pathlib import Path

import boto3
import cbor2
import pytest
from botocore.config import Config

from check_requests import check, check_folder
from decoding import Request

LAMBDA = "https://lambda.eu-west-1.amazonaws.com"
UPDATE_ALIAS = {
    "service": "lambda",
    "operation": "UpdateAlias",
    "method": "PUT",
    "uri": f"{LAMBDA}/2015-03-31/functions/checkout/aliases/live",
    "headers": {"Content-Type": "application/json"},
    "body": '{"FunctionVersion": "4", "RoutingConfig": {"AdditionalVersionWeights": {"5": 0.25}}, "RevisionId": "r-1"}',
}
GET_ITEM = {
    "service": "dynamodb",
    "operation": "GetItem",
    "method": "POST",
    "uri": "https://dynamodb.eu-west-1.amazonaws.com/",
    "headers": {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"},
    "body": '{"TableName": "tidegate", "Key": {"pk": {"S": "rollout#1"}}, "ConsistentRead": true}',
}
PUBLISH = {
    "service": "sns",
    "operation": "Publish",
    "method": "POST",
    "uri": "https://sns.eu-west-1.amazonaws.com/",
    "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    "body": "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Aon-call&Message=hi"
    "&MessageAttributes.entry.1.Name=severity&MessageAttributes.entry.1.Value.DataType=String"
    "&MessageAttributes.entry.1.Value.StringValue=page",
}
PUT_EVENTS = {
    "service": "eventbridge",
    "operation": "PutEvents",
    "method": "POST",
    "uri": "https://events.eu-west-1.amazonaws.com/",
    "headers": {"X-Amz-Target": "AWSEvents.PutEvents", "Content-Type": "application/x-amz-json-1.1"},
    "body": '{"Entries": [{"Source": "tidegate", "DetailType": "Rollout Requested", "Detail": "{}", "Time": 1767225600}]}',
}


def get_metric_data(**changes: object) -> dict:
    query = {"Id": "errors", "MetricStat": {"Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}}
    body = {
        "MetricDataQueries": [query],
        "StartTime": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "EndTime": datetime(2026, 1, 2, tzinfo=timezone.utc),
        "ScanBy": "TimestampAscending",
    }
    return {
        "service": "cloudwatch",
        "operation": "GetMetricData",
        "method": "POST",
        "uri": "https://monitoring.eu-west-1.amazonaws.com/service/GraniteServiceVersion20100801/operation/GetMetricData",
        "headers": {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
        "body_base64": base64.b64encode(cbor2.dumps(body | changes, datetime_as_timestamp=True)).decode(),
    }


def faults_of(record: dict, tmp_path: Path) -> list[str]:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(record))
    return check(Request.read(file))


@pytest.mark.parametrize(
    "record", [UPDATE_ALIAS, GET_ITEM, PUBLISH, PUT_EVENTS, get_metric_data()], ids=lambda record: record["operation"]
)
def test_a_good_request_has_no_fault(record: dict, tmp_path: Path) -> None:
    assert faults_of(record, tmp_path) == []


def changed(record: dict, old: str, new: str) -> dict:
    """The record with one piece of its body or address replaced."""
    key = "body" if old in record.get("body", "") else "uri"
    assert old in record[key], "the sample does not have what the test wants to break"
    return record | {key: record[key].replace(old, new)}


BAD = {
    "method": (UPDATE_ALIAS | {"method": "POST"}, "method is POST, expected PUT"),
    "path": (changed(UPDATE_ALIAS, "/aliases/", "/alias/"), "does not match /2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    "pattern in the path": (changed(UPDATE_ALIAS, "aliases/live", "aliases/42"), "Name is '42', which does not match"),
    "length in the path": (changed(UPDATE_ALIAS, "aliases/live", "aliases/" + "x" * 129), "Name has length 129, at most 128"),
    "pattern": (changed(UPDATE_ALIAS, '"FunctionVersion": "4"', '"FunctionVersion": "four"'), "FunctionVersion is 'four'"),
    "range": (changed(UPDATE_ALIAS, "0.25", "1.25"), "RoutingConfig.AdditionalVersionWeights.5 is 1.25, at most 1.0"),
    "lower range": (changed(UPDATE_ALIAS, "0.25", "-0.25"), "value: -0.25, valid min value: 0.0"),
    "type": (changed(UPDATE_ALIAS, "0.25", '"a quarter"'), "Invalid type for parameter RoutingConfig.AdditionalVersionWeights.5"),
    "unknown member": (changed(UPDATE_ALIAS, "RevisionId", "revisionId"), "revisionId: no member is called so"),
    "unknown parameter": (UPDATE_ALIAS | {"uri": UPDATE_ALIAS["uri"] + "?dry=1"}, "query string: no member is called dry"),
    "no JSON": (UPDATE_ALIAS | {"body": "{"}, "body is no JSON"),
    "missing member": (changed(GET_ITEM, "TableName", "Table"), 'Missing required parameter in input: "TableName"'),
    "two kinds of value": (changed(GET_ITEM, '{"S": "rollout#1"}', '{"S": "1", "T": "1"}'), "Key.pk.T: no member is called so"),
    "target": (GET_ITEM | {"operation": "DeleteItem"}, "X-Amz-Target is 'DynamoDB_20120810.GetItem', expected"),
    "content type": (
        GET_ITEM | {"headers": GET_ITEM["headers"] | {"Content-Type": "application/json"}},
        "Content-Type is 'application/json', expected 'application/x-amz-json-1.0'",
    ),
    "protocol": (GET_ITEM | {"headers": {"Content-Type": "application/json"}}, "written in rest-json; dynamodb speaks json"),
    "time as text": (changed(PUT_EVENTS, "1767225600", '"2026-01-01"'), "expected seconds since 1970"),
    "empty list": (changed(PUT_EVENTS, PUT_EVENTS["body"], '{"Entries": []}'), "Invalid length for parameter Entries"),
    "form: version": (changed(PUBLISH, "2010-03-31", "2011-03-31"), "Version is '2011-03-31', expected '2010-03-31'"),
    "form: unknown": (changed(PUBLISH, "&Message=", "&Massage="), "form: no member is called Massage"),
    "form: required": (changed(PUBLISH, "&Message=hi", ""), 'Missing required parameter in input: "Message"'),
    "form: numbering": (changed(PUBLISH, "entry.1.", "entry.2."), "MessageAttributes.entry are numbered [2]"),
    "enum": (get_metric_data(ScanBy="Ascending"), "ScanBy is 'Ascending', expected one of: TimestampDescending, TimestampAscending"),
    "CBOR time": (get_metric_data(StartTime=1767225600), "StartTime is 1767225600, expected a CBOR time"),
    "CBOR path": (changed(get_metric_data(), "GraniteServiceVersion20100801", "CloudWatch"), "path is '/service/CloudWatch/"),
    "service": (UPDATE_ALIAS | {"service": "lamda"}, 'no service is called "lamda"'),
    "operation": (UPDATE_ALIAS | {"operation": "SetAlias"}, 'lambda has no operation called "SetAlias"'),
}


@pytest.mark.parametrize(("record", "fault"), BAD.values(), ids=BAD)
def test_a_bad_request_is_found_out(record: dict, fault: str, tmp_path: Path) -> None:
    assert fault in "\n".join(faults_of(record, tmp_path))


BOTOCORE_CALLS = {
    "lambda": [
        ("invoke", {"FunctionName": "checkout", "Qualifier": "live", "InvocationType": "Event", "Payload": b"{}"}),
        ("list_versions_by_function", {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:checkout", "MaxItems": 50}),
        ("list_tags", {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:checkout"}),
    ],
    "appconfig": [
        (
            "create_hosted_configuration_version",
            {
                "ApplicationId": "abcdefg",
                "ConfigurationProfileId": "abcdefg",
                "Content": b"{}",
                "ContentType": "application/json",
                "LatestVersionNumber": 3,
            },
        ),
        ("stop_deployment", {"ApplicationId": "abcdefg", "EnvironmentId": "abcdefg", "DeploymentNumber": 7, "AllowRevert": True}),
    ],
    "cloudwatch": [
        ("put_metric_data", {"Namespace": "Shop", "MetricData": [{"MetricName": "OrdersPlaced", "Values": [1.5], "Counts": [2]}]}),
        ("describe_alarms", {"AlarmNames": ["checkout-5xx"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
    ],
    "codedeploy": [("stop_deployment", {"deploymentId": "d-ABCDEF123", "autoRollbackEnabled": True})],
    "dynamodb": [
        (
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": "t-1", "Item": {"pk": {"S": "a"}, "b": {"B": b"x"}, "n": {"N": "1"}}}}]},
        ),
    ],
    "events": [("put_events", {"Entries": [{"Source": "tidegate", "DetailType": "t", "Detail": "{}", "Time": datetime(2026, 1, 1)}]})],
    "elbv2": [
        (
            "modify_listener",
            {
                "ListenerArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/a/b/c",
                "DefaultActions": [
                    {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "arn:tg", "Weight": 5}]}},
                ],
            },
        ),
    ],
    "scheduler": [("list_schedules", {"NamePrefix": "tidegate", "MaxResults": 10})],
    "sns": [("publish", {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:on-call", "Message": "hi", "Subject": "s"})],
}


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [(service, method, params) for service, calls in BOTOCORE_CALLS.items() for method, params in calls],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_botocore_sends_is_accepted(service: str, method: str, params: dict, tmp_path: Path) -> None:
    assert faults_of(record_call(service, method, params), tmp_path) == []


def record_call(service: str, method: str, params: dict) -> dict:
    """What boto3 would put on the wire for a call, caught before it leaves."""

    class Caught(Exception):
        pass

    def catch(request, **_rest: object) -> None:
        raise Caught(request)

    client = boto3.client(
        service,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        # botocore may compress large bodies and add checksums; neither belongs to the model.
        config=Config(disable_request_compression=True),
    )
    client.meta.events.register("before-send", catch)
    with pytest.raises(Caught) as caught:
        getattr(client, method)(**params)
    request = caught.value.args[0]
    body = request.body or b""
    return {
        "service": service,
        "operation": client.meta.method_to_api_mapping[method],
        "method": request.method,
        "uri": request.url,
        "headers": {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()},
        "body_base64": base64.b64encode(body if isinstance(body, bytes) else body.encode()).decode(),
    }


def test_a_folder_is_reported_line_by_line_with_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a-good.json").write_text(json.dumps(UPDATE_ALIAS))
    (tmp_path / "b-bad.json").write_text(json.dumps(UPDATE_ALIAS | {"method": "POST"}))
    (tmp_path / "c-torn.json").write_text("{}")
    assert check_folder(tmp_path) == 1
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines()[:3]] == ["ok", "FAULT", "FAULT"]
    assert "2 faults:" in printed
    assert "b-bad.json: method is POST, expected PUT" in printed
    assert "c-torn.json: not a recorded request: KeyError('service')" in printed


def test_a_folder_without_requests_is_a_fault(tmp_path: Path) -> None:
    assert check_folder(tmp_path) == 1
