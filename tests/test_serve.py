"""`katheder ui`: one process serves the app, and nothing is left when it ends."""

from __future__ import annotations

import http.client
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
    process.wait(timeout=120)
    with socket.create_server(("127.0.0.1", port)):
        assert not _answers(port)


def _reply(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Status and body of a GET with any headers, Host among them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(
        "GET", path, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )
    reply = connection.getresponse()
    body = reply.read().decode(errors="replace")
    connection.close()
    return reply.status, body


@pytest.mark.slow
def test_app_and_service_are_one_application_for_this_machine_alone(server):
    _, port = server
    assert _reply(port, "/health") == (200, '{"status":"ok"}')
    assert "<html" in _reply(port, "/")[1]
    assert "<html" in _reply(port, "/evaluate")[1]  # the page; the service has POST alone
    assert _reply(port, "/documents")[1] == '{"documents":[],"courses":[]}'
    while "Loading" in (ready := _reply(port, "/ready"))[1]:
        time.sleep(0.2)
    assert (ready[0], "LibraryMissing" in ready[1]) == (503, True)
    for path in ("/", "/health", "/_stcore/health", "/_stcore/stream"):
        assert _reply(port, path, Host="evil.example")[0] == 421
        assert _reply(port, path, Origin="http://evil.example")[0] == 403
    assert _reply(port, "/_stcore/agent/openapi.json")[0] == 404
    assert _reply(port, "/_stcore/metrics")[0] == 404
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    own = f"http://127.0.0.1:{port}"
    assert _status_of_handshake(port, handshake | {"Origin": own}) == 101
    assert _status_of_handshake(port, handshake | {"Origin": "http://evil.example"}) == 403
    assert _status_of_handshake(port, handshake | {"Host": "evil.example"}) == 403


def _status_of_handshake(port: int, headers: dict[str, str]) -> int:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Host" not in headers:
        lines.append(f"Host: 127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        request = "\r\n".join(["GET /_stcore/stream HTTP/1.1", *lines, "", ""])
        connection.sendall(request.encode())
        return int(connection.recv(100).split()[1])


@pytest.mark.slow
def test_the_modules_of_the_app_hide_no_others(tmp_path):
    """Streamlit puts the folder of the main script first on the path: ui/text.py, ui/job.py, ..."""
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from ingest import resources\n"
        "folder = str(resources.package_file('ui'))\n"
        "sys.path.insert(0, folder)\n"
        "AppTest.from_file(resources.package_file('ui', 'app.py'), default_timeout=180).run()\n"
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
