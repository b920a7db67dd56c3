"""The Dockerfile's environment, command and health check, as processes; no container engine runs here."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from service_builders import make_library

ROOT = Path(__file__).parents[1]
# Of the last stage alone, with its continued lines joined.
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").split("\nFROM ")[-1]


def instruction(name: str) -> str:
    """What follows an instruction of the Dockerfile that stands in it once."""
    [value] = re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)
    return value


def test_it_runs_as_a_user_and_writes_to_the_volume_alone():
    assert instruction("USER") == "10001"
    assert instruction("VOLUME") == "/data"
    environment = dict(pair.split("=", 1) for pair in instruction("ENV").split())
    for name in ("HOME", "KATHEDER_LIBRARY", "KATHEDER_CONFIG", "KATHEDER_CACHE"):
        assert environment[name].startswith("/data")
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["katheder"]
    assert service["read_only"]
    assert "data:/data" in service["volumes"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


@pytest.mark.slow
def test_its_command_serves_with_a_key_and_its_health_check_knows(tmp_path):
    make_library(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    pairs = dict(pair.split("=", 1) for pair in instruction("ENV").split())
    environment = {name: value.replace("/data", str(tmp_path)) for name, value in pairs.items()} | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
    }
    program = [sys.executable, "-P", "-m", "ui.cli"]
    entry = json.loads(instruction("ENTRYPOINT"))
    command = json.loads(instruction("CMD"))
    check = json.loads(re.search(r"HEALTHCHECK .*? CMD (\[.+\])", DOCKERFILE)[1])
    check = [sys.executable, *(word.replace("8600", str(port)) for word in check[1:])]
    assert entry == ["katheder"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    refused = run(*command)
    assert "katheder key add" in refused.stderr
    assert run("key", "add", "me").returncode == 0
    assert subprocess.run(check, env=environment, capture_output=True, check=False).returncode != 0
    arguments = [word.replace("8600", str(port)) for word in command]
    log = (tmp_path / "log").open("w")
    server = subprocess.Popen([*program, *arguments], env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 90
        healthy = False
        while not healthy and server.poll() is None and time.monotonic() < end:
            done = subprocess.run(check, env=environment, capture_output=True, check=False)
            healthy = done.returncode == 0
        assert healthy, (tmp_path / "log").read_text()
    finally:
        server.terminate()
        server.wait(120)
        log.close()
