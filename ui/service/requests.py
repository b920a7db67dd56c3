"""What requests hold, and the replies' examples."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rag.queries import MAX_QUESTION
from rag.scope import Scope

Name = Annotated[str, Field(max_length=300)]


class Asked(BaseModel):
    """A question and the lectures that it is asked of, as the command line has them."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "example": {"question": "What is entropy?", "course": "AI", "up_to": "5"}
        },
    )

    question: Annotated[str, Field(max_length=MAX_QUESTION)]
    """In a sentence or a few words."""
    course: Name = ""
    """Ask the lectures of this course alone."""
    lecture: Annotated[list[Name], Field(max_length=100)] = []
    """Ask these lectures alone: numbers, titles or file names."""
    up_to: Name = ""
    """Ask this lecture and those before it."""

    @property
    def scope(self) -> Scope:
        """The lectures that are asked."""
        return Scope(self.course, tuple(self.lecture), self.up_to)


class SearchRequest(Asked):
    """A search."""

    passages: Annotated[int | None, Field(ge=1, le=100)] = None
    """How many at most; by default as the settings say."""


class PastTurn(BaseModel):
    """An earlier question of a conversation and its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=MAX_QUESTION)]
    answer: Annotated[str, Field(max_length=MAX_QUESTION)] = ""


class AskRequest(Asked):
    """A question to answer."""

    history: Annotated[list[PastTurn], Field(max_length=100)] = []
    """The conversation before, oldest first."""
    written: bool | None = None
    """Let the language model write (true) or quote (false); by default as the settings say."""
    stream: bool = False
    """Reply with server-sent events: queued, stage, words, and answer or error at the end."""


ANSWER_EXAMPLE: dict[str, Any] = {
    "text": "Entropy is the expected information of a random variable [1]",
    "grade": "answered",
    "confidence": 0.91,
    "leads": [{"text": "Entropy is the expected information of a random variable", "source": 1}],
    "sources": [
        {
            "number": 1,
            "citation": "AI, lecture 3, p. 12",
            "quote": "Entropy is the expected information of a random variable.",
            "image": "/pages/0f3a…/12.png?passage=0f3a-7&start=0&end=58",
        }
    ],
}
HIT_EXAMPLE: dict[str, Any] = {
    "question": "What is entropy?",
    "scope": {"course": "AI", "up_to": "5"},
    "hits": [
        {
            "document": "information.pdf",
            "pages": [12],
            "text": "Entropy is the expected information of a random variable.",
            "stages": {"dense": {"score": 0.61, "rank": 1}},
            "image": "/pages/0f3a…/12.png?passage=0f3a-7",
        }
    ],
}
