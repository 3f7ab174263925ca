"""A gate between one function and the emulator: it lets calls through until it is told to hold or refuse them.

A function whose call is held has done everything before that call and nothing after it, so that killing it
then is a crash at exactly this place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from proxy import Answer, Proxy, Request

# A held call that nobody lets go ends by itself, so that a failing test does not hang.
LONGEST_HOLD = 60


class Gate(Proxy):
    """Forwards calls, all but those that it is told to hold or refuse."""

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self._lock = threading.Lock()
        self._open()

    def __exit__(self, *exception: object) -> None:
        self.let_go()
        super().__exit__(*exception)

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
        """What was called since the gate was last set."""
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

    def answer(self, request: Request) -> Answer | None:
        with self._lock:
            self._calls.append(request.name)
            holds, after, status = self._holds(self._calls), self._after, self._status
            held, ended = self._held, self._ended
        if status:
            return status, [], b"{}"
        answer = self.forward(request) if not holds or after else None
        if holds:
            held.set()
            ended.wait(LONGEST_HOLD)
            answer = None if self._drop else answer or self.forward(request)
        return answer
