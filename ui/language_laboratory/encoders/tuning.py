"""Fine-tuning live: topics, sentiment, entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from language import classify
from language.classify import Classifier, Progress, Recipe, TextEncoder
from language.tasks import (
    TASKS,
    Example,
    Task,
    accuracy_interval,
    confusion,
    read_task,
    span_score,
    words_of,
)
from ui.laboratory.widgets import number
from ui.language_laboratory import runs
from ui.language_laboratory.encoder_charts import confusion_chart, training_chart
from ui.language_laboratory.models import TEXT_ENCODERS, text_encoder
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

_RUN = "tuning"
NAMES = {
    "topics": "Topics of lecture sentences",
    "sentiment": "Sentiment of reviews",
    "entities": "Names in sentences (entities)",
}
LANGUAGES = {"both": "Both languages", "en": "English", "de": "German"}


@dataclass(frozen=True)
class Setting:
    """What a run was started with."""

    task: Task
    recipe: Recipe
    encoder: str


@st.cache_resource(show_spinner=False)
def task_of(name: str, languages: str) -> Task:
    """A task with the sentences of one language or of both."""
    task = read_task(name)
    return task if languages == "both" else task.only([languages])


@st.cache_resource(show_spinner=False)
def encoder_of(name: str) -> TextEncoder:
    """A bundled encoder that can be trained."""
    return text_encoder(name)


def choose() -> tuple[Task, str]:
    """The widgets for task, languages and encoder, which two parts share."""
    columns = st.columns(3, vertical_alignment="bottom")
    name = columns[0].selectbox(
        t("Task"), TASKS, format_func=lambda n: t(NAMES[n]), key="tune_task"
    )
    languages = columns[1].selectbox(
        t("Sentences"), list(LANGUAGES), format_func=lambda n: t(LANGUAGES[n]), key="tune_languages"
    )
    encoder = columns[2].selectbox(
        t("Encoder"), list(TEXT_ENCODERS), format_func=TEXT_ENCODERS.__getitem__, key="tune_encoder"
    )
    return task_of(name, languages), encoder


def measure_name(task: Task) -> str:
    """The measure of a task, in English."""
    return "F1 of entities" if task.per_word else "Accuracy"


def show() -> None:
    """The form, the training, and what the classifier does."""
    notice(
        "The same encoder learns topics, sentiment or names: only its upper layers and the small "
        "head on top change. The test sentences are about other things than the training "
        "sentences."
    )
    task, name = choose()
    depth = 12 if name == "multilingual" else 6
    columns = st.columns(4, vertical_alignment="bottom")
    start = classify.recipe_for(task, encoder_of(name), None)
    layers = columns[0].slider(
        t("Layers that learn"), 0, depth, start.layers, key=f"tune_layers_{name}"
    )
    recipe = classify.recipe_for(task, encoder_of(name), layers)
    epochs = columns[1].slider(
        t("Epochs"), 1, 40, recipe.epochs, key=f"tune_epochs_{name}_{task.name}_{layers == 0}"
    )
    count = columns[2].slider(
        t("Training sentences"), 10, len(task.train), len(task.train),
        key=f"tune_count_{task.name}_{len(task.train)}",
    )  # fmt: skip
    seed = int(columns[3].number_input(t("Seed"), 0, 2**31 - 1, 0, key="tune_seed"))
    if st.button(t("Train"), type="primary", icon=":material/play_arrow:",
                 disabled=runs.busy(_RUN), key="tune_train"):  # fmt: skip
        setting = Setting(task.small(count, seed), replace(recipe, epochs=epochs, seed=seed), name)
        encoder = encoder_of(name)
        runs.start(
            _RUN, setting,
            lambda stop: classify.train(encoder, setting.task, setting.recipe, stop),
        )  # fmt: skip
        st.rerun()
    follow()
    think(
        "Why is sentiment harder for this encoder than the topic?",
        "A topic shows in single words. A judgement often does not: “not bad” and “hardly a "
        "pleasure” turn their words round, and praise of a film has other words than praise of a "
        "soup. Besides, the encoder was tuned for search: it says what a sentence is about, not "
        "what its author thinks of it.",
    )


def follow() -> None:
    """The last training and its classifier, if there is one."""
    run = runs.last_run(_RUN)
    if run is None:
        return
    setting: Setting = run.settings
    title = t(NAMES[setting.task.name])
    st.subheader(escape(title))
    states = runs.follow(
        _RUN, lambda state: state.step / state.steps, lambda states: draw(states, setting)
    )
    if states and states[-1].classifier is not None:
        trained(states, setting)


def draw(states: Sequence[Progress], setting: Setting) -> None:
    """Loss and measure so far."""
    st.altair_chart(
        training_chart(states, measure_name(setting.task), t),
        width="stretch",
        alt=t("Loss and measure by epoch"),
    )


def trained(states: Sequence[Progress], setting: Setting) -> None:
    """Figures, one's own sentence, confusion matrix and wrong sentences."""
    task, classifier = setting.task, states[-1].classifier
    assert classifier is not None
    predictions = _predictions(classifier, "test", task.test)
    columns = st.columns(4)
    columns[0].metric(t(measure_name(task)), f"{states[-1].measure:.3f}")
    for column, code in zip(columns[1:], ("en", "de"), strict=False):
        rows = [n for n, one in enumerate(task.test) if one.language == code]
        if rows:
            value = classify.measure_of(
                task, [task.test[n] for n in rows], [predictions[n] for n in rows]
            )
            column.metric(t(LANGUAGES[code]), f"{value:.3f}")
    columns[3].metric(t("Seconds"), f"{states[-1].seconds:.0f}")
    st.caption(
        escape(
            t(
                "{train} training sentences, {test} test sentences with other subjects and other "
                "names; {layers} layers of {encoder} and the head learned, {parameters} numbers.",
                train=len(task.train),
                test=len(task.test),
                layers=setting.recipe.layers,
                encoder=TEXT_ENCODERS[setting.encoder],
                parameters=number(sum(one.numel() for one in classifier.parameters())),
            )
        )
    )
    if task.per_word:
        names_right(task, predictions)
    plain = _predictions(classifier, "plain", task.plain)
    if plain:
        words_or_facts(task, predictions, plain)
    own_sentence(classifier)
    left, right = st.columns([3, 2], gap="large")
    with left:
        draw(states, setting)
    with right:
        places = {label: n for n, label in enumerate(task.labels)}
        table = confusion(
            task.rows(task.test), [places[one] for row in predictions for one in row], len(places)
        )
        st.altair_chart(
            confusion_chart(table, [t(label) for label in task.labels], t),
            width="stretch",
            alt=t("Confusion matrix"),
        )
    wrong = [
        (example, row)
        for example, row in zip((*task.test, *task.plain), (*predictions, *plain), strict=True)
        if tuple(row) != example.labels
    ]
    with st.expander(escape(t("Wrong sentences ({count})", count=len(wrong)))):
        st.dataframe([_row(example, row) for example, row in wrong], hide_index=True)


