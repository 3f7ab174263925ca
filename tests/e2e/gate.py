"""A gate between one function and the emulator: it lets calls through until it is told to hold or refuse them.

A function whose call is held has done everything before that call and nothing after it, so that killing it
then is a crash at exactly this place. A function is sent here by `AWS_ENDPOINT_URL_<SERVICE>`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# A held call that nobody lets go ends by itself, so that a failing test does not hang.
LONGEST_HOLD = 60

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}

Answer = tuple[int, list[tuple[str, str]], bytes]


class Gate:
    """Forwards HTTP calls to `upstream` for the length of a `with` block."""

    def __init__(self, upstream: str):
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._open()

    def __enter__(self) -> Gate:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, nth: int, *, after: bool) -> None:
        """Holds the `nth` call from now on (from 1): before it reaches the emulator, or `after` it was answered there."""
        self._open(holds=lambda calls: len(calls) == nth, after=after)

    def hold_call(self, beginning: str) -> None:
        """Holds the first call from now on that begins so, before it reaches the emulator."""
        begins = [False]

        def first(calls: list[str]) -> bool:
            is_first = calls[-1].startswith(beginning) and not begins[0]
            begins[0] |= is_first
            return is_first

        self._open(holds=first)

    def refuse(self, status: int) -> None:
        """Answers every call with this status."""
        self._open(status=status)

    def let_go(self) -> None:
        """Drops the held call, which is never answered, and lets all others through."""
        self._end(drop=True)

    def let_through(self) -> None:
        """Lets the held call through, late, and all others."""
        self._end(drop=False)

    def is_held(self) -> bool:
        return self._held.is_set()

    @property
    def calls(self) -> list[str]:
        """What was called since the gate was last set, like `DynamoDB_20120810.GetItem` or `PUT /2015-03-31/functions/…`."""
        with self._lock:
            return list(self._calls)

    def _open(
        self, holds: Callable[[list[str]], bool] = lambda _: False, *, after: bool = False, status: int | None = None
    ) -> None:
        with self._lock:
            self._calls: list[str] = []
            self._holds, self._after, self._status = holds, after, status
            self._held, self._ended, self._drop = threading.Event(), threading.Event(), True

    def _end(self, *, drop: bool) -> None:
        with self._lock:
            self._holds, self._status, self._drop = (lambda _: False), None, drop
            self._ended.set()

    def _pass(self, call: str, forward: Callable[[], Answer]) -> Answer | None:
        """The answer to a call, or nothing where it is dropped."""
        with self._lock:
            self._calls.append(call)
            holds, after, status = self._holds(self._calls), self._after, self._status
            held, ended = self._held, self._ended
        if status:
            return status, [], b"{}"
        answer = forward() if not holds or after else None
        if holds:
            held.set()
            ended.wait(LONGEST_HOLD)
            answer = None if self._drop else answer or forward()
        return answer

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        upstream = HTTPConnection(self._upstream, timeout=60)
        try:
            upstream.request(method, path, body, headers)
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def _handler(gate) -> type[BaseHTTPRequestHandler]:  # noqa: N805, `self` is the handler within
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are sent one after the other: the second would wait for the first one's acknowledgement.
            disable_nagle_algorithm = True

            def call(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = self.headers.get("X-Amz-Target") or f"{self.command} {self.path}"
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                answer = gate._pass(name, lambda: gate._forward(self.command, self.path, headers, body))
                if answer is None:
                    self.close_connection = True
                    return
                status, answered, content = answer
                with suppress(BrokenPipeError, ConnectionResetError):  # the function was killed meanwhile
                    self.send_response(status)
                    for name, value in answered:
                        if name.lower() not in HOP_BY_HOP:
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = call

            def log_message(self, *_: object) -> None:
                """Nothing: pytest's output is for people."""

        return Handler
