"""Tokenisers side by side: each against the library it comes from, and what tokens stand for."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from language import tokens, vocabularies
from language.errors import LanguageError
from ui.language_laboratory.models import encoder_folder
from ui.language_laboratory.tokenizers import tokenizer

FAST = ("characters", "words", "wordpiece", "smollm2", "unigram", "sentencepiece-bpe", "r50k_base")
LOSSLESS = ("characters", "unigram", "sentencepiece-bpe", "r50k_base")
UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TEXT = "The tokenisers don't agree: Größe, 🙂 1234567.\n"


def spans(text: str, row: list[tokens.Token]) -> list[str]:
    data = text.encode()
    return [data[token.start : token.end].decode(errors="replace") for token in row]


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=60, deadline=None)
@given(text=UNICODE)
def test_the_tokens_of_a_lossless_tokeniser_are_the_text_in_order(name, text):
    row = tokenizer(name).tokenize(text)
    data = text.encode()
    assert b"".join(data[token.start : token.end] for token in row) == data
    assert all(first.end == second.start for first, second in pairwise(row))


def test_bytes_without_a_token_are_left_out_and_all_else_is_in_its_place():
    model = tokenizer("smollm2")
    for text in ("a\x04 b", "\U0010ffff end", "\x04", TEXT):
        data = text.encode()
        row = model.tokenize(text)
        pieces = [data[token.start : token.end] for token in row]
        assert [tokens.readable(piece) for piece in pieces] == [token.form for token in row]
        lost = bytes(set(data) - set(b"".join(pieces)))
        assert b"".join(pieces) == data.translate(None, lost)
    assert model.tokenize("a\x04b")[-1] == tokens.Token(82, "b", 2, 3)


@settings(max_examples=60, deadline=None)
@given(text=UNICODE)
@example(text="개")  # WordPiece cuts the syllable into letters, which share its bytes
def test_the_spans_of_the_others_are_in_order_and_only_blanks_are_left_out_of_words(text):
    for name in ("words", "wordpiece"):
        row = tokenizer(name).tokenize(text)
        assert all(0 <= token.start <= token.end <= len(text.encode()) for token in row)
        for before, after in pairwise(row):
            assert (before.start, before.end) <= (after.start, after.end)
    visible = regex.sub(r"\s", "", text)
    assert "".join(spans(text, tokenizer("words").tokenize(text))) == visible


def test_wordpiece_has_the_ids_of_transformers():
    reference = AutoTokenizer.from_pretrained(encoder_folder())
    for text in (TEXT, "unbelievably [MASK] " * 200):
        ids = [token.id for token in tokenizer("wordpiece").tokenize(text)]
        if "[MASK]" not in text:
            assert ids == reference.encode(text, add_special_tokens=False)
        else:  # not cut off at the model's 256 tokens, and the marker is text
            assert len(ids) > 1000
            assert reference.mask_token_id not in ids


def test_the_ids_of_words_and_characters_are_places_in_their_lists():
    words = vocabularies.lecture_words()
    model = tokenizer("words")
    row = model.tokenize("The model quxified.")
    assert [token.id for token in row] == [
        words.index("The"),
        words.index("model"),
        model.unknown,
        words.index("."),
    ]
    assert model.vocabulary_size == len(words) + 1 == len(set(words)) + 1
    letters = vocabularies.lecture_characters()
    ids = [token.id for token in tokenizer("characters").tokenize("ab 漢")]
    assert ids == [letters.index("a"), letters.index("b"), letters.index(" "), len(letters)]


def test_sentencepiece_has_the_ids_of_its_library():
    for kind, name in (("unigram", "unigram"), ("bpe", "sentencepiece-bpe")):
        processor = vocabularies.sentencepiece_model(kind)
        row = tokenizer(name).tokenize(TEXT)
        assert [token.id for token in row] == processor.encode(TEXT)
        assert processor.decode([token.id for token in row]) == TEXT
        assert processor.get_piece_size() == 4000
    row = tokenizer("unigram").tokenize("the é🙂")
    assert [token.form for token in row][-4:] == ["<0xF0>", "<0x9F>", "<0x99>", "<0x82>"]


def test_a_changed_sentencepiece_model_is_refused(tmp_path):
    for file in vocabularies.FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(LanguageError, match=r"unigram\.model has SHA-256 .* install Katheder"):
        vocabularies.sentencepiece_model("unigram", tmp_path)
    with pytest.raises(LanguageError, match="no SentencePiece model 'wordpiece'"):
        vocabularies.sentencepiece_model("wordpiece")


def test_kinds_of_tokens_worked_by_hand():
    text = "can't read Größe ok…"
    cuts = ["can", "'t", " re", "ad", " ", "Größe", " ok", "…"]
    row, start = [], 0
    for cut in cuts:
        end = start + len(cut.encode())
        row.append(tokens.Token(0, cut, start, end))
        start = end
    assert tokens.kinds(text, row) == [
        "word",  # a run of letters, as is the t after the apostrophe
        "mixed",
        "part",
        "part",
        "blank",
        "word",
        "word",
        "sign",
    ]
    half = tokens.Token(0, "?", len("can't read Gr"), len("can't read Gr") + 1)  # a byte of ö
    assert tokens.kinds(text, [half]) == ["part"]


def test_a_summary_worked_by_hand():
    row = tokenizer("characters").tokenize("ab é漢")
    summary = tokens.summarise("ab é漢", row, tokenizer("characters").unknown)
    assert (summary.tokens, summary.unknown, summary.words_in_text) == (5, 1, 2)
    assert summary.bytes_per_token == pytest.approx(8 / 5)  # 1 + 1 + 1 + 2 + 3 bytes
    assert summary.characters_per_token == 1
    assert (summary.words, summary.parts) == (0, 4)
    assert summary.words_in_window(100) == 40


def test_lengths_over_pairs_and_the_embedding_table():
    lengths = tokens.lengths([("ab", "abc"), ("a", "abc")], tokenizer("characters"))
    assert (lengths.first, lengths.second, lengths.ratio) == (3, 6, 2)
    assert tokens.embedding_parameters(50_257, 768) == 38_597_376
    with pytest.raises(LanguageError, match="no pair of texts"):
        tokens.lengths([], tokenizer("characters"))


def test_german_costs_more_tokens_than_english_though_it_has_fewer_words():
    pairs = vocabularies.parallel_texts()
    assert len(pairs) >= 50
    assert tokens.lengths(pairs, tokenizer("words")).ratio < 1
    assert tokens.lengths(pairs, tokenizer("r50k_base")).ratio > 1.7


def test_bytes_are_readable():
    assert tokens.readable(b" the\n\t") == "␣the⏎⇥"
    assert tokens.readable("é".encode()[:1]) == "<C3>"
    assert tokens.byte_offsets("aé漢🙂") == [0, 1, 3, 6, 10]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_named(text):
    for name in FAST:
        with pytest.raises(LanguageError, match="text is empty"):
            tokens.tokenize(text, tokenizer(name))


def test_half_a_surrogate_pair_is_named_by_every_tokeniser():
    for name in FAST:
        with pytest.raises(LanguageError, match=r"Character 5 .* U\+DC00"):
            tokens.tokenize("text\udc00", tokenizer(name))


def test_an_unknown_tokeniser_is_named():
    with pytest.raises(LanguageError, match="no tokeniser 'bert', expected one of characters"):
        tokenizer("bert")


def test_a_text_without_tokens_is_named():
    with pytest.raises(LanguageError, match="no token of this tokeniser"):
        tokens.summarise("\x00", tokens.tokenize("\x00", tokenizer("wordpiece")))


def test_six_tokenisers_cut_10_kilobytes_in_a_tenth_of_a_second():
    text = " ".join(f"{english} {german}" for english, german in vocabularies.parallel_texts())
    text = (text * 3)[:10_000]
    models = [tokenizer(name) for name in FAST if name != "characters"]
    assert len(models) == 6
    best = min(_seconds(text, models) for _ in range(5))
    assert best < 0.1


def _seconds(text: str, models: list[tokens.Tokenizer]) -> float:
    start = time.process_time()  # of this process, whatever else the machine does
    for model in models:
        model.tokenize(text)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("name", ["smollm2", "unigram", "r50k_base"])
def test_a_megabyte_is_cut(name):
    text = "".join(f"{a} {b}\n" for a, b in vocabularies.parallel_texts()) * 190
    assert len(text) > 1_000_000
    row = tokens.tokenize(text, tokenizer(name))
    assert row[-1].end == len(text.encode())
