"""Addresses of servers: which one a model's name means, and whether it is this machine's own."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from rag.errors import BadSettings, ConsentMissing
from rag.language_models.names import ModelName, model_name
from rag.settings import ModelSettings

OLLAMA_URL = "http://localhost:11434/v1"
OPENAI_URL = "https://api.openai.com/v1"


def server_url(settings: ModelSettings) -> str | None:
    """The address of the server that writes, without a slash at the end; None for a local model."""
    name = model_name(settings.generator)
    return None if name is None or name.prefix == "gguf" else _url_of(name, settings.base_url)


def _url_of(name: ModelName, base_url: str) -> str:
    url = base_url or (OLLAMA_URL if name.prefix == "ollama" else OPENAI_URL)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSettings(
            f"models.base_url = {base_url!r} is no address; expected one such as {OLLAMA_URL}"
        )
    if parts.username or parts.password or parts.query:
        raise BadSettings(
            "models.base_url holds a name, a password or a query; a key belongs into an "
            "environment variable that models.api_key_variable names"
        )
    return url.rstrip("/")


def origin(url: str) -> str:
    """Scheme, host and port of an address, as `http://localhost:11434`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own; no name but localhost is looked up."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def remote_server(settings: ModelSettings) -> str:
    """The server outside of this machine that writes, as scheme, host and port; "" for none."""
    url = server_url(settings)
    return "" if url is None or is_loopback(url) else origin(url)


def needs_consent(settings: ModelSettings) -> str:
    """The server outside of this machine that the reader has not agreed to; "" if there is none."""
    place = remote_server(settings)
    return "" if place in settings.allowed_servers else place


def require_consent(settings: ModelSettings) -> None:
    """Refuse to send anything to a server that the reader has not agreed to.

    Raises:
        ConsentMissing: the message names the server and what would be sent to it.
    """
    if place := needs_consent(settings):
        raise ConsentMissing(
            f"{settings.generator} runs at {place}, not on this machine: the question, the "
            "conversation and the selected passages would be sent there. To agree, add --yes, or "
            f"`katheder models allow {place}`."
        )
