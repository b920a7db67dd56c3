"""Byte-pair encoding: the textbook's example, the library `tokenizers`, tiktoken, and any text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from language import bpe, ranks
from language.errors import LanguageError

ENGLISH = (
    """The transformer reads all tokens at once. Attention compares every token with every
other token, and the tokens' vectors are mixed. It's what we'll look at: 3 layers, 12 heads, 384
values; they've 22.7 million parameters. The cat drank the milk because it was hungry.\n\n"""
    * 3
)
GERMAN = (
    """Der Encoder liest alle Wörter auf einmal. Größere Wörterbücher verkürzen die Sätze;
Donaudampfschifffahrtsgesellschaftskapitän ist ein langes Wort. Äpfel, Öl und Übung: 1.024 Tokens.
Die Schüler übten fleißig, während die Straße überflutet wurde.\n"""
    * 3
)
CODE = (
    """def softmax(scores, temperature=1.0):
    \"\"\"Probabilities in [0, 1].\"\"\"
    powers = [math.exp(score / temperature) for score in scores]
\treturn [power / sum(powers) for power in powers]  # 🙂🙃 日本語 русский aaaaaaaa ========\n"""
    * 3
)
TEXTS = {"english": ENGLISH, "german": GERMAN, "code": CODE}


def library_merges(text: str, vocabulary_size: int) -> list[tuple[bytes, bytes]]:
    """The merges of the library `tokenizers`, with GPT-2's pattern and 256 bytes."""
    import json

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [(bpe.unspell(left), bpe.unspell(right)) for left, right in merges]


# ---- training ----


def test_the_textbook_example():
    # aaabdaaabac: Z=aa -> ZabdZabac, Y=ab -> ZYdZYac, X=ZY -> XdXac
    merges = list(bpe.train("aaabdaaabac", 259, bpe.NO_PATTERN))
    assert [(m.left, m.right, m.count, m.length) for m in merges] == [
        (b"a", b"a", 4, 9),
        (b"a", b"b", 2, 7),
        (b"aa", b"ab", 2, 5),
    ]
    vocabulary = bpe.vocabulary(merges, bpe.NO_PATTERN)
    tokens = [vocabulary.tokens[number] for number in vocabulary.encode("aaabdaaabac")]
    assert tokens == [b"aaab", b"d", b"aaab", b"a", b"c"]


def test_pairs_are_counted_with_the_times_of_their_word():
    counts = bpe.pair_counts([([b"a", b"b", b"a", b"b"], 3), ([b"b", b"a"], 1)])
    assert counts == {(b"a", b"b"): 6, (b"b", b"a"): 4}


@pytest.mark.parametrize("size", [257, 280, 320, 400, 900])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_merges_are_those_of_tokenizers(text, size):
    merges = [(merge.left, merge.right) for merge in bpe.train(text, size)]
    assert merges == library_merges(text, size)
    assert len(merges) >= (1 if size == 257 else 20)


@settings(max_examples=60, deadline=None)
@given(st.text("ab cdé", max_size=60))
def test_the_merges_of_texts_with_many_ties_are_those_of_tokenizers(text):
    merges = [(m.left, m.right) for m in bpe.train(text or "a", 300)]
    assert merges == library_merges(text or "a", 300)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_length_after_each_merge_is_that_of_the_encoding(text):
    merges = list(bpe.train(text, 330))
    for steps in range(0, len(merges), 7):
        ids = bpe.vocabulary(merges[: steps + 1]).encode(text)
        assert len(ids) == merges[steps].length


def test_training_ends_when_no_pair_occurs_often_enough():
    assert [merge.count for merge in bpe.train("abab abab xy", 999, minimum_count=2)] == [4, 2]


def test_training_refuses_an_empty_text_and_a_vocabulary_below_the_bytes():
    with pytest.raises(LanguageError, match="text is empty"):
        bpe.train("", 300)
    with pytest.raises(LanguageError, match="is 255, expected at least 256"):
        bpe.train("text", 255)


# ---- encoding ----

TRAINED = bpe.vocabulary(bpe.train(ENGLISH + GERMAN + CODE, 600))
UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@settings(max_examples=200, deadline=None)
@given(UNICODE)
def test_decoding_reverts_encoding(text):
    assert TRAINED.decode(TRAINED.encode(text)) == text


@settings(max_examples=100, deadline=None)
@given(st.text("abé ", max_size=40))
def test_the_tokens_of_a_piece_follow_from_merging_the_smallest_pair_step_by_step(text):
    for piece in bpe.split(text):
        parts = [piece[i : i + 1] for i in range(len(piece))]
        while True:  # the definition, without a heap
            pairs = [parts[i] + parts[i + 1] for i in range(len(parts) - 1)]
            known = [i for i, pair in enumerate(pairs) if pair in TRAINED.ids]
            if not known:
                break
            best = min(known, key=lambda i: TRAINED.ids[pairs[i]])
            parts[best : best + 2] = [pairs[best]]
        assert bpe.merge(piece, TRAINED.ids) == parts


def test_bytes_and_letters():
    assert bpe.spell(" é\n".encode()) == "ĠÃ©Ċ"
    assert bpe.unspell("ĠÃ©Ċ") == " é\n".encode()
    assert len(set(bpe.BYTES)) == len(set(bpe.LETTERS.values())) == 256


def test_part_of_a_character_is_decoded_as_a_sign_of_doubt():
    first = TRAINED.ids["é".encode()[:1]]
    assert TRAINED.decode([first]) == "\ufffd"


def test_unknown_ids_and_halves_of_surrogates_are_named():
    with pytest.raises(LanguageError, match="Id 70000 has no token, expected one from 0 to 599"):
        TRAINED.decode([0, 70_000])
    with pytest.raises(LanguageError, match=r"Character 2 of the text is U\+D83D"):
        TRAINED.encode("a\ud83d b")


def test_a_piece_of_many_letters_is_encoded_in_time_that_grows_with_its_length():
    ids = TRAINED.encode("a" * 40_000)  # pair by pair this would take minutes
    assert {TRAINED.tokens[number] for number in ids} == {b"aaaa"}
    assert len(ids) == 10_000


# ---- tiktoken ----


def strings(count: int) -> list[str]:
    """Random texts: cuts of our texts, with signs, scripts and white space in between."""
    generator = random.Random(0)
    whole = ENGLISH + GERMAN + CODE
    odd = "aA1 \n\t.,'’éßЖ漢字ひ한글ع١٢½🙂👩‍👩‍👧\u00a0\u200d\u0301\r%_/"
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(generator.randint(1, 6)):
            if generator.random() < 0.5:
                start = generator.randrange(len(whole))
                parts.append(whole[start : start + generator.randint(1, 60)])
            else:
                parts.append("".join(generator.choices(odd, k=generator.randint(1, 12))))
        texts.append("".join(parts))
    return texts


@pytest.mark.parametrize(
    "name",
    [
        name if name == "r50k_base" else pytest.param(name, marks=pytest.mark.slow)
        for name in ranks.ENCODINGS
    ],
)
def test_our_encoding_is_that_of_tiktoken_on_1000_strings(name, tmp_path):
    ours, theirs = ranks.vocabulary(name, tmp_path), ranks.encoding(name, tmp_path)
    for text in strings(1000):
        ids = ours.encode(text)
        assert ids == theirs.encode_ordinary(text), text
        assert ours.decode(ids) == text
