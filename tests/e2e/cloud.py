"""An AWS endpoint on this machine for the end-to-end tests.

`Cloud` starts ministack on a free loopback port, gives boto3 clients that talk to it, and creates
stacks from the project's own SAM template, so that the tests run what a user deploys. It knows
nothing of Tidegate: what a rollout should do stands in the tests.

What the emulator answers differently from AWS is written down in README.md beside this file.
"""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TypeVar

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

import processes

sys.path.append(str(Path(__file__).resolve().parents[1] / "infra"))

from translate import read_template, transformed  # noqa: E402

REGION = "eu-west-1"
ACCOUNT = "000000000000"
CODE_BUCKET = "tidegate-e2e-code"

# CloudFormation takes a template in the request itself up to this size, and from S3 beyond it.
LARGEST_INLINE_TEMPLATE = 51_200

# What the emulator cannot create. A stack is made without them, and without the outputs that name them.
NOT_HERE = {"AWS::AppConfig::Extension", "AWS::AppConfig::ExtensionAssociation", "AWS::CloudWatch::CompositeAlarm"}
NESTED = "AWS::CloudFormation::Stack"

T = TypeVar("T")


class TimedOut(AssertionError):
    """Something that should have come true did not; the message says what was seen instead."""


def wait_until(predicate: Callable[[], T], timeout: float, what: str, every: float = 0.1) -> T:
    """Asks `predicate` until it answers something true, and returns that answer.

    An exception counts as "not yet": while a stack is being made, what the predicate asks for may
    not exist. After `timeout` seconds the last answer or exception goes into the failure message.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            answer = predicate()
            seen = f"last answer: {answer!r}"
            if answer:
                return answer
        except Exception as error:  # noqa: BLE001, any failure is shown at the end
            seen = f"last error: {error!r}"
        if time.monotonic() >= deadline:
            raise TimedOut(f"waited {timeout:g} s until {what}; {seen}")
        time.sleep(every)


def zip_bootstrap(binary: Path) -> bytes:
    """A Lambda deployment package that holds `binary` as its executable `bootstrap`."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(entry, binary.read_bytes(), compresslevel=1)
    return package.getvalue()


@dataclass(frozen=True)
class Stack:
    """A created stack: its outputs, and the physical id of each logical id, of nested stacks as `Nested/Name`."""

    name: str
    outputs: Mapping[str, str]
    resources: Mapping[str, str]


