#!/usr/bin/env python3
"""How long the kill switch takes inside the function, from an alarm's event until AppConfig is told to deploy.

    kill_switch.py --bin target/release/feature-flag [--runs 15] [--markdown FILE]

The real binary runs against a Lambda Runtime API of our own and the emulator of the end-to-end tests; each call to AWS goes
through a proxy that notes when it came. Measured are

    start     event handed out until StartDeployment is on its way
    answered  event handed out until the function's answer is here
    calls     AWS calls of the event, and how many of them are before StartDeployment's answer

`cold` is a new process, whose own start is not in the times (cold_start.py measures that); `warm` are the events after its
first. What AWS adds is not here: EventBridge's delivery, TLS, and AppConfig's own time. The emulator answers in milliseconds,
one call after the other; on AWS each call is a round trip of 5 to 30 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from cloud import Cloud  # noqa: E402
from cold_start import lambda_environment  # noqa: E402
from http_wire import HttpRequest, listen, read_request, write_response  # noqa: E402
from proxy import Answer, Proxy, Request  # noqa: E402

OFF = (ROOT / "events" / "flags" / "shop.json").read_text()
ON = OFF.replace('"new-basket": {\n      "enabled": false,', '"new-basket": {\n      "enabled": true,')
LONGEST_SECONDS = 60


class Watch(Proxy):
    """Notes when each call came and when it was answered."""

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self.seen: list[tuple[str, float, float]] = []

    def answer(self, request: Request) -> Answer | None:
        came = time.perf_counter()
        answer = super().answer(request)
        self.seen.append((request.name, came, time.perf_counter()))
        return answer


class Runtime:
    """Lambda's side of the Runtime API: hands out one event when it is told to, and waits for its answer."""

    def __init__(self) -> None:
        self._events: list[dict] = []
        self._given, self._answered = threading.Semaphore(0), threading.Semaphore(0)
        self._listener = listen()
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.handed_out = self.answered = 0.0
        self.answer = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def ask(self, event: dict) -> None:
        self._events.append(event)
        self._given.release()
        if not self._answered.acquire(timeout=LONGEST_SECONDS):
            raise SystemExit("the function did not answer")

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def _connection(self, connection) -> None:
        stream = connection.makefile("rb")
        with suppress(OSError):  # the process was ended
            while request := read_request(stream):
                self._one(connection, request)

    def _one(self, connection, request: HttpRequest) -> None:
        if request.path.endswith("/invocation/next"):
            self._given.acquire()
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + LONGEST_SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:bench",
            }
            body = json.dumps(self._events.pop(0)).encode()
            self.handed_out = time.perf_counter()
            write_response(connection, 200, headers, body)
        else:
            self.answered, self.answer = time.perf_counter(), request.body
            write_response(connection, 202, {"Content-Type": "application/json"}, b'{"status":"OK"}')
            self._answered.release()


@dataclass(frozen=True)
class Kill:
    """One alarm; times in milliseconds."""

    start: float
    answered: float
    calls: int
    before: int
    names: list[str]


