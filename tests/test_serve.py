"""`katheder ui`: one process serves the app, and nothing is left when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as reply:
            return reply.read() == b"ok"
    except OSError:
        return False


@pytest.fixture
def server(tmp_path):
    """Start `katheder ui` in an empty folder and wait until it answers; gives process and port."""
    port = _free_port()
    root = Path(__file__).parents[1]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "ui", "--headless", f"--port={port}"],
            cwd=tmp_path,
            env=os.environ
            | {"PYTHONPATH": str(root), "KATHEDER_LIBRARY": str(tmp_path / "library")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        end = time.monotonic() + 90
        while not _answers(port) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert _answers(port), (tmp_path / "log").read_text()
        yield process, port
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_ending_the_process_frees_the_port(server, name):
    process, port = server
    if not hasattr(signal, name):
        pytest.skip(f"this system has no {name}")
    os.kill(process.pid, getattr(signal, name))
    process.wait(timeout=30)
    with socket.create_server(("127.0.0.1", port)):
        assert not _answers(port)


@pytest.mark.slow
def test_the_modules_of_the_app_hide_no_others(tmp_path):
    """Streamlit puts the folder of the main script first on the path: ui/text.py, ui/job.py, ..."""
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from ingest import resources\n"
        "folder = str(resources.package_file('ui'))\n"
        "sys.path.insert(0, folder)\n"
        "AppTest.from_file(resources.package_file('ui', 'app.py'), default_timeout=90).run()\n"
        "print(folder in sys.path)\n"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root), "KATHEDER_LIBRARY": str(tmp_path / "library")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False"
