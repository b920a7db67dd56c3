"""A chat model of langchain-core as the writer, imported by the name that the settings give it."""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.errors import BadSettings
from rag.prompt import Message
from rag.sampling import Sampling

_IMPORTABLE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class ChatModelWriter:
    """A chat model as the pipeline's writer; what it writes is checked like any other draft."""

    def __init__(self, model: BaseChatModel, name: str) -> None:
        self._model = model
        self.name = name

    def count_tokens(self, text: str) -> int:
        """Number of tokens by the model's own count, or of words where it has none."""
        try:
            return self._model.get_num_tokens(text)
        except Exception:  # most models count by a tokenizer that has to be downloaded
            return len(text.split())

    def load(self) -> None:
        """Nothing to load here."""

    def stream(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        stop: threading.Event | None = None,
    ) -> Iterator[str]:
        """Write an answer, yielding its text as it grows; the model samples by its own settings."""
        roles = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
        prompt = [roles[message["role"]](content=message["content"]) for message in messages]
        for chunk in self._model.stream(prompt):
            if stop is not None and stop.is_set():
                return
            if chunk.text:
                yield chunk.text


def is_importable(name: str) -> bool:
    """Whether a model's name is `module:attribute` rather than a folder or a hub id."""
    return bool(_IMPORTABLE.fullmatch(name)) and not Path(name).exists()


def import_chat_model(name: str) -> BaseChatModel:
    """The BaseChatModel at `module:attribute`, or what a callable there returns.

    The module may lie in the working folder, which is searched last.

    Raises:
        BadSettings: there is no such module or attribute, or it is no chat model.
    """
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        model = importlib.import_module(module)
        for part in attribute.split("."):
            model = getattr(model, part)
    except (ImportError, AttributeError) as error:
        raise BadSettings(f"The model {name!r} cannot be imported ({error})") from error
    if not isinstance(model, BaseChatModel) and callable(model):
        model = model()
    if not isinstance(model, BaseChatModel):
        raise BadSettings(
            f"The model {name!r} is a {type(model).__name__}, expected a BaseChatModel of "
            "langchain-core"
        )
    return model
