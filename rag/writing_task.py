"""What a language model is asked to write about a question, and how its draft is checked.

A small model gets the best sentences and writes a few of its own (`rag.prompt`, `rag.ground`). A capable
one gets whole passages and writes a structured answer (`rag.structured_prompt`, `rag.structured`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.store import Store
from ingest.text.languages import Language
from rag.evidence import Judge
from rag.ground import ground
from rag.language_models.budget import evidence_tokens, whole_passages
from rag.markdown_units import draft_units
from rag.models import Models
from rag.page_images import PageImage, Seeing, page_images
from rag.prompt import Message, build_prompt
from rag.sampling import STRUCTURED_TOKENS, Sampling
from rag.settings import Settings
from rag.structured import CheckedAnswer, UnitCheck
from rag.structured_prompt import structured_prompt
from rag.types import Hit, Source
from rag.writing import Draft

_IMAGE_TOKENS = 1000  # of an image of 800,000 pixels, about


@dataclass(frozen=True, slots=True)
class WritingTask:
    """A question with the evidence that the model is given.

    `is_structured` says which of the two forms the answer has; `wish` is what the model is to do beside
    answering, such as to explain it more simply.
    """

    query: str
    sources: tuple[Source, ...]
    language: Language
    settings: Settings
    is_structured: bool = False
    wish: str = ""
    images: tuple[PageImage, ...] = ()

    @property
    def messages(self) -> list[Message]:
        """The prompt."""
        if not self.is_structured:
            return build_prompt(self.query, self.sources, self.language)
        instructions = self.settings.answer.instructions
        return structured_prompt(
            self.query,
            self.sources,
            self.language,
            instructions,
            task=self.wish,
            images=self.images,
        )

    @property
    def room(self) -> int | None:
        """The new tokens of the answer where the sampling gives no number, None for the usual one."""
        return STRUCTURED_TOKENS if self.is_structured else None

    def evidence_tokens(self, models: Models, sampling: Sampling) -> int:
        """The tokens that passages may have in the prompt, beside those that the task has."""
        count = models.writer.count_tokens
        return evidence_tokens(
            models.writer,
            models.settings,
            prompt_tokens=sum(count(message["content"]) for message in self.messages),
            answer_tokens=sampling.max_new_tokens or self.room or sampling.answer_tokens,
        )

    def check(self, draft: Draft, judge: Judge) -> CheckedAnswer:
        """The draft's sentences or units that the evidence supports, with their sources."""
        text, settings = draft.complete_text, self.settings.answer
        if not self.is_structured:
            sentences, sources = ground(
                self.query, text, self.sources, judge, settings, self.language
            )
            return CheckedAnswer((), sentences, sources)
        units = draft_units(text, self.language, is_complete=draft.ended)
        return UnitCheck(self.query, self.sources, judge, settings, self.language).check(units)


def is_structured(settings: Settings, models: Models) -> bool:
    """Whether a written answer is a structured one about whole passages; see `answer.form`."""
    form = settings.answer.form
    return form == "structured" or (form == "auto" and models.is_writer_capable)


def structured_task(
    task: WritingTask, hits: Sequence[Hit], models: Models, store: Store
) -> WritingTask:
    """The same question for a capable model, with as many whole passages as its budget allows.

    A model that sees gets images of the first passages' pages too, where there is room for both.

    Args:
        task: With any evidence.
        hits: Best first.
        models: The writer's context and its count of tokens decide.
        store: With the files of the passages.

    Raises:
        ConsentMissing: the model's server is on another machine, and the reader has not agreed to it.
    """
    bare = replace(task, sources=(), is_structured=True)
    settings, writer = models.settings, models.writer
    tokens = bare.evidence_tokens(models, task.settings.sampling)
    sees = isinstance(writer, Seeing) and writer.sees
    number = min(settings.images, tokens // (2 * _IMAGE_TOKENS)) if sees else 0
    tokens -= number * _IMAGE_TOKENS
    sources = whole_passages(hits, tokens, writer.count_tokens)
    images = page_images(sources, store, number, settings.image_pixels) if number else ()
    return replace(bare, sources=sources, images=images)
