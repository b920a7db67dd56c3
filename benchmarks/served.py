"""A service in a process of its own, over a copy of a library, for measurements of whole requests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_START_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Served:
    """A service that answers."""

    address: str
    process: int
    folder: Path  # of its library

    @property
    def processor_seconds(self) -> float:
        """What it has used of the processor so far; 0 where the system has no `/proc`."""
        file = Path(f"/proc/{self.process}/stat")
        if not file.is_file():
            return 0.0
        fields = file.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_mb(self) -> float:
        """Its resident memory in megabytes, without its children; 0 where there is no `/proc`."""
        file = Path(f"/proc/{self.process}/status")
        if not file.is_file():
            return 0.0
        [line] = [line for line in file.read_text().splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024


@contextmanager
def served(
    library: Path, prepare: Callable[[Path], None] = lambda folder: None, **environment: str
) -> Iterator[Served]:
    """Serve a copy of a library by `katheder serve`, and wait until it is ready.

    Args:
        library: Its folder.
        prepare: Is called with the copy's folder before it is served.
        environment: Further variables, such as settings.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "library"
        shutil.copytree(library, folder)
        prepare(folder)
        with serving(folder, **environment) as service:
            yield service


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Served]:
    """Serve a library itself by `katheder serve`, and wait until it is ready.

    Args:
        folder: The library's.
        environment: Further variables, such as settings.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli", "serve", "--library", str(folder)]
    process = subprocess.Popen(
        [*command, f"--port={port}"], stderr=subprocess.DEVNULL, env=os.environ | environment
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address)
        yield Served(address, process.pid, folder)
    finally:
        process.terminate()
        process.wait(90)


def _wait_until_ready(address: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            if httpx.get(f"{address}/ready", timeout=30).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > end:
            raise SystemExit("the service did not become ready")
        time.sleep(0.2)
