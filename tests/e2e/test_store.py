"""The store's own tests, which are Rust, on the emulator's tables: real conditions, transactions and indexes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from cloud import Cloud

ROOT = Path(__file__).resolve().parents[2]


def test_the_store_keeps_its_promises_on_a_table_that_checks_conditions(cloud: Cloud) -> None:
    # The same selection and features as `make unit` has, so that nothing is compiled anew.
    command = "cargo test --locked --workspace --all-features --test emulator -- --ignored".split()
    environment = {**os.environ, "AWS_ENDPOINT_URL": cloud.endpoint}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"ok\. [1-9]\d* passed; 0 failed; 0 ignored", run.stdout), run.stdout
