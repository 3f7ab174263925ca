"""The processes of a group, told apart by what /proc says of them (Linux)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def of_group(group: int) -> list[int]:
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getpgid(int(entry.name)) == group:
                members.append(int(entry.name))
    return members


def with_variable(group: int, variable: str) -> list[int]:
    """Those in whose environment `NAME=value` stands."""
    return [pid for pid in of_group(group) if variable.encode() in _environment(pid)]


def at_port(group: int, port: int) -> list[int]:
    """Those that have a TCP connection open whose own end is at this port."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    return [pid for pid in of_group(group) if sockets & _open_files(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it ended in the meantime
        return []


def _inodes(port: int) -> list[str]:
    # sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [fields[9] for fields in lines if fields[1].endswith(f":{port:04X}")]


def _open_files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it ended in the meantime
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found.add(os.readlink(descriptor.path))
    return found
