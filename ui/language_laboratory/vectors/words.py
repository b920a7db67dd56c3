"""Word vectors trained live by skip-gram, with their neighbours, analogies and map."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from language import word2vec
from language.text import check_text
from language.vectors import neighbours, unit_rows
from language.word2vec import Progress, Recipe, Vocabulary
from ui.language_laboratory import lectures, runs
from ui.language_laboratory.vector_charts import loss_curve, neighbour_bars
from ui.language_laboratory.vectors.maps import show_map
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

_RUN = "words"
_SOURCES = {"lectures": "The bundled lectures", "own": "My own text"}
_MAP = 80  # words


@dataclass(frozen=True)
class State:
    """After a part of the training."""

    progress: Progress
    vocabulary: Vocabulary


def work(text: str, recipe: Recipe, stop: threading.Event) -> Iterator[State]:
    """Read the lectures, or take a text, and train."""
    texts: Sequence[str] = [line for line in text.splitlines() if line.strip()]
    if not text:
        texts = [slide.text for slide in lectures.read_slides()]
    vocabulary, sequences = word2vec.read_sentences(texts)
    for progress in word2vec.train(sequences, len(vocabulary.words), recipe, stop):
        yield State(progress, vocabulary)


def draw(states: Sequence[State]) -> None:
    """The loss so far."""
    if states:
        points = [(state.progress.share, state.progress.loss) for state in states]
        st.altair_chart(loss_curve(points, t), width="stretch", alt=t("Loss of the training"))


def show() -> None:
    """The form, then the trained vectors."""
    notice(
        "Words that occur in similar surroundings get similar vectors: look at the neighbours of "
        "a technical word, and at how few analogies come out with so little text."
    )
    st.markdown(
        escape(
            t(
                "Skip-gram with negative sampling: for each word, the words around it are pulled "
                "nearer, and five words at random are pushed away."
            )
        )
    )
    source = st.segmented_control(
        t("Text"), list(_SOURCES), default="lectures", required=True,
        format_func=lambda name: t(_SOURCES[name]), key="words_source",
    )  # fmt: skip
    text = ""
    if source == "own":
        text = st.text_area(t("Text to train on"), key="words_text", height=160)
        st.caption(escape(t("A word counts from its third occurrence on; a few pages are needed.")))
    columns = st.columns(4, vertical_alignment="bottom")
    recipe = Recipe(
        width=columns[0].select_slider(t("Width"), [8, 16, 32, 64, 128], 64, key="words_width"),
        window=columns[1].slider(t("Window"), 1, 10, 5, key="words_window"),
        epochs=columns[2].slider(t("Epochs"), 1, 30, 15, key="words_epochs"),
        seed=int(columns[3].number_input(t("Seed"), 0, 2**31 - 1, 0, key="words_seed")),
    )
    if st.button(t("Train"), type="primary", icon=":material/play_arrow:",
                 disabled=runs.busy(_RUN), key="words_train"):  # fmt: skip
        if source == "own":
            check_text(text)
        runs.start(_RUN, recipe, lambda stop: work(text, recipe, stop))
        st.rerun()
    states = runs.follow(_RUN, lambda state: state.progress.share, draw)
    if states:
        trained(states)
    think(
        "Two words have a cosine of 0.9. Do they mean the same?",
        "Not always. A cosine says that they occur in similar surroundings: hot and cold, Monday "
        "and Tuesday, encoder and decoder do, and mean different things.",
    )


def trained(states: Sequence[State]) -> None:
    """Neighbours, analogies and map of the vectors at the end of a run."""
    progress, vocabulary = states[-1].progress, states[-1].vocabulary
    st.caption(
        escape(
            t(
                "{words} words of {tokens} in the text, {seconds} s",
                words=len(vocabulary.words),
                tokens=int(vocabulary.counts.sum()),
                seconds=f"{progress.seconds:.1f}",
            )
        )
    )
    draw(states)
    words, units = vocabulary.words, unit_rows(progress.vectors)
    left, right = st.columns(2, gap="large")
    with left:
        start = words.index("encoder") if "encoder" in words else min(20, len(words) - 1)
        word = st.selectbox(t("Word"), words, start, key="words_word")
        row = vocabulary.row(word) if word in words else start
        near = [
            {"neighbour": words[one.row], "cosine": one.cosine}
            for one in neighbours(units[row], units, 10, {row})
        ]
        st.altair_chart(neighbour_bars(near, t), width="stretch", alt=t("Nearest words"))
    with right:
        analogies(words, units)
    rows = list(range(min(_MAP, len(words))))
    if st.toggle(t("Map of the most frequent words"), key="words_map"):
        show_map(units[rows], [words[n] for n in rows], [1] * len(rows), "words")


def analogies(words: Sequence[str], units: Any) -> None:
    """A is to b as c is to ..., and how often that is right, here and in the encoder's table."""
    st.markdown(f"**{escape(t('a is to b as c is to …'))}**")
    preset = [w if w in words else words[n] for n, w in enumerate(("model", "models", "token"))]
    columns = st.columns(3)
    a, b, c = (
        column.selectbox(label, words, words.index(word), key=f"analogy_{label}")
        for column, label, word in zip(columns, "abc", preset, strict=True)
    )
    best = word2vec.analogy(units, words.index(a), words.index(b), words.index(c))
    st.markdown(escape(", ".join(f"{words[one.row]} ({one.cosine:.2f})" for one in best)))
    here = {s.relation: s for s in word2vec.analogy_scores(words, units)}
    table = encoder_scores()
    st.table(
        {
            t("Relation"): [t(name) for name in word2vec.RELATIONS],
            t("These vectors"): [_score(here.get(name)) for name in word2vec.RELATIONS],
            t("Encoder's table"): [_score(table.get(name)) for name in word2vec.RELATIONS],
        }
    )
    st.caption(
        escape(
            t(
                "Right answers of all questions that two known pairs make. Some thousand words of "
                "text are far too few for analogies; the encoder's table has seen billions."
            )
        )
    )


@st.cache_resource(show_spinner=False)
def encoder_scores() -> dict[str, word2vec.Score]:
    """The same analogies in the bundled encoder's embedding table."""
    from ui.language_laboratory.vectors.tokens import table_of

    _, units, tokenizer = table_of("encoder")
    words = tokenizer.convert_ids_to_tokens(list(range(len(units))))
    return {score.relation: score for score in word2vec.analogy_scores(words, units)}


def _score(score: word2vec.Score | None) -> str:
    if score is None:
        return "–"
    return f"{score.right} / {score.questions} ({100 * score.right / score.questions:.0f} %)"
