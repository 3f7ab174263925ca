"""What AWS would call a resource: made of its own names, so that a plan is known in full."""

from __future__ import annotations

ACCOUNT, REGION, PARTITION = "123456789012", "eu-west-1", "aws"

DATA = {
    "aws_caller_identity": {"account_id": ACCOUNT, "id": ACCOUNT},
    "aws_partition": {"partition": PARTITION, "id": PARTITION, "dns_suffix": "amazonaws.com"},
    "aws_region": {"id": REGION, "name": REGION, "region": REGION},
}

# The resource's part of its ARN; {name} is what the configuration calls it.
ARNS = {
    "aws_cloudwatch_composite_alarm": "cloudwatch:{here}:alarm:{name}",
    "aws_cloudwatch_event_bus": "events:{here}:event-bus/{name}",
    "aws_cloudwatch_event_rule": "events:{here}:rule/{bus}{name}",
    "aws_cloudwatch_log_group": "logs:{here}:log-group:{name}",
    "aws_cloudwatch_metric_alarm": "cloudwatch:{here}:alarm:{name}",
    "aws_dynamodb_table": "dynamodb:{here}:table/{name}",
    "aws_iam_policy": "iam::{account}:policy/{name}",
    "aws_cloudwatch_dashboard": "cloudwatch::{account}:dashboard/{name}",
    "aws_iam_role": "iam::{account}:role/{name}",
    "aws_kms_key": "kms:{here}:key/{name}",
    "aws_lambda_alias": "lambda:{here}:function:{function}:{name}",
    "aws_lambda_function": "lambda:{here}:function:{name}",
    "aws_scheduler_schedule": "scheduler:{here}:schedule/default/{name}",
    "aws_sns_topic": "sns:{here}:{name}",
    "aws_sqs_queue": "sqs:{here}:{name}",
}

NAMES = ("name", "function_name", "alarm_name", "dashboard_name")


def name_of(values: dict) -> str:
    """A name that AWS makes up keeps what it begins with."""
    stated = next((values[key] for key in NAMES if isinstance(values.get(key), str)), None)
    return stated or f"{values.get('name_prefix') or ''}own"


def arn_of(kind: str, values: dict) -> str:
    bus = values.get("event_bus_name")
    path = ARNS[kind].format(
        here=f"{REGION}:{ACCOUNT}",
        account=ACCOUNT,
        name=name_of(values),
        function=values.get("function_name"),
        bus="" if bus in (None, "default") else f"{bus}/",
    )
    return f"arn:{PARTITION}:{path}"


def identity(kind: str, values: dict) -> dict[str, str | int]:
    """What AWS answers for this resource, as far as configurations ask for it."""
    name = name_of(values)
    known = {"name": name, "id": name}
    if kind in ARNS:
        known["arn"] = arn_of(kind, values)
    # AWS makes their ids up.
    if kind == "aws_appconfig_deployment_strategy":
        known["id"] = known["arn"] = f"strategy:{name}"
    if kind == "aws_appconfig_extension":
        known["id"] = known["arn"] = f"extension:{name}"
    if kind == "aws_appconfig_extension_association":
        known["extension_version"] = 1
    if kind == "aws_sns_topic":
        known["id"] = known["arn"]
    if kind == "aws_sqs_queue":
        known["id"] = known["url"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    if kind == "aws_lambda_function":
        known |= {"qualified_arn": f"{known['arn']}:1", "version": "1"}
    return known
