"""An answer as Markdown for chat clients: paragraphs with the numbers of their sources, and links to pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import shorten

from ingest.text.languages import language
from rag.ground import unsupported_sentences
from rag.types import Answer, Source
from ui.safe_markdown import safe_blocks, safe_line

_SOURCES = "\n\n---\n"
_QUOTED = 160  # characters


def markdown_parts(answer: Answer, address: Callable[[Source], str]) -> Iterator[str]:
    """The answer paragraph by paragraph, the list of its sources, and what no source supports.

    Args:
        answer: Quoted, written, structured, or one that shows the nearest pages alone.
        address: Gives the address of the picture of a source's page.
    """
    opening = (answer.scope_notice, *answer.writer_sentences, answer.notice, answer.introduction)
    paragraphs = [plain(text) for text in opening if text]
    if answer.leads:
        paragraphs += [_lead(lead.lines, lead.source) for lead in answer.leads]
    elif answer.is_structured:
        paragraphs += safe_blocks(answer.units, plain).split("\n\n")
    elif not answer.abstained:
        said = [f"{plain(said.text)} [{said.source}]" for said in answer.sentences]
        paragraphs += [" ".join(said)] if said else []
    for number, text in enumerate(paragraphs):
        yield f"\n\n{text}" if number else text
    lines = [source_link(source, address) + _quote(answer, source) for source in answer.sources]
    ending = ["  \n".join(lines)]
    if unsupported := unsupported_sentences(answer):
        ending.append(language(answer.language).unsupported)
        ending += [f"~~{safe_line(text, plain)}~~" for text in unsupported]
    if any(ending):
        yield _SOURCES + "\n\n".join(filter(None, ending))


def plain(text: str) -> str:
    """Words of a lecture or a model in Markdown: nothing in them is a link, a picture, a formula or HTML."""
    for mark in "\\`*_[]<>|#~$":
        text = text.replace(mark, f"\\{mark}")
    return text


def without_sources(text: str) -> str:
    """An earlier answer of ours without its list of sources and what is beneath it."""
    return text.partition(_SOURCES)[0]


def _lead(lines: tuple[str, ...], source: int) -> str:
    """A lead as a paragraph, or a list under its label, with the number of its source."""
    marked = ["- " + plain(line[2:]) if line.startswith("• ") else plain(line) for line in lines]
    return "\n".join(marked) + f" [{source}]"


def _quote(answer: Answer, source: Source) -> str:
    """The first words of a source's quote, if the answer does not say them."""
    if not source.quote or (answer.says(source) and not answer.leads):
        return ""
    return f": “{plain(shorten(source.quote, _QUOTED, placeholder=' …'))}”"


def source_link(source: Source, address: Callable[[Source], str]) -> str:
    """A source's line in the list: its number, and its citation as a link to the picture of its page."""
    return f"[{source.number}] [{plain(source.citation)}]({address(source)})"
