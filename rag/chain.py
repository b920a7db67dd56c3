"""Katheder's parts as langchain-core components.

    chain = AskRunnable(Pipeline.load(folder, settings))
    chain.invoke("What is attention?")["answer"].render()

The embedder, retriever, reranker and chat model can be used alone in other chains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
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
from rag.generate import Writer
from rag.pipeline import Pipeline
from rag.prompt import Message
from rag.rerank import Reranker
from rag.sampling import Sampling, sampling_from
from rag.types import Answered, Hit, Token, Turn, hit_dict


class EncoderEmbeddings(Embeddings):
    """A bi-encoder as langchain embeddings; a passage's vector has unit length."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector for each text, in order."""
        return [[float(value) for value in vector] for vector in self.encoder.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return [float(value) for value in self.encoder.encode_questions([text])[0]]


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

    generator: SkipValidation[Writer]
    """The language model that writes."""
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


class AskRunnable(Runnable[str | dict[str, Any], AddableDict]):
    """The whole pipeline as an LCEL runnable.

    Input: a question, or a dict with `question` and optionally `history` (messages, oldest
    first) and `sampling` (a dict of sampling values). Output: a dict with `draft` (what the
    model wrote), `text` (its leads, or the written sentences with
    support), `grade` ("answered", "doubtful" or
    "not_answered"), `notice` (why it is not "answered", else "") and `answer` (a
    `rag.types.Answer`). Streaming yields the draft piece by piece, then the rest; the sum of the
    pieces is what `invoke` gives.
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
        settings = self.pipeline.settings
        sampling = None
        if values := request.get("sampling"):
            sampling = sampling_from(values, settings.sampling, writes=settings.answer.writer)
        history = _turns(request.get("history") or [])
        for event in self.pipeline.stream(request["question"], history=history, sampling=sampling):
            if isinstance(event, Token):
                yield AddableDict(draft=event.text)
            elif isinstance(event, Answered):
                answer = event.answer
                yield AddableDict(
                    text=answer.text, grade=answer.grade, notice=answer.notice, answer=answer
                )


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
    for question, reply in pairwise(messages):
        if isinstance(question, HumanMessage) and isinstance(reply, AIMessage):
            turns.append(Turn(question.text, reply.text))
    return turns


def _first_stop(text: str, stop: Sequence[str] | None) -> int | None:
    """Where the first of some stop strings begins in a text."""
    positions = [position for word in stop or () if (position := text.find(word)) >= 0]
    return min(positions, default=None)
