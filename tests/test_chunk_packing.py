"""ingest.chunk.packing: which sentences share a passage, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.chunk import ChunkSettings
from ingest.chunk.packing import Unit, pack, split_at_headings
from ingest.types import Document, Span

DOCUMENT = Document("0" * 64, "notes.pdf", "notes.pdf", "Search", 1)


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def make_units(*lengths: int, headings: tuple[str, ...] = ("Search",)) -> tuple[str, list[Unit]]:
    """A text of sentences of so many words, and the units that they are."""
    text, units = "", []
    for length in lengths:
        sentence = "word " * length
        units.append(Unit(Span(1, len(text), len(text) + len(sentence)), length, headings))
        text += sentence
    return text, units


def packed_lengths(lengths: Sequence[int], settings: ChunkSettings) -> list[list[int]]:
    """The number of words of each sentence of each passage."""
    text, units = make_units(*lengths)
    passages = pack(DOCUMENT, {1: text}, (), units, count_words, settings)
    return [
        [len(text[span.start : span.end].split()) for span in passage.spans] for passage in passages
    ]


def test_passages_are_about_equally_long():
    """Four sentences of 10 need two passages of up to 30: two and two, not three and one."""
    settings = ChunkSettings(window=64, passage_tokens=30)
    assert packed_lengths([10, 10, 10, 10], settings) == [[10, 10], [10, 10]]
    assert packed_lengths([10, 10, 10], settings) == [[10, 10, 10]]


def test_the_window_limits_a_passage_with_its_context_and_special_tokens():
    """A window of 24 leaves 21: two special tokens, and one word of context."""
    settings = ChunkSettings(window=24, passage_tokens=40)
    assert packed_lengths([11, 11], settings) == [[11], [11]]
    assert packed_lengths([10, 11], settings) == [[10, 11]]


def test_a_sentence_that_is_too_long_is_cut_between_words():
    assert packed_lengths([50], ChunkSettings(64, 20)) == [[20], [20], [10]]


def test_an_overlap_repeats_only_whole_sentences_that_fit():
    settings = ChunkSettings(window=64, passage_tokens=20, overlap_tokens=8)
    assert packed_lengths([12, 6, 12, 6], settings) == [[12, 6], [6, 12], [6]]


def test_notes_are_split_where_the_headings_change_but_a_lone_heading_goes_on():
    _, first = make_units(30, headings=("Search", "Trees"))
    _, heading = make_units(2, headings=("Search", "Graphs"))
    _, below = make_units(30, headings=("Search", "Graphs", "Paths"))
    sections = list(split_at_headings([*first, *heading, *below]))
    assert sections == [first, [*heading, *below]]
