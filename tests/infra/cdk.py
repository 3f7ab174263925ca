"""The CDK construct, synthesized: a CloudFormation template like any other, without an account and a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "infra/cdk"
IS_THERE = bool(shutil.which("node")) and (PACKAGE / "node_modules").is_dir()


def installation(out: Path, props: Mapping[str, object] | None = None) -> Path:
    """The template of an installation with these props; those that are not named have their defaults."""
    _build()
    run = ["node", "build/test/installation.js", json.dumps(props or {})]
    # CDK's own validation is check_cdk.sh's; the made-up packages go where the template goes.
    environment = os.environ | {"CDK_OUTDIR": str(out), "CDK_VALIDATION": "false", "TMPDIR": str(out.parent)}
    return Path(_output(run, environment).strip())


@cache
def _build() -> None:
    """Compiles what has changed since the last time."""
    _output(["npm", "run", "--silent", "build"], os.environ)


def _output(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout
