"""What a release says that its binaries are made of is what they are linked of."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ["traffic-shift", "health-check", "rollback", "notify", "feature-flag"]
OF_TESTS = {"proptest", "insta", "ciborium", "stateright", "jsonschema", "divan", "tidegate-sim", "tidegate", "aws-config"}
"""Crates of tests and of the command, which no function links."""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `sbom.py` writes beside the package of each function."""
    folder = tmp_path_factory.mktemp("lambda")
    for name in FUNCTIONS:
        (folder / name).mkdir()
    subprocess.run([ROOT / "infra/sam/sbom.py", folder, *FUNCTIONS], check=True)
    return {name: json.loads((folder / name / "bootstrap.cdx.json").read_text()) for name in FUNCTIONS}


def versions(document: dict[str, Any]) -> dict[str, set[str]]:
    """The versions that are listed of each crate."""
    listed: dict[str, set[str]] = {}
    for component in document["components"]:
        listed.setdefault(component["name"], set()).add(component["version"])
    return listed


def test_every_crate_has_the_version_of_the_lock_file(documents: dict[str, dict[str, Any]]) -> None:
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    locked = {(package["name"], package["version"]) for package in packages}
    for name, document in documents.items():
        listed = {(crate, version) for crate, found in versions(document).items() for version in found}
        assert listed <= locked, name
        assert {crate for crate, _ in listed} >= {"aws-sdk-dynamodb", "rustls", "tidegate-domain"}, name


def test_a_function_lists_the_services_that_it_links_and_no_other(documents: dict[str, dict[str, Any]]) -> None:
    clients = {
        name: {crate.removeprefix("aws-sdk-") for crate in versions(document) if crate.startswith("aws-sdk-")}
        for name, document in documents.items()
    }
    assert clients["notify"] == {"dynamodb", "eventbridge", "sns"}
    assert clients["rollback"] == {"codedeploy", "dynamodb", "ecs", "eventbridge", "lambda"}
    assert "appconfig" in clients["feature-flag"]


def test_nothing_is_listed_that_only_tests_need(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        assert not OF_TESTS & set(versions(document)), name


def test_every_crate_of_others_says_its_licence_and_where_it_is_from(documents: dict[str, dict[str, Any]]) -> None:
    for document in documents.values():
        for component in document["components"]:
            assert component.get("licenses"), component["name"]
            assert component["purl"].startswith(f"pkg:cargo/{component['name']}@{component['version']}")


def test_nothing_is_left_among_the_sources(documents: dict[str, dict[str, Any]]) -> None:
    assert documents
    assert not list(ROOT.glob("functions/*/*.cdx.json")) + list(ROOT.glob("shared/*/*.cdx.json"))
