"""Three streams: letters, patches of digits and sound, from the same code, side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from language import melodies, stream_models, token_streams
from language.stream_models import StreamModel
from ui.laboratory.widgets import number
from ui.language_laboratory import runs
from ui.language_laboratory.stream_charts import bits_by_stream
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

TITLES = {"letters": "Letters", "digits": "Digits", "sound": "Sound"}
BASELINES = {
    "uniform": "Uniform",
    "unigram": "Unigram",
    "bigram": "Bigram",
    "decoder": "Decoder",
}
_RUN = "streams"


@dataclass(frozen=True)
class Drawing:
    """The tokens of a stream so far, and the share of the work of all three."""

    name: str
    tokens: Sequence[Sequence[int]]
    share: float


@st.cache_resource(show_spinner=False)
def models() -> Mapping[str, StreamModel]:
    """The three models."""
    return {name: stream_models.read_stream_model(name) for name in token_streams.NAMES}


def work(temperature: float, seed: int, stop: threading.Event) -> Iterator[Drawing]:
    """Draw from the three models, one after the other."""
    total, done = sum(count for _, count in stream_models.SAMPLE.values()), 0
    for name, model in models().items():
        prompt = stream_models.sample_prompt(model)
        count = stream_models.SAMPLE[name][1]
        for tokens in stream_models.draw(
            model, prompt, count, temperature=temperature, seed=seed, stop=stop
        ):
            drawn = tokens.shape[1] - prompt.shape[1]
            yield Drawing(name, tokens.tolist(), (done + drawn) / total)
        if stop.is_set():
            return
        done += count


def show() -> None:
    """Samples, a form to draw others, and bits per token against counting."""
    notice(
        "One model, one training, three meanings: a decoder predicts the next number, and never "
        "learns whether it stands for a letter, a piece of a picture or a sample of sound."
    )
    samples = {name: model.card["sample"] for name, model in models().items()}
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    temperature = left.slider(t("Temperature"), 0.2, 2.0, 1.0, 0.1, key="streams_temperature")
    seed = int(middle.number_input(t("Seed"), 0, 2**31 - 1, 1, key="streams_seed"))
    if right.button(t("Draw again"), icon=":material/casino:", disabled=runs.busy(_RUN),
                    key="streams_draw"):  # fmt: skip
        models()
        runs.start(_RUN, None, lambda stop: work(temperature, seed, stop))
        st.rerun()
    if runs.last_run(_RUN) is not None:
        states = runs.follow(_RUN, lambda state: state.share, lambda states: draw(_last(states)))
        samples.update(_last(states))
    draw(samples)
    title = t("Bits per token on texts, images and melodies that the models did not see")
    st.caption(escape(title))
    rows = [
        {"stream": t(TITLES[name]), "model": t(BASELINES[model]), "bits": bits}
        for name, one in models().items()
        for model, bits in one.card["bits per token"].items()
    ]
    st.altair_chart(bits_by_stream(rows, t), width="stretch", alt=title)
    st.caption(escape("  ".join(_facts(name, model) for name, model in models().items())))
    think(
        "May one compare the bits per token of the three streams with each other?",
        "No. A letter, a patch of 16 pixels and a 4000th of a second are different amounts of "
        "content, and the vocabularies differ. Within a stream all models predict the same tokens, "
        "so there the bits can be compared.",
    )


def _last(states: Sequence[Drawing]) -> dict[str, Sequence[Sequence[int]]]:
    return {state.name: state.tokens for state in states}


def _facts(name: str, model: StreamModel) -> str:
    card = model.card
    return t(
        "{stream}: {vocabulary} tokens, {parameters} parameters, {seen} tokens seen in training, "
        "context {context}.",
        stream=t(TITLES[name]),
        vocabulary=card["vocabulary"],
        parameters=number(card["parameters"]),
        seen=number(card["tokens seen"]),
        context=card["context"],
    )


def draw(samples: Mapping[str, Sequence[Sequence[int]]]) -> None:
    """What tokens of some streams stand for, side by side."""
    columns = dict(zip(TITLES, st.columns(3, gap="large"), strict=True))
    for name, rows in samples.items():
        with columns[name]:
            st.markdown(f"**{escape(t(TITLES[name]))}**")
            facts = models()[name].card["facts"]
            if name == "letters":
                st.code(token_streams.text_of(rows[0], facts), language=None, wrap_lines=True)
            elif name == "digits":
                _draw_digits(np.array(rows), facts)
            else:
                signal = token_streams.signal_of(rows[0])
                st.audio(signal, sample_rate=melodies.RATE)
                st.caption(
                    escape(t("{seconds} s of sound", seconds=f"{len(signal) / melodies.RATE:.1f}"))
                )
            st.caption(escape(t("First tokens: {tokens}", tokens=", ".join(map(str, rows[0][:8])))))


def _draw_digits(rows: np.ndarray, facts: Mapping[str, object]) -> None:
    """Images of digits, five in a row; patches that are not drawn yet are black."""
    whole = np.zeros((len(rows), stream_models.SAMPLE["digits"][1] + 1), dtype=np.int64)
    whole[:, : rows.shape[1]] = rows
    images = token_streams.images_of(whole, dict(facts))
    grid = np.vstack([np.hstack(list(images[place : place + 5])) for place in range(0, len(images), 5)])  # fmt: skip
    grey = np.kron((255 * grid).astype(np.uint8), np.ones((3, 3), dtype=np.uint8))
    title = t("Digits drawn from tokens")
    st.image(grey, alt=title, width="stretch")
