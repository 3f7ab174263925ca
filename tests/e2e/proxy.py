"""Stands between functions and the emulator: HTTP calls come in, are answered, or are never answered.

What becomes of a call is decided by a subclass: `gate.py` holds, `wiretap.py` listens, `chaos.py` harms. A function is sent here
by `AWS_ENDPOINT_URL_<SERVICE>`.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
# An answered connection is reset instead of ended, so that what was under way is lost.
RESET = struct.pack("ii", 1, 0)

Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True)
class Request:
    """One call; `port` is the caller's end of the connection."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int

    @property
    def name(self) -> str:
        """Like `DynamoDB_20120810.GetItem` or `PUT /2015-03-31/functions/…`."""
        return self.headers.get("x-amz-target") or f"{self.method} {self.path}"

    @property
    def service(self) -> str:
        """What the call is signed for, in `Credential=AKID/20261120/eu-west-1/dynamodb/aws4_request`."""
        return self.headers["authorization"].split("Credential=")[1].split("/")[3]


class Proxy:
    """Answers HTTP calls as `upstream` does, for the length of a `with` block."""

    def __init__(self, upstream: str):
        self._upstream = urlsplit(upstream).netloc
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Answer | None:
        """The answer to a call; without one its connection is reset."""
        return self.forward(request)

    def forward(self, request: Request) -> Answer:
        """The emulator's answer."""
        upstream = HTTPConnection(self._upstream, timeout=60)
        try:
            upstream.request(request.method, request.path, request.body, dict(request.headers))
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805, `self` is the handler within
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are sent one after the other: the second would wait for the first one's acknowledgement.
            disable_nagle_algorithm = True

            def call(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                headers = {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
                answer = proxy.answer(Request(self.command, self.path, headers, body, self.client_address[1]))
                if answer is None:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    self.close_connection = True
                    return
                with suppress(BrokenPipeError, ConnectionResetError):  # the function was killed meanwhile
                    self.say(*answer)

            def say(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = call

            def log_message(self, *_: object) -> None:
                """Nothing: pytest's output is for people."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def shutdown_request(self, request: socket.socket) -> None:
        """Closes at once: an orderly end would come before a reset."""
        self.close_request(request)

    def handle_error(self, *about: object) -> None:
        """Callers are killed in mid-call here; anything else is a fault of the tests' own."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*about)
