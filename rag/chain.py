"""Katheder's parts as langchain-core components, and nothing else in that vocabulary.

    chain = AskRunnable(Pipeline.load(folder, settings))
    chain.invoke("What is attention?")["answer"].render()

The embedder, retriever, reranker and chat model can be used alone in other chains.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from langchain_core.callbacks import (
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
    Callbacks,
)
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.utils import AddableDict
from pydantic import ConfigDict, SkipValidation

from ingest.embed import Encoder
from rag.errors import BadSettings
from rag.generate import Generator
from rag.pipeline import Pipeline
from rag.prompt import Message
from rag.rerank import Reranker
from rag.sampling import Sampling, sampling_from
from rag.types import Answered, Hit, Token, Turn, hit_dict

_IMPORTABLE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class EncoderEmbeddings(Embeddings):
    """A bi-encoder as langchain embeddings; vectors have unit length."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector for each text, in order."""
        return [[float(value) for value in vector] for vector in self.encoder.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question."""
        return self.embed_documents([text])[0]


class LibraryRetriever(BaseRetriever):
    """A pipeline's retrieval, reranked where it has a reranker, as a langchain retriever."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    pipeline: SkipValidation[Pipeline]
    """Where to search; its settings say how many passages come back."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [to_document(hit) for hit in self.pipeline.search(query)]


class CrossEncoderCompressor(BaseDocumentCompressor):
    """A reranker as a langchain document compressor: it orders documents and keeps the best."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    reranker: SkipValidation[Reranker]
    """The CrossEncoder."""
    top_n: int = 5
    """How many documents to keep, at least 1."""

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """The `top_n` best documents, best first, with `relevance_score` in [0, 1]."""
        scores = self.reranker.score(query, [document.page_content for document in documents])
        order = sorted(range(len(documents)), key=lambda position: -scores[position])
        return [
            Document(
                id=documents[position].id,
                page_content=documents[position].page_content,
                metadata={**documents[position].metadata, "relevance_score": scores[position]},
            )
            for position in order[: self.top_n]
        ]


class GeneratorChatModel(BaseChatModel):
    """A generator as a langchain chat model that streams.

    Sampling can be set for the model or for each call: `model.invoke(..., temperature=0.7)`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    generator: SkipValidation[Generator]
    """The decoder-only model."""
    sampling: Sampling = Sampling()
    """How it chooses its words unless a call says otherwise."""

    @property
    def _llm_type(self) -> str:
        return "katheder"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.generator.name, **self.sampling.model_dump(exclude_none=True)}

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        sampling = sampling_from(kwargs, self.sampling)
        written = ""
        for piece in self.generator.stream([_message(m) for m in messages], sampling):
            end = _first_stop(written + piece, stop)
            text = piece if end is None else (written + piece)[len(written) : end]
            written += piece
            if text:
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                if run_manager:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk
            if end is not None:
                return

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        pieces = self._stream(messages, stop, run_manager, **kwargs)
        text = "".join(str(piece.message.content) for piece in pieces)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])


class ChatModelWriter:
    """Any chat model as the pipeline's writer; what it writes is checked like any other draft."""

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
        """Write an answer, yielding its text as it grows; the model's own sampling holds."""
        roles = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
        asked = [roles[message["role"]](content=message["content"]) for message in messages]
        for chunk in self._model.stream(asked):
            if stop is not None and stop.is_set():
                return
            if chunk.text:
                yield chunk.text


def is_importable(name: str) -> bool:
    """Whether a model's name is `module:attribute` rather than a folder or a hub id."""
    return bool(_IMPORTABLE.fullmatch(name)) and not Path(name).exists()


def import_chat_model(name: str) -> BaseChatModel:
    """The BaseChatModel at `module:attribute`, or what a callable there gives.

    Raises:
        BadSettings: there is no such module or attribute, or it is no chat model.
    """
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:  # where a user's own module lies
        sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise BadSettings(f"The model {name!r} cannot be imported ({error})") from error
    if not isinstance(found, BaseChatModel) and callable(found):
        found = found()
    if not isinstance(found, BaseChatModel):
        raise BadSettings(
            f"The model {name!r} is a {type(found).__name__}, wanted a BaseChatModel of langchain-core"
        )
    return found


class AskRunnable(Runnable[str | dict[str, Any], AddableDict]):
    """The whole pipeline as an LCEL runnable.

    Input: a question, or a dict with `question` and optionally `history` (messages, oldest
    first) and `sampling` (a dict of sampling values). Output: a dict with `draft` (what the
    model wrote), `text` (the grounded answer) and `answer` (a `rag.types.Answer`). Streaming
    yields the draft piece by piece, then the rest; the sum of the pieces is what `invoke` gives.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def invoke(
        self, input: str | dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AddableDict:
        """Answer one question."""
        return self._call_with_config(self._invoke, input, config, **kwargs)

    def stream(
        self,
        input: str | dict[str, Any],
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[AddableDict]:
        """Answer one question, yielding the draft as it grows."""
        yield from self._transform_stream_with_config(
            iter([input]), lambda inputs: self._events(next(inputs)), config, **kwargs
        )

    def _invoke(self, input: str | dict[str, Any]) -> AddableDict:
        result = AddableDict(draft="")
        for piece in self._events(input):
            result = result + piece
        return result

    def _events(self, input: str | dict[str, Any]) -> Iterator[AddableDict]:
        request: dict[str, Any] = {"question": input} if isinstance(input, str) else input
        sampling = sampling_from(request.get("sampling") or {}, self.pipeline.settings.sampling)
        history = _turns(request.get("history") or [])
        for event in self.pipeline.stream(request["question"], history=history, sampling=sampling):
            if isinstance(event, Token):
                yield AddableDict(draft=event.text)
            elif isinstance(event, Answered):
                yield AddableDict(text=event.answer.text, answer=event.answer)


def to_document(hit: Hit) -> Document:
    """A hit as a langchain document; everything but the text is in the metadata."""
    metadata = hit_dict(hit)
    return Document(id=hit.passage.id, page_content=metadata.pop("text"), metadata=metadata)


def _message(message: BaseMessage) -> Message:
    roles = {HumanMessage: "user", AIMessage: "assistant", SystemMessage: "system"}
    role = next((name for kind, name in roles.items() if isinstance(message, kind)), "user")
    return {"role": role, "content": message.text}


def _turns(messages: Sequence[BaseMessage]) -> list[Turn]:
    """Pairs of a human message and the reply behind it."""
    turns = []
    for asked, replied in pairwise(messages):
        if isinstance(asked, HumanMessage) and isinstance(replied, AIMessage):
            turns.append(Turn(asked.text, replied.text))
    return turns


def _first_stop(text: str, stop: Sequence[str] | None) -> int | None:
    """Where the first of some stop strings begins in a text."""
    found = [position for word in stop or () if (position := text.find(word)) >= 0]
    return min(found, default=None)
