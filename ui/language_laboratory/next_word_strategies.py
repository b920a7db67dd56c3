"""Greedy decoding, beam search and sampling side by side, in the background."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import streamlit as st

from ingest.lru import LruCache
from language.beam_search import BeamSearch, beam_search
from language.decoding import Continuation, greedy, sample
from language.diversity import distinct, repetition, self_bleu
from language.warpers import Warping
from ui.job import Job
from ui.language_laboratory import cache, next_word_prompt
from ui.language_laboratory.next_word_charts import (
    beam_tree,
    chosen_probabilities,
    scrolling_picture,
)
from ui.language_laboratory.widgets import notice, think
from ui.page_presence import current_page
from ui.text import escape, t

TEMPERATURES = (0.3, 0.7, 1.0, 1.5)
_DRAWS = 10
_TURN = threading.Lock()  # one text at a time: two would only wait for each other
_TREE = {"best": "best", "running": "kept", "complete": "complete", "dropped": "dropped"}


@dataclass(frozen=True, slots=True)
class Task:
    """One strategy on one prompt; `value` is the number of beams or the temperature."""

    strategy: str
    ids: tuple[int, ...]
    new_tokens: int
    value: float = 0
    top_p: float = 1
    seed: int = 0


Result = Sequence[Continuation] | BeamSearch
_RESULTS: LruCache[Task, Result] = LruCache(300)


class Stopped(Exception):
    """The reader has stopped the writing."""


def show() -> None:
    """The part of the room."""
    notice(
        "Greedy decoding and beam search find likely texts and repeat themselves; sampling finds "
        "less likely and more varied ones, and the temperature says how much."
    )
    ids = next_word_prompt.choose("strategies", "The best thing about the sea is")
    first, second, third, fourth = st.columns(4, gap="medium")
    new_tokens = first.slider(t("New tokens"), 4, 48, 12, 4, key="strategies_tokens")
    beams = second.slider(t("Beams"), 1, 8, 4, key="strategies_beams")
    top_p = third.slider(t("Top-p of the draws"), 0.5, 1.0, 1.0, 0.05, key="strategies_top_p")
    seed = int(fourth.number_input(t("Seed"), 0, 2**31 - 1, 0, key="strategies_seed"))
    tasks = (
        Task("greedy", ids, new_tokens),
        Task("beam", ids, new_tokens, beams),
        *(Task("sample", ids, new_tokens, one, top_p, seed) for one in TEMPERATURES),
    )
    results = compute(tasks)
    texts = summary(tasks, results)
    if texts:
        st.dataframe(texts, hide_index=True, width="stretch")
    for task in tasks:
        if task.strategy == "beam" and isinstance(found := results.get(task), BeamSearch):
            draw_tree(found)
    draws = [task for task in tasks if task.strategy == "sample" and task in results]
    if draws:
        show_draws(draws, results)
    show_probabilities(tasks, results)
    think(
        "Why does the likeliest text often bore, although each of its words was the likeliest?",
        "People do not write the likeliest next word: their texts have surprises, some bits at "
        "every few words. A search for the likeliest text avoids all of them, and a repeated "
        "phrase makes its next repetition likelier still, so greedy decoding and beam search fall "
        "into loops. Sampling has surprises at the rate that the model expects, but it also "
        "draws from the long tail of unlikely tokens; top-k, top-p and min-p cut that tail off.",
    )


def compute(tasks: Sequence[Task]) -> dict[Task, Result]:
    """All results that are there; those that are missing are computed while the page shows progress."""
    missing = [task for task in tasks if task not in _RESULTS]
    if missing:
        job = open_job(tuple(missing))
        if job.done and job.stop.is_set():
            if st.button(t("Continue"), icon=":material/play_arrow:", key="strategies_continue"):
                open_job.clear(tuple(missing))
                st.rerun(scope="fragment")
        else:
            follow(job)
    return {task: found for task in tasks if (found := _RESULTS.get(task)) is not None}


@st.cache_resource(max_entries=20, show_spinner=False)
def open_job(tasks: tuple[Task, ...]) -> Job[float]:
    """The job that computes some tasks; it starts at once and yields its progress in [0, 1]."""
    model = cache.decoder()[0]
    return Job(lambda stop: run(model, tasks, stop), current_page())


def follow(job: Job[float]) -> None:
    """Show a job's progress until it ends."""
    bar = st.empty()
    button = st.empty()
    button.button(
        t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="strategies_stop"
    )
    bar.progress(0.0, t("The model writes …"))
    for share in job.follow(page=current_page()):
        if share is not None:
            bar.progress(share, t("The model writes …"))
    bar.empty()
    button.empty()


def run(model: Any, tasks: Sequence[Task], stop: threading.Event) -> Iterator[float]:
    """Compute tasks one after the other and store their results; a stop ends between two tokens."""

    def watch(_: int) -> None:
        if stop.is_set():
            raise Stopped

    for place, task in enumerate(tasks):
        yield place / len(tasks)
        try:
            with _TURN:
                watch(0)
                if task not in _RESULTS:
                    _RESULTS.put(task, perform(model, task, watch))
        except Stopped:
            return
    yield 1.0


