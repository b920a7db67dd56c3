"""Cards as a file for Anki, which other spaced-repetition programs read too."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from pathlib import Path

import genanki

from rag.study.cards import GAP, Card, citation_of

_STYLE = """.card { font-family: system-ui, sans-serif; font-size: 20px; text-align: center; }
.page { font-size: 14px; opacity: .7; margin-top: 1.5em; }"""
_BASIC = genanki.Model(
    1_846_201_731,  # arbitrary, and the same in every file, so that Anki knows the kind of note
    "Katheder definition",
    fields=[{"name": "Question"}, {"name": "Answer"}, {"name": "Page"}],
    templates=[
        {
            "name": "Card",
            "qfmt": "{{Question}}",
            "afmt": '{{Question}}<hr id="answer">{{Answer}}<div class="page">{{Page}}</div>',
        }
    ],
    css=_STYLE,
)
_CLOZE = genanki.Model(
    1_846_201_732,
    "Katheder gap",
    model_type=genanki.Model.CLOZE,
    fields=[{"name": "Text"}, {"name": "Page"}],
    templates=[
        {
            "name": "Gap",
            "qfmt": "{{cloze:Text}}",
            "afmt": '{{cloze:Text}}<div class="page">{{Page}}</div>',
        }
    ],
    css=_STYLE,
)


def write_deck(cards: Sequence[Card], name: str, file: Path) -> None:
    """Write an .apkg file; a file that is imported again changes its cards instead of doubling them.

    Args:
        cards: With their pages.
        name: The deck's in Anki.
        file: Is replaced where it exists.
    """
    write_package([_note(card) for card in cards], name, file)


def write_package(notes: Sequence[genanki.Note], name: str, file: Path) -> None:
    """Write notes as one deck; a name stands for one deck, whatever is in it."""
    deck = genanki.Deck(int(hashlib.sha256(name.encode()).hexdigest()[:8], 16), name)
    for note in notes:
        deck.add_note(note)
    genanki.Package(deck).write_to_file(str(file))


def question_note(question: str, answer: str, page: str, *, guid: str, tag: str) -> genanki.Note:
    """A note of a question and its answer, in plain text; `guid` tells it from all others."""
    return genanki.Note(
        model=_BASIC,
        fields=[_field(question), _field(answer), html.escape(page)],
        guid=guid,
        tags=[re.sub(r"\s+", "-", tag)],
    )


def _note(card: Card) -> genanki.Note:
    page, tag = citation_of(card.definition), card.definition.passage.file
    if card.kind != "cloze":
        return question_note(card.question, card.answer, page, guid=card.id, tag=tag)
    before, _, behind = card.question.partition(GAP)
    gap = f"{{{{c1::{_field(card.answer)}}}}}"
    return genanki.Note(
        model=_CLOZE,
        fields=[f"{_field(before)}{gap}{_field(behind)}", html.escape(page)],
        guid=card.id,
        tags=[re.sub(r"\s+", "-", tag)],
    )


def _field(text: str) -> str:
    """A text of a lecture as HTML, in which nothing is a template of Anki's."""
    escaped = html.escape(text, quote=False).replace("\n", "<br>")
    return escaped.replace("{{", "{&#123;").replace("}}", "}&#125;").replace("::", ":&#58;")
