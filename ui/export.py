"""Export of a conversation as Markdown, HTML and PDF, each sentence with its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape as html_escape

import typst
from markdown_it import MarkdownIt

from ingest import resources
from ingest.text.languages import language
from rag.types import Answer, Sentence
from rag.written_units import WrittenUnit
from ui.conversations import Exchange
from ui.formulas import formula_picture
from ui.structured_answers import structured_blocks, structured_markdown
from ui.text import citation_of, t

_READER = MarkdownIt("commonmark", {"html": False}).enable("table")
_TEMPLATE = resources.package_file("ui", "export.typ")
_FORMULA = re.compile(r"(?<!\\)\$\$[^$]+\$\$|(?<!\\)\$[^$\n]+\$")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+|$~-])")

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem;
  color: #0b161e; background: #fdfdfb; }
h2 { font-size: 1.1rem; margin-top: 2rem; border-top: 1px solid #d5dcdc; padding-top: 1rem; }
ol { color: #44525a; font-size: .9rem; } q { font-style: italic; }
.lead { font-size: 1.1rem; font-weight: 600; }
"""


def as_markdown(title: str, exchanges: Sequence[Exchange]) -> str:
    """The conversation as Markdown, with all text of the documents escaped."""
    lines = [f"# {_plain(title)}", ""]
    for exchange in exchanges:
        lines += [f"## {_plain(exchange.question)}", ""]
        for text in _notes(exchange):
            lines += [_plain(text), ""]
        if exchange.answer:
            for lead in exchange.answer.leads:
                text = "  \n".join(map(_plain, lead.lines))
                lines += [f"**{text}** \\[{lead.source}\\]", ""]
            if exchange.answer.is_structured:
                lines += [structured_markdown(exchange.answer.units), ""]
            for sentence, quoted in _sentences(exchange.answer):
                text = "  \n> ".join(map(_plain, quoted)) if quoted else _plain(sentence.text)
                text = f"> *“{text}”*" if quoted else text
                lines += [f"{text} \\[{sentence.source}\\]", ""]
            for number, citation, quote in _sources(exchange.answer):
                lines.append(f"- \\[{number}\\] {_plain(citation + quote)}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def as_html(title: str, exchanges: Sequence[Exchange]) -> str:
    """The conversation as one self-contained page."""
    parts = [f"<h1>{html_escape(title)}</h1>"]
    for exchange in exchanges:
        parts.append(f"<h2>{html_escape(exchange.question)}</h2>")
        parts += [f"<p>{html_escape(text)}</p>" for text in _notes(exchange)]
        if exchange.answer:
            for lead in exchange.answer.leads:
                text = "<br>".join(map(html_escape, lead.lines))
                parts.append(f"<p class=lead>{text} [{lead.source}]</p>")
            if exchange.answer.leads:
                parts.append(f"<details><summary>{html_escape(t('On the page'))}</summary>")
            if exchange.answer.is_structured:
                parts.append(_structured_html(exchange.answer.units))
            for sentence, quoted in _sentences(exchange.answer):
                text = "<br>".join(map(html_escape, quoted or [sentence.text]))
                text = f"<q>{text}</q>" if quoted else text
                parts.append(f"<p>{text} [{sentence.source}]</p>")
            if exchange.answer.leads:
                parts.append("</details>")
            items = "".join(
                f"<li value={number}>{html_escape(citation + quote)}</li>"
                for number, citation, quote in _sources(exchange.answer)
            )
            parts.append(f"<ol>{items}</ol>")
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{html_escape(title)}</title>"
        "<meta name=viewport content='width=device-width'>"
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def as_pdf(title: str, exchanges: Sequence[Exchange]) -> bytes:
    """The conversation as a PDF file, set by Typst."""
    data = {
        "title": title,
        "exchanges": [
            {
                "question": exchange.question,
                "notes": _notes(exchange),
                "leads": [
                    {"lines": lead.lines, "source": lead.source}
                    for lead in (exchange.answer.leads if exchange.answer else ())
                ],
                "sentences": [
                    {"text": sentence.text, "source": sentence.source, "quoted": quoted}
                    for sentence, quoted in (_sentences(exchange.answer) if exchange.answer else ())
                ],
                "blocks": (
                    structured_blocks(exchange.answer.units)
                    if exchange.answer and exchange.answer.is_structured
                    else []
                ),
                "sources": list(_sources(exchange.answer)) if exchange.answer else [],
            }
            for exchange in exchanges
        ],
    }
    pdf = typst.compile(
        _TEMPLATE.read_bytes(), format="pdf", sys_inputs={"conversation": json.dumps(data)}
    )
    assert isinstance(pdf, bytes)
    return pdf


def _structured_html(units: Sequence[WrittenUnit]) -> str:
    """A structured answer as HTML, its formulas drawn; one that cannot be drawn stays LaTeX."""
    drawn: list[str] = []

    def hold(match: re.Match[str]) -> str:
        picture = formula_picture(" ".join(match[0].split()))
        if picture is None:
            return match[0]
        style = f"height:{picture.height:.3f}em;vertical-align:{-picture.depth:.3f}em;width:auto"
        label = html_escape(match[0].strip("$").strip(), quote=True)
        svg = picture.svg.replace(
            "<svg", f'<svg role="img" aria-label="{label}" style="{style}"', 1
        )
        drawn.append(svg)
        return f"\ue000{len(drawn) - 1}\ue001"

    text = _FORMULA.sub(hold, structured_markdown(units).replace("\ue000", ""))
    html = _READER.render(text)
    return re.sub("\ue000(\\d+)\ue001", lambda match: drawn[int(match[1])], html)


def _notes(exchange: Exchange) -> list[str]:
    """What precedes the sentences: which lectures were asked, an error, a doubt, an introduction."""
    answer = exchange.answer
    if answer is None:
        return [exchange.error or t("This question was not answered.")]
    notes = [answer.scope_notice, answer.notice, answer.introduction]
    if answer.abstained:
        notes[1:] = [language(answer.language).abstention, answer.picture_notice]
    return [note for note in notes if note]


def _sentences(answer: Answer) -> Iterator[tuple[Sentence, Sequence[str]]]:
    """Each sentence, with the lines of its quote if it is one; none of a structured answer."""
    sources = {source.number: source for source in answer.sources}
    for sentence in () if answer.is_structured else answer.sentences:
        yield sentence, sources[sentence.source].lines if sentence.origin == "quoted" else ()


def _sources(answer: Answer) -> Iterator[tuple[int, str, str]]:
    """Each source's number and citation, and its quote unless a sentence is the same text."""
    for source in answer.sources:
        quote = "" if answer.says(source) or not source.quote else f": “{source.quote}”"
        yield source.number, citation_of(source), quote


def _plain(text: str) -> str:
    """Text on one line, escaped for Markdown."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
