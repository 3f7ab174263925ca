#!/usr/bin/env python3
"""Holds the order of the house: which crate may see which, and which may see no AWS and no runtime.

The order is the allow-list below. `cargo metadata` says what each crate names; `cargo tree` says what that pulls in.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUNCTIONS = ["traffic-shift", "health-check", "feature-flag", "rollback", "notify"]
FUNCTION_CRATES = {f"tidegate-{name}" for name in FUNCTIONS}
CORE = {"tidegate-judge", "tidegate-domain", "tidegate-wire", "tidegate-engine"}

# Each crate and the crates of the house that it may name. Neither adapter sees the other; nothing but a function's
# own `aws` feature, and that of the command, brings the AWS adapter in.
MAY_SEE = {
    "tidegate-judge": set(),
    "tidegate-domain": {"tidegate-judge"},
    "tidegate-wire": {"tidegate-domain"},
    "tidegate-engine": {"tidegate-judge", "tidegate-domain", "tidegate-wire"},
    "tidegate-sim": CORE,
    "tidegate-aws": CORE,
    **{crate: {"tidegate-domain", "tidegate-wire", "tidegate-engine", "tidegate-aws"} for crate in FUNCTION_CRATES},
    "tidegate": CORE | FUNCTION_CRATES | {"tidegate-sim", "tidegate-aws"},
    "tidegate-tests-fuzz": set(),
    "tidegate-tests-judge": {"tidegate-judge"},
    "tidegate-tests-model": set(),
    "tidegate-tests-sim": CORE | FUNCTION_CRATES | {"tidegate-sim", "tidegate"},
}

# What must not be pulled in, however far down, without the `aws` feature.
PURE = {"tidegate-judge", "tidegate-domain"}
COMMANDS = {"tidegate", "tidegate-tests-sim"}
FORBIDDEN_ALWAYS = ("aws-", "lambda_runtime", "hyper", "reqwest")
FORBIDDEN_BUT_IN_COMMANDS = (*FORBIDDEN_ALWAYS, "tokio")
FORBIDDEN_IN_PURE = (*FORBIDDEN_BUT_IN_COMMANDS, "async-trait", "futures", "tracing", "rand", "fastrand")
JUDGE_PULLS_IN = {"tidegate-judge", "libm"}

MAIN_LINES = 40


def cargo(*arguments: str) -> str:
    """Runs cargo in the workspace and returns what it prints."""
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def names_in_tree(crate: str) -> set[str]:
    """Every crate that a build of this one without default features contains."""
    tree = cargo("tree", "--locked", "-p", crate, "-e", "normal", "--no-default-features", "--prefix", "none", "-f", "{p}")
    return {line.split()[0] for line in tree.splitlines() if line.strip()}


def direct_faults() -> list[str]:
    """Crates that name a crate of the house which they may not see."""
    packages = json.loads(cargo("metadata", "--locked", "--no-deps", "--format-version", "1"))["packages"]
    faults = []
    for package in packages:
        crate = package["name"]
        if crate not in MAY_SEE:
            faults.append(f"{crate}: not in the allow-list of {pathlib.Path(__file__).name}; say there what it may see")
            continue
        named = {d["name"] for d in package["dependencies"] if d["kind"] is None and d["name"].startswith("tidegate")}
        faults += [f"{crate}: may not see {other}" for other in sorted(named - MAY_SEE[crate])]
    return faults


def pulled_in_faults() -> list[str]:
    """Crates that pull in what they must not contain."""
    faults = []
    for crate in sorted(set(MAY_SEE) - {"tidegate-aws"}):
        tree = names_in_tree(crate)
        forbidden = FORBIDDEN_BUT_IN_COMMANDS
        if crate in PURE:
            forbidden = FORBIDDEN_IN_PURE
        elif crate in COMMANDS:
            forbidden = FORBIDDEN_ALWAYS
        faults += [f"{crate}: pulls in {name}" for name in sorted(tree) if name.startswith(forbidden)]
        if crate == "tidegate-judge":
            faults += [f"{crate}: pulls in {name}" for name in sorted(tree - JUDGE_PULLS_IN)]
    return faults


def main_faults() -> list[str]:
    """A function's main.rs wires and does nothing else."""
    faults = []
    for main in sorted(ROOT.glob("functions/*/src/main.rs")):
        lines = len(main.read_text().splitlines())
        if lines >= MAIN_LINES:
            faults.append(f"{main.relative_to(ROOT)}: {lines} lines; it only wires, in under {MAIN_LINES}")
    return faults


def run() -> int:
    """Prints every fault; 1 when there is one."""
    faults = direct_faults() + pulled_in_faults() + main_faults()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"layers: {len(MAY_SEE)} crates, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(run())
