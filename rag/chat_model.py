"""A chat model of langchain-core as the writer, imported by the name that the settings give it."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any, get_type_hints

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.errors import BadSettings
from rag.prompt import Message
from rag.sampling import Sampling


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

    def unused_sampling(self, sampling: Sampling) -> tuple[str, ...]:
        """All settings that were given: the model samples by its own."""
        given = sampling.model_dump(exclude_defaults=True)
        return tuple(f"{name}={value}" for name, value in given.items())

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


def import_chat_model(name: str) -> BaseChatModel:
    """The BaseChatModel at `module:attribute`, or what a class or function there makes.

    The module may lie in the working folder, which is searched last. A function is called only if
    its annotation says that it returns a chat model.

    Raises:
        BadSettings: there is no such module or attribute, or it is no chat model.
    """
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        model: Any = importlib.import_module(module)
        for part in attribute.split("."):
            model = getattr(model, part)
    except (ImportError, AttributeError) as error:
        raise BadSettings(f"The model {name!r} cannot be imported ({error})") from error
    if _makes_chat_model(model):
        model = model()
    if not isinstance(model, BaseChatModel):
        raise BadSettings(
            f"The model {name!r} is a {type(model).__name__}, expected a BaseChatModel of "
            "langchain-core, or a function annotated to return one"
        )
    return model


def _makes_chat_model(maker: Any) -> bool:
    """Whether it is a class of chat models, or a function that says that it returns one."""
    if isinstance(maker, FunctionType):
        try:
            maker = get_type_hints(maker).get("return")
        except (NameError, TypeError):
            return False
    return isinstance(maker, type) and issubclass(maker, BaseChatModel)
