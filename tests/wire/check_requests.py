#!/usr/bin/env python3
"""Checks recorded AWS requests against the service models that AWS publishes in botocore.

    check_requests.py FOLDER

The adapters' tests write every request they send into a folder, one JSON file each:

    {"service": "lambda", "operation": "UpdateAlias", "method": "PUT",
     "uri": "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/checkout/aliases/live",
     "headers": {"content-type": "application/json"}, "body": "{...}"}

with `body_base64` in place of `body` where the body is not text. `service` is botocore's name or that
of the Rust SDK's crate. No emulator is as strict as AWS, so this is what shows that a request would
be taken: its method, path and headers, unknown and missing members, types, enums, patterns,
lengths and ranges.

Prints one line per request, then every fault; ends with 1 when there is a fault or no request at all.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import botocore.session
import regex
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationNotFoundError, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from decoding import Request, decode

# Where the crate of the Rust SDK is not called what botocore calls the service.
CRATE_NAMES = {
    "applicationsignals": "application-signals",
    "cloudwatchlogs": "logs",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
}


def check(request: Request) -> list[str]:
    """Every fault of a request; an empty list when AWS's model has nothing against it."""
    try:
        operation = _service_model(CRATE_NAMES.get(request.service, request.service)).operation_model(request.operation)
    except UnknownServiceError:
        return [f'no service is called "{request.service}"']
    except OperationNotFoundError:
        return [f'{request.service} has no operation called "{request.operation}"']
    faults: list[str] = []
    params = decode(request, operation, faults)
    if operation.input_shape is not None:
        report = ParamValidator().validate(params, operation.input_shape)
        if report.has_errors():
            faults.extend(report.generate_report().splitlines())
        faults.extend(constraint_faults(params, operation.input_shape))
    return faults


def constraint_faults(value: object, shape: Shape, path: str = "") -> list[str]:
    """What botocore's own validator leaves out: enums, patterns and upper bounds, all the way down."""
    faults = _own_faults(value, shape, path or "input")
    if isinstance(shape, StructureShape) and isinstance(value, dict) and not shape.is_document_type:
        for name, member in shape.members.items():
            if name in value:
                faults += constraint_faults(value[name], member, f"{path}.{name}" if path else name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for i, item in enumerate(value):
            faults += constraint_faults(item, shape.member, f"{path}[{i}]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            faults += constraint_faults(key, shape.key, f"{path} key {key!r}")
            faults += constraint_faults(item, shape.value, f"{path}.{key}")
    return faults


def _own_faults(value: object, shape: Shape, path: str) -> list[str]:
    faults = []
    largest = shape.metadata.get("max")
    if largest is not None:
        if isinstance(value, (str, bytes, list, dict)) and len(value) > largest:
            faults.append(f"{path} has length {len(value)}, at most {largest}")
        elif isinstance(value, (int, float)) and value > largest:
            faults.append(f"{path} is {value}, at most {largest}")
    if isinstance(value, str):
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            faults.append(f"{path} is {value!r}, expected one of: {', '.join(allowed)}")
        pattern = _compiled(shape.metadata.get("pattern"))
        if pattern and not pattern.fullmatch(value):
            faults.append(f"{path} is {value!r}, which does not match {pattern.pattern}")
    return faults


@cache
def _compiled(pattern: str | None) -> regex.Pattern | None:
    """A model's patterns are Java's; `regex` knows nearly all of them, and the others cannot be checked here."""
    try:
        return pattern and regex.compile(pattern)
    except regex.error:
        return None


@cache
def _service_model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


def check_folder(folder: Path) -> int:
    """Checks every recorded request below `folder` and prints what it finds; returns the exit status."""
    files = sorted(folder.rglob("*.json"))
    if not files:
        print(f"no recorded requests in {folder}")
        return 1
    all_faults = []
    for file in files:
        try:
            request = Request.read(file)
            what, faults = f"{request.service} {request.operation}", check(request)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            what, faults = "unreadable", [f"not a recorded request: {error!r}"]
        print(f"{'FAULT' if faults else 'ok':5}  {what:45}  {file.relative_to(folder)}")
        all_faults += [f"{file.relative_to(folder)}: {fault}" for fault in faults]
    if all_faults:
        print(f"\n{len(all_faults)} faults:", *all_faults, sep="\n  ")
    return 1 if all_faults else 0


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("usage: check_requests.py FOLDER", file=sys.stderr)
        return 2
    return check_folder(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
