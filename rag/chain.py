"""Katheder's parts as langchain-core components.

    chain = AskRunnable(Pipeline.load(folder, settings))
    chain.invoke("What is attention?")["answer"].render()

The embedder, retriever, reranker and chat model can be used alone in other chains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from langchain_core.callbacks import (
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
    Callbacks,
)
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
)
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.utils import AddableDict
from pydantic import ConfigDict, SkipValidation

from ingest.embed import Encoder
from rag.generate import Writer
from rag.pipeline import Pipeline
from rag.plain_values import hit_dict
from rag.prompt import Message
from rag.rerank import Reranker
from rag.sampling import Sampling, sampling_from
from rag.scope import Scope
from rag.types import Answered, Hit, Token, Turn


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
    """Where to search."""
    k: int | None = None
    """How many passages come back at most, from 1; by default as the pipeline's settings say. A call
    may give another number: `invoke(query, k=3)`."""
    filter: dict[str, Any] | None = None
    """The lectures to search, see `Scope.of`; a call may give others: `invoke(query, filter=...)`."""

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        filter: dict[str, Any] | None = None,
        k: int | None = None,
    ) -> list[Document]:
        scope = Scope.of((self.filter if filter is None else filter) or {})
        pipeline, number = self.pipeline, self.k if k is None else k
        if number is not None:
            changed = pipeline.settings.with_changes(retrieval={"top_k": number})
            pipeline = pipeline.with_settings(changed)
        return [to_document(hit) for hit in pipeline.search(query, scope=scope)]


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

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        sampling = sampling_from(_only_sampling(kwargs), self.sampling)
        params["ls_model_name"] = kwargs.get("model") or self.generator.name
        if sampling.temperature is not None:
            params["ls_temperature"] = sampling.temperature
        params["ls_max_tokens"] = sampling.max_new_tokens
        return params

    def _usage(self, prompt: Sequence[Message], text: str) -> UsageMetadata:
        """Tokens by the generator's count, without those that its template adds."""
        read = sum(self.generator.count_tokens(message["content"]) for message in prompt)
        written = self.generator.count_tokens(text)
        return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        sampling = sampling_from(kwargs, self.sampling)
        prompt, written = [_message(message) for message in messages], ""
        for piece in self.generator.stream(prompt, sampling):
            end = _first_stop(written + piece, stop)
            text = piece if end is None else (written + piece)[len(written) : end]
            written += text
            if text:
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                if run_manager:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk
            if end is not None:
                break
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=self._usage(prompt, written),
                response_metadata={"model_name": self.generator.name},
            )
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        *pieces, end = self._stream(messages, stop, run_manager, **kwargs)
        message = AIMessage(
            content="".join(str(piece.message.content) for piece in pieces),
            usage_metadata=cast(AIMessageChunk, end.message).usage_metadata,
            response_metadata=end.message.response_metadata,
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


class AskRunnable(Runnable[str | dict[str, Any], AddableDict]):
    """The whole pipeline as an LCEL runnable.

    Input: a question, or a dict with `question` and optionally `history` (messages, oldest
    first), `sampling` (a dict of sampling values) and `filter` (the lectures to ask, see
    `Scope.of`). Output: a dict with `draft` (what the
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
        scope = Scope.of(request.get("filter") or {})
        for event in self.pipeline.stream(
            request["question"], history=history, sampling=sampling, scope=scope
        ):
            if isinstance(event, Token):
                yield AddableDict(draft=event.text)
            elif isinstance(event, Answered):
                answer = event.answer
                yield AddableDict(
                    text=answer.text, grade=answer.grade, notice=answer.notice, answer=answer
                )


def to_document(hit: Hit) -> Document:
    """A hit as a langchain document; everything but the text is in the metadata.

    `source` and `page` are the keys that langchain's loaders use: the file's name, and the first page,
    from 1.
    """
    metadata = hit_dict(hit) | {"source": hit.passage.file, "page": hit.passage.page}
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


def _only_sampling(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of a call's arguments is a sampling value."""
    return {name: value for name, value in values.items() if name in Sampling.model_fields}


def _first_stop(text: str, stop: Sequence[str] | None) -> int | None:
    """Where the first of some stop strings begins in a text."""
    positions = [position for word in stop or () if (position := text.find(word)) >= 0]
    return min(positions, default=None)
