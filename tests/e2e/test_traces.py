"""What the real binaries send to the X-Ray daemon: a rollout's name on the way from the event to the alias.

The emulator gives every invocation a trace of its own and hands none on; that entries on the bus carry it is proven by recorded requests.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from cloud import wait_until
from house import SOON
from rough import RoughHouse


class Daemon:
    """Stands for the X-Ray daemon beside a function."""

    def __init__(self, listener: socket.socket):
        self._listener = listener
        self._listener.settimeout(0.1)
        self.segments: dict[str, dict] = {}

    @property
    def address(self) -> str:
        return "{}:{}".format(*self._listener.getsockname())

    def listen(self) -> dict[str, dict]:
        """Everything that came so far, by its id."""
        while True:
            try:
                header, document = self._listener.recv(65_535).decode().split("\n", 1)
            except TimeoutError:
                return self.segments
            assert json.loads(header) == {"format": "json", "version": 1}
            segment = json.loads(document)
            self.segments[segment["id"]] = segment

    def way_to(self, operation: str) -> list[dict] | None:
        """The subsegments around a call of AWS, outermost first."""
        segments = self.listen()
        segment = next((one for one in segments.values() if one.get("aws", {}).get("operation") == operation), None)
        way = []
        while segment:
            way.insert(0, segment)
            segment = segments.get(segment["parent_id"])
        return way or None


@contextmanager
def traced(rough: RoughHouse, *functions: str) -> Iterator[Daemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        daemon = Daemon(listener)
        before = {name: rough.environment(name, {"AWS_XRAY_DAEMON_ADDRESS": daemon.address}) for name in functions}
        try:
            yield daemon
        finally:
            for name, variables in before.items():
                rough.environment(name, variables | {"AWS_XRAY_DAEMON_ADDRESS": ""})


def test_the_write_of_the_alias_is_found_by_the_rollout_s_name(rough: RoughHouse) -> None:
    workload = rough.workload("traced")
    rollout = rough.bake(workload)
    with traced(rough, "rollback") as daemon:
        rough.command(rollout, "abort")
        rough.until(rollout, "rolledBack")
        way = wait_until(lambda: daemon.way_to("UpdateAlias"), SOON, "the call was traced")
        assert [segment["name"] for segment in way] == ["rollout", "effect", "Lambda"]
        assert [segment.get("annotations", {}).get("rollout") for segment in way] == [rollout, rollout, None]
        assert way[-1]["http"]["response"]["status"] == 200
        assert len({segment["trace_id"] for segment in way}) == 1
        assert all(outer["start_time"] <= inner["start_time"] <= inner["end_time"] for outer, inner in zip(way, way[1:]))
        wait_until(lambda: daemon.way_to("PutEvents"), SOON, "what was put on the bus was traced too")
