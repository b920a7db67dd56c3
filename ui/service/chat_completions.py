"""The OpenAI-compatible routes: chat completions and models, one model for each course.

The last message is the question and those before it the conversation. The answer's sentences are
sent when they have been compared with their sources, since what was sent cannot be taken back; the
sources follow as Markdown links to images of their pages, as OpenAI's annotations, and in the field
`sources`. Sampling settings of a request hold for written answers; for quoted ones they have no effect.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urljoin

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT
from pydantic import BaseModel, ConfigDict, Field

from rag.queries import MAX_QUESTION
from rag.sampling import Sampling, sampling_from
from rag.scope import Scope
from rag.types import Answer, Answered, Event, Source, Turn
from ui.service.access import Access, Reader, access_of
from ui.service.chat_markdown import markdown_parts, source_link, without_sources
from ui.service.engine import Waiting
from ui.service.errors import Refused, fault_body
from ui.service.questions import answer_events, answer_of, engine_of
from ui.service.requests import Name
from ui.service.sources import source_image

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
_MODEL = "katheder"
_DONE = b"data: [DONE]\n\n"
_EVENTS = "text/event-stream"
# Open WebUI has the model of a chat find a title, tags and further questions for it, as fields of JSON.
# These are no questions of lectures; without the fields it takes what it has, such as the question as title.
_CLIENT_TASK = re.compile(r"### Task:\s.*\bJSON\b", re.DOTALL)
_NO_RESULT = "{}"


class TextPart(BaseModel):
    """A part of a message; parts that are not text are left out."""

    type: str
    text: Annotated[str, Field(max_length=MAX_QUESTION)] = ""


class ChatMessage(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: (
        Annotated[str, Field(max_length=5 * MAX_QUESTION)]
        | Annotated[list[TextPart], Field(max_length=50)]
        | None
    ) = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()


class StreamOptions(BaseModel):
    """What a stream has beside the words."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A request as OpenAI's clients send it; fields that are not named here have no effect."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "example": {
                "model": "katheder/AI",
                "messages": [{"role": "user", "content": "What is entropy?"}],
                "stream": False,
            }
        },
    )

    model: Name
    """`katheder`, or `katheder/COURSE` for the lectures of a course."""
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=4096)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=4096)] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    lecture: Annotated[list[Name], Field(max_length=100)] = []
    """Beyond OpenAI's fields: ask these lectures alone."""
    up_to: Name = ""
    """Beyond OpenAI's fields: ask this lecture and those before it."""
    written: bool | None = None
    """Beyond OpenAI's fields: let the language model write, or quote."""

    @property
    def scope(self) -> Scope:
        """The lectures that are asked.

        Raises:
            Refused: the model is none of ours.
        """
        name, _, course = self.model.partition("/")
        if name != _MODEL:
            raise Refused(
                404, f"There is no model {self.model!r}; expected katheder or katheder/COURSE."
            )
        return Scope(course, tuple(self.lecture), self.up_to)

    def sampling(self, base: Sampling) -> Sampling:
        """How a written answer is sampled."""
        values = {
            "temperature": self.temperature or None,  # 0 is greedy, as without any
            "top_p": (self.top_p or None) if self.temperature else None,
            "max_new_tokens": self.max_completion_tokens or self.max_tokens,
            "seed": self.seed,
        }
        return sampling_from(values, base)

    def conversation(self) -> tuple[str, list[Turn]]:
        """The question and the turns before it.

        Raises:
            Refused: no message of the user is there.
        """
        said = [each for each in self.messages if each.role in ("user", "assistant")]
        if not said or said[-1].role != "user":
            raise Refused(400, "The last message must be the user's; it is the question.")
        turns: list[Turn] = []
        question = ""
        for each in said[:-1]:
            if each.role == "user":
                question = each.text
            elif question:
                turns.append(Turn(question, without_sources(each.text)))
                question = ""
        return said[-1].text, turns


@router.get("/models")
async def models(client: Reader, request: Request) -> dict[str, Any]:
    """The library as the model `katheder`, and each of its courses as `katheder/COURSE`."""
    engine = engine_of(request)
    courses = await run_in_threadpool(engine.library.courses)
    names = [] if client.course else [_MODEL]
    names += [
        f"{_MODEL}/{course.name}"
        for course in courses
        if not client.course or course.name.casefold() == client.course.casefold()
    ]
    rows = [{"id": name, "object": "model", "created": 0, "owned_by": "katheder"} for name in names]
    return {"object": "list", "data": rows}


