"""Just enough HTTP/1.1 to serve one client per connection, with little work between the socket and the clock."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def listen() -> socket.socket:
    """A listener on a free loopback port."""
    return socket.create_server(("127.0.0.1", 0), backlog=64)


def read_request(stream: BinaryIO) -> HttpRequest | None:
    """The next request on a connection; None once the client has closed it."""
    first_line = stream.readline()
    if not first_line:
        return None
    method, path, _version = first_line.decode("latin-1").split()
    headers = _read_headers(stream)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _read_chunks(stream)
    else:
        body = stream.read(int(headers.get("content-length", "0")))
    return HttpRequest(method, path, headers, body)


def write_response(connection: socket.socket, status: int, headers: Mapping[str, str], body: bytes) -> None:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    connection.sendall(head.encode("latin-1") + body)


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers = {}
    while line := stream.readline().rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _read_chunks(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    _read_headers(stream)  # trailers, which end with an empty line too
    return body
