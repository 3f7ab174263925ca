"""Mutations that cargo-mutants thinks of, planted at once behind switches and played; what no seed finds is printed.

Planted are bodies of functions, guards of matches and dropped negations, where the other value is of the right type for sure: one that
is not would stop the build of all of them. `make mutants` builds and tests any of them one at a time.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass

from run import ROOT, SUITE, Result, cargo, planted_tree, played, tested, told
from table import Mutation, with_switches

UNSURE = re.compile(r"default\(|Box::|iter::|xyzzy|\(None|\(Some")
"""Values that not every type has."""


@dataclass(frozen=True)
class Spot:
    """What is written into a file to plant a mutation."""

    name: str
    file: str
    written: tuple[tuple[int, int, str], ...]
    """Where, in which order among what stands in the same place, and what."""


def main() -> int:
    """Lists, plants, builds, plays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", default="tidegate-engine")
    parser.add_argument("--share", default="0/1", metavar="K/N", help="every Nth of them, from the Kth on")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--suite", action="store_true", help="where no seed finds one, run the other tests")
    arguments = parser.parse_args()
    share, of = map(int, arguments.share.split("/"))
    known = listed(arguments.package)
    chosen = [spot for spot in map(spot_of, known) if spot][share::of]
    print(f"{len(known)} known, {len(chosen)} planted", flush=True)
    planted_tree(with_switches(ROOT, planted(chosen)))
    cargo("build", "--profile", "ci", "-p", "tidegate-tests-sim", "--bin", "first_failure").check_returncode()
    if (clean := played(Mutation("", "", ()), arguments.seeds)).found:
        print(f"without any, {clean.by}", file=sys.stderr)
        return 2
    results = [told(played(Mutation(spot.name, "", ()), arguments.seeds)) for spot in chosen]
    print(f"{sum(result.found for result in results)} of {len(results)} are found by a seed", flush=True)
    if arguments.suite:
        rest = [told(tested(result.mutation, SUITE)) for result in results if not result.found]
        print(f"{sum(result.found for result in rest)} of the other {len(rest)} by another test")
    return 0


def listed(package: str) -> list[dict]:
    """All mutants of a package, as cargo-mutants lists them."""
    command = [ROOT / ".tools" / "bin" / "cargo-mutants", "mutants", "--list", "--json", "--package", package]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def spot_of(mutant: dict) -> Spot | None:
    """Where and how it is planted; `None` where it cannot be."""
    file, name, instead = mutant["file"], mutant["name"].replace('"', "'"), mutant["replacement"]
    source = (ROOT / file).read_text()
    start, stop = (offset(source, mutant["span"][end]) for end in ("start", "end"))
    here = f'crate::planted("{name}")'
    match mutant["genre"]:
        case _ if mutant["function"] is None or is_const(source, mutant["function"]["span"]):
            return None
        case "FnValue" if not UNSURE.search(instead):
            return Spot(name, file, ((start, 0, f"if {here} {{ return {instead}; }}\n"),))
        case "MatchArmGuard":
            choice = f"{here} || (" if instead == "true" else f"!{here} && ("
            return Spot(name, file, ((start, 0, choice), (stop, 0, ")")))
        case "UnaryOperator" if source[start:stop] == "!":
            return Spot(name, file, ((start, 1, f"{here} ^ "),))
        case _:
            return None


def planted(spots: list[Spot]) -> dict[str, str]:
    """The files with all of them in."""
    files = {spot.file: (ROOT / spot.file).read_text() for spot in spots}
    for file, source in files.items():
        written = sorted((one for spot in spots if spot.file == file for one in spot.written), key=lambda one: one[:2])
        for place, _, text in reversed(written):
            source = source[:place] + text + source[place:]
        files[file] = source
    return files


def offset(source: str, place: dict) -> int:
    """The place in the text of a line and a column, which are counted from 1."""
    lines = source.splitlines(keepends=True)
    return sum(map(len, lines[: place["line"] - 1])) + place["column"] - 1


def is_const(source: str, span: dict) -> bool:
    """Whether a function is evaluated by the compiler, where nobody can switch."""
    return "const fn" in source[offset(source, span["start"]) : offset(source, span["end"])].split("{")[0]


if __name__ == "__main__":
    sys.exit(main())
