"""What is known of each kind of server: how it shows itself, and which settings of sampling it takes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from rag.language_models.addresses import is_loopback
from rag.language_models.names import model_name
from rag.sampling import Sampling
from rag.settings import ModelSettings
from rag.writer_notes import WritingFailed

_SECONDS = 5.0  # for a list of models
_MOST_BYTES = 4_000_000  # of a list of models


@dataclass(frozen=True, slots=True)
class ServerKind:
    """One kind of server.

    `owners` is what its list of models has as `owned_by`; `names` are the request's names of those
    settings of `Sampling` that it takes; `off` are the values that switch its own default off, and
    `fixed` what every request has.
    """

    name: str
    owners: frozenset[str]
    names: Mapping[str, str]
    off: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def request(self, sampling: Sampling) -> dict[str, Any]:
        """The settings as fields of a request; greedy decoding is temperature 0."""
        values = _given(sampling)
        if sampling.strategy != "sample":
            values["temperature"] = 0.0
        fields = {"max_new_tokens": sampling.answer_tokens, "seed": sampling.seed}
        if sampling.strategy == "sample":
            fields = dict(self.off) | {"temperature": 1.0, "top_p": 1.0} | fields
        known = {name: value for name, value in (fields | values).items() if name in self.names}
        return {self.names[name]: value for name, value in known.items()} | dict(self.fixed)

    @property
    def untaken(self) -> tuple[str, ...]:
        """The names of all settings of sampling that this kind does not take."""
        fields = [name for name in Sampling.model_fields if name not in ("strategy", *self.names)]
        return tuple(fields)

    def unused(self, sampling: Sampling) -> tuple[str, ...]:
        """The settings that were given and that this kind does not take, as `name=value`."""
        unknown = [f"{n}={v}" for n, v in _given(sampling).items() if n not in self.names]
        return (("strategy=beam",) if sampling.strategy == "beam" else ()) + tuple(unknown)


def _given(sampling: Sampling) -> dict[str, Any]:
    """The settings that differ from doing nothing, but for the strategy, the length and the seed."""
    values = sampling.model_dump(exclude_none=True, exclude={"strategy", "max_new_tokens", "seed"})
    if values["repetition_penalty"] == 1.0:
        del values["repetition_penalty"]
    return values


_COMMON = {
    "max_new_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
}
OLLAMA = ServerKind("Ollama", frozenset({"library"}), _COMMON)
LLAMA_CPP = ServerKind(
    "llama.cpp",
    frozenset({"llamacpp"}),
    _COMMON | {"top_k": "top_k", "min_p": "min_p", "repetition_penalty": "repeat_penalty"},
    {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0},
    # In the order of transformers, and over the whole text: its own default applies the temperature
    # last, and penalises the last 64 tokens.
    {
        "repeat_last_n": 65536,
        "samplers": ["penalties", "temperature", "top_k", "top_p", "min_p"],
    },
)
VLLM = ServerKind(
    "vLLM",
    frozenset({"vllm"}),
    _COMMON | {"top_k": "top_k", "min_p": "min_p", "repetition_penalty": "repetition_penalty"},
    {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
)
LM_STUDIO = ServerKind(
    "LM Studio",
    frozenset({"organization_owner"}),
    _COMMON | {"top_k": "top_k", "repetition_penalty": "repeat_penalty"},
)
OPENAI = ServerKind(
    "OpenAI",
    frozenset({"openai", "openai-internal", "system"}),
    _COMMON | {"max_new_tokens": "max_completion_tokens"},
)
COMPATIBLE = ServerKind("OpenAI-compatible", frozenset(), _COMMON)
KINDS = (OLLAMA, LLAMA_CPP, VLLM, LM_STUDIO, OPENAI)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of a server.

    `size` in bytes, `context` in tokens, and whether it `sees` images are None where it does not say.
    """

    name: str
    kind: ServerKind
    size: int | None = None
    context: int | None = None
    sees: bool | None = None


def expected_kind(settings: ModelSettings) -> ServerKind | None:
    """The kind of the generator's server as far as its name tells, without asking it; None for none."""
    name = model_name(settings.generator)
    if name is None:
        return None
    if name.prefix == "openai":
        return COMPATIBLE if settings.base_url else OPENAI
    return OLLAMA if name.prefix == "ollama" else LLAMA_CPP


def list_models(url: str, key: str = "", seconds: float = _SECONDS) -> list[ListedModel]:
    """Ask a server for its models, which OpenAI's interface has at `/models`.

    Args:
        url: The server's address up to `/v1`.
        key: Sent as the bearer's, "" for none.
        seconds: Longest wait.

    Raises:
        WritingFailed: nothing answers there, it refuses the key, or the reply is no list of models.
    """
    reply = request_json(f"{url}/models", key, seconds=seconds)
    try:
        return [_listed(row) for row in reply["data"] or []]
    except (KeyError, TypeError, AttributeError):
        raise WritingFailed(
            "refused", place=url, reason="its list of models cannot be read"
        ) from None


def _listed(row: Mapping[str, Any]) -> ListedModel:
    owner = str(row.get("owned_by", ""))
    kind = next((kind for kind in KINDS if owner in kind.owners), COMPATIBLE)
    meta = row.get("meta") or {}  # llama.cpp
    context = meta.get("n_ctx") or meta.get("n_ctx_train") or row.get("max_model_len")
    sees = sees_images(row)
    return ListedModel(str(row["id"]), kind, meta.get("size"), context and int(context), sees)


def sees_images(row: Mapping[str, Any]) -> bool | None:
    """Whether a server's description of a model says that it takes images; None where it says nothing."""
    if str(row.get("type", "")) in ("vlm", "llm"):  # LM Studio
        return row["type"] == "vlm"
    abilities = row.get("capabilities") or (row.get("architecture") or {}).get("input_modalities")
    if not isinstance(abilities, list | tuple):
        return None
    return not {"vision", "multimodal", "image"}.isdisjoint(map(str, abilities))


def request_json(
    url: str, key: str = "", body: Mapping[str, Any] | None = None, seconds: float = _SECONDS
) -> Any:
    """The JSON that a server replies to a GET, or to a POST with a body.

    Raises:
        WritingFailed: nothing answers, the key is refused, or the reply is no JSON.
    """
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {key}"} if key else {}
    )
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    # A proxy of the environment is no way to this machine itself.
    handlers = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=seconds) as reply:
            return json.loads(reply.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        raise failure_of_status(error.code, url, error.reason) from None
    except (OSError, HTTPException):
        raise WritingFailed("unreachable", place=url) from None
    except ValueError:
        raise WritingFailed("refused", place=url, reason="its reply is no JSON") from None


def failure_of_status(
    status: int, place: str, reason: str, *, model: str = "", variable: str = ""
) -> WritingFailed:
    """The failure that an HTTP status of at least 400 means."""
    if status in (401, 403):
        return WritingFailed("key", place=place, variable=variable or "none")
    if status == 404:
        return WritingFailed("missing", place=place, model=model)
    if status in (429, 503):
        return WritingFailed("busy", place=place, status=str(status))
    return WritingFailed("refused", place=place, reason=f"status {status}: {reason}")
