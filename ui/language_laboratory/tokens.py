"""The room about tokens: tokenisers side by side, a training of BPE, languages, vocabulary sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from language import tokens, vocabularies
from ui.laboratory.widgets import number
from ui.language_laboratory import chips, train_bpe
from ui.language_laboratory.token_charts import ratios, trade_off
from ui.language_laboratory.tokenizers import NAMES, TITLES, tokenizer
from ui.language_laboratory.widgets import choose_part, notice, number_table, think
from ui.text import escape, t

PARTS = {
    "compare": "Compare tokenisers",
    "train": "Train BPE",
    "languages": "German and English",
    "sizes": "Vocabulary size",
}
EXAMPLES = {
    "English": "The tokeniser doesn't understand anything: it only cuts unbelievably long texts "
    "into 15 pieces.",
    "German": "Der Tokenizer versteht nichts: Er zerlegt Donaudampfschifffahrtsgesellschaften in "
    "15 größere Stücke.",
    "Code": "def mean(values):\n    return sum(values) / len(values)  # not for []\n",
    "Numbers": "7 + 5 = 12, 1234567 + 1 = 1234568, 3.14159, 2026-11-30, 1,000,000",
    "Emoji": "🙂 👍🏽 👩‍👩‍👧 ☕ naïve café",
    "Other scripts": "你好，世界。 こんにちは Привет, мир. मानक हिन्दी العربية 안녕하세요",
}
_START = ("words", "wordpiece", "smollm2", "unigram", "r50k_base", "o200k_base")
_WINDOWS = (256, 512, 1024, 2048, 4096, 8192, 32_768, 128_000)
_WIDTHS = (64, 128, 256, 384, 576, 768, 1024, 1600, 4096, 12_288)
_LONGEST = 20_000  # characters of a text on the page
# gpt2, p50k_base and p50k_edit cut prose as r50k_base does.
_IN_TRADE_OFF = tuple(name for name in NAMES if name not in ("gpt2", "p50k_base", "p50k_edit"))
_SHORT = {  # names beside the points of the chart
    "characters": "Characters",
    "words": "Words",
    "wordpiece": "WordPiece",
    "smollm2": "",  # at the same place as GPT-2's
    "r50k_base": "SmolLM2, GPT-2",
    "unigram": "Unigram",
    "sentencepiece-bpe": "",  # right beside the other
}


def show() -> None:
    """The choice of a part, and the part."""
    part = choose_part(PARTS, "token_part")
    {"compare": compare, "train": train_bpe.show, "languages": languages, "sizes": sizes}[part]()


def compare() -> None:
    """One text through several tokenisers."""
    notice(
        "Each tokeniser cuts the same text in another way: look at rare words, numbers, umlauts "
        "and emoji, and at how many tokens they cost."
    )
    st.session_state.setdefault("token_text", EXAMPLES["English"])
    st.pills(
        t("Examples"),
        list(EXAMPLES),
        format_func=lambda name: t(name),
        key="token_example",
        on_change=_take_example,
    )
    text = st.text_area(t("Text"), key="token_text", max_chars=_LONGEST, height=100)
    names = st.multiselect(
        t("Tokenisers"),
        NAMES,
        default=_START,
        format_func=_short_name,
        key="token_names",
    )
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    window = left.select_slider(
        t("Context window (tokens)"), _WINDOWS, 2048, format_func=number, key="token_window"
    )
    ids = right.toggle(t("Show ids"), key="token_ids")
    rows = []
    for name in names:
        model = tokenizer(name)
        row = tokens.tokenize(text, model)
        kinds = tokens.kinds(text, row)
        summary = tokens.summarise(text, row, model.unknown)
        st.markdown(f"**{escape(t(TITLES[name]))}**  \n{escape(_counts(summary))}")
        chips.show(text, row, kinds, ids=ids)
        rows.append(_table_row(name, model.vocabulary_size, summary, window))
    if rows:
        st.caption(
            t(
                "Dotted tokens are no words: parts of words, or letters together with signs. "
                "Point at a token to see its id and its bytes."
            )
        )
        number_table(
            rows,
            {
                t("Vocabulary"): 0,
                t("Tokens"): 0,
                t("Bytes per token"): 2,
                t("Characters per token"): 2,
                _words_in(window): 0,
            },
        )
    think(
        "Why do language models use neither characters nor words?",
        "Characters need no large vocabulary, but make sequences four to five times longer than "
        "subwords, and attention costs grow with the square of the length. Words make short "
        "sequences, but there is no end to them: a name, a compound or a typing error is unknown. "
        "Subwords spell what is rare in pieces and keep what is frequent whole; over bytes, nothing "
        "at all is unknown.",
    )


def _short_name(name: str) -> str:
    """A tokeniser's name without the model that it belongs to."""
    return t(TITLES[name]).partition(" (")[0]


def _take_example() -> None:
    if example := st.session_state.token_example:
        st.session_state.token_text = EXAMPLES[example]


def _counts(summary: tokens.Summary) -> str:
    text = t(
        "{tokens} tokens, {parts} of them no words; {bytes} bytes per token",
        tokens=number(summary.tokens),
        bytes=f"{summary.bytes_per_token:.2f}",
        parts=number(summary.parts),
    )
    return text + (", " + t("{count} unknown", count=summary.unknown) if summary.unknown else "")


