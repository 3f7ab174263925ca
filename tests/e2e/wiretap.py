"""What goes through here is kept as IAM would look at it: the action, and what it is done to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

import botocore.session

from proxy import Answer, Proxy, Request

# What a request is signed for, where IAM calls the service otherwise.
PREFIXES = {"monitoring": "cloudwatch"}
# A transaction is no action of its own: it needs those of its parts.
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True, order=True)
class Call:
    """One action; `of` is a partition of the table, an index of it, a kind of message or a function, for actions on such a thing."""

    action: str
    of: str = ""


class Wiretap(Proxy):
    """Lets everything through, and knows what it was."""

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self._heard: set[Call] = set()

    def heard(self) -> set[Call]:
        """What was called since this was last asked."""
        heard, self._heard = self._heard, set()
        return heard

    def forward(self, request: Request) -> Answer:
        self._heard |= set(calls(request))
        return super().forward(request)


def calls(request: Request) -> Iterator[Call]:
    operation = _operation(request)
    service = PREFIXES.get(request.service, request.service)
    if service == "dynamodb":
        yield from _of_table(operation, json.loads(request.body))
    elif operation == "PutEvents":
        yield from (Call("events:PutEvents", entry["DetailType"]) for entry in json.loads(request.body)["Entries"])
    elif service == "lambda":
        # /2015-03-31/functions/NAME/configuration, /2017-03-31/tags/ARN
        name = unquote(request.path.split("?")[0].split("/")[3])
        yield Call(f"lambda:{operation}", name.split(":function:")[-1])
    else:
        yield Call(f"{service}:{operation}")


def _of_table(operation: str, body: Mapping) -> Iterator[Call]:
    if operation == "TransactWriteItems":
        for part in body["TransactItems"]:
            for name, request in part.items():
                yield from _of_table(PARTS[name], request)
    elif "IndexName" in body:
        yield Call(f"dynamodb:{operation}", f"index/{body['IndexName']}")
    else:
        key = body.get("Key") or body.get("Item") or {"pk": body["ExpressionAttributeValues"][":pk"]}
        yield Call(f"dynamodb:{operation}", key["pk"]["S"])


def _operation(request: Request) -> str:
    if target := request.headers.get("x-amz-target"):
        return target.split(".")[1]
    if "smithy-protocol" in request.headers:
        return request.path.rsplit("/", 1)[1]
    routes = _routes(request.service)
    (operation,) = (name for name, method, path in routes if method == request.method and path.fullmatch(request.path))
    return operation


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str]]]:
    """Method and path of every operation of a REST service, as AWS's own model has them."""
    model = botocore.session.Session().get_service_model(service)
    http = {name: model.operation_model(name).http for name in model.operation_names}
    return [(name, its["method"], _pattern(its["requestUri"])) for name, its in http.items()]


def _pattern(uri: str) -> re.Pattern[str]:
    path = re.sub(r"\{[^}]+\}", "[^/]+", re.escape(uri.split("?")[0]).replace(r"\{", "{").replace(r"\}", "}"))
    return re.compile(path + r"/?(\?.*)?")
