"""Plants mutations in a copy of the tree and says which of CI's 2,000 seeds finds each; writes docs/mutations.md.

All are planted at once, each behind a switch, so that the copy is built once. See docs/mutations.md for how to read the result.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from planted import aws, decide, engine, flags
from table import Misplaced, Mutation, plant

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "target" / "mutations"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LONGEST = 600
SIMULATED = decide.MUTATIONS + engine.MUTATIONS + flags.MUTATIONS
"""What finds a mutation that no seed does."""
SUITE = ["--profile", "ci", "-p", "tidegate-domain", "-p", "tidegate-engine", "-p", "tidegate-wire", "-p", "tidegate-sim", "-p", "tidegate-tests-sim"]
WIRE = ["-p", "tidegate-aws", "--all-features"]
PLAYED = ["--", "--skip", "two_thousand_random_worlds"]
"""What `first_failure` plays is not played again."""


@dataclass(frozen=True)
class Result:
    """What found a mutation."""

    mutation: Mutation
    found: bool
    by: str
    seconds: float


def main() -> int:
    """Plants, builds, plays, reports."""
    arguments = read_arguments()
    chosen = [m for m in SIMULATED if not arguments.only or m.name in arguments.only]
    of_aws = [m for m in aws.MUTATIONS if not arguments.only or m.name in arguments.only]
    try:
        planted_tree(plant(ROOT, SIMULATED + aws.MUTATIONS))
    except Misplaced as misplaced:
        print(f"mutations: {misplaced}", file=sys.stderr)
        return 2
    build = time.monotonic()
    cargo("build", "--profile", "ci", "-p", "tidegate-tests-sim", "--bin", "first_failure").check_returncode()
    print(f"built in {time.monotonic() - build:.0f} s", flush=True)
    clean = played(Mutation("", "", ()), arguments.seeds)
    if clean.found:
        print(f"mutations: without any, {clean.by}", file=sys.stderr)
        return 2
    for packages in [SUITE, WIRE] if arguments.suite else []:
        if (clean := tested(Mutation("", "", ()), packages)).found:
            print(f"mutations: without any, {clean.by} fails", file=sys.stderr)
            return 2
    results = [told(played(mutation, arguments.seeds)) for mutation in chosen]
    if arguments.suite:
        results = [result if result.found else told(tested(result.mutation, SUITE)) for result in results]
    wire = [told(tested(mutation, WIRE)) for mutation in of_aws]
    if arguments.out:
        Path(arguments.out).write_text(report(results, wire, arguments))
    return 0 if all(result.found for result in results + wire) else 1


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--suite", action="store_true", help="where no seed finds one, run the other tests")
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutation alone; may be repeated")
    parser.add_argument("--out", help="where to write the report")
    return parser.parse_args()


def planted_tree(changed: dict[str, str]) -> None:
    """A copy of the tree with some files changed. Files that are as they were keep their time, so that cargo builds no more."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    names = [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    texts = {name: (ROOT / name).read_bytes() for name in names}
    texts |= {name: text.encode() for name, text in changed.items()}
    for stale in set(copied()) - set(texts):
        (TREE / stale).unlink()
    for name, text in texts.items():
        path = TREE / name
        if not path.exists() or path.read_bytes() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)


def copied() -> list[str]:
    """The files of the copy."""
    return [str(path.relative_to(TREE)) for path in TREE.rglob("*") if path.is_file()]


def cargo(*arguments: str, planted: str = "", quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs cargo in the copy with one mutation switched on."""
    environment = os.environ | {"CARGO_TARGET_DIR": str(TARGET), "PLANTED": planted, "INSTA_UPDATE": "no"}
    pipe = subprocess.PIPE if quiet else None
    return subprocess.run(
        ["cargo", *arguments, "--locked", *(PLAYED if arguments[0] == "test" else [])], cwd=TREE, env=environment, stdout=pipe, stderr=pipe, text=True, check=False
    )


def played(mutation: Mutation, seeds: int) -> Result:
    """Plays seeds with one mutation until one of them breaks an invariant."""
    began = time.monotonic()
    environment = os.environ | {"PLANTED": mutation.name}
    binary = TARGET / "ci" / "first_failure"
    try:
        ran = subprocess.run(
            [binary, str(seeds)], env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return Result(mutation, True, f"it comes to no end within {LONGEST} s", LONGEST)
    said = ran.stdout.strip().splitlines()
    return Result(mutation, ran.returncode != 0, said[0] if said else ran.stderr.strip(), time.monotonic() - began)


def tested(mutation: Mutation, packages: list[str]) -> Result:
    """Runs tests with one mutation; which of them fail."""
    began = time.monotonic()
    ran = cargo("test", "--tests", "--no-fail-fast", *packages, planted=mutation.name, quiet=True)
    failed = sorted(set(re.findall(r"^test (\S+) .*FAILED$", ran.stdout, flags=re.MULTILINE)))
    by = "the test " + failed[0] + (f" and {len(failed) - 1} more" if len(failed) > 1 else "") if failed else ""
    return Result(mutation, bool(failed), by, time.monotonic() - began)


def told(result: Result) -> Result:
    """Says what came of one mutation at once."""
    print(f"{result.mutation.name}: {result.by if result.found else 'NOT FOUND'} ({result.seconds:.0f} s)", flush=True)
    return result


def report(results: list[Result], wire: list[Result], arguments: argparse.Namespace) -> str:
    """What was planted, and what found it, as Markdown."""
    seeds = [result for result in results if re.match(r"(seed|all seeds)", result.by)]
    lines = [
        "# Planted mutations",
        "",
        "Each is a fault that somebody could have written, planted in a copy of the tree by `make mutations` (`tests/mutations`). All are",
        "compiled at once, each behind a switch, and one is switched on at a time. `first_failure` then plays the worlds that CI plays, from",
        "seed 1 on, until an invariant breaks; *all seeds* means that every invariant held, and that CI failed all the same because",
        f"something was never reached any more. Seeds played at most: {arguments.seeds}.",
        "",
        f"- Planted: {len(results)}; found by the random worlds: {len(seeds)}; by another test alone:"
        f" {sum(result.found for result in results) - len(seeds)}; not found: {sum(not result.found for result in results)}",
        f"- Planted in the adapters of AWS: {len(wire)}; found by their wire tests: {sum(result.found for result in wire)}",
        "",
        "## Decisions, engine, functions",
        "",
        *table(results),
        "",
        "## Adapters of AWS",
        "",
        *table(wire),
    ]
    return "\n".join(lines) + "\n"


def table(results: list[Result]) -> list[str]:
    """A row for each mutation."""
    rows = [
        f"| {result.mutation.name} | {result.mutation.stands_for} | {found_by(result)} |".replace("\n", " ") for result in results
    ]
    return ["| planted | what it stands for | found by |", "|---|---|---|", *rows]


def found_by(result: Result) -> str:
    """Seed and invariant, or the test; what was found there in particular is for whoever plays it again."""
    if not result.found:
        return f"**NOT FOUND**: {result.mutation.unfound or 'nobody has looked why'}"
    broken = re.match(r"(seed \d+): ([^:]*)", result.by)
    return f"{broken[1]}: *{broken[2]}*" if broken else result.by


if __name__ == "__main__":
    sys.exit(main())
