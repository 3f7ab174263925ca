"""The Python peer of the cold-start benchmark: looks one rollout up in DynamoDB, with one client made at load."""

import logging
import os

import boto3

log = logging.getLogger()
log.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")


def handler(event, _context):
    rollout = event.get("rollout", "none")
    item = dynamodb.get_item(TableName=os.environ["TIDEGATE_TABLE"], Key={"pk": {"S": rollout}}).get("Item", {})
    phase = item.get("phase", {}).get("S")
    log.info("rollout %s: %s", rollout, phase)
    return {"rollout": rollout, "phase": phase}
