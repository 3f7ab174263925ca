#!/usr/bin/env python3
"""How long a function takes to start and to answer its first event, beside the same job in Python and Node.

    cold_start.py --bin traffic-shift=target/lambda/traffic-shift/bootstrap --event events/rollout-requested.json \\
                  --bin notify=target/lambda/notify/bootstrap               --event events/rollout-ended.json \\
                  [--env TIDEGATE_BUS=tidegate] [--runs 15] [--markdown FILE]

Each run starts a fresh process against a Lambda Runtime API of our own, and measures

    init    start of the process until it asks for its first event
    first   first event handed out until its answer is here; the AWS clients are made in here
    warm    the same for the events after it, their median
    RSS     the most memory the process has held
    calls   AWS calls per event: with none, no TLS was measured

AWS is a stub on this machine that answers over HTTPS, because the first TLS handshake is the larger part
of a cold start and plain HTTP would hide it. It knows nothing: items are not found, writes succeed.
A function that answers an event with an error is measured all the same, and marked.

Runs of all candidates take turns, so that a busy moment of the machine strikes all of them alike.
Standard library only, and `openssl` for the certificates. Linux: the memory is read from /proc.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, socket

from aws_stub import AwsStub, Certificates
from http_wire import HttpRequest, listen, read_request, write_response

HERE = Path(__file__).resolve().parent
REGION = "eu-west-1"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:123456789012:function:bench"
PEER_EVENT = {"rollout": "checkout#7"}
LONGEST_RUN_SECONDS = 60


@dataclass(frozen=True)
class Candidate:
    """A program that speaks the Runtime API, and the event it is measured with."""

    name: str
    command: list[str]
    event: object
    binary: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What one process showed; times in milliseconds, memory in MiB."""

    init: float
    first: float
    warm: float
    memory: float
    calls: float
    failed: bool


class RuntimeApi:
    """Lambda's side of the Runtime API for one process: hands out events and takes the time of each answer."""

    def __init__(self, event: object, events: int):
        self._event = event
        self._events = events
        self._handed_out_at: list[float] = []
        self._lock = threading.Lock()
        self.asked_first_at: float | None = None
        self.durations: list[float] = []
        self.failed = False
        self.finished = threading.Event()
        self._listener = listen()
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket) -> None:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        try:
            while request := read_request(stream):
                now = time.perf_counter()
                with self._lock:
                    if not self._answer(connection, request, now):
                        return
        except OSError:  # the process was ended
            return

    def _answer(self, connection: socket, request: HttpRequest, now: float) -> bool:
        """Answers one request; False once the process has asked for more events than there are."""
        if request.path.endswith("/invocation/next"):
            self.asked_first_at = self.asked_first_at or now
            if len(self._handed_out_at) == self._events:
                self.finished.set()
                return False
            self._hand_out(connection)
        else:
            if request.path.endswith("/init/error"):
                self.failed = True
                self.finished.set()
            else:
                self.durations.append((now - self._handed_out_at[-1]) * 1000)
                self.failed |= request.path.endswith("/error")
            write_response(connection, 202, {"Content-Type": "application/json"}, b'{"status":"OK"}')
        return True

    def _hand_out(self, connection: socket) -> None:
        number = len(self._handed_out_at) + 1
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": f"00000000-0000-4000-8000-{number:012d}",
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + LONGEST_RUN_SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        }
        body = json.dumps(self._event).encode()
        self._handed_out_at.append(time.perf_counter())
        write_response(connection, 200, headers, body)


def run_once(candidate: Candidate, stub: AwsStub, warm_events: int, log_file: Path) -> Run:
    """Starts the candidate once, lets it answer 1 + `warm_events` events and ends it."""
    api = RuntimeApi(candidate.event, 1 + warm_events)
    calls_before = stub.calls()
    environment = lambda_environment(api.address) | stub.environment() | candidate.environment
    with log_file.open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            candidate.command, env=environment, cwd=HERE, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until_finished(api, process)
        if len(api.durations) != 1 + warm_events:
            printed = log_file.read_text(errors="replace")[-2000:]
            raise SystemExit(f"{candidate.name} answered {len(api.durations)} of {1 + warm_events} events; it printed:\n{printed}")
        memory = peak_memory(process.pid)
    finally:
        # Each candidate leads a process group of its own, so that a wrapper script ends with what it started.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        api.close()
    return Run(
        init=(api.asked_first_at - started) * 1000,
        first=api.durations[0],
        warm=statistics.median(api.durations[1:]),
        memory=memory,
        calls=(stub.calls() - calls_before) / len(api.durations),
        failed=api.failed,
    )


def wait_until_finished(api: RuntimeApi, process: subprocess.Popen) -> None:
    """Returns when the last event is answered, the process has ended, or it has taken far too long."""
    deadline = time.monotonic() + LONGEST_RUN_SECONDS
    while not api.finished.wait(0.2) and process.poll() is None and time.monotonic() < deadline:
        pass


