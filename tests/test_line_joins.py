"""The benchmark of hand-marked pairs of lines."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks import line_joins
from benchmarks.line_joins import PAIRS, Pair, find_lines, place_pairs, read_pairs, text_hash
from ingest.readers import read


def test_the_file_holds_enough_pairs_of_every_deck_and_no_words():
    pairs = read_pairs()
    strata = [pair for pair in pairs if pair.sample == "strata"]
    assert len(strata) >= 240
    assert len({pair.deck for pair in pairs}) == 12
    assert min(Counter(pair.continues for pair in strata).values()) >= 100
    assert len({(pair.deck, pair.page, pair.lines) for pair in pairs}) == len(pairs)
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        texts = [value for value in values.values() if isinstance(value, str)]
        assert set(texts) == {values["deck"], values["text"], values["mark"], values["sample"]}
        assert len(values["text"]) == 16


def pair_of(page, first: int, second: int, continues: bool = True) -> Pair:
    lines = (page.lines[first], page.lines[second])
    return Pair(
        "deck.pdf", page.number, text_hash(page), tuple((x.start, x.end) for x in lines),
        tuple(x.box for x in lines), continues, "strata", 2.0,
    )  # fmt: skip


def test_lines_are_found_by_offsets_then_by_boxes_else_lost(make_pdf):
    path = make_pdf("deck.pdf", '#slide("Cats")[A cat sleeps. \\ A dog barks.]')
    page = read(path).pages[0]
    pair = pair_of(page, 1, 2)
    assert find_lines(pair, page) == page.lines[1:3]
    assert find_lines(replace(pair, text="another text"), page) == page.lines[1:3]
    moved = tuple(box._replace(y0=box.y0 + 9, y1=box.y1 + 9) for box in pair.boxes)
    assert find_lines(replace(pair, text="another text", boxes=moved), page) is None
    placed = list(place_pairs([pair, replace(pair, lines=((0, 1), (1, 2)))], path.parent))
    assert [each.pair for each in placed] == [pair]


def test_the_report_counts_right_decisions_with_and_without_each_rule(make_pdf):
    path = make_pdf("deck.pdf", '#slide("Cats")[- A cat sleeps.\n- A dog barks.]')
    page = read(path).pages[0]
    pairs = [pair_of(page, 1, 2, continues=False), pair_of(page, 0, 1, continues=True)]
    placed = list(place_pairs(pairs, path.parent))
    lines = list(line_joins.report(placed))
    assert lines[0].split() == ["strata", "1", "of", "2", "0.500", "weighted", "0.500"]
    assert any(line.split()[:4] == ["bullet", "1", "of", "2"] for line in lines)
    wrong = list(line_joins.wrong_pairs(placed))
    assert len(wrong) == 1
    assert "Cats" in wrong[0]


def test_missing_lectures_are_named(tmp_path):
    with pytest.raises(SystemExit, match="lacks 12 of 12 decks"):
        line_joins.main(["--lectures", str(tmp_path)])
