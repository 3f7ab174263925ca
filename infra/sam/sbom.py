#!/usr/bin/env python3
"""Writes what each function's binary is linked of, as a CycloneDX document beside its package: sbom.py FOLDER FUNCTION...

cargo-cyclonedx says everything of every crate, but resolves features for the whole workspace, so that it lists too much for one
binary; `cargo tree` says what exactly one is linked of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = "aarch64-unknown-linux-gnu"
NAME = "bootstrap.cdx"


def main(folder: str, functions: list[str]) -> int:
    """Writes a document for each function."""
    tool = ROOT / ".tools/bin/cargo-cyclonedx"
    if not tool.exists():
        print(f"sbom.py: there is no {tool.relative_to(ROOT)}; tests/tools.sh sbom installs it", file=sys.stderr)
        return 1
    try:
        described = [ROOT / "functions" / name / f"{NAME}.json" for name in functions]
        # Of whatever time it is made: the same sources have the same document.
        environment = os.environ | {"SOURCE_DATE_EPOCH": commit_time()}
        run(str(tool), "cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", TARGET,
            "--no-build-deps", "--override-filename", NAME, "--quiet", environment=environment)
        for name, path in zip(functions, described, strict=True):
            document = only_linked(json.loads(path.read_text()), linked(name))
            (Path(folder) / name / f"{NAME}.json").write_text(json.dumps(document, indent=1) + "\n")
    finally:
        for stray in [*ROOT.glob(f"*/{NAME}.json"), *ROOT.glob(f"*/*/{NAME}.json")]:
            stray.unlink()
    return 0


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """Runs a command in the repository and gives what it prints."""
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def commit_time() -> str:
    """When these sources were committed."""
    return run("git", "log", "-1", "--format=%ct").strip()


def linked(function: str) -> set[tuple[str, str]]:
    """Names and versions of what the function's binary is linked of. Macros run in the build alone."""
    tree = run("cargo", "tree", "--locked", "-p", f"tidegate-{function}", "--edges", "normal,no-proc-macro",
               "--target", TARGET, "--prefix", "none", "--format", "{p}")
    words = (line.split() for line in tree.splitlines() if line)
    return {(name, version.removeprefix("v")) for name, version, *_ in words}


def only_linked(document: dict[str, Any], wanted: set[tuple[str, str]]) -> dict[str, Any]:
    """The document with these components alone."""
    kept = [component for component in document["components"] if (component["name"], component["version"]) in wanted]
    known = {component["bom-ref"] for component in kept} | {document["metadata"]["component"]["bom-ref"]}
    edges = [
        edge | {"dependsOn": [ref for ref in edge.get("dependsOn", []) if ref in known]}
        for edge in document["dependencies"]
        if edge["ref"] in known
    ]
    return document | {"components": kept, "dependencies": edges}


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
