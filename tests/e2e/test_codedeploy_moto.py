"""The adapters' own calls of CodeDeploy, answered by moto, which others wrote.

Ministack has no CodeDeploy. Moto creates, lists and describes applications, groups and deployments and knows their tags; it
has no targets, lifecycle events, waits, hooks or stops, and its deployments stay `Created`. Those are proven on recorded answers
alone (shared/aws/tests/wire).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cloud import code_deploy

ROOT = Path(__file__).resolve().parents[2]


def test_a_deployment_is_started_found_and_read() -> None:
    command = "cargo test --quiet --locked --workspace --all-features --test moto -- --ignored".split()
    environment = os.environ | {"AWS_ENDPOINT_URL": code_deploy()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout, done.stdout
