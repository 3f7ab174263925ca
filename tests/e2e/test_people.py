"""Every verb of the operator's command, and what it calls on AWS: what infra/verbs.json says, no more and no less."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from command import Command
from flags import Shop
from house import ROOT, House, policy
from wiretap import Call, Wiretap


@dataclass(frozen=True)
class Person:
    """Somebody whose calls are listened to, and an installation to call."""

    house: House
    tidegate: Command
    binary: Path
    folder: Path

    def rollout(self, name: str) -> str:
        return self.house.bake(self.house.workload(name))

    def shop(self, name: str) -> tuple[Shop, list[str]]:
        shop = Shop(self.house, name)
        return shop, [word for option, value in shop.where.items() for word in (f"--{option}", value)]


@pytest.fixture(scope="module")
def wiretap(house: House) -> Iterator[Wiretap]:
    with Wiretap(house.cloud.endpoint) as wiretap:
        yield wiretap


@pytest.fixture
def person(house: House, wiretap: Wiretap, binary: Path, tmp_path: Path) -> Person:
    return Person(house, Command(wiretap.endpoint, binary, tmp_path), binary, tmp_path)


def get(person: Person) -> None:
    rollout = person.rollout("looked-at")
    person.tidegate.json("get", rollout)
    person.tidegate("get")
    person.tidegate("get", "nobody-knows-it")


def list_(person: Person) -> None:
    person.tidegate.json("list", "--all")


def freeze(person: Person) -> None:
    person.tidegate.json("freeze")


def freeze_on(person: Person) -> None:
    person.rollout("frozen")
    person.tidegate.json("freeze", "on", "--because", "the sale")
    person.tidegate.json("freeze", "off")


def freeze_off(person: Person) -> None:
    unheard = Command(person.house.cloud.endpoint, person.binary, person.folder)
    unheard.json("freeze", "on", "--because", "the sale")
    person.tidegate.json("freeze", "off")


def quarantine(person: Person) -> None:
    person.tidegate.json("quarantine")


def policy_get(person: Person) -> None:
    person.tidegate.json("policy", "get", person.house.apply_policy(policy("looked-up")))


def policy_apply(person: Person) -> None:
    place = {"application": "shop", "environment": "prod", "profile": "flags"}
    found_by = {
        "mode": "guard",
        "target": {"lambda": {"function": "anything", "alias": "live"}},
        "killSwitches": [place | {"alarm": "basket-broken", "flag": "new-basket"}],
    }
    for name, changes in {"plain": {}, "guarding": found_by}.items():
        file = person.folder / f"{name}.json"
        file.write_text(json.dumps(policy(name, **changes)))
        person.tidegate.json("policy", "apply", file)


def doctor(person: Person) -> None:
    person.house.sweep()
    workload = person.house.workload("examined", analysis={"alarms": [{"name": "no-such-alarm"}]})
    person.tidegate("doctor", "--function", workload.function, "--alias", workload.alias)


def start(person: Person) -> None:
    workload = person.house.workload("asked-for")
    line = ["start", "--version", "2", "--policy", workload.function]
    person.tidegate.json(*line, "--function", workload.function, "--alias", workload.alias)


def commanding(*line: str) -> Callable[[Person], None]:
    def commanded(person: Person) -> None:
        rollout = person.rollout("-".join(["commanded", *line]))
        if line[0] in ("resume", "retry"):
            person.house.command(rollout, {"resume": "pause", "retry": "abort"}[line[0]])
            person.house.until(rollout, {"resume": "paused", "retry": "rolledBack"}[line[0]])
        person.tidegate.json(*line, rollout)
        person.tidegate(*line, "nobody-knows-it")

    return commanded


def flag_list(person: Person) -> None:
    _, place = person.shop("listed")
    person.tidegate.json("flag", "list", *place)


def flag_get(person: Person) -> None:
    shop, place = person.shop("shown")
    toggle = shop.ask("new-basket", enabled=True, strategy=shop.strategy(minutes=1)["Name"])
    shop.until(toggle, "deploying")
    person.tidegate.json("flag", "get", "new-basket", *place)
    person.tidegate.json("flag", "get", "--toggle", toggle)
    person.tidegate("flag", "get", "--toggle", "nobody-knows-it")


def flag_diff(person: Person) -> None:
    _, place = person.shop("compared")
    person.tidegate.json("flag", "diff", "new-basket", "--on", *place)
    person.tidegate.json("flag", "diff", "--policy", person.house.apply_policy(policy("flagless")))


def switching(*line: str) -> Callable[[Person], None]:
    def switched(person: Person) -> None:
        shop, place = person.shop(f"switched-{line[0]}")
        if line[0] == "off":
            shop.until(shop.ask("new-basket", enabled=True), "done")
        person.tidegate.json("flag", line[0], *line[1:], *place)

    return switched


SCENES: dict[str, Callable[[Person], None]] = {
    "get": get,
    "list": list_,
    "freeze": freeze,
    "freeze on": freeze_on,
    "freeze off": freeze_off,
    "quarantine": quarantine,
    "policy get": policy_get,
    "policy apply": policy_apply,
    "doctor": doctor,
    "start": start,
    "promote": commanding("promote"),
    "pause": commanding("pause"),
    "resume": commanding("resume"),
    "abort": commanding("abort"),
    "retry": commanding("retry"),
    "flag list": flag_list,
    "flag get": flag_get,
    "flag diff": flag_diff,
    "flag on": switching("on", "new-basket"),
    "flag off": switching("off", "new-basket"),
    "flag set": switching("set", "new-basket", "limit=5"),
}


VERBS = json.loads((ROOT / "infra" / "verbs.json").read_text())
# Where nothing comes of a request for a minute, it is looked for there; no test waits for that.
UNHEARD = Call("dynamodb:Query", "QUARANTINE")
NOT_HEARD = {verb: {UNHEARD} for verb in ("start", "flag on", "flag off", "flag set")}


def declared(verb: str) -> set[Call]:
    return {Call(action, of) for action, things in VERBS[verb]["calls"].items() for of in things or [""]}


def as_declared(house: House, call: Call) -> Call:
    """A function as verbs.json has it: one of the installation's, or a target."""
    if not call.action.startswith("lambda:"):
        return call
    return Call(call.action, "installation" if call.of.startswith(f"{house.stack.name}-") else "target")


def test_every_verb_that_reaches_aws_is_listened_to() -> None:
    assert SCENES.keys() == VERBS.keys()


@pytest.mark.parametrize("verb", SCENES)
def test_a_verb_calls_what_it_declares_and_nothing_else(person: Person, wiretap: Wiretap, verb: str) -> None:
    wiretap.heard()
    SCENES[verb](person)
    heard = {as_declared(person.house, call) for call in wiretap.heard()}

    def is_same(call: Call, stated: Call) -> bool:
        return call.action == stated.action and fnmatchcase(call.of, stated.of)

    undeclared = {call for call in heard if not any(is_same(call, stated) for stated in declared(verb))}
    unheard = {stated for stated in declared(verb) if not any(is_same(call, stated) for call in heard)}
    assert (undeclared, unheard) == (set(), NOT_HEARD.get(verb, set()))
