"""The commands that answer: ask, search, chat."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.text.visible import visible
from ui.cli.consent import YesOption, with_consent
from ui.cli.options import (
    BeamsOption,
    CourseOption,
    JsonOption,
    LecturesOption,
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
    UpToOption,
    library_folder,
    read_sampling,
    read_scope,
    read_settings,
)
from ui.cli.output import note, print_json, show, show_unread_pictures
from ui.worker import open_pipeline

if TYPE_CHECKING:
    from rag.answerer import Answerer
    from rag.sampling import Sampling
    from rag.scope import Scope
    from rag.settings import Settings
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
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
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
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question; every sentence names its source, and the sources are listed."""
    config = with_consent(read_settings(settings, extractive=extractive), yes=yes, quiet=as_json)
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
    scope = read_scope(course, lectures, up_to)
    if not as_json and (badge := _badge(config)):
        note(f"Answers come from {badge}, not from this machine.")
    pipeline = open_pipeline(library_folder(library), config)
    answer = _answer(pipeline, question, [], sampling, scope, quiet=as_json)
    _log(answer, library, config)
    if as_json:
        print_json(answer.as_dict())
    else:
        show_text(answer)
        if answer.abstained:
            show_unread_pictures(library_folder(library))


def search(
    question: QuestionArgument,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    passages: Annotated[int | None, typer.Option(min=1, help="Passages to show.")] = None,
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, hidden=True)] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the passages for a question, with each stage's rank and score; no language model."""
    from rag.plain_values import hit_dict, scores_line

    config = read_settings(settings)
    if top_k is not None:
        note("--top-k is now --passages here; in `ask` --top-k counts tokens.")
    number = passages or top_k
    if number is not None:
        config = config.with_changes(retrieval={"top_k": number})
    scope = read_scope(course, lectures, up_to)
    hits = open_pipeline(library_folder(library), config).search(question, scope=scope)
    if as_json:
        rows = [hit_dict(hit) for hit in hits]
        print_json({"question": question, "scope": scope.as_dict(), "hits": rows})
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
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
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
    yes: YesOption = False,
) -> None:
    """Talk with the lectures in the terminal; a follow-up is searched with the question before it."""
    from rag.errors import BadQuestion
    from rag.followup import turn_of

    config = with_consent(read_settings(settings, extractive=extractive), yes=yes)
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
    scope = read_scope(course, lectures, up_to)
    pipeline = open_pipeline(library_folder(library), config)
    history: list[Turn] = []
    badge = _badge(config)
    prompt = f"\n[{badge}] > " if badge else "\n> "
    note(
        "Ask a question. /new starts a new conversation, /quit or Ctrl-D ends; Ctrl-C stops an answer."
    )
    while True:
        try:
            question = input(prompt).strip()
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
                answer = _answer(pipeline, question, history, sampling, scope, quiet=False)
            except BadQuestion as error:
                note(str(error))
                continue
            _log(answer, library, config)
            if answer.query != question:
                note(f"searched for: {answer.query}")
            show_text(answer)
            if answer.abstained:
                show_unread_pictures(library_folder(library))
            history.append(turn_of(question, answer))


def _log(answer: Answer, library: Path | None, settings: Settings) -> None:
    """Log a question where the settings say so, and tell the reader."""
    if settings.app.log_questions:
        from rag.evaluation.question_log import log_question

        folder = library_folder(library)
        log_question(answer, folder, settings)
        note(f"The question is logged in {folder} (app.log_questions; `katheder log`).")


def _badge(settings: Settings) -> str:
    """The server on another machine that answers come from; "" for none."""
    from rag.language_models.addresses import remote_server

    return remote_server(settings.models) if settings.answer.writer else ""


def show_text(answer: Answer) -> None:
    """Print the answer with its sources, and what its model wrote without support."""
    from rag.ground import unsupported_sentences

    show(answer.render())
    if unsupported := unsupported_sentences(answer):
        show("\nWritten, but not supported by the lectures:")
        for sentence in unsupported:
            show(f"    ~~{sentence}~~")


def _answer(
    pipeline: Answerer,
    question: str,
    history: list[Turn],
    sampling: Sampling | None,
    scope: Scope,
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
        for event in pipeline.stream(
            question, history=history, sampling=sampling, stop=stop, scope=scope
        ):
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