@router.post("/chat/completions", response_model=None)
async def chat_completions(body: ChatRequest, client: Reader, request: Request) -> Any:
    """Answer the last message, in one piece or as a stream, with links to the pages."""
    question, history = body.conversation()
    engine = engine_of(request)
    reply = _Reply(body.model, request)
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    if _CLIENT_TASK.match(question):
        client.within(body.scope)
        if body.stream:
            return StreamingResponse(
                reply.stream_text(question, _NO_RESULT, with_usage), media_type=_EVENTS
            )
        return JSONResponse(reply.complete_text(question, _NO_RESULT))
    writes = engine.settings.answer.writer if body.written is None else body.written
    events = answer_events(
        request,
        client,
        question,
        history,
        client.within(body.scope),
        body.written,
        body.sampling(engine.settings.sampling) if writes else None,
    )
    if body.stream:
        return StreamingResponse(reply.stream(events, with_usage), media_type=_EVENTS)
    return JSONResponse(reply.complete(await answer_of(events)))


class _Reply:
    """One reply in OpenAI's form."""

    def __init__(self, model: str, request: Request) -> None:
        self._access: Access = access_of(request)
        self._base = str(request.base_url)
        self._count_tokens = engine_of(request).models.encoder.count_tokens
        self._head = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": model,
        }

    def complete(self, answer: Answer) -> dict[str, Any]:
        """The whole reply."""
        text = "".join(self._parts(answer))
        return self.complete_text(answer.question, text, self._annotations(answer, text)) | {
            "sources": self._sources(answer)
        }

    def complete_text(
        self, question: str, text: str, annotations: Sequence[dict[str, Any]] = ()
    ) -> dict[str, Any]:
        """The whole reply with some text."""
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": message | {"annotations": list(annotations)},
                    "finish_reason": "stop",
                    "logprobs": None,
                }
            ],
            "usage": self._usage(question, text),
        }

    async def stream_text(self, question: str, text: str, with_usage: bool) -> AsyncIterator[bytes]:
        """A reply with some text in chunks."""
        yield self._chunk({"role": "assistant", "content": text})
        for chunk in self._ending(question, text, with_usage):
            yield chunk
        yield _DONE

    async def stream(
        self, events: AsyncIterator[Event | Waiting], with_usage: bool
    ) -> AsyncIterator[bytes]:
        """The reply in chunks; the sources are in the last one with words."""
        yield self._chunk({"role": "assistant", "content": ""})
        try:
            async for event in events:
                if isinstance(event, Waiting):
                    yield KEEPALIVE_COMMENT
                elif isinstance(event, Answered):
                    parts = list(self._parts(event.answer))
                    for part in parts:
                        yield self._chunk({"content": part})
                    text = "".join(parts)
                    if annotations := self._annotations(event.answer, text):
                        yield self._chunk({"annotations": annotations})
                    sources = self._sources(event.answer)
                    for chunk in self._ending(
                        event.answer.question, text, with_usage, sources=sources
                    ):
                        yield chunk
            yield _DONE
        except Exception as error:
            yield b"data: " + json.dumps(fault_body(error)).encode() + b"\n\n"

    def _ending(self, question: str, text: str, with_usage: bool, **more: Any) -> Iterator[bytes]:
        yield self._chunk({}, finish="stop", **more)
        if with_usage:
            yield self._data({"choices": [], "usage": self._usage(question, text)})

    def _parts(self, answer: Answer) -> Iterator[str]:
        """The answer as Markdown, with links to the images of its sources."""
        return markdown_parts(answer, partial(self._image, answer))

    def _annotations(self, answer: Answer, text: str) -> list[dict[str, Any]]:
        """The sources as OpenAI's citations of addresses; each is where its link is in the text."""
        annotations = []
        for source in answer.sources:
            link = source_link(source, partial(self._image, answer))
            start = text.rindex(link)
            citation = {
                "start_index": start,
                "end_index": start + len(link),
                "title": source.citation,
                "url": self._image(answer, source),
            }
            annotations.append({"type": "url_citation", "url_citation": citation})
        return annotations

    def _sources(self, answer: Answer) -> list[dict[str, Any]]:
        return [
            {
                "number": source.number,
                "document": source.hit.passage.name,
                "course": source.hit.passage.course,
                "lecture": source.hit.passage.lecture,
                "pages": list(source.pages),
                "citation": source.citation,
                "quote": source.quote,
                "image": self._image(answer, source),
            }
            for source in answer.sources
        ]

    def _image(self, answer: Answer, source: Source) -> str:
        """The address of the picture of a source's page."""
        return urljoin(self._base, source_image(answer.marked(source), self._access))

    def _usage(self, question: str, text: str) -> dict[str, int]:
        """Tokens of the encoder, as the only model that reads both."""
        asked, said = self._count_tokens([question, text])
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return self._data({"choices": [choice], **more})

    def _data(self, values: dict[str, Any]) -> bytes:
        chunk = {**self._head, "object": "chat.completion.chunk", **values}
        return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"