def perform(model: Any, task: Task, watch: Callable[[int], None]) -> Result:
    """What one strategy writes."""
    if task.strategy == "greedy":
        return [greedy(model, task.ids, task.new_tokens, watch=watch)]
    if task.strategy == "beam":
        return beam_search(model, task.ids, task.new_tokens, int(task.value), watch=watch)
    warping = Warping(task.value, top_p=task.top_p if task.top_p < 1 else None)
    return sample(
        model, task.ids, task.new_tokens, draws=_DRAWS, warping=warping, seed=task.seed, watch=watch
    )


def texts_of(result: Result) -> Sequence[Continuation]:
    """The continuations of a result, best or first one first."""
    return result.continuations[:1] if isinstance(result, BeamSearch) else result


def clean(ids: Sequence[int]) -> str:
    """What a strategy wrote, for a table: without the end token and the blank before it."""
    return str(cache.decoder()[1].decode(list(ids), skip_special_tokens=True)).strip()


def name_of(task: Task) -> str:
    """A task's strategy for readers."""
    if task.strategy == "greedy":
        return t("Greedy")
    if task.strategy == "beam":
        return t("Beam search, {beams} beams", beams=int(task.value))
    return t("Sampling, temperature {temperature}", temperature=task.value)


def summary(tasks: Sequence[Task], results: dict[Task, Result]) -> list[dict[str, str]]:
    """A row for each strategy: its first text, and the measures over all of its texts."""
    rows = []
    for task in tasks:
        if task not in results:
            continue
        texts = texts_of(results[task])
        ids = [one.ids for one in texts]
        mean = sum(one.mean_log_probability for one in texts) / len(texts)
        several = len(texts) > 1
        rows.append(
            {
                t("Strategy"): name_of(task),
                t("Text (of draws the first)"): clean(ids[0]),
                t("ln p per token"): f"{mean:.2f}",
                "distinct-1": f"{distinct(ids, 1):.2f}",
                "distinct-2": f"{distinct(ids, 2):.2f}",
                "self-BLEU": f"{self_bleu(ids):.2f}" if several else "–",
                t("Repetition"): f"{sum(map(repetition, ids)) / len(ids):.2f}",
            }
        )
    return rows


def draw_tree(search: BeamSearch) -> None:
    """The tree of the beam search, which scrolls sideways where the screen is narrow."""
    tokenizer = cache.decoder()[1]
    st.subheader(t("The tree of beam search"))
    st.caption(
        t(
            "Each column is one token further; the number is −ln p of the text so far. In each step "
            "the best branches run on and the others are dropped; the three best of those are shown."
        )
    )
    names = {state: t(name) for state, name in _TREE.items()}
    best = tokenizer.decode(search.continuations[0].ids)
    label = t("Tree of beam search; its best text: {text}", text=best)
    dark = st.context.theme.type == "dark"
    st.html(scrolling_picture(beam_tree(search, tokenizer, names), label, dark=dark))


def show_draws(tasks: Sequence[Task], results: dict[Task, Result]) -> None:
    """The ten draws of one temperature, likeliest first."""
    st.subheader(t("Ten draws at each temperature"))
    names = {task.value: task for task in tasks}
    value = st.segmented_control(
        t("Temperature"), list(names), default=1.0 if 1.0 in names else next(iter(names)),
        required=True, key="strategies_temperature",
    )  # fmt: skip
    texts = sorted(texts_of(results[names[value]]), key=lambda one: -one.log_probability)
    st.dataframe(
        {
            t("Text"): [clean(one.ids) for one in texts],
            "ln p": [f"{one.log_probability:.1f}" for one in texts],
        },
        hide_index=True,
        width="stretch",
    )


def show_probabilities(tasks: Sequence[Task], results: dict[Task, Result]) -> None:
    """The probability of each token that a strategy chose: loops are near 1."""
    points = [
        {
            "token": place,
            "strategy": name_of(task),
            "text": cache.decoder()[1].decode([token]),
            "probability": math.exp(log_probability),
        }
        for task in tasks
        if task in results and (task.strategy != "sample" or task.value == 1.0)
        for one in texts_of(results[task])[:1]
        for place, (token, log_probability) in enumerate(
            zip(one.ids, one.log_probabilities, strict=True), start=1
        )
    ]
    if not points:
        return
    st.subheader(t("How likely was each chosen token?"))
    st.caption(
        escape(
            t(
                "With more new tokens, greedy decoding and beam search often begin to repeat "
                "themselves: each repetition makes the next one likelier, so the curve stays near 1."
            )
        )
    )
    chart: alt.Chart = chosen_probabilities(points, t("Token"), t("Probability"))
    st.altair_chart(chart, width="stretch", alt=t("Probability of each chosen token"))
