"""What deploy/ says against schemas, the program and itself; no container engine runs here."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from ingest.milvus.address import library_path, parse_address
from rag.settings import Settings
from ui.service.keys import add_key, read_keys

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = [
    manifest
    for file in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(file.read_text())
]
SETS = {m["metadata"]["name"]: m for m in MANIFESTS if m["kind"] == "StatefulSet"}


def pod_of(name: str) -> dict[str, Any]:
    """The specification of a stateful set's pods."""
    return SETS[name]["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    "manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}"
)
def test_manifests_are_those_of_kubernetes(manifest):
    validate = pytest.importorskip("kubernetes_validate")
    validate.validate(manifest, "1.30", strict=True)


def test_a_manifest_with_a_fault_is_refused():
    validate = pytest.importorskip("kubernetes_validate")
    service = next(m for m in MANIFESTS if m["kind"] == "Service")
    with pytest.raises(validate.ValidationError, match="selectors"):
        validate.validate(service | {"spec": {"selectors": {}}}, "1.30", strict=True)


def test_what_manifests_name_is_there():
    configs = {m["metadata"]["name"] for m in MANIFESTS if m["kind"] == "ConfigMap"}
    for name, manifest in SETS.items():
        spec, pod = manifest["spec"], pod_of(name)
        labels = spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"].items() <= labels.items()
        volumes = {volume["name"] for volume in pod["volumes"]}
        volumes |= {claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]}
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            assert {e["configMapRef"]["name"] for e in container.get("envFrom", ())} <= configs
            assert not container["image"].endswith(":latest")
            ports = {port["name"] for port in container.get("ports", ())}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in container:
                    assert container[probe]["httpGet"]["port"] in ports
    for service in (m["spec"] for m in MANIFESTS if m["kind"] == "Service"):
        [name] = [n for n, s in SETS.items() if s["metadata"]["labels"] == service["selector"]]
        ports = {port["name"] for c in pod_of(name)["containers"] for port in c["ports"]}
        assert {port["targetPort"] for port in service["ports"]} <= ports


def test_pods_of_the_program_have_no_more_rights_than_its_container():
    for name in ("katheder", "katheder-worker"):
        pod = pod_of(name)
        assert pod["securityContext"]["runAsUser"] == 10001  # as in the Dockerfile
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"]
            assert not rights["allowPrivilegeEscalation"]
            assert rights["capabilities"]["drop"] == ["ALL"]
    for name in ("service", "worker"):
        assert COMPOSE["services"][name]["read_only"]
        assert COMPOSE["services"][name]["cap_drop"] == ["ALL"]
    assert COMPOSE["services"]["service"]["ports"] == ["127.0.0.1:8600:8600"]
    assert SETS["katheder-worker"]["spec"]["replicas"] == 1  # one writer


def test_settings_and_addresses_are_the_program_s():
    [values] = [m["data"] for m in MANIFESTS if "KATHEDER_LIBRARY" in m.get("data", {})]
    library = COMPOSE["services"]["worker"]["environment"]["KATHEDER_LIBRARY"]
    assert values["KATHEDER_LIBRARY"] == library
    address = parse_address(library)
    assert address is not None
    host, port = address.uri.removeprefix("http://").split(":")
    service = next(m for m in MANIFESTS if m["kind"] == "Service" and m["metadata"]["name"] == host)
    assert int(port) in {port["port"] for port in service["spec"]["ports"]}
    assert host in COMPOSE["services"]
    hosts = TypeAdapter(list[str]).validate_json(values["KATHEDER_APP__ALLOWED_HOSTS"])
    assert Settings.model_validate({"app": {"allowed_hosts": hosts}}).app.allowed_hosts
    extras = set(COMPOSE["services"]["service"]["build"]["args"]["EXTRAS"].split(","))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "milvus" in extras <= project["optional-dependencies"].keys()


def test_the_secret_s_keys_reach_the_folder_of_the_library(tmp_path, monkeypatch):
    add_key(tmp_path, "web")
    expected = read_keys(tmp_path)
    [container] = pod_of("katheder")["initContainers"]
    interpreter, option, code = container["command"]
    assert (interpreter, option) == ("python", "-c")
    [values] = [m["data"] for m in MANIFESTS if "KATHEDER_LIBRARY" in m.get("data", {})]
    library = values["KATHEDER_LIBRARY"]
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path), "KATHEDER_LIBRARY": library}
    code = code.replace("/keys/", f"{tmp_path}/")
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert library_path(library).is_relative_to(tmp_path)
    assert read_keys(library_path(library)) == expected


def test_commands_are_the_program_s():
    commands = [COMPOSE["services"]["worker"]["command"]]
    commands += [pod_of(name)["containers"][0]["args"] for name in ("katheder", "katheder-worker")]
    from typer.main import get_command

    from ui.cli import app

    group = get_command(app)
    for name, *arguments in commands:
        command = group.commands[name]
        context = command.make_context(name, [*arguments], resilient_parsing=False)
        assert context.command is command  # no option is unknown
        context.close()
