"""Many rollouts at once while calls fail in all the ways that AWS's do and functions are killed at any of them. Then the weather is
calm, and every rollout has come to its end, once.

`make chaos ROLLOUTS=200 SEED=7` has more of them, and other weather.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from itertools import groupby

import boto3
import pytest
from botocore.awsrequest import HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from chaos import FAILURES, THROTTLES, Fault, Write, refusal
from cloud import REGION
from proxy import Answer, Proxy, Request
from storm import Plan, Release, Storm

ROLLOUTS = int(os.environ.get("TIDEGATE_CHAOS_ROLLOUTS", "40"))
SEED = int(os.environ.get("TIDEGATE_CHAOS_SEED", "1"))

# The phase that each plan ends in, its cause, and who has the traffic.
ENDS = {
    Plan.PROMOTED: ("succeeded", None, "2"),
    Plan.ABORTED: ("rolledBack", "aborted", "1"),
    Plan.ALARMED: ("rolledBack", "alarmFired", "1"),
}


@pytest.fixture(scope="session")
def storm(tmp_path_factory: pytest.TempPathFactory, code: dict[str, bytes]) -> Iterator[Storm]:
    """What is left when the weather is calm again."""
    began = time.monotonic()
    with Storm.built(tmp_path_factory.mktemp("storm"), code, SEED) as storm:
        storm.prepare(ROLLOUTS)
        try:
            storm.blow()
            storm.calm()
        finally:
            print(f"\n{time.monotonic() - began:.0f} s\n{storm.report()}")
        yield storm


class Refusing(Proxy):
    """Refuses every call in the same way."""

    def __init__(self, status: int, code: str):
        super().__init__("http://127.0.0.1:9")
        self._refused = status, code

    def answer(self, request: Request) -> Answer:
        return refusal(request, *self._refused)


CALLS = {
    "dynamodb": ("dynamodb", "list_tables"),
    "events": ("events", "list_rules"),
    "lambda": ("lambda", "list_functions"),
    "monitoring": ("cloudwatch", "list_metrics"),
    "sns": ("sns", "list_topics"),
}


@pytest.mark.parametrize("service", CALLS)
def test_what_is_refused_is_read_by_aws_s_own_sdk_as_what_it_is(service: str) -> None:
    client, operation = CALLS[service]
    config = Config(retries={"total_max_attempts": 1})
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    for status, code in [*THROTTLES[service], FAILURES[service]]:
        with Refusing(status, code) as proxy:
            called = boto3.client(client, endpoint_url=proxy.endpoint, config=config, **credentials)
            with pytest.raises(ClientError) as error:
                getattr(called, operation)()
        assert error.value.response["Error"]["Code"] == code
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_what_is_refused_in_cbor_is_read_so_too() -> None:
    """Rust asks CloudWatch in CBOR, boto3 in JSON."""
    asked = Request("POST", "/", {"smithy-protocol": "rpc-v2-cbor", "authorization": "Credential=a/b/c/monitoring/"}, b"", 0)
    status, headers, body = refusal(asked, 400, "ThrottlingException")
    answer = {"status_code": status, "headers": HeadersDict(dict(headers)), "body": body}
    error = create_parser("smithy-rpc-v2-cbor").parse(answer, None)["Error"]
    assert error == {"Code": "ThrottlingException", "Message": "Rate exceeded"}


def test_all_were_under_way_at_once_in_all_kinds_of_weather(storm: Storm) -> None:
    assert storm.at_once == ROLLOUTS
    assert set(storm.weather.met) == set(Fault)


def test_every_rollout_ends_as_it_should(storm: Storm) -> None:
    for release in storm.releases:
        phase, cause, version = ENDS[release.plan]
        ended = storm.document(release.rollout)["phase"]
        assert (ended["is"], ended.get("cause", {}).get("kind")) == (phase, cause), release
        assert storm.traffic(release.workload) == (version, {}), release
        assert storm.lock(release.workload) is None, release


def test_every_weight_that_an_alias_had_stands_in_its_timeline(storm: Storm) -> None:
    for release in storm.releases:
        writes = chain(storm, release)
        wishes = storm.wishes(release.rollout)
        had = [share for share, _ in groupby(100 if write.primary == "2" else write.weights.get("2", 0) * 100 for write in writes)]
        assert is_within(had, wishes), f"{release.rollout} wished {wishes}, and had {had}"
        assert had[-1:] == wishes[-1:], release


def test_every_version_of_a_document_stands_in_its_timeline(storm: Storm) -> None:
    for release in storm.releases:
        versions = [entry["version"] for entry in storm.timeline(release.rollout)]
        assert versions == list(range(1, storm.document(release.rollout)["version"] + 1)), release


@pytest.mark.last
def test_each_outcome_is_told_once_and_copied_only_where_nobody_could_know_that_it_was_sent(storm: Storm) -> None:
    """A copy carries its outcome's id. SNS has nothing by which it would know one."""
    storm.settle()
    told: list[dict] = []
    for release in storm.releases:
        messages = storm.told(release.rollout)
        (outcome,) = {message["Json"]["MessageAttributes"]["outcomeId"]["Value"] for message in messages}
        assert set(storm.outcomes(release.rollout)) == {ENDS[release.plan][0]}
        assert len(messages) == storm.weather.published[outcome], release
        assert len(messages) - 1 <= storm.weather.unknown[outcome], release
        assert [item["state"] for item in storm.items(f"OUTCOME#{outcome}")] == ["sent"], release
        told += messages
    assert len(told) == storm.weather.published.total(), "on-call was told of something else too"
    print(f"{len(storm.releases)} outcomes, {len(told)} messages")


@pytest.mark.last
def test_nothing_is_left(storm: Storm) -> None:
    storm.settle()
    for beginning in ("LOCK#", "ALARM#", "QUARANTINE"):
        assert storm.everything(beginning) == []
    for name, queue in storm.stack.resources.items():
        if name.endswith("/Undelivered"):
            assert storm.cloud.receive_all(queue) == [], name


def chain(storm: Storm, release: Release) -> list[Write]:
    """The writes of an alias, each on condition of what the one before made; there are no others, and none is overwritten."""
    left = {write.revision: write for write in storm.weather.writes if write.function == release.workload.function}
    found, revision = [], release.first_revision
    while write := left.pop(revision, None):
        found.append(write)
        revision = write.made
    assert not left, f"{release.rollout}: not in the chain: {left}"
    assert revision == storm.alias(release.workload)["revision"], f"{release.rollout}: somebody else wrote it"
    return found


def is_within(some: Iterable[float], all_of: Iterable[float]) -> bool:
    """Whether some stand among all in the same order."""
    left = iter(all_of)
    return all(any(one == pytest.approx(other) for other in left) for one in some)