@cache
def code_deploy() -> str:
    """CodeDeploy, which ministack does not have: moto's, in this process and until its end."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    return f"http://{host}:{port}"


class Cloud:
    """ministack for the length of a `with` block.

    Everything the emulator writes goes below `folder`: its log (`ministack.log`, which also holds
    what the functions print) and the unpacked functions. The emulator leads a process group of its
    own that the functions join, so that leaving the block ends them all.
    """

    def __init__(self, folder: Path, *, retry_seconds: float = 0.2, environment: Mapping[str, str] | None = None):
        """`retry_seconds` is the pause before the first retry of an asynchronous invocation (on AWS a
        minute; each further pause is twice as long). `environment` reaches the emulator and every function."""
        self.folder = folder
        self.log_file = folder / "ministack.log"
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._environment = self._settings(retry_seconds) | dict(environment or {})
        self._process: subprocess.Popen | None = None
        self._clients: dict[str, object] = {}

    # Start and stop

    def __enter__(self) -> Cloud:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [_ministack_command()],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            state = wait_until(self._state, timeout=60, what=f"ministack answers (its log: {self.log_file})")
            if state == "ended":
                raise RuntimeError(f"ministack ended at once:\n{self.log_file.read_text()[-2000:]}")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop()

    def reset(self) -> None:
        """Forgets every resource, as if the emulator had just been started."""
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST"), timeout=60)

    def _settings(self, retry_seconds: float) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            # Functions inherit the emulator's environment: this is how they find the endpoint.
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_CODEDEPLOY": code_deploy(),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(retry_seconds),
            # Both would listen on fixed ports, and two runs on one machine would collide.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }

    def _state(self) -> str | None:
        if self._process is not None and self._process.poll() is not None:
            return "ended"
        with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
            return "healthy" if answer.status == 200 else None

    def _stop(self) -> None:
        if self._process is None:
            return
        group = self._process.pid
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        # The leader may be gone while a function that ignores SIGTERM still runs.
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait()
        self._process = None

    # Clients

    def client(self, service: str):
        """The boto3 client of `service`, made once. It does not retry: a test sees the first answer."""
        if service not in self._clients:
            self._clients[service] = boto3.session.Session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(
                    retries={"total_max_attempts": 1},
                    read_timeout=60,
                    s3={"addressing_style": "path"},
                ),
            )
        return self._clients[service]

    # Stacks

    def deploy_stack(
        self,
        template_path: Path,
        parameters: Mapping[str, str] | None = None,
        code_zips: Mapping[str, bytes | Path] | None = None,
        name: str = "tidegate",
        timeout: float = 120,
    ) -> Stack:
        """Creates a stack from the SAM template as it stands, with the stacks nested in it, and waits for it.

        `code_zips` gives the deployment package of each function by its logical id. They and the nested
        templates go to S3 and take the place of `CodeUri` and `TemplateURL`, which is what `sam package` does.
        """
        given, used = dict(code_zips or {}), set()
        template = self._packaged(template_path, given, used, name)
        if unknown := sorted(given.keys() - used):
            raise ValueError(f"the template has no function called {unknown}; it has: {sorted(used)}")
        if missing := sorted(used - given.keys()):
            raise ValueError(f"no code was given for {missing}")
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=name,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            **self._template_argument(template, name),
        )

        def finished() -> str | None:
            status = formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("_IN_PROGRESS") else status

        status = wait_until(finished, timeout, f"stack {name} is made")
        if status != "CREATE_COMPLETE":
            raise AssertionError(f"stack {name} ended as {status}:\n{self._failed_resources(name)}")
        return self.stack(name)

    def stack(self, name: str) -> Stack:
        described = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return Stack(
            name=name,
            outputs={output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])},
            resources=dict(self._resources(name)),
        )

    def _resources(self, stack: str, path: str = "") -> Iterator[tuple[str, str]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in (resource for page in pages for resource in page["StackResourceSummaries"]):
            name, made = path + resource["LogicalResourceId"], resource["PhysicalResourceId"]
            if resource["ResourceType"] == NESTED:
                yield from self._resources(made, f"{name}/")
            else:
                yield name, made

    def _packaged(self, path: Path, code: Mapping[str, bytes | Path], used: set[str], prefix: str) -> dict:
        template = _without_what_is_not_here(read_template(path))
        functions = {name: one for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}
        used.update(functions)
        for logical_id in functions.keys() & code.keys():
            package, function = code[logical_id], functions[logical_id]
            body = package if isinstance(package, bytes) else Path(package).read_bytes()
            function["Properties"]["CodeUri"] = self._upload(f"{prefix}/{logical_id}.zip", body)
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] == NESTED:
                nested = self._packaged(path.parent / resource["Properties"]["TemplateURL"], code, used, f"{prefix}/{logical_id}")
                # The emulator makes SAM's transform only for the outermost template.
                resource["Properties"]["TemplateURL"] = self._uploaded_template(transformed(nested), f"{prefix}/{logical_id}")
                there = {f"{logical_id}.Outputs.{name}" for name in nested["Outputs"]}
                template["Outputs"] = {
                    name: output
                    for name, output in template["Outputs"].items()
                    if not (asked := _output_of(output, logical_id)) or asked in there
                }
        return template

    def _template_argument(self, template: dict, name: str) -> dict[str, str]:
        # YAML reads an unquoted 2010-09-09 as a date, which JSON cannot say.
        body = json.dumps(template, default=str)
        if len(body) <= LARGEST_INLINE_TEMPLATE:
            return {"TemplateBody": body}
        return {"TemplateURL": self._uploaded_template(template, name)}

    def _uploaded_template(self, template: dict, name: str) -> str:
        key = f"{name}/template.json"
        self._upload(key, json.dumps(template, default=str).encode())
        return f"{self.endpoint}/{CODE_BUCKET}/{key}"

    def _upload(self, key: str, body: bytes) -> str:
        s3 = self.client("s3")
        if CODE_BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=body)
        return f"s3://{CODE_BUCKET}/{key}"

    def _failed_resources(self, name: str) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason given')}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED")
        )

    # Events, schedules and metrics

    def put_event(self, source: str, detail_type: str, detail: Mapping, bus: str = "default") -> str:
        """Puts one event on a bus and returns its id."""
        answer = self.client("events").put_events(
            Entries=[
                {"EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)},
            ],
        )
        entry = answer["Entries"][0]
        if "EventId" not in entry:
            raise AssertionError(f"the event {detail_type} was refused: {entry}")
        return entry["EventId"]

    def deliver_event(
        self,
        source: str,
        detail_type: str,
        detail: Mapping,
        resources: Sequence[str] = (),
        bus: str = "default",
    ) -> list[str]:
        """Makes an event and delivers it as `deliver` does; returns the ARNs of its targets."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "account": ACCOUNT,
            "region": REGION,
            "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "source": source,
            "detail-type": detail_type,
            "resources": list(resources),
            "detail": detail,
        }
        return self.deliver(event, bus)

    def deliver(self, event: Mapping, bus: str = "default") -> list[str]:
        """Gives a whole event to the Lambda targets of every rule it matches; returns their ARNs.

        For what `put_event` cannot show here: nobody may put an event whose source begins with
        `aws.` (neither on AWS), nobody can have the same event delivered twice, and the emulator's rules
        invoke a function once, where AWS goes through the asynchronous queue, with its retries and
        the function's dead-letter queue. The rules and their matching are the emulator's; only the
        delivery is done by hand.
        """
        targets = self.targets(event, bus)
        for arn in targets:
            self.invoke_async(arn, event)
        return targets

    def targets(self, event: Mapping, bus: str = "default") -> list[str]:
        """The ARNs of the functions behind every rule that an event matches."""
        return [target for rule in self._matching_rules(event, bus) for target in self._targets(rule, bus)]

    def invoke_async(self, function: str, event: Mapping) -> None:
        """Puts an event into a function's asynchronous queue: retried twice, then its failure destination."""
        self.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))

    def fire_schedule(self, name: str) -> None:
        """Does now what a schedule would do when it is next due (the emulator's first time is after 60 to 70 s)."""
        target = self.client("scheduler").get_schedule(Name=name)["Target"]
        self.invoke_async(target["Arn"], json.loads(target.get("Input", "{}")))

    def _matching_rules(self, event: Mapping, bus: str) -> list[str]:
        events = self.client("events")
        rules = [rule for page in events.get_paginator("list_rules").paginate(EventBusName=bus) for rule in page["Rules"]]
        return [
            rule["Name"]
            for rule in rules
            if rule["State"] == "ENABLED"
            and "EventPattern" in rule
            and events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))["Result"]
        ]

    def _targets(self, rule: str, bus: str) -> list[str]:
        targets = self.client("events").list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        functions = [target for target in targets if ":function:" in target["Arn"]]
        for target in functions:
            if target.keys() & {"Input", "InputPath", "InputTransformer"}:
                raise ValueError(f"rule {rule}: only functions that take the event as it is are delivered to, not {target}")
        return [target["Arn"] for target in functions]

    def publish_lambda_metrics(
        self, function: str, alias: str, version: str | None, minute: datetime, invocations: int, errors: int
    ) -> None:
        """Says what Lambda would say of one version behind a weighted alias in one minute; of the alias without `version`.

        AWS publishes these by itself and lets nobody write to `AWS/Lambda`; the emulator does not
        split an alias's traffic, so the tests say how it went.
        """
        dimensions = [
            {"Name": "FunctionName", "Value": function},
            {"Name": "Resource", "Value": f"{function}:{alias}"},
        ] + ([{"Name": "ExecutedVersion", "Value": version}] if version else [])
        self.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": dimensions,
                    "Timestamp": minute.replace(second=0, microsecond=0),
                    "Unit": "Count",
                    "Value": float(total),
                }
                for name, total in (("Invocations", invocations), ("Errors", errors))
            ],
        )

    # Queues and running functions

    def receive_all(self, queue_url: str) -> list[dict]:
        """Takes every message that can be seen now off the queue; each comes with its parsed body as `Json`."""
        sqs = self.client("sqs")
        taken: list[dict] = []
        while messages := sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(message | {"Json": json.loads(message["Body"])})
        return taken

    def function_processes(self, function: str) -> list[int]:
        """The process ids in which this emulator runs the function now (Linux: read from /proc)."""
        if self._process is None:
            return []
        return processes.with_variable(self._process.pid, f"AWS_LAMBDA_FUNCTION_NAME={function}")

    def kill_caller(self, port: int) -> bool:
        """SIGKILLs the function whose end of a connection is at this port; says whether there was one."""
        callers = [pid for pid in processes.at_port(self._process.pid, port) if pid != self._process.pid]
        for pid in callers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(callers)

    def kill_function(self, function: str) -> int:
        """SIGKILLs every running process of the function, as a crash of its host would; says how many."""
        pids = self.function_processes(function)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    def logs(self, function: str) -> list[str]:
        """What the function has printed, oldest first."""
        logs = self.client("logs")
        group = f"/aws/lambda/{function}"
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []


def _without_what_is_not_here(template: dict) -> dict:
    gone = {name for name, resource in template["Resources"].items() if resource["Type"] in NOT_HERE}
    resources = {name: resource for name, resource in template["Resources"].items() if name not in gone}
    outputs = {name: output for name, output in template.get("Outputs", {}).items() if not _names(output, gone)}
    return template | {"Resources": resources, "Outputs": outputs}


def _output_of(output: dict, stack: str) -> str | None:
    """The output of a nested stack that an output is, if it is one of this stack's."""
    asked = ".".join(output["Value"].get("Fn::GetAtt", [])) if isinstance(output["Value"], dict) else ""
    return asked if asked.startswith(f"{stack}.Outputs.") else None


def _names(value: object, logical_ids: set[str]) -> bool:
    return any(f'"{one}"' in json.dumps(value) for one in logical_ids)


def _ministack_command() -> str:
    """The `ministack` beside the running Python, which is the one that tests/tools.sh installed."""
    beside = Path(sys.executable).parent / "ministack"
    command = str(beside) if beside.exists() else shutil.which("ministack")
    if command is None:
        raise FileNotFoundError("ministack is not installed: run tests/tools.sh and use .tools/venv/bin/python")
    return command


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
