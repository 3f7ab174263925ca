"""The benchmark measures a program that speaks the Runtime API, and says so when one does not answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROBE = HERE.parent / "e2e" / "probe" / "bootstrap.py"


def cold_start(folder: Path, program: Path, *more: str) -> subprocess.CompletedProcess[str]:
    event = folder / "event.json"
    event.write_text(json.dumps({"detail": {"do": "greet"}}))
    options = ["--bin", f"probe={program}", "--event", str(event), "--runs", "1", "--warm", "2", "--no-peers", *more]
    return subprocess.run([sys.executable, HERE / "cold_start.py", *options], capture_output=True, text=True, timeout=120)


def test_a_program_gets_a_row_with_its_figures(tmp_path: Path) -> None:
    program = tmp_path / "bootstrap"
    program.write_bytes(PROBE.read_bytes())
    program.chmod(0o755)
    table = tmp_path / "table.md"
    done = cold_start(tmp_path, program, "--env", "GREETING=hello", "--markdown", str(table))
    assert done.returncode == 0, done.stderr
    [row] = [line for line in table.read_text().splitlines() if line.startswith("| probe")]
    name, init, first, total, *_rest, calls = [cell.strip() for cell in row.strip("|").split("|")]
    assert (name, calls) == ("probe", "0.0")
    assert all(float(figure) > 0 for figure in (init, first, total))


def test_a_program_that_ends_without_an_answer_is_named_with_what_it_printed(tmp_path: Path) -> None:
    program = tmp_path / "bootstrap"
    program.write_text("#!/bin/sh\necho no table\n")
    program.chmod(0o755)
    done = cold_start(tmp_path, program)
    assert done.returncode == 1
    assert "probe answered 0 of 3 events; it printed:\nno table" in done.stderr
