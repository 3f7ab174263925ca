"""The AWS CLI as far as infra/deploy-functions.sh calls it: one operation, texts as parameters, --query and --output text."""

from __future__ import annotations

import sys

import boto3
import jmespath
from botocore import xform_name


def main(service: str, operation: str, *options: str) -> int:
    given = dict(zip(options[::2], options[1::2], strict=True))
    query = given.pop("--query")
    assert given.pop("--output") == "text"
    client = boto3.client(service)
    parameters = {_member(client, operation, name): value for name, value in given.items()}
    try:
        answer = getattr(client, operation.replace("-", "_"))(**parameters)
    except client.exceptions.ClientError as error:
        print(error, file=sys.stderr)
        return 254
    print(jmespath.search(query, answer))
    return 0


def _member(client: object, operation: str, option: str) -> str:
    """`--function-name` → `FunctionName`."""
    called = client.meta.method_to_api_mapping[operation.replace("-", "_")]
    members = client.meta.service_model.operation_model(called).input_shape.members
    return next(name for name in members if f"--{xform_name(name, '-')}" == option)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
