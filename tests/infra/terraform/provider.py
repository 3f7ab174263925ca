"""A stand-in for hashicorp/aws that knows its schema, so that Terraform needs no registry and no account.

It validates and plans; nothing can be applied. What AWS would compute is concrete where identity.py knows it, and unknown
otherwise.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
import msgpack

from .identity import DATA, identity

# grpc compiles it, and looks for it where Python looks for this package.
messages, services = grpc.protos_and_services("terraform/tfplugin6.proto")

NESTING = {"single": 1, "list": 2, "set": 3}
UNKNOWN = msgpack.ExtType(0, b"\x00")


def block_message(block: dict) -> Any:
    message = messages.Schema.Block()
    for name, attribute in sorted(block["attributes"].items()):
        message.attributes.add(
            name=name,
            type=json.dumps(attribute["type"]).encode(),
            required=attribute["required"],
            optional=attribute["optional"],
            computed=attribute["computed"],
        )
    for name, nested in sorted(block["block_types"].items()):
        counted = nested["nesting"] != "single"
        message.block_types.add(
            type_name=name,
            block=block_message(nested["block"]),
            nesting=NESTING[nested["nesting"]],
            min_items=nested["min"] if counted else 0,
            max_items=nested["max"] if counted else 0,
        )
    return message


def schema_message(block: dict) -> Any:
    return messages.Schema(block=block_message(block))


def unpack(value: Any) -> dict | None:
    return msgpack.unpackb(value.msgpack, strict_map_key=False) if value.msgpack else None


def pack(value: dict | None) -> Any:
    return messages.DynamicValue(msgpack=msgpack.packb(value))


def absent(kind: Any) -> Any:
    """What a data source answers that nobody looks at."""
    return {"list": [], "set": [], "map": {}}.get(kind[0]) if isinstance(kind, list) else None


class Aws(services.ProviderServicer):
    def __init__(self, schema: dict) -> None:
        self.schema = schema

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return messages.Schemas(
            provider=schema_message(self.schema["provider"]),
            resource_schemas={name: schema_message(block) for name, block in self.schema["resource"].items()},
            data_source_schemas={name: schema_message(block) for name, block in self.schema["data"].items()},
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return messages.ProviderDiagnostics()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        values = unpack(request.config) or {}
        answer = messages.Diagnostics()
        for name, attribute in self.schema["resource"][request.type_name]["attributes"].items():
            if not (attribute["required"] or attribute["optional"]) and values.get(name) is not None:
                fault = answer.diagnostics.add(severity=1, summary="Value for unconfigurable attribute")
                fault.detail = f"{request.type_name}: {name} is AWS's to say."
                fault.attribute.steps.add(attribute_name=name)
        return answer

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return messages.Diagnostics()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        return messages.Diagnostics()

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        values = unpack(request.proposed_new_state)
        if values is None:
            return messages.Plan(planned_state=pack(None))
        known = identity(request.type_name, values)
        for name, attribute in self.schema["resource"][request.type_name]["attributes"].items():
            if values.get(name) is not None or not attribute["computed"]:
                continue
            if name in known:
                values[name] = known[name]
            elif not attribute["optional"]:
                values[name] = UNKNOWN
        return messages.Plan(planned_state=pack(values))

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        values = unpack(request.config) or {}
        known = DATA.get(request.type_name, {})
        for name, attribute in self.schema["data"][request.type_name]["attributes"].items():
            if values.get(name) is None:
                values[name] = known.get(name, absent(attribute["type"]))
        return messages.State(state=pack(values))

    def StopProvider(self, request: Any, context: Any) -> Any:
        return messages.Empty()


@contextmanager
def serving(schema: dict) -> Iterator[str]:
    """Yields what TF_REATTACH_PROVIDERS has to be for Terraform to find the stand-in."""
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/provider"
        server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
        services.add_ProviderServicer_to_server(Aws(schema), server)
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        found = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": socket},
        }
        try:
            yield json.dumps({"registry.terraform.io/hashicorp/aws": found})
        finally:
            server.stop(None).wait()
