"""A language model behind OpenAI's interface as the writer, through langchain-openai.

Nothing that a server does is an exception to a reader: whatever fails ends in `WritingFailed` with
a note that says why. The key is read when it is sent, and no message holds it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import queue
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from pydantic import SecretStr

from ingest.errors import ModelMissing
from rag.errors import BadSettings
from rag.language_models.addresses import is_loopback, require_consent, server_url
from rag.language_models.keys import api_key
from rag.language_models.names import model_name
from rag.language_models.servers import (
    COMPATIBLE,
    OLLAMA,
    ListedModel,
    failure_of_status,
    list_models,
    request_json,
    sees_images,
)
from rag.piece_stream import PieceStream
from rag.prompt import Message
from rag.sampling import Sampling
from rag.settings import ModelSettings
from rag.writer_notes import WritingFailed

_BYTES_PER_TOKEN = 3  # of UTF-8; few models have more tokens than that, in any script
_FIRST_TOKEN = 3  # times `token_seconds`: the model may have to be loaded, and reads the prompt
_CONNECT_SECONDS = 5.0
_TOO_LONG = re.compile(
    r"context.{0,3}(?:length|size|window)|too many tokens|prompt is too long", re.IGNORECASE
)
_LONGEST_REASON = 200  # letters of a server's own message


class ServerWriter:
    """A model of a server; a request is sent when an answer is written, not before."""

    def __init__(self, settings: ModelSettings) -> None:
        """Name the model.

        Raises:
            BadSettings: the address cannot be used, or the key's variable is not set.
            ModelMissing: the package langchain-openai is not installed.
        """
        name, url = model_name(settings.generator), server_url(settings)
        if name is None or url is None:
            raise BadSettings(f"models.generator = {settings.generator!r} names no server's model")
        if importlib.util.find_spec("langchain_openai") is None:
            raise ModelMissing(
                f"{settings.generator} needs the package langchain-openai: "
                "pip install 'katheder[llm]'"
            )
        self._settings, self._model, self._url = settings, name.name, url
        self._is_ollama = name.prefix == "ollama"
        _ = self._key

    @property
    def name(self) -> str:
        """The model's name and the server's address."""
        return f"{self._settings.generator} at {self._url}"

    @property
    def _key(self) -> str:
        return api_key(self._settings)

    @property
    def _key_name(self) -> str:
        return self._settings.api_key_variable or self._settings.api_key_keyring or "none"

    def count_tokens(self, text: str) -> int:
        """An upper estimate from the text's bytes; the model's own count would need its tokenizer."""
        return -(-len(text.encode()) // _BYTES_PER_TOKEN)

    def load(self) -> None:
        """Nothing to load here."""

    @cached_property
    def listed(self) -> ListedModel:
        """What the server says of the model.

        Raises:
            WritingFailed: it cannot be asked.
            ConsentMissing: the server is not on this machine, and the reader has not agreed to it.
        """
        require_consent(self._settings)
        kind = OLLAMA if self._is_ollama else COMPATIBLE
        try:
            models = list_models(self._url, self._key)
        except WritingFailed as error:
            if error.note.kind in ("missing", "refused"):  # a server without a list may still write
                return ListedModel(self._model, kind)
            values = {n: v for n, v in error.note.values.items() if n == "status"}
            raise self._failure(error.note.kind, **values) from None
        for model in models:
            if model.name == self._model or (
                self._is_ollama and model.name == f"{self._model}:latest"
            ):
                return model
        return ListedModel(self._model, models[0].kind if models else kind)

    @property
    def context_tokens(self) -> int | None:
        """Tokens that prompt and answer may have together; None where neither says."""
        return self._settings.context_tokens or self.listed.context

    @cached_property
    def sees(self) -> bool:
        """Whether the model takes images: by the settings, else by what the server says.

        Raises:
            ConsentMissing: as `listed`.
        """
        if self._settings.sees is not None:
            return self._settings.sees
        try:
            if self.listed.sees is None and self.listed.kind == OLLAMA:
                root = self._url.removesuffix("/v1")
                return bool(
                    sees_images(request_json(f"{root}/api/show", self._key, {"model": self._model}))
                )
            return bool(self.listed.sees)
        except WritingFailed:
            return False

    def unused_sampling(self, sampling: Sampling) -> tuple[str, ...]:
        """The settings that were given and that this kind of server does not take."""
        try:
            return self.listed.kind.unused(sampling)
        except WritingFailed:
            return ()

    def stream(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        stop: threading.Event | None = None,
    ) -> Iterator[str]:
        """Write an answer, yielding its text as it grows, until it ends or `stop` is set.

        Raises:
            WritingFailed: the server wrote no whole answer.
            ConsentMissing: the server is not on this machine, and the reader has not agreed to it.
        """
        require_consent(self._settings)
        stop = stop or threading.Event()
        fields = self.listed.kind.request(sampling)
        connections: list[socket.socket] = []
        client = self._client(connections)

        def write(pieces: PieceStream) -> None:
            with client:
                self._read(client, messages, fields, pieces)

        pieces = PieceStream(write, "katheder-server")
        written = False
        try:
            while (piece := self._next(pieces, stop, written=written)) is not None:
                written = True
                yield piece
        finally:
            pieces.cancelled.set()
            _close(connections)
        if not written and not stop.is_set():
            raise self._failure("empty")

    def _next(self, pieces: PieceStream, stop: threading.Event, *, written: bool) -> str | None:
        """The next piece; None at the end or where `stop` is set."""
        limit = self._settings.token_seconds * (1 if written else _FIRST_TOKEN)
        waited, step = 0.0, 0.05
        while not stop.is_set():
            try:
                return pieces.get(timeout=step)
            except queue.Empty:
                waited += step
            except BaseException as error:
                raise self._explained(error, written) from None
            if waited >= limit:
                raise self._failure("silent", seconds=f"{limit:g}")
        return None

    def _client(self, connections: list[socket.socket]) -> Any:
        """A client that adds the socket of each response to `connections`."""
        import openai

        def remember(response: Any) -> None:
            connections.append(response.extensions["network_stream"].get_extra_info("socket"))

        seconds = self._settings.token_seconds * _FIRST_TOKEN
        timeout = openai.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
        # A proxy of the environment is no way to this machine itself.
        trusts = not is_loopback(self._url)
        hooks = {"response": [remember]}
        return openai.DefaultHttpxClient(timeout=timeout, trust_env=trusts, event_hooks=hooks)

    def _read(
        self,
        client: Any,
        messages: Sequence[Message],
        fields: dict[str, Any],
        pieces: PieceStream,
    ) -> None:
        from langchain_openai import ChatOpenAI

        model = ChatOpenAI(
            model=self._model,
            base_url=self._url,
            # Without one, that of OPENAI_API_KEY would be sent, to whatever server.
            api_key=SecretStr(self._key or "none"),
            http_client=client,
            max_retries=0,
            streaming=True,
            stream_usage=False,
            use_responses_api=False,
            extra_body=fields,
        )
        prompt = [(message["role"], _content(message)) for message in messages]
        ended = False
        for chunk in model.stream(prompt):
            if pieces.cancelled.is_set():
                return
            if chunk.text:
                pieces.put(chunk.text)
            ended = ended or bool(chunk.response_metadata.get("finish_reason"))
        if not ended:
            raise self._failure("cut")

    def _explained(self, error: BaseException, written: bool) -> BaseException:
        """The failure that an error of the client means; what is no `Exception` stays as it is."""
        import openai

        if isinstance(error, WritingFailed) or not isinstance(error, Exception):
            return error
        text = self._reason(error)
        is_too_long = isinstance(error, openai.APIError) and bool(_TOO_LONG.search(text))
        if is_too_long:
            return self._failure("context")
        if isinstance(error, openai.APIStatusError):
            return failure_of_status(
                error.status_code,
                self._url,
                text,
                model=self._model,
                variable=self._key_name,
            )
        kinds = {kind.__name__ for kind in type(error).__mro__}  # of httpx, or of httpx2
        if kinds & {"TimeoutException", "APITimeoutError"}:
            is_away = type(error.__cause__).__name__ == "ConnectTimeout"
            limit = self._settings.token_seconds * _FIRST_TOKEN
            return self._failure("unreachable" if is_away else "silent", seconds=f"{limit:g}")
        if kinds & {"TransportError", "APIConnectionError"}:
            return self._failure("cut" if written else "unreachable")
        if "No generation chunks" in text:  # langchain-core's word for a stream without any piece
            return self._failure("cut")
        return self._failure("refused", reason=text)

    def _reason(self, error: Exception) -> str:
        """A server's own message on one line, without the key."""
        text = " ".join(str(error).split())
        if self._key:
            text = text.replace(self._key, "…")
        return text[:_LONGEST_REASON]

    def _failure(self, kind: Any, **values: str) -> WritingFailed:
        known = {
            "place": self._url,
            "model": self._model,
            "variable": self._key_name,
        }
        return WritingFailed(kind, **(known | values))


def _content(message: Message) -> str | list[str | dict[str, Any]]:
    """The content of a message in OpenAI's form: text, or parts where it has images."""
    images = message.get("images", "").split()
    if not images:
        return message["content"]
    text: dict[str, Any] = {"type": "text", "text": message["content"]}
    return [text, *({"type": "image_url", "image_url": {"url": uri}} for uri in images)]


def _close(connections: Sequence[socket.socket]) -> None:
    """End requests, so that the servers stop writing and the threads that read stop waiting."""
    for connection in connections:
        with contextlib.suppress(OSError):  # it has ended already
            connection.shutdown(socket.SHUT_RDWR)