def names_right(task: Task, predictions: Sequence[Sequence[str]]) -> None:
    """Precision, recall and F1 of whole names, with the counts that they come from."""
    score = span_score([one.labels for one in task.test], predictions)
    st.caption(
        escape(
            t(
                "A name is right if all its words and its kind are. Precision: {right} of {predicted} "
                "predicted names, {precision}. Recall: {right} of {there} names, {recall}. F1 is their "
                "harmonic mean.",
                right=score.right,
                predicted=score.predicted,
                there=score.there,
                precision=f"{score.precision:.3f}",
                recall=f"{score.recall:.3f}",
            )
        )
    )


def words_or_facts(
    task: Task, predictions: Sequence[Sequence[str]], plain: Sequence[Sequence[str]]
) -> None:
    """The accuracy on sentences that judge by facts and on those that judge by words, apart."""
    columns = st.columns(2)
    for column, title, examples, rows in (
        (columns[0], "Judged mostly by facts", task.test, predictions),
        (columns[1], "Judged by words (plain reviews)", task.plain, plain),
    ):
        right = sum(tuple(row) == one.labels for one, row in zip(examples, rows, strict=True))
        low, high = accuracy_interval(right, len(examples))
        column.metric(t(title), f"{right / len(examples):.3f} [{low:.3f}, {high:.3f}]")
    st.caption(
        escape(
            t(
                "Notice what an encoder can tell. Plain reviews judge with words, though with others "
                "than in training (“a terrific haircut”); most other test sentences with a fact "
                "alone (“One gentle wash, and the shirt would fit a doll”), for which one must "
                "know what people want. In brackets: 95 % intervals."
            )
        )
    )


def _predictions(classifier: Classifier, part: str, examples: Sequence[Example]) -> list[list[str]]:
    """Of a part of the task, computed once for a classifier."""
    memo: dict[str, Any] = st.session_state.setdefault("tune_memo", {})
    if memo.get("classifier") is not classifier:
        memo.clear()
        memo["classifier"] = classifier
    if part not in memo:
        words = [example.words for example in examples]
        memo[part] = classifier.predict(words) if words else []
    rows: list[list[str]] = memo[part]
    return rows


def own_sentence(classifier: Classifier) -> None:
    """A box to try a sentence."""
    start = (
        "Marie Curie moved from Warsaw to Paris in 1891."
        if classifier.per_word
        else "The film was long, but I did not regret a minute."
        if "positive" in classifier.labels
        else "The mitochondrion provides the cell with energy."
    )
    sentence = st.text_input(
        t("A sentence of your own"), start, max_chars=1000, key=f"tune_own_{start[:8]}"
    )
    words = words_of(sentence, classifier.per_word)
    probabilities = classifier.probabilities([words])
    best = probabilities.max(dim=1)
    if classifier.per_word:
        labels = [classifier.labels[n] for n in best.indices.tolist()]
        st.markdown(
            " ".join(
                escape(word) if label == "O" else f"**{escape(word)}** `{label}`"
                for word, label in zip(words, labels, strict=True)
            )
        )
        return
    st.markdown(
        escape(
            ", ".join(
                f"{t(classifier.labels[n])} {100 * p:.0f} %"
                for p, n in zip(*(one.tolist() for one in probabilities[0].sort(descending=True)),
                                strict=True)
            )
        )
    )  # fmt: skip


def _row(example: Example, row: Sequence[str]) -> dict[str, str]:
    if len(row) == 1:
        right, predicted = t(example.labels[0]), t(row[0])
    else:
        pairs = [
            (f"{word} {a}", f"{word} {b}")
            for word, a, b in zip(example.words, example.labels, row, strict=True)
            if a != b
        ]
        right, predicted = (", ".join(side) for side in zip(*pairs, strict=True))
    return {t("Sentence"): example.text, t("Right label"): right, t("Predicted"): predicted}
