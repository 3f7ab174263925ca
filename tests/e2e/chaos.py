"""Calls that go wrong as AWS's do: refused in each service's own words, cut off, answered into the void, slow, late, and their
callers killed. Which call meets what is drawn from a seed and the call's name, never from the order in which calls arrive, so that
a seed harms the same calls of the same rollouts again.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from random import Random
from urllib.parse import parse_qsl

import cbor2

from proxy import Answer, Proxy, Request


class Fault(Enum):
    """What may become of a call."""

    THROTTLED = "throttled"
    AWAY = "throttled, and so are all its retries"
    FAILED = "answered with the service's own 500"
    UNAVAILABLE = "answered with a load balancer's 503"
    PARTLY = "PutEvents that takes only some of its entries"
    CUT = "connection reset before it is handed on"
    LOST = "takes effect, connection reset before it is answered"
    LATE = "connection reset, takes effect seconds later"
    SLOW = "answered after seconds"
    KILLED_BEFORE = "caller killed before it is handed on"
    KILLED_AFTER = "caller killed after it took effect"


# Of a hundred calls so many meet it. A function makes some fifteen calls and tries each three times.
CHANCES = {
    Fault.THROTTLED: 4,
    Fault.FAILED: 1,
    Fault.UNAVAILABLE: 1,
    Fault.PARTLY: 10,
    Fault.CUT: 1.5,
    Fault.LOST: 2,
    Fault.LATE: 1,
    Fault.SLOW: 2,
    Fault.KILLED_BEFORE: 0.7,
    Fault.KILLED_AFTER: 0.7,
}
# Of a hundred rows of calls as long as the SDK's tries, so many are refused altogether.
AWAY, TRIES = 2, 3

THROTTLES = {
    "dynamodb": [(400, "ThrottlingException"), (400, "ProvisionedThroughputExceededException"), (400, "RequestLimitExceeded")],
    "events": [(400, "ThrottlingException")],
    "lambda": [(429, "TooManyRequestsException")],
    "monitoring": [(400, "ThrottlingException")],
    "sns": [(400, "Throttling"), (429, "Throttled")],
}
FAILURES = {
    "dynamodb": (500, "InternalServerError"),
    "events": (500, "InternalException"),
    "lambda": (500, "ServiceException"),
    "monitoring": (500, "InternalServiceFault"),
    "sns": (500, "InternalError"),
}
SLOWEST_SECONDS = 3.0
# A workload of the storm's, in whatever a call says.
ABOUT = re.compile(r"storm-\d+")


@dataclass(frozen=True)
class Write:
    """An alias's update that took effect: on condition of one revision, and the one that it made."""

    function: str
    revision: str
    made: str
    primary: str
    weights: dict[str, float]


class Weather:
    """The faults of all proxies, and what took effect under them."""

    def __init__(self, seed: int, kill: Callable[[int], bool]):
        """`kill` ends the process at a port; says whether there was one."""
        self.seed = seed
        self.kill = kill
        self.met: Counter[Fault] = Counter()
        self.calls = 0
        self.writes: list[Write] = []
        # By the outcome's id: messages that SNS took, and those of them that notify cannot have known of or not have recorded.
        self.published: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self._calm = False
        self._late: list[threading.Thread] = []
        self._nth: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def calm(self) -> None:
        """From now on nothing goes wrong; what is late has come when this returns."""
        self._calm = True
        for late in self._late:
            late.join()

    def later(self, call: Callable[[], object], seconds: float) -> None:
        late = threading.Timer(seconds, call)
        self._late.append(late)
        late.start()

    def draw(self, name: str, service: str, operation: str) -> tuple[Fault | None, Random]:
        """What the next call of this name meets, and the dice for how."""
        with self._lock:
            self.calls += 1
            nth, self._nth[name] = self._nth[name], self._nth[name] + 1
        dice = Random(f"{self.seed} {name} {nth}")
        if self._calm or service not in THROTTLES:
            return None, dice
        if Random(f"{self.seed} {name} away {nth // TRIES}").random() < AWAY / 100:
            return self._meet(Fault.AWAY), dice
        drawn = dice.uniform(0, 100)
        for fault, chance in CHANCES.items():
            if fault is Fault.PARTLY and operation != "PutEvents":
                continue
            if (drawn := drawn - chance) < 0:
                return self._meet(fault), dice
        return None, dice

    def took_effect(self, request: Request, answer: Answer) -> None:
        with self._lock:
            if request.method == "PUT" and "/aliases/" in request.path:
                self.writes.append(_write(request, answer))
            elif outcome := _published(request):
                self.published[outcome] += 1

    def remains_unknown(self, outcome: str | None) -> None:
        with self._lock:
            self.unknown[outcome] += 1

    def _meet(self, fault: Fault) -> Fault:
        with self._lock:
            self.met[fault] += 1
        return fault


