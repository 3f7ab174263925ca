"""Rollouts that need real minutes: a minute's metrics count when the minute is over, and for passing when it has settled.

They begin with the session; their traffic is said in advance, minute by minute, and the emulator's own schedule sweeps.
Other tests run meanwhile, and the last ones look at what became of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from house import Workload, now

if TYPE_CHECKING:
    from house import House

# Longer than any of them takes.
MINUTES = 15

# Passing takes three settled minutes, however clear they are: no minute may supply more than half of what is asked for.
ONE_STEP = {"steps": [{"setWeight": 10}, {"bake": "3m"}], "watch": "0s"}


@dataclass(frozen=True)
class Minutes:
    """What was begun."""

    good: Workload
    bad: Workload

    @classmethod
    def begin(cls, house: House) -> Minutes:
        good, bad = (house.workload(name, strategy=ONE_STEP) for name in ("good", "bad"))
        say_traffic(house, good, candidate_errors=500)
        say_traffic(house, bad, candidate_errors=9_000)
        house.release(good)
        house.release(bad)
        return cls(good, bad)


def say_traffic(house: House, workload: Workload, candidate_errors: int) -> None:
    """Says the traffic of both versions at a step of 10 %, and the alias's before: of stable one request in 20 fails."""
    begin = now()
    for minute in (begin + timedelta(minutes=n) for n in range(MINUTES)):
        say = house.cloud.publish_lambda_metrics
        say(workload.function, workload.alias, "1", minute, invocations=90_000, errors=4_500)
        say(workload.function, workload.alias, "2", minute, invocations=10_000, errors=candidate_errors)
    for minute in (begin - timedelta(minutes=n) for n in (5, 10)):
        house.cloud.publish_lambda_metrics(workload.function, workload.alias, None, minute, 100_000, 5_000)
