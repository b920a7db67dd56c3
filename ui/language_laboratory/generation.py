"""The room about why generation is hard: counting, random images and words, bits per character."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from language import counting
from language.ngrams import Bits
from ui.job import Job
from ui.laboratory.widgets import number
from ui.language_laboratory import cache, narrowing
from ui.language_laboratory.token_charts import bits_per_character, magnitudes
from ui.language_laboratory.widgets import choose_part, notice, number_table, think
from ui.session import background_jobs
from ui.text import escape, t

PARTS = {"count": "Counting", "random": "Random draws", "bits": "Narrowing down"}
ORDERS = {
    0: "Every word equally likely",
    1: "Words as frequent as in the lectures",
    2: "Bigram: given one word",
    3: "Trigram: given two words",
}
TITLES = {  # of the table and chart of bits
    "uniform": "Uniform",
    "unigram": "Unigram",
    "bigram": "Bigram",
    "trigram": "Trigram",
    "decoder": "Bundled decoder",
    "bytes": "bytes",
    "tokens": "tokens",
}
_VOCABULARIES = (100, 1_000, 5_000, 10_000, 30_000, 50_257, 100_277, 200_019)
_JOB = "laboratory decoder bits"  # the name of the one reading job of the process
_STARTING = threading.Lock()


@dataclass(frozen=True)
class Reading:
    """The decoder reading the held-out pages of a lecture, or what it found."""

    job: Job[Bits]
    test: narrowing.HeldOut


def show() -> None:
    """The choice of a part, and the part."""
    part = choose_part(PARTS, "generation_part")
    {"count": count, "random": draw, "bits": bits}[part]()


# ---- counting ----


def count() -> None:
    """Possible images and sentences against the atoms of the universe."""
    notice(
        "Small images and short sentences already have more possibilities than the universe has "
        "atoms. Almost all of them are noise; a generator has to find the few that are not."
    )
    left, right = st.columns(2, gap="large")
    side = left.slider(t("Side of a black and white image (pixels)"), 1, 64, 28, key="image_side")
    words = right.slider(t("Words in a sentence"), 1, 60, 20, key="sentence_words")
    size = right.select_slider(
        t("Vocabulary size"), _VOCABULARIES, 30_000, format_func=number, key="sentence_vocabulary"
    )
    pixels = side * side
    left.latex(_power(2, pixels))
    left.caption(
        t(
            "Images of {pixels} pixels, each black or white. From {limit} pixels on there are more "
            "images than atoms.",
            pixels=number(pixels),
            limit=counting.places_beyond(2),
        )
    )
    right.latex(_power(size, words))
    right.caption(
        t(
            "Strings of {words} words. From {limit} words on there are more strings than atoms.",
            words=words,
            limit=counting.places_beyond(size),
        )
    )
    rows = [
        {"what": t("Images"), "log10": counting.log10_count(2, pixels)},
        {"what": t("Strings of words"), "log10": counting.log10_count(size, words)},
        {"what": t("Atoms of the universe"), "log10": float(counting.ATOMS)},
    ]
    st.altair_chart(
        magnitudes(rows, t).properties(height=160),
        width="stretch",
        alt=t("Powers of ten of images, strings of words and atoms"),
    )
    think(
        "A computer checks a billion images a second. How long does it take for all black and white "
        "images of 8 x 8 pixels?",
        "There are 2^64, about 1.8 x 10^19; at 10^9 a second that is 1.8 x 10^10 seconds, nearly 600 "
        "years. For 28 x 28 pixels the time has no name. So nobody generates by trying: a model puts "
        "nearly all probability on few images and samples from them.",
    )


def _power(choices: int, places: int) -> str:
    mantissa, exponent = counting.scientific(choices, places)
    return f"{choices}^{{{places}}} \\approx {mantissa:.2f} \\cdot 10^{{{exponent}}}"


# ---- random draws ----


def draw() -> None:
    """Random images, and random words by n-gram models of rising order."""
    notice(
        "Uniformly random pixels never look like anything, and uniformly random words never make "
        "sense; each step of context makes the words a little more like a lecture."
    )
    seed = int(st.columns(3)[0].number_input(t("Seed"), 0, 2**31 - 1, 0, key="random_seed"))
    with st.container(horizontal=True, gap="small"):
        for place in range(4):
            image = counting.random_image(28, 4 * seed + place)
            caption = t("Random image {number}", number=place + 1)
            enlarged = np.kron(image * 255, np.ones((5, 5), dtype=np.uint8)).astype(np.uint8)
            st.image(enlarged, caption=caption, alt=caption, width=140)
    with st.spinner(t("Reading the lectures …")):
        texts = {order: _random_text(order, seed) for order in ORDERS}
    for order, title in ORDERS.items():
        st.markdown(f"**{escape(t(title))}**  \n{escape(texts[order])}")
    think(
        "The trigram's words sound most like a lecture. Is it the best model of the four?",
        "Partly it copies: with so little text most pairs of words occur once, so the third word is "
        "the one that followed in the lecture. On a lecture that it has not seen, the trigram needs "
        "more bits than the bigram does; the part Narrowing down measures it.",
    )


@st.cache_data(show_spinner=False, max_entries=60)
def _random_text(order: int, seed: int) -> str:
    words = narrowing.lecture_words()
    if order == 0:
        return " ".join(counting.random_words(sorted(set(words)), 25, seed))
    return " ".join(narrowing.shannon(words, order, 25, seed))


# ---- bits ----


def bits() -> None:
    """Bits per character of n-gram models and the decoder on a held-out lecture."""
    notice(
        "Counting pairs already saves a large part of the bits of a uniform guess; the decoder, "
        "which sees the whole page before it, needs the fewest."
    )
    with st.spinner(t("Reading the lectures …")):
        names = list(narrowing.lectures())
    lecture = st.selectbox(
        t("Lecture that the n-gram models do not learn from"),
        names,
        names.index("transformers") if "transformers" in names else 0,
        key="held_out_lecture",
    )
    with st.spinner(t("Counting n-grams …")):
        test, rows = _ngrams(lecture)
    reading: Reading | None = background_jobs().get(_JOB)
    busy = reading is not None and not reading.job.done
    if st.button(t("Let the bundled decoder read it"), icon=":material/play_arrow:", disabled=busy):
        with st.spinner(t("Loading …")):
            start(test)
        st.rerun()
    if reading is not None and reading.test.lecture == lecture:
        last = _follow(reading)
        if last is not None:
            rows = [*rows, narrowing.row_of("decoder", "tokens", last)]
        if busy:
            st.rerun()
    st.caption(
        t(
            "{pages} pages, {characters} characters. A byte model has 256 tokens, a token model the "
            "{size} of the bundled decoder, so that only bits per character can be compared between "
            "them.",
            pages=len(test.pages),
            characters=number(len(test.text)),
            size=number(narrowing.vocabulary_size("tokens")),
        )
    )
    st.altair_chart(
        bits_per_character(rows, _title).properties(height=300),
        width="stretch",
        alt=t("Bits per character, by model"),
    )
    number_table(
        [
            {
                t("Model"): t(TITLES[row["model"]]),
                t("Unit"): t(TITLES[row["unit"]]),
                t("Bits per character"): round(row["bits per character"], 2),
                t("Bits per token"): round(row["bits per token"], 2),
                t("Perplexity"): round(row["perplexity"]),
            }
            for row in rows
        ],
        {t("Bits per character"): 2, t("Bits per token"): 2, t("Perplexity"): 0},
        height="content",
    )
    think(
        "Why does the trigram of tokens need more bits than the bigram, although it sees more?",
        "Most of the triples of a new lecture never occurred in the others, so their probabilities "
        "are guessed from pairs, and those that occurred once are trusted too much. A longer context "
        "needs far more text, or a model that sees that different contexts are alike: vectors and "
        "attention instead of counts.",
    )


@st.cache_data(show_spinner=False, max_entries=12)
def _ngrams(lecture: str) -> tuple[narrowing.HeldOut, list[dict[str, Any]]]:
    test = narrowing.held_out(lecture)
    return test, narrowing.ngram_rows(test)


def _title(english: str) -> str:
    return t(TITLES.get(english, english))


def start(test: narrowing.HeldOut) -> None:
    """Let the decoder read in the background, unless it already reads."""
    model, tokens_of = cache.decoder()

    def work(stop: threading.Event) -> Iterator[Bits]:
        return narrowing.decoder_bits(test, model, tokens_of, stop)

    with _STARTING:
        now: Reading | None = background_jobs().get(_JOB)
        if now is None or now.job.done:
            background_jobs()[_JOB] = Reading(Job(work), test)


def _follow(reading: Reading) -> Bits | None:
    """Progress while the decoder reads, with a button to stop; the last bits in the end."""
    bar = st.empty()
    last: Bits | None = None
    if not reading.job.done:
        st.button(
            t("Stop"),
            icon=":material/stop_circle:",
            on_click=reading.job.stop.set,
            key="stop_reading",
        )
    for after_page in reading.job.follow():
        last = after_page or last
        share = last.characters / len(reading.test.text) if last else 0.0
        if not reading.job.done:
            bar.progress(min(share, 1.0), text=t("The decoder is reading …"))
    bar.empty()
    if last is not None and last.characters < sum(map(len, reading.test.pages)):
        st.caption(t("The reading was stopped; the decoder's bits are those of the pages so far."))
    return last
