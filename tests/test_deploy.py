"""docs/deploy.md: its configurations, started with the real servers where they are installed."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import tomllib
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from test_browser_identity import READERS, free_port, library, shared_app, wait_for  # noqa: F401

from rag.settings import Settings
from ui.identity.password import hashed

PAGE = (Path(__file__).parents[1] / "docs" / "deploy.md").read_text(encoding="utf-8")
NAME = "katheder.example.org"


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[number]


def test_the_settings_of_the_page_are_settings():
    hash_ = "scrypt$17$8$1$c2FsdA==$a2V5"
    for number in range(2):
        text = re.sub(r'"scrypt[^"]*"', f'"{hash_}"', block("toml", number))
        Settings().with_changes(**tomllib.loads(text))


def test_systemd_finds_no_fault_in_the_unit_and_rates_it_well(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze")
    unit = tmp_path / "katheder.service"
    unit.write_text(block("ini").replace("/opt/katheder/bin/katheder", "/bin/true"))

    def analyze(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *words, str(unit)], capture_output=True, text=True, check=False, timeout=60
        )

    verified = analyze("verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    # The exposure times ten; 0 is the best of 100.
    rated = analyze("security", "--offline=yes", "--no-pager", "--threshold=25")
    assert rated.returncode == 0, rated.stdout[-300:]


@pytest.fixture
def certificate(tmp_path):
    """A certificate and its key for the name, made for the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def nginx(tmp_path: Path, port: int, app: str, certificate: tuple[Path, Path]) -> list[str]:
    text = block("nginx").replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = re.sub(r"ssl_certificate +\S+;", f"ssl_certificate {certificate[0]};", text)
    text = re.sub(r"ssl_certificate_key +\S+;", f"ssl_certificate_key {certificate[1]};", text)
    text = text.replace("127.0.0.1:8501", app)
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {folders}\n{text}\n}}\n"
    )
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(file), "-e", "stderr"]


def caddy(tmp_path: Path, port: int, app: str, certificate: tuple[Path, Path]) -> list[str]:
    text = block("caddy").replace(
        f"{NAME} {{", f"https://{NAME}:{port} {{\n    tls {certificate[0]} {certificate[1]}"
    )
    file = tmp_path / "Caddyfile"
    file.write_text(
        "{\n    admin off\n    auto_https disable_redirects\n}\n"
        + text.replace("127.0.0.1:8501", app)
    )
    return [
        shutil.which("caddy") or "caddy",
        "run",
        "--config",
        str(file),
        "--adapter",
        "caddyfile",
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.hostile("an app behind a proxy")
@pytest.mark.parametrize("server", [nginx, caddy], ids=["nginx", "caddy"])
def test_the_app_behind_a_server_with_tls(server, library, tmp_path, certificate):  # noqa: F811
    program = shutil.which(server.__name__) or shutil.which(server.__name__, path="/usr/sbin")
    if program is None:
        pytest.skip(f"no {server.__name__}")
    port = free_port()
    settings = {"password": hashed(READERS), "allowed_hosts": [NAME]}
    with shared_app(library, proxy="127.0.0.1", **settings) as url:
        process = subprocess.Popen(
            server(tmp_path, port, url.removeprefix("http://"), certificate),
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
        try:
            _try(port, certificate[0], url)
        finally:
            process.terminate()
            process.wait(timeout=120)


def _try(port: int, authority: Path, url: str) -> None:
    trusted = ssl.create_default_context(cafile=str(authority))
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            break
        except OSError:
            import time

            time.sleep(0.1)
    host = {"Host": f"{NAME}:{port}"}
    with httpx.Client(
        base_url=f"https://127.0.0.1:{port}",
        verify=trusted,
        headers=host,
        timeout=60,
        event_hooks={},
    ) as client:

        def ask(method: str, path: str, **options) -> httpx.Response:
            headers = host | options.pop("headers", {})
            return client.request(
                method, path, headers=headers, extensions={"sni_hostname": NAME}, **options
            )

        assert ask("GET", "/").status_code == 401
        assert "server" not in set(ask("GET", "/").headers) or not re.search(
            r"\d|uvicorn", ask("GET", "/").headers["server"]
        )
        device = ask("GET", "/login").headers["set-cookie"].partition(";")[0]
        origin = {"Origin": f"https://{NAME}:{port}", "Cookie": device}
        reply = ask("POST", "/login", data={"password": READERS}, headers=origin)
        assert reply.status_code == 303
        cookies = reply.headers.get_list("set-cookie")
        assert all("; Secure" in line and "HttpOnly" in line for line in cookies)
        assert reply.headers["strict-transport-security"]
        session = next(c for c in cookies if c.startswith("katheder_session")).partition(";")[0]
        page = ask("GET", "/", headers={"Cookie": session})
        assert "<html" in page.text
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        # Another site's form, another name, and a stranger's word on his address and scheme.
        evil = {"Origin": "https://evil.example", "Cookie": device}
        assert ask("POST", "/login", data={"password": READERS}, headers=evil).status_code == 403
        # The app alone, past the server: the scheme is that of the connection.
        plain = httpx.get(f"{url}/login", headers={"X-Forwarded-Proto": "http"})
        assert "; Secure" not in plain.headers["set-cookie"]
        assert httpx.get(f"{url}/", headers={"Host": "evil.example"}).status_code == 421
        handshake = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        path = "/_stcore/stream"
        own = {**handshake, "Origin": f"https://{NAME}:{port}", "Cookie": session}
        assert _status(port, trusted, path, own) == 101
        assert _status(port, trusted, path, own | {"Cookie": ""}) == 403
        assert _status(port, trusted, path, own | {"Origin": "https://evil.example"}) == 403


def _status(port: int, trusted: ssl.SSLContext, path: str, headers: dict[str, str]) -> int:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        trusted.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        request = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {NAME}:{port}", *lines, "", ""])
        connection.sendall(request.encode())
        return int(connection.recv(100).split()[1])
