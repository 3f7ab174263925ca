"""Holds what `cargo lambda deploy` sets, which stands in each function's Cargo.toml, against what the stack sets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
CRATES = sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))


def deployed(crate: str) -> Iterator[dict]:
    """The properties of every function of the templates that runs this crate's binary."""
    for file in (ROOT / "infra" / "sam").glob("[!.]*.yaml"):
        template = yaml_parse(file.read_text())
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Serverless::Function" and properties["CodeUri"].rstrip("/").endswith(f"/{crate}"):
                yield properties


@pytest.mark.parametrize("crate", CRATES)
def test_a_deploy_of_code_sets_what_the_stack_sets(crate: str) -> None:
    manifest = tomllib.loads((ROOT / "functions" / crate / "Cargo.toml").read_text())
    # Nothing else: whatever more it stated would overrule the stack at the next deploy of code.
    stated = manifest["package"]["metadata"]["lambda"]["deploy"]
    functions = list(deployed(crate))
    assert len(functions) == (2 if crate == "health-check" else 1)
    for properties in functions:
        assert stated == {
            "memory": properties["MemorySize"],
            "timeout": properties["Timeout"],
            "tracing": properties["Tracing"].lower(),
            "runtime": properties["Runtime"],
        }
