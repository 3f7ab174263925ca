"""Checks the Terraform module and its examples; tests/infra/check_terraform.sh runs it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .offline import MODULE, Refused, Terraform, copy_module, offline


def check(terraform: Terraform, module: Path) -> None:
    terraform.run(MODULE, "fmt", "-check", "-recursive", "-diff")
    print("terraform: formatted")
    for folder in (module, module / "examples/complete", module / "examples/guarded"):
        changes = terraform.plan(folder)["resource_changes"]
        print(f"terraform: {folder.relative_to(module.parents[1])} is valid and plans {len(changes)} resources")
    print(f"terraform test: {terraform.test(module).splitlines()[-1]}")


def main() -> int:
    try:
        with offline() as terraform, tempfile.TemporaryDirectory() as folder:
            check(terraform, copy_module(Path(folder)))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
