"""An installation that is handled roughly: its functions reach an emulator of its own through gates, and nothing sweeps
but the tests, so that after a crash there is only what a test does.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cloud import Cloud, wait_until
from gate import Gate
from house import SOON, House, Workload

SERVICES = ("DYNAMODB", "EVENTBRIDGE", "LAMBDA", "SNS", "CLOUDWATCH")
GATED = ("traffic-shift", "rollback", "notify")


class RoughHouse(House):
    """An installation whose functions can be stopped at any of their calls."""

    gates: dict[str, Gate]
    silenced: Workload

    @classmethod
    @contextmanager
    def built(cls, folder: Path, code: dict[str, bytes]) -> Iterator[RoughHouse]:
        with ExitStack() as stack:
            cloud = stack.enter_context(Cloud(folder))
            house = cls(cloud, code)
            cloud.client("scheduler").delete_schedule(Name=f"{house.stack.name}-sweep")
            house.gates = {name: stack.enter_context(Gate(cloud.endpoint)) for name in GATED}
            for name, gate in house.gates.items():
                house.environment(name, {f"AWS_ENDPOINT_URL_{service}": gate.endpoint for service in SERVICES})
            house.silenced = house.silence()
            yield house

    def silence(self) -> Workload:
        """Has a rollout end, and notify killed when it has claimed the outcome and is about to publish it."""
        workload = self.workload("silenced")
        gate = self.gates["notify"]
        gate.hold_call("POST /")
        self.command(self.bake(workload), "abort")
        wait_until(gate.is_held, SOON, "notify is about to publish")
        self.cloud.kill_function(self.function("notify"))
        gate.let_go()
        return workload

    def killed_at(self, name: str, event: dict, nth: int, *, after: bool) -> bool:
        """Invokes a function and kills it at its `nth` call; says whether it came that far."""
        gate = self.gates[name]
        gate.hold(nth, after=after)
        with ThreadPoolExecutor(1) as pool:
            answer: Future[dict] = pool.submit(self.invoke, name, event)
            wait_until(lambda: gate.is_held() or answer.done(), SOON, f"{name} makes call {nth} or has answered", every=0.01)
            came_that_far = gate.is_held()
            if came_that_far:
                assert self.cloud.kill_function(self.function(name)) > 0
            gate.let_go()
            assert ("errorMessage" in answer.result()) == came_that_far
        return came_that_far
