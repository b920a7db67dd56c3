"""An answer as lines to print, with its numbered sources."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from rag.plain_values import source_notes
from rag.written_units import shown_units, unit_lines

if TYPE_CHECKING:
    from rag.types import Answer


def render_answer(answer: Answer) -> str:
    """The scope, the notice, the leads and the numbered sources with their quotes, as lines to print.

    Without leads, the sentences are above the sources: quotes in the page's lines, and each
    quote once; a structured answer keeps its headings, lists and tables.
    """
    quotes = {source.number: "“" + "\n".join(source.lines) + "”" for source in answer.sources}
    opening = (answer.scope_notice, *answer.writer_sentences, answer.notice, answer.introduction)
    paragraphs = [text for text in opening if text]
    leads = ["\n".join(lead.lines) + f" [{lead.source}]" for lead in answer.leads]
    paragraphs += ["\n".join(leads)] if answer.route and leads else leads
    is_structured = answer.is_structured
    if is_structured:
        paragraphs.append("\n".join(unit_lines(shown_units(answer.units))))
    for origin, group in groupby(answer.sentences, lambda sentence: sentence.origin):
        if origin == "written" and not is_structured:
            paragraphs.append(" ".join(f"{said.text} [{said.source}]" for said in group))
        elif origin == "quoted" and not answer.leads:
            paragraphs += [f"{quotes[said.source]} [{said.source}]" for said in group]
    lines = ["\n\n".join(paragraphs), ""]
    for source in answer.sources:
        places = "; also ".join([source.citation, *source.also])
        notes = f" ({source_notes(source)})" if source_notes(source) else ""
        lines.append(f"[{source.number}] {places}{notes}")
        if source.quote and (answer.leads or not answer.says(source)):
            lines.append(textwrap.indent(quotes[source.number], "    "))
    return "\n".join(lines)