class Chaos(Proxy):
    """One function's way to AWS through the weather."""

    def __init__(self, upstream: str, function: str, weather: Weather):
        super().__init__(upstream)
        self._function, self._weather = function, weather

    def answer(self, request: Request) -> Answer | None:
        operation = request.name.rsplit(".", 1)[-1]
        about = ABOUT.search(request.path + request.body.decode(errors="replace"))
        name = f"{self._function} {operation} {about.group() if about else ''}"
        fault, dice = self._weather.draw(name, request.service, operation)
        if fault in (Fault.LOST, Fault.LATE, Fault.KILLED_AFTER):
            self._weather.remains_unknown(_published(request))
        if fault is Fault.KILLED_BEFORE:
            self._weather.remains_unknown(_recorded(request))
        match fault:
            case None:
                return self.forward(request)
            case Fault.THROTTLED | Fault.AWAY:
                return refusal(request, *dice.choice(THROTTLES[request.service]))
            case Fault.FAILED:
                return refusal(request, *FAILURES[request.service])
            case Fault.UNAVAILABLE:
                return 503, [("Content-Type", "text/html")], b"<html><body><h1>503 Service Unavailable</h1></body></html>"
            case Fault.PARTLY:
                return self._put_partly(request)
            case Fault.CUT:
                return None
            case Fault.LOST:
                self.forward(request)
                return None
            case Fault.LATE:
                self._weather.later(lambda: self.forward(request), dice.uniform(0.5, SLOWEST_SECONDS))
                return None
            case Fault.SLOW:
                answer = self.forward(request)
                time.sleep(dice.uniform(0.2, SLOWEST_SECONDS))
                return answer
            case Fault.KILLED_BEFORE:
                self._weather.kill(request.port)
                return None
            case Fault.KILLED_AFTER:
                self.forward(request)
                self._weather.kill(request.port)
                return None

    def forward(self, request: Request) -> Answer:
        answer = super().forward(request)
        if answer[0] < 300:
            self._weather.took_effect(request, answer)
        return answer

    def _put_partly(self, request: Request) -> Answer:
        entries = json.loads(request.body)["Entries"]
        taken, left = entries[: len(entries) // 2], entries[len(entries) // 2 :]
        results = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"} for _ in left]
        if taken:
            some = replace(request, body=json.dumps({"Entries": taken}).encode())
            results = json.loads(self.forward(some)[2])["Entries"] + results
        body = {"FailedEntryCount": len(left), "Entries": results}
        return 200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(body).encode()


def refusal(request: Request, status: int, code: str) -> Answer:
    """An error as the service's protocol has it: query, REST-JSON, RPC v2 CBOR, AWS JSON."""
    message = "Rate exceeded"
    match request.service:
        case "sns":
            body = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            body = f'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">{body}</ErrorResponse>'
            return status, [("Content-Type", "text/xml")], body.encode()
        case "lambda":
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
            return status, headers, json.dumps({"Type": "User", "message": message}).encode()
        case _ if "smithy-protocol" in request.headers:
            headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
            return status, headers, cbor2.dumps({"__type": f"com.amazonaws#{code}", "message": message})
        case _:
            headers = [("Content-Type", request.headers["content-type"])]
            return status, headers, json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()


def _write(request: Request, answer: Answer) -> Write:
    asked, made = json.loads(request.body), json.loads(answer[2])
    # /2015-03-31/functions/NAME/aliases/ALIAS
    function = request.path.split("/")[3]
    weights = made.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Write(function, asked["RevisionId"], made["RevisionId"], made["FunctionVersion"], weights)


def _published(request: Request) -> str | None:
    """The id of the outcome that a call publishes."""
    form = dict(parse_qsl(request.body.decode())) if request.service == "sns" else {}
    names = {value: name for name, value in form.items() if name.endswith(".Name")}
    return form[names["outcomeId"].replace(".Name", ".Value.StringValue")] if "outcomeId" in names else None


def _recorded(request: Request) -> str | None:
    """The id of the outcome that a call records as sent."""
    if not request.name.endswith(".UpdateItem"):
        return None
    key = json.loads(request.body)["Key"]["pk"]["S"]
    return key.removeprefix("OUTCOME#") if key.startswith("OUTCOME#") else None
