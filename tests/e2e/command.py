"""The operator's command, called as a person calls it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cloud import REGION
from house import ROOT

# The exit codes of `tidegate --help`.
GOOD, BAD, UNDECIDED, USAGE, DATA, UNAVAILABLE, DENIED = 0, 1, 2, 64, 65, 69, 77


def built() -> Path:
    """The command, compiled where it is not fresh; `TIDEGATE_E2E_CLI` names one that is tested as it is."""
    if given := os.environ.get("TIDEGATE_E2E_CLI"):
        return Path(given)
    subprocess.run(["cargo", "build", "--quiet", "--locked", "-p", "tidegate"], cwd=ROOT, check=True)
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "tidegate"


@dataclass(frozen=True)
class Called:
    """What a call of the command came to."""

    exit: int
    stdout: str
    stderr: str

    @property
    def document(self):
        return json.loads(self.stdout)


class Command:
    """`tidegate` as a person named ana has it, in front of an endpoint."""

    def __init__(self, endpoint: str, binary: Path, home: Path):
        self._binary = binary
        self._home = home
        self._variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def __call__(self, *line: str | Path, **variables: str | None) -> Called:
        """Calls it; `variables` are added to its environment, or taken out of it."""
        return ended(self.begun(*line, **variables))

    def begun(self, *line: str | Path, **variables: str | None) -> subprocess.Popen:
        """Calls it and does not wait for its end."""
        # Only what is said here: neither profiles nor instance roles of this machine.
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._home), "USER": "ana"}
        environment |= {"AWS_EC2_METADATA_DISABLED": "true"} | self._variables
        environment = {name: value for name, value in (environment | variables).items() if value is not None}
        return subprocess.Popen(
            [self._binary, *line], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def json(self, *line: str | Path, exit: int = GOOD):
        """Calls it as a machine does; the document that it prints."""
        called = self(*line, "--output", "json")
        assert called.exit == exit, called
        return called.document


def ended(call: subprocess.Popen) -> Called:
    """Waits for the end of a call."""
    stdout, stderr = call.communicate(timeout=120)
    return Called(call.returncode, stdout, stderr)
