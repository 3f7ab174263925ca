"""Terraform on a copy of the module, without registry and account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .provider import serving
from .schema import extract

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODULE = ROOT / "infra/terraform"
LIB = HERE / "node_modules/@cdktn/provider-aws/lib"
FUNCTIONS = ("traffic-shift", "health-check", "rollback", "feature-flag", "notify")


class Refused(Exception):
    """What Terraform said where it refused."""


@dataclass(frozen=True)
class Terraform:
    environment: dict[str, str]

    def run(self, folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments], cwd=folder, env=self.environment, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            raise Refused(f"{folder.name}: terraform {arguments[0]}\n{done.stdout}{done.stderr}")
        return done.stdout

    def validate(self, folder: Path) -> None:
        self.run(folder, "init", "-backend=false", "-input=false", "-no-color")
        self.run(folder, "validate", "-no-color")

    def plan(self, folder: Path, variables: dict | None = None) -> dict:
        """What Terraform would make, as `terraform show -json` has it."""
        (folder / "terraform.tfvars.json").write_text(json.dumps(variables or {}))
        self.validate(folder)
        self.run(folder, "plan", "-refresh=false", "-input=false", "-no-color", "-out=plan")
        return json.loads(self.run(folder, "show", "-json", "plan"))

    def test(self, folder: Path) -> str:
        self.validate(folder)
        return self.run(folder, "test", "-no-color")


@contextmanager
def offline() -> Iterator[Terraform]:
    """Nothing of the caller's own Terraform or AWS settings is seen."""
    with serving(extract(LIB, [MODULE])) as provider:
        yield Terraform(
            {
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/"),
                "CHECKPOINT_DISABLE": "1",
                "TF_CLI_CONFIG_FILE": os.devnull,
                "TF_IN_AUTOMATION": "1",
                "TF_REATTACH_PROVIDERS": provider,
            }
        )


def copy_module(into: Path) -> Path:
    """A copy where Terraform may write, with an empty package wherever one is asked for."""
    module = into / "infra/terraform"
    shutil.copytree(MODULE, module, ignore=shutil.ignore_patterns(".terraform*"))
    for function in FUNCTIONS:
        package = into / "target/lambda" / function / "bootstrap.zip"
        package.parent.mkdir(parents=True)
        package.touch()
    (module / "examples/guarded/checkout.zip").touch()
    return module