class Bench:
    def __init__(self, cloud: Cloud, binary: Path):
        self.cloud, self.binary = cloud, binary
        key = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        cloud.client("dynamodb").create_table(
            TableName="tidegate", KeySchema=key, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
        )
        cloud.client("events").create_event_bus(Name="tidegate")
        strategy = {"DeploymentDurationInMinutes": 0, "FinalBakeTimeInMinutes": 0, "GrowthFactor": 100, "ReplicateTo": "NONE"}
        self.strategy = cloud.client("appconfig").create_deployment_strategy(Name="at-once", **strategy)["Id"]

    def process(self, kills: int, log: Path) -> list[Kill]:
        """A new process, an application of its own, and so many alarms one after the other."""
        name = f"shop-{uuid.uuid4().hex[:6]}"
        appconfig = self.cloud.client("appconfig")
        application = appconfig.create_application(Name=name)["Id"]
        environment = appconfig.create_environment(ApplicationId=application, Name="prod")["Id"]
        profile = appconfig.create_configuration_profile(
            ApplicationId=application, Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
        )["Id"]
        alarm = f"{name}-5xx"
        self._policy(name, alarm)
        runtime = Runtime()
        with Watch(self.cloud.endpoint) as gate, log.open("wb") as output:
            own = {"TIDEGATE_BUS": "tidegate", "TIDEGATE_TOPIC": "arn:aws:sns:eu-west-1:000000000000:on-call"}
            own |= {"TIDEGATE_FLAG_STRATEGY": self.strategy, "AWS_ENDPOINT_URL": gate.endpoint}
            process = subprocess.Popen(
                [str(self.binary)], env=lambda_environment(runtime.address) | own, stdout=output, stderr=output
            )
            try:
                found = []
                for _ in range(kills):
                    self._turn_on(application, environment, profile)
                    found.append(self._kill(runtime, gate, alarm, log))
            finally:
                process.kill()
                process.wait()
        return found

    def _policy(self, name: str, alarm: str) -> None:
        switch = {"alarm": alarm, "flag": "new-basket", "application": name, "environment": "prod", "profile": "flags"}
        steps = [{"setWeight": 10}, {"bake": "1m"}]
        policy = json.dumps({"version": 1, "name": name, "strategy": {"steps": steps}, "killSwitches": [switch]})
        item = {"pk": f"POLICY#{name}", "sk": "POLICY", "text": policy, "json": policy, "by": "bench"}
        item["applied"] = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"
        for one in (item, {"pk": f"KILL#{alarm}", "sk": name}):
            self.cloud.client("dynamodb").put_item(TableName="tidegate", Item={k: {"S": v} for k, v in one.items()})

    def _turn_on(self, application: str, environment: str, profile: str) -> None:
        appconfig = self.cloud.client("appconfig")
        place = {"ApplicationId": application, "ConfigurationProfileId": profile}
        version = appconfig.create_hosted_configuration_version(**place, Content=ON.encode(), ContentType="application/json")
        appconfig.start_deployment(
            **place,
            EnvironmentId=environment,
            ConfigurationVersion=str(version["VersionNumber"]),
            DeploymentStrategyId=self.strategy,
        )

    def _kill(self, runtime: Runtime, gate: Watch, alarm: str, log: Path) -> Kill:
        gate.seen.clear()
        now = datetime.now(timezone.utc)
        event = json.loads((ROOT / "events" / "aws" / "eb-cloudwatch-alarm-metric.json").read_text())
        event |= {"id": str(uuid.uuid4()), "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        event["detail"]["alarmName"] = alarm
        event["detail"]["state"] |= {"value": "ALARM", "timestamp": f"{now:%Y-%m-%dT%H:%M:%S.000+0000}"}
        runtime.ask(event)
        names = [call.split("?")[0] for call, _, _ in gate.seen]
        starts = [(came, done) for call, came, done in gate.seen if call.startswith("POST") and call.endswith("/deployments")]
        if len(starts) != 1:
            printed = log.read_text(errors="replace")[-3000:]
            raise SystemExit(f"{len(starts)} deployments were started; the answer: {runtime.answer!r}; calls: {names}; printed:\n{printed}")
        ((came, done),) = starts
        before = sum(1 for _, start, _ in gate.seen if start <= came)
        start, answered = (came - runtime.handed_out) * 1000, (runtime.answered - runtime.handed_out) * 1000
        return Kill(start, answered, len(gate.seen), before, names)


def row(name: str, kills: list[Kill]) -> list[str]:
    def spread(value) -> str:
        values = sorted(value(kill) for kill in kills)
        return f"{statistics.median(values):.1f} ({values[0]:.1f} to {values[-1]:.1f})"

    calls = f"{statistics.median(kill.calls for kill in kills):.0f}"
    before = f"{statistics.median(kill.before for kill in kills):.0f}"
    return [name, str(len(kills)), spread(lambda kill: kill.start), spread(lambda kill: kill.answered), calls, before]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="feature-flag's bootstrap")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    given = parser.parse_args()
    cold: list[Kill] = []
    with tempfile.TemporaryDirectory() as folder, Cloud(Path(folder)) as cloud:
        bench = Bench(cloud, given.bin.resolve())
        log = Path(folder) / "output.log"
        bench.process(1, log)  # brings the files into the page cache
        for _ in range(given.runs):
            cold += bench.process(1, log)
        _, *warm = bench.process(given.runs + 1, log)
    head = ["", "runs", "until StartDeployment, ms", "until the answer, ms", "calls", "up to StartDeployment"]
    rows = [row("cold", cold), row("warm", warm)]
    ruler = ["---", *["--:"] * (len(head) - 1)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ruler, *rows])
    print(table)
    for name, kills in (("cold", cold), ("warm", warm)):
        print(f"\n{name}:", *kills[-1].names, sep="\n  ")
    if given.markdown:
        where = f"Median, least and most, on {os.cpu_count()} cores, by `tests/bench/kill_switch.py`."
        given.markdown.write_text(f"{where}\n\n{table}\n")


if __name__ == "__main__":
    main()
