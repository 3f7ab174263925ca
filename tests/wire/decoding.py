"""Reads a recorded HTTP request back into the operation's parameters, the reverse of what an SDK does.

One function per wire protocol. Each finds out what botocore's model does not look at, because botocore
only ever writes requests: the method, the path, the headers that name the operation, members that
the wire name of no member fits, and values that cannot be what their shape says.

A decoder returns the parameters by the model's member names and appends what it finds to `faults`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import cbor2
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

Decoder = Callable[["Request", OperationModel, list[str]], dict]


@dataclass(frozen=True)
class Request:
    """One recorded request, as it stands in its file."""

    service: str
    operation: str
    method: str
    uri: SplitResult
    headers: Mapping[str, str]
    body: bytes

    @staticmethod
    def read(path: Path) -> Request:
        """Raises KeyError or ValueError when the file is not a recorded request."""
        record = json.loads(path.read_text())
        if "body_base64" in record:
            body = base64.b64decode(record["body_base64"], validate=True)
        else:
            body = record.get("body", "").encode()
        return Request(
            service=record["service"],
            operation=record["operation"],
            method=record["method"],
            uri=urlsplit(record["uri"]),
            headers={name.lower(): value for name, value in record.get("headers", {}).items()},
            body=body,
        )

    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip()

    def protocol(self) -> str:
        """The protocol this request is written in, by the marks each protocol leaves."""
        if "smithy-protocol" in self.headers:
            return f"smithy-{self.headers['smithy-protocol']}"
        if "x-amz-target" in self.headers:
            return "json"
        if self.content_type() == "application/x-www-form-urlencoded":
            return "query"
        return "rest-json"


def decode(request: Request, operation: OperationModel, faults: list[str]) -> dict:
    """The parameters that the request carries; refuses a protocol that the service does not speak."""
    protocol = request.protocol()
    metadata = operation.service_model.metadata
    spoken = metadata.get("protocols") or [metadata["protocol"]]
    if protocol not in spoken or protocol not in DECODERS:
        faults.append(f"written in {protocol}; {request.service} speaks {', '.join(spoken)}, checked here are {', '.join(DECODERS)}")
        return {}
    if request.method != operation.http["method"]:
        faults.append(f"method is {request.method}, expected {operation.http['method']}")
    return DECODERS[protocol](request, operation, faults)


# JSON and CBOR: the whole input is one document


def _decode_json(request: Request, operation: OperationModel, faults: list[str]) -> dict:
    metadata = operation.service_model.metadata
    _expect(faults, "path", request.uri.path or "/", "/")
    _expect(faults, "X-Amz-Target", request.headers.get("x-amz-target"), f"{metadata['targetPrefix']}.{operation.name}")
    _expect(faults, "Content-Type", request.content_type(), f"application/x-amz-json-{metadata['jsonVersion']}")
    return _members(_parse_json(request.body, faults), operation.input_shape, "", faults, _json_scalar)


def _decode_cbor(request: Request, operation: OperationModel, faults: list[str]) -> dict:
    path = f"/service/{operation.service_model.metadata['targetPrefix']}/operation/{operation.name}"
    _expect(faults, "path", request.uri.path, path)
    if request.body:
        _expect(faults, "Content-Type", request.content_type(), "application/cbor")
    try:
        document = cbor2.loads(request.body) if request.body else {}
    except (cbor2.CBORDecodeError, ValueError) as error:
        faults.append(f"body is no CBOR: {error}")
        return {}
    return _members(document, operation.input_shape, "", faults, _cbor_scalar)


# REST: the input is spread over path, query string, headers and body


def _decode_rest_json(request: Request, operation: OperationModel, faults: list[str]) -> dict:
    shape = operation.input_shape
    template, _, fixed_query = operation.http["requestUri"].partition("?")
    raw_labels = _match_path(template, request.uri.path)
    if raw_labels is None:
        faults.append(f"path {request.uri.path} does not match {template}")
    query = parse_qsl(request.uri.query, keep_blank_values=True)
    for pair in parse_qsl(fixed_query, keep_blank_values=True):
        if pair not in query:
            faults.append(f"query string lacks {pair[0]}={pair[1]}")
    if shape is None:
        return {}
    labels = {name: [value] for name, value in (raw_labels or {}).items()}
    return {
        **_located(shape, "uri", labels, faults),
        **_query_string(shape, query, dict(parse_qsl(fixed_query, keep_blank_values=True)), faults),
        **_located(shape, "header", {name: [value] for name, value in request.headers.items()}, faults),
        **_header_maps(shape, request.headers),
        **_rest_body(request, shape, faults),
    }


def _match_path(template: str, path: str) -> dict[str, str] | None:
    """The labels of a path such as /functions/{FunctionName}/aliases/{Name}; `{Arn+}` takes slashes too."""
    pattern = ""
    for literal, name, greedy in re.findall(r"([^{]+)|\{(\w+)(\+?)\}", template):
        pattern += re.escape(literal) if literal else f"(?P<{name}>{'.+' if greedy else '[^/]+'})"
    match = re.fullmatch(pattern.rstrip("/") + "/?", path)
    return match and {name: unquote(value) for name, value in match.groupdict().items()}


def _located(shape: StructureShape, location: str, values: Mapping[str, list[str]], faults: list[str]) -> dict:
    """The members that the model puts at `location`, from the strings found there under their wire names."""
    found = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        wire = wire.lower() if location == "header" else wire
        if member.serialization.get("location") == location and wire in values:
            found[name] = _from_strings(values[wire], member, name, faults)
    return found


def _query_string(
    shape: StructureShape, query: list[tuple[str, str]], fixed: Mapping[str, str], faults: list[str]
) -> dict:
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name not in fixed:
            values.setdefault(name, []).append(value)
    found = _located(shape, "querystring", values, faults)
    known = {member.serialization.get("name", name) for name, member in shape.members.items()
             if member.serialization.get("location") == "querystring"}
    rest = {name: taken for name, taken in values.items() if name not in known}
    for name, member in shape.members.items():
        # A map in the query string takes every parameter that no other member claims.
        if member.serialization.get("location") == "querystring" and isinstance(member, MapShape):
            found[name] = {key: taken[0] if member.value.type_name == "string" else taken for key, taken in rest.items()}
            return found
    faults.extend(f"query string: no member is called {name}" for name in rest)
    return found


def _header_maps(shape: StructureShape, headers: Mapping[str, str]) -> dict:
    found = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") == "headers":
            prefix = member.serialization.get("name", "").lower()
            taken = {key[len(prefix):]: value for key, value in headers.items() if key.startswith(prefix)}
            if taken:
                found[name] = taken
    return found


def _rest_body(request: Request, shape: StructureShape, faults: list[str]) -> dict:
    payload = shape.serialization.get("payload")
    if payload is None:
        in_body = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
        if not request.body:
            return {}
        if in_body:
            _expect(faults, "Content-Type", request.content_type(), "application/json")
        return _known_members(_parse_json(request.body, faults), in_body, "", faults, _json_scalar)
    if not request.body:
        return {}
    member = shape.members[payload]
    if isinstance(member, StructureShape):
        return {payload: _members(_parse_json(request.body, faults), member, payload, faults, _json_scalar)}
    return {payload: request.body if member.type_name == "blob" else request.body.decode()}


# Query: the input is flattened into a form with keys such as Tags.member.1.Key


def _decode_query(request: Request, operation: OperationModel, faults: list[str]) -> dict:
    _expect(faults, "path", request.uri.path or "/", "/")
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True)
    form = dict(pairs)
    faults.extend(f"form: {name} stands there more than once" for name in sorted(form) if [n for n, _ in pairs].count(name) > 1)
    _expect(faults, "Action", form.pop("Action", None), operation.name)
    _expect(faults, "Version", form.pop("Version", None), operation.service_model.api_version)
    if operation.input_shape is None:
        return {}
    taken: set[str] = set()
    params = _form_structure(form, operation.input_shape, "", taken, faults)
    faults.extend(f"form: no member is called {name}" for name in sorted(form.keys() - taken))
    return params


def _form_structure(form: Mapping[str, str], shape: StructureShape, prefix: str, taken: set[str], faults: list[str]) -> dict:
    found = {}
    for name, member in shape.members.items():
        key = f"{prefix}{_form_name(name, member)}"
        if any(k == key or k.startswith(f"{key}.") for k in form):
            found[name] = _form_value(form, member, key, taken, faults)
    return found


def _form_name(name: str, member: Shape) -> str:
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        return member.member.serialization.get("name", member.serialization.get("name", name))
    return member.serialization.get("name", name)


def _form_value(form: Mapping[str, str], shape: Shape, key: str, taken: set[str], faults: list[str]) -> object:
    if isinstance(shape, StructureShape):
        return _form_structure(form, shape, f"{key}.", taken, faults)
    if isinstance(shape, ListShape):
        if form.get(key) == "":  # how an empty list is written
            taken.add(key)
            return []
        start = key if shape.serialization.get("flattened") else f"{key}.{shape.member.serialization.get('name', 'member')}"
        return [_form_value(form, shape.member, f"{start}.{i}", taken, faults) for i in _numbers(form, start, faults)]
    if isinstance(shape, MapShape):
        start = key if shape.serialization.get("flattened") else f"{key}.entry"
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        return {
            _form_value(form, shape.key, f"{start}.{i}.{key_name}", taken, faults): _form_value(
                form, shape.value, f"{start}.{i}.{value_name}", taken, faults
            )
            for i in _numbers(form, start, faults)
        }
    if key not in form:
        faults.append(f"form: {key} is missing")
        return ""
    taken.add(key)
    return _from_string(form[key], shape, key, faults)


def _numbers(form: Mapping[str, str], start: str, faults: list[str]) -> list[int]:
    """The element numbers below `start`, which have to run from 1 without a gap."""
    found = sorted({int(m[1]) for key in form if (m := re.match(rf"{re.escape(start)}\.(\d+)(?:\.|$)", key))})
    if found != list(range(1, len(found) + 1)):
        faults.append(f"form: the elements of {start} are numbered {found}")
    return found


# Values


def _members(document: object, shape: StructureShape | None, path: str, faults: list[str], scalar: Callable) -> dict:
    return _known_members(document, shape.members if shape else {}, path, faults, scalar)


def _known_members(document: object, members: Mapping[str, Shape], path: str, faults: list[str], scalar: Callable) -> dict:
    if not isinstance(document, dict):
        faults.append(f"{path or 'body'} is {document!r}, expected a structure")
        return {}
    by_wire_name = {member.serialization.get("name", name): name for name, member in members.items()}
    found = {}
    for wire, value in document.items():
        here = f"{path}.{wire}" if path else wire
        if wire not in by_wire_name:
            faults.append(f"{here}: no member is called so; known: {', '.join(sorted(by_wire_name))}")
        elif value is not None:
            name = by_wire_name[wire]
            found[name] = _value(value, members[name], here, faults, scalar)
    return found


def _value(value: object, shape: Shape, path: str, faults: list[str], scalar: Callable) -> object:
    if isinstance(shape, StructureShape):
        return value if shape.is_document_type else _members(value, shape, path, faults, scalar)
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_value(item, shape.member, f"{path}[{i}]", faults, scalar) for i, item in enumerate(value)]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _value(item, shape.value, f"{path}.{key}", faults, scalar) for key, item in value.items()}
    return scalar(value, shape, path, faults)


def _json_scalar(value: object, shape: Shape, path: str, faults: list[str]) -> object:
    if shape.type_name == "blob" and isinstance(value, str):
        return _from_string(value, shape, path, faults)
    if shape.type_name == "timestamp":
        return _json_timestamp(value, shape, path, faults)
    if shape.type_name in ("float", "double") and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    return value


def _json_timestamp(value: object, shape: Shape, path: str, faults: list[str]) -> object:
    if shape.serialization.get("timestampFormat", "unixTimestamp") == "unixTimestamp":
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, timezone.utc)
        faults.append(f"{path} is {value!r}, expected seconds since 1970")
        return _EPOCH
    return _from_string(str(value), shape, path, faults)


def _cbor_scalar(value: object, shape: Shape, path: str, faults: list[str]) -> object:
    if shape.type_name == "timestamp" and not isinstance(value, datetime):
        faults.append(f"{path} is {value!r}, expected a CBOR time (tag 1)")
        return _EPOCH
    if shape.type_name == "blob" and not isinstance(value, bytes):
        faults.append(f"{path} is {value!r}, expected a CBOR byte string")
        return b""
    return value


def _from_strings(values: list[str], shape: Shape, path: str, faults: list[str]) -> object:
    if isinstance(shape, ListShape):
        return [_from_string(value, shape.member, path, faults) for value in values]
    if len(values) > 1:
        faults.append(f"{path} stands there {len(values)} times")
    return _from_string(values[0], shape, path, faults)


def _from_string(text: str, shape: Shape, path: str, faults: list[str]) -> object:
    """The value of a scalar that is written as text: in a path, a query string, a header or a form."""
    read, otherwise = _TEXT.get(_text_format(shape), (str, text))
    try:
        return read(text)
    except (KeyError, ValueError, TypeError, binascii.Error):
        faults.append(f"{path} is {text!r}, expected {_text_format(shape)}")
        return otherwise


def _text_format(shape: Shape) -> str:
    if shape.type_name != "timestamp":
        return shape.type_name
    default = "rfc822" if shape.serialization.get("location") == "header" else "iso8601"
    return shape.serialization.get("timestampFormat", default)


def _iso8601(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


_EPOCH = datetime.fromtimestamp(0, timezone.utc)

# How each kind of text is read, and what stands in for one that cannot be.
_TEXT: dict[str, tuple[Callable[[str], object], object]] = {
    "integer": (int, 0),
    "long": (int, 0),
    "float": (float, 0.0),
    "double": (float, 0.0),
    "boolean": ({"true": True, "false": False}.__getitem__, False),
    "blob": (lambda text: base64.b64decode(text, validate=True), b""),
    "iso8601": (_iso8601, _EPOCH),
    "rfc822": (parsedate_to_datetime, _EPOCH),
    "unixTimestamp": (lambda text: datetime.fromtimestamp(float(text), timezone.utc), _EPOCH),
}

DECODERS: dict[str, Decoder] = {
    "json": _decode_json,
    "rest-json": _decode_rest_json,
    "query": _decode_query,
    "smithy-rpc-v2-cbor": _decode_cbor,
}


def _parse_json(body: bytes, faults: list[str]) -> object:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        faults.append(f"body is no JSON: {error}")
        return {}


def _expect(faults: list[str], what: str, found: str | None, expected: str) -> None:
    if found != expected:
        faults.append(f"{what} is {found!r}, expected {expected!r}")