def _table_row(name: str, size: int, summary: tokens.Summary, window: int) -> dict[str, Any]:
    return {
        t("Tokeniser"): _short_name(name),
        t("Vocabulary"): size,
        t("Tokens"): summary.tokens,
        t("Bytes per token"): round(summary.bytes_per_token, 2),
        t("Characters per token"): round(summary.characters_per_token, 2),
        t("No words"): summary.parts,
        t("Unknown"): summary.unknown,
        _words_in(window): round(summary.words_in_window(window)),
    }


def _words_in(window: int) -> str:
    return t("Words in {window} tokens", window=number(window))


# ---- languages ----


@st.cache_data(show_spinner=False)
def _lengths(names: Sequence[str]) -> list[dict[str, Any]]:
    pairs = vocabularies.parallel_texts()
    counts = [(name, tokens.lengths(pairs, tokenizer(name))) for name in names]
    return [
        {"name": name, "english": both.first, "german": both.second, "ratio": both.ratio}
        for name, both in counts
    ]


def languages() -> None:
    """How much longer German is than English, in each tokeniser's tokens."""
    notice(
        "The same content costs up to twice as many tokens in German as in English; of the subword "
        "tokenisers, the newest has the smallest difference."
    )
    with st.spinner(t("Loading twelve tokenisers …")):
        rows = [row | {"tokenizer": _short_name(row["name"])} for row in _lengths(NAMES)]
    pairs = vocabularies.parallel_texts()
    st.caption(
        t(
            "{count} English sentences and their German translations. The dashed line is where "
            "both are equally long.",
            count=len(pairs),
        )
    )
    st.altair_chart(
        ratios(rows, t).properties(height=360),
        width="stretch",
        alt=t("German tokens for each English token, by tokeniser"),
    )
    number_table(
        [
            {
                t("Tokeniser"): row["tokenizer"],
                t("English"): row["english"],
                t("German"): row["german"],
                "DE / EN": round(row["ratio"], 2),  # short, for a phone
            }
            for row in rows
        ],
        {t("English"): 0, t("German"): 0, "DE / EN": 2},
        height="content",
    )
    english, german = pairs[2]
    st.caption(escape(f"{english} – {german}"))
    think(
        "In words German is shorter than English here. Why is it longer in tokens?",
        "German writes compounds as one word and inflects more, so it has more different words, "
        "each of them rarer. A vocabulary trained mainly on English text holds few of them whole "
        "and spells the rest in pieces. o200k_base has four times the tokens of GPT-2 and was "
        "trained on more languages.",
    )


# ---- vocabulary sizes ----


def sizes() -> None:
    """Vocabulary size against sequence length, and the parameters of the embedding table."""
    notice(
        "A larger vocabulary makes shorter sequences, but its embedding table has more parameters: "
        "subwords lie between characters and words."
    )
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    language = left.segmented_control(
        t("Language"),
        ["English", "German"],
        default="English",
        required=True,
        format_func=lambda name: t(name),
        key="size_language",
    )
    width = right.select_slider(
        t("Embedding width (numbers for each token)"),
        _WIDTHS,
        768,
        format_func=number,
        key="embedding_width",
    )
    with st.spinner(t("Loading …")):
        rows = _sizes(0 if language == "English" else 1)
    for row in rows:
        row["parameters"] = tokens.embedding_parameters(row["vocabulary"], width)
        short = _SHORT.get(row["name"], row["name"])
        row["tokenizer"] = t(short) if short in TITLES.values() else short  # others are names
    st.altair_chart(
        trade_off(rows, t).properties(height=360),
        width="stretch",
        alt=t("Tokens per word by vocabulary size"),
    )
    number_table(
        [
            {
                t("Tokeniser"): _short_name(row["name"]),
                t("Vocabulary"): row["vocabulary"],
                t("Tokens per word"): round(row["tokens per word"], 2),
                t("Unknown (%)"): round(100 * row["unknown"] / row["tokens"], 1),
                t("Embedding parameters (million)"): round(row["parameters"] / 1e6, 2),
            }
            for row in rows
        ],
        {
            t("Vocabulary"): 0,
            t("Tokens per word"): 2,
            t("Unknown (%)"): 1,
            t("Embedding parameters (million)"): 2,
        },
    )
    st.caption(
        t(
            "Measured on the sentences of the part German and English. Characters and words are "
            "those of the bundled lectures; what is not among them is unknown. A list of words that leaves "
            "hardly anything unknown would have hundreds of thousands."
        )
    )
    think(
        "GPT-2 small has 124 million parameters and vectors of 768 numbers. How many of them are its "
        "embedding table, and how many would it be with the vocabulary of o200k_base?",
        "50,257 x 768 = 38.6 million, nearly a third of the model. With 200,019 tokens it would be "
        "153.6 million, more than the whole model has. Large vocabularies pay off in large models.",
    )


@st.cache_data(show_spinner=False)
def _sizes(column: int) -> list[dict[str, Any]]:
    text = "\n".join(pair[column] for pair in vocabularies.parallel_texts())
    rows = []
    for name in _IN_TRADE_OFF:
        model = tokenizer(name)
        summary = tokens.summarise(text, tokens.tokenize(text, model), model.unknown)
        rows.append(
            {
                "name": name,
                "vocabulary": model.vocabulary_size,
                "tokens": summary.tokens,
                "tokens per word": summary.tokens / summary.words_in_text,
                "unknown": summary.unknown,
            }
        )
    return rows
