"""An answer as text for other documents: plain, Markdown and BibTeX, without scores."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rag.types import Answer, Source
from rag.written_units import shown_units, unit_lines
from ui.structured_answers import structured_markdown
from ui.text import citation_of, t

_ITEM = "• "
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|$~])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}


def as_plain(answer: Answer) -> str:
    """The answer's lines with the numbers of their sources, and the sources' citations."""
    lines = [line for paragraph in _paragraphs(answer) for line in (*paragraph, "")]
    lines += [f"[{source.number}] {_places(source)}" for source in answer.sources]
    return "\n".join(lines).strip() + "\n"


def as_markdown(answer: Answer) -> str:
    """The same with a list of the sources, and all that Markdown would read as markup escaped."""
    paragraphs = [_markdown_lines(lines) for lines in _paragraphs(answer)]
    if answer.is_structured:
        notes = [escape_markdown(note) for note in (answer.notice, answer.introduction) if note]
        paragraphs = [*notes, structured_markdown(answer.units)]
    # Another sign than that of items above them, so that Markdown begins a new list.
    sources = [f"* {escape_markdown(f'[{s.number}] {_places(s)}')}" for s in answer.sources]
    return "\n\n".join([*paragraphs, "\n".join(sources)]).strip() + "\n"


def as_bibtex(answer: Answer) -> str:
    """An entry for each source: its document, its pages, and the words that are cited."""
    entries, keys = [], set[str]()
    for source in answer.sources:
        passage = source.hit.passage
        base = key = f"{_ascii(passage.name)}-p{'-'.join(str(page) for page in source.pages[:1])}"
        number = 2
        while key in keys:
            key, number = f"{base}-{number}", number + 1
        keys.add(key)
        fields = {
            "title": passage.title or passage.name,
            "howpublished": _places(source),
            "note": " ".join(answer.marked(source).quote.split()),
        }
        rows = [f"  {name} = {{{_latex(value)}}}" for name, value in fields.items()]
        entries.append(f"@misc{{{key},\n" + ",\n".join(rows) + "\n}\n")
    return "\n".join(entries)


def _paragraphs(answer: Answer) -> list[tuple[str, ...]]:
    """The notice of a doubt or the introduction, and the leads or the sentences with the numbers of their sources."""
    paragraphs: list[tuple[str, ...]] = [
        (note,) for note in (answer.notice, answer.introduction) if note
    ]
    if answer.leads:
        for lead in answer.leads:
            *first, last = lead.lines
            paragraphs.append((*first, f"{last} [{lead.source}]"))
    elif answer.is_structured:
        paragraphs.append(tuple(unit_lines(shown_units(answer.units))))
    else:
        for said in answer.sentences:
            lines = (
                answer.source_of(said).lines if said.origin == "quoted" else (said.text.strip(),)
            )
            quoted = said.origin == "quoted"
            *first, last = (f"“{lines[0]}", *lines[1:]) if quoted else lines
            paragraphs.append((*first, f"{last}{'”' if quoted else ''} [{said.source}]"))
    return paragraphs


def _markdown_lines(lines: Sequence[str]) -> str:
    """Lines as Markdown: items as a list, line breaks between others."""
    text, before = "", False
    for place, line in enumerate(lines):
        is_item = line.startswith(_ITEM)
        if place:
            text += "  \n" if not (is_item or before) else "\n" if is_item and before else "\n\n"
        text += (
            f"- {escape_markdown(line.removeprefix(_ITEM))}" if is_item else escape_markdown(line)
        )
        before = is_item
    return text


def _places(source: Source) -> str:
    return "; ".join([citation_of(source), *(t("also {place}", place=p) for p in source.also)])


def escape_markdown(line: str) -> str:
    """A line that Markdown shows as it is; what would begin a list or a heading too."""
    line = _MARKDOWN.sub(r"\\\1", line)
    return re.sub(r"^(\s*)([-+]|\d+[.)])(?=\s)", lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", line)


def _ascii(name: str) -> str:
    stem = unicodedata.normalize("NFKD", name.rpartition(".")[0] or name)
    return (
        re.sub(r"[^A-Za-z0-9]+", "-", stem.encode("ascii", "ignore").decode()).strip("-")
        or "source"
    )


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