def lambda_environment(runtime_api: str) -> dict[str, str]:
    """What Lambda sets for every function, and nothing of this shell's but PATH."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_SESSION_TOKEN": "example",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": str(HERE),
        "TIDEGATE_TABLE": "tidegate",
    }


def peak_memory(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc tells no VmHWM")


# Candidates


def peers() -> list[Candidate]:
    """The same small job in Python and in Node; one that is not installed is left out, and said so."""
    found = []
    if subprocess.run([sys.executable, "-c", "import awslambdaric, boto3"], capture_output=True).returncode == 0:
        command = [sys.executable, "-m", "awslambdaric", "peer_python.handler"]
        found.append(Candidate("Python, boto3", command, PEER_EVENT))
    else:
        print("no Python peer: run this with .tools/venv/bin/python (tests/tools.sh makes it)", file=sys.stderr)
    if shutil.which("node") and (HERE / "node_modules").is_dir():
        found.append(Candidate("Node, AWS SDK v3", ["node", str(HERE / "peer_node.mjs")], PEER_EVENT))
    else:
        print("no Node peer: it needs Node 20 and tests/tools.sh node", file=sys.stderr)
    return found


def zip_size(binary: Path) -> int:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(binary, "bootstrap")
    return len(package.getvalue())


# Measuring and showing

COLUMNS = ["function", "init ms", "first ms", "init + first ms", "warm ms", "RSS MiB", "binary MB", "zip MB", "calls"]


def measure(candidates: list[Candidate], runs: int, warm_events: int) -> dict[str, list[Run]]:
    results: dict[str, list[Run]] = {candidate.name: [] for candidate in candidates}
    with tempfile.TemporaryDirectory() as folder, AwsStub(Certificates(Path(folder))) as stub:
        for number in range(runs + 1):
            for candidate in candidates:
                run = run_once(candidate, stub, warm_events, Path(folder) / "output.log")
                if number > 0:  # the first brings the files into the page cache
                    results[candidate.name].append(run)
    return results


def row(candidate: Candidate, runs: list[Run]) -> list[str]:
    def median(value) -> float:
        return statistics.median(value(run) for run in runs)

    sizes = ["", ""]
    if candidate.binary:
        sizes = [f"{candidate.binary.stat().st_size / 1e6:.1f}", f"{zip_size(candidate.binary) / 1e6:.1f}"]
    return [
        candidate.name + (" (answers with an error)" if any(run.failed for run in runs) else ""),
        f"{median(lambda run: run.init):.1f}",
        f"{median(lambda run: run.first):.1f}",
        f"{median(lambda run: run.init + run.first):.1f}",
        f"{median(lambda run: run.warm):.2f}",
        f"{median(lambda run: run.memory):.1f}",
        *sizes,
        f"{median(lambda run: run.calls):.1f}",
    ]


def as_text(rows: list[list[str]]) -> str:
    widths = [max(len(cells[i]) for cells in [COLUMNS, *rows]) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join([cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))])
        for cells in [COLUMNS, *rows]
    )


def as_markdown(rows: list[list[str]], runs: int) -> str:
    ruler = ["---", *["--:"] * (len(COLUMNS) - 1)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in [COLUMNS, ruler, *rows])
    return f"Medians of {runs} runs over HTTPS on {os.cpu_count()} cores, by `tests/bench/cold_start.py`.\n\n{table}\n"


class AddBinary(argparse.Action):
    """--bin NAME=PATH opens a candidate."""

    def __call__(self, parser, namespace, value, option_string=None):
        name, separator, path = value.partition("=")
        if not separator or not Path(path).is_file():
            parser.error(f"--bin {value}: expected NAME=PATH of a program")
        namespace.binaries = [*(namespace.binaries or []), (name, Path(path).resolve(), None)]


class AddEvent(argparse.Action):
    """--event FILE belongs to the --bin before it."""

    def __call__(self, parser, namespace, value, option_string=None):
        if not namespace.binaries:
            parser.error("--event comes after the --bin it belongs to")
        name, path, _ = namespace.binaries[-1]
        try:
            event = json.loads(Path(value).read_text())
        except (OSError, ValueError) as error:
            parser.error(f"--event {value}: {error}")
        namespace.binaries = [*namespace.binaries[:-1], (name, path, event)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", action=AddBinary, dest="binaries", metavar="NAME=PATH", help="a function's bootstrap; may be given again")
    parser.add_argument("--event", action=AddEvent, dest="binaries", metavar="FILE", help="the event of the --bin before it, as JSON")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="set for the binaries; may be given again")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--warm", type=int, default=20, help="events after the first, in each run")
    parser.add_argument("--no-peers", action="store_true", help="leave Python and Node out")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    given = parser.parse_args()
    if without := [name for name, _, event in given.binaries or [] if event is None]:
        parser.error(f"no --event for {', '.join(without)}")
    if given.runs < 1 or given.warm < 1:
        parser.error("--runs and --warm are at least 1")
    return given


def main() -> None:
    given = arguments()
    environment = dict(pair.partition("=")[::2] for pair in given.env)
    candidates = [
        Candidate(name, [str(path)], event, binary=path, environment=environment) for name, path, event in given.binaries or []
    ]
    candidates += [] if given.no_peers else peers()
    if not candidates:
        raise SystemExit("nothing to measure: give a --bin, or install the peers")
    results = measure(candidates, given.runs, given.warm)
    rows = [row(candidate, results[candidate.name]) for candidate in candidates]
    print(as_text(rows))
    print(f"\nmedians of {given.runs} runs; load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if given.markdown:
        given.markdown.write_text(as_markdown(rows, given.runs))


if __name__ == "__main__":
    main()
