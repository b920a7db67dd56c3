"""The commands that answer: ask, search, chat."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.text.visible import visible
from ui.cli.options import (
    BeamsOption,
    JsonOption,
    LibraryOption,
    MinPOption,
    PenaltyOption,
    QuestionArgument,
    QuotedOption,
    SeedOption,
    SettingsOption,
    StrategyOption,
    TemperatureOption,
    TokensOption,
    TopKOption,
    TopPOption,
    library_folder,
    read_sampling,
    read_settings,
)
from ui.cli.output import note, print_json, show, show_unread_pictures
from ui.worker import open_pipeline

if TYPE_CHECKING:
    from rag.answerer import Answerer
    from rag.sampling import Sampling
    from rag.types import Answer, Turn

_SHOWN_LETTERS = 240  # of a passage in `search`


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(ask)
    app.command()(search)
    app.command()(chat)


def ask(
    question: QuestionArgument,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    extractive: QuotedOption = None,
    strategy: StrategyOption = None,
    num_beams: BeamsOption = None,
    temperature: TemperatureOption = None,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    min_p: MinPOption = None,
    repetition_penalty: PenaltyOption = None,
    max_new_tokens: TokensOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question; every sentence names its source, and the sources are listed."""
    config = read_settings(settings, extractive=extractive)
    sampling = read_sampling(
        config,
        strategy=strategy,
        num_beams=num_beams,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        max_new_tokens=max_new_tokens,
        seed=seed,
    )
    answer = _answer(
        open_pipeline(library_folder(library), config), question, [], sampling, quiet=as_json
    )
    if as_json:
        print_json(answer.as_dict())
    else:
        show(answer.render())
        if answer.abstained:
            show_unread_pictures(library_folder(library))


def search(
    question: QuestionArgument,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    passages: Annotated[int | None, typer.Option(min=1, help="Passages to show.")] = None,
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, hidden=True)] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the passages for a question, with each stage's rank and score; no language model."""
    from rag.types import hit_dict, scores_line

    config = read_settings(settings)
    if top_k is not None:
        note("--top-k is now --passages here; in `ask` --top-k counts tokens.")
    number = passages or top_k
    if number is not None:
        config = config.with_changes(retrieval={"top_k": number})
    hits = open_pipeline(library_folder(library), config).search(question)
    if as_json:
        print_json({"question": question, "hits": [hit_dict(hit) for hit in hits]})
        return
    for rank, hit in enumerate(hits, start=1):
        show(f"{rank}. {hit.passage.citation} — {' › '.join(hit.passage.headings[1:])}")
        show(f"   {scores_line(hit)}")
        text = " ".join(hit.passage.text.split())
        show(f"   {text[:_SHOWN_LETTERS]}{'…' if len(text) > _SHOWN_LETTERS else ''}")
    if not hits:
        show("No passage in the library shares a word or a meaning with this.")


def chat(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    extractive: QuotedOption = None,
    strategy: StrategyOption = None,
    num_beams: BeamsOption = None,
    temperature: TemperatureOption = None,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    min_p: MinPOption = None,
    repetition_penalty: PenaltyOption = None,
    max_new_tokens: TokensOption = None,
    seed: SeedOption = None,
) -> None:
    """Talk with the lectures in the terminal; a follow-up is searched with the question before it."""
    from rag.errors import BadQuestion
    from rag.followup import turn_of

    config = read_settings(settings, extractive=extractive)
    sampling = read_sampling(
        config,
        strategy=strategy,
        num_beams=num_beams,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        max_new_tokens=max_new_tokens,
        seed=seed,
    )
    pipeline = open_pipeline(library_folder(library), config)
    history: list[Turn] = []
    note(
        "Ask a question. /new starts a new conversation, /quit or Ctrl-D ends; Ctrl-C stops an answer."
    )
    while True:
        try:
            question = input("\n> ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if question in ("/quit", "/exit"):
            return
        if question == "/new":
            history.clear()
            note("A new conversation.")
        elif question.startswith("/"):
            note(f"There is no command {question}; there are /new and /quit.")
        elif question:
            try:
                answer = _answer(pipeline, question, history, sampling, quiet=False)
            except BadQuestion as error:
                note(str(error))
                continue
            if answer.query != question:
                note(f"searched for: {answer.query}")
            show(answer.render())
            if answer.abstained:
                show_unread_pictures(library_folder(library))
            history.append(turn_of(question, answer))


def _answer(
    pipeline: Answerer,
    question: str,
    history: list[Turn],
    sampling: Sampling | None,
    *,
    quiet: bool,
) -> Answer:
    """Answer a question; the draft appears on standard error while it is written in a terminal.

    Ctrl-C stops the writing, and what was written is grounded.
    """
    from rag.types import Answered, Token

    stop = threading.Event()
    in_terminal = not quiet and sys.stderr.isatty()
    drafting = False
    with _interrupt_sets(stop):
        for event in pipeline.stream(question, history=history, sampling=sampling, stop=stop):
            if isinstance(event, Token) and in_terminal:
                if not drafting:
                    sys.stderr.write("draft: ")
                drafting = True
                sys.stderr.write(visible(event.text))
                sys.stderr.flush()
            elif isinstance(event, Answered):
                if drafting:
                    sys.stderr.write("\n\n")
                return event.answer
    raise RuntimeError("the pipeline gave no answer")


@contextmanager
def _interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set an event instead of ending the program; the second ends it."""

    def handle(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
