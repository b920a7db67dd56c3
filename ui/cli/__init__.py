"""The command line. Heavy imports wait until a command needs them, so that help is instant.

Results go to standard output, progress and messages to standard error; with `--json` standard
output holds one JSON document and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from generative.cli import app as generative_app
from ingest import resources
from ui.cli import evaluate as evaluate_cli

if TYPE_CHECKING:
    from ingest.pipeline import FileReport
    from rag.sampling import Sampling
    from rag.settings import Settings
    from rag.types import Answer, Event, Hit, Turn

app = typer.Typer(
    help="Ask questions of lecture PDFs on your own machine; every sentence names its page.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
library_app = typer.Typer(
    help="What the library holds: list, remove, verify, rebuild.", no_args_is_help=True
)
app.add_typer(library_app, name="library")
app.add_typer(generative_app, name="generative")

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="Folder of the library [default: KATHEDER_LIBRARY or the platform's data folder].",
    ),
]
SettingsOption = Annotated[Path | None, typer.Option("--settings", help="TOML file with settings.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
StrategyOption = Annotated[str | None, typer.Option(help="greedy, beam or sample.")]
BeamsOption = Annotated[
    int | None, typer.Option("--num-beams", help="Continuations kept by beam search.")
]
TemperatureOption = Annotated[
    float | None, typer.Option(help="Below 1 sharpens, above 1 flattens.")
]
TopKOption = Annotated[
    int | None, typer.Option("--top-k", help="Draw from the k likeliest tokens.")
]
TopPOption = Annotated[
    float | None, typer.Option("--top-p", help="Draw from the nucleus of mass p.")
]
MinPOption = Annotated[
    float | None, typer.Option("--min-p", help="Draw from tokens at least this likely, relatively.")
]
PenaltyOption = Annotated[float | None, typer.Option("--repetition-penalty", help="1 is none.")]
TokensOption = Annotated[
    int | None, typer.Option("--max-new-tokens", help="Longest answer in tokens.")
]
SeedOption = Annotated[int | None, typer.Option(help="The same seed gives the same answer.")]
ExtractiveOption = Annotated[
    bool | None,
    typer.Option(
        "--extractive/--written",
        help="Quote the lectures' own sentences, or let the language model write [default: as "
        "the settings say].",
    ),
]


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="PDF files or folders of them.")],
    library: LibraryOption = None,
    settings: SettingsOption = None,
    collection: Annotated[str, typer.Option(help="A name to file them under.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Read lectures into the library; what is unchanged is skipped. Exits with 1 if a file failed."""
    from ingest import pipeline
    from ingest.store import Library

    chosen = _settings(settings)
    files = pipeline.find_files(paths)
    if not files:
        _fail(
            f"No PDF files under {', '.join(map(str, paths))}; name a PDF or a folder that holds some."
        )
    target = Library(_folder(library), create=True)
    reports = pipeline.ingest(
        files, target, _encoder(chosen), collection=collection, **chosen.chunking.model_dump()
    )
    _show_reports(reports, len(files), as_json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In a sentence or a few words.")],
    library: LibraryOption = None,
    settings: SettingsOption = None,
    strategy: StrategyOption = None,
    num_beams: BeamsOption = None,
    temperature: TemperatureOption = None,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    min_p: MinPOption = None,
    repetition_penalty: PenaltyOption = None,
    max_new_tokens: TokensOption = None,
    seed: SeedOption = None,
    extractive: ExtractiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question; every sentence names its source, and the sources are listed."""
    chosen = _settings(settings)
    sampling = _sampling(chosen, locals())
    if extractive is not None:
        chosen = chosen.with_changes(answer={"writer": not extractive})
    answer = _answer(_asker(library, chosen), question, [], sampling, quiet=as_json)
    if as_json:
        _print_json(answer.as_dict())
    else:
        print(answer.render())


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="In a sentence or a few words.")],
    library: LibraryOption = None,
    settings: SettingsOption = None,
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, help="Passages to show.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the passages for a question, with each stage's rank and score; no language model."""
    from rag.types import hit_dict, scores_line

    chosen = _settings(settings)
    if top_k is not None:
        chosen = chosen.with_changes(retrieval={"top_k": top_k})
    hits = _search(library, chosen, question)
    if as_json:
        _print_json({"question": question, "hits": [hit_dict(hit) for hit in hits]})
        return
    for rank, hit in enumerate(hits, start=1):
        print(f"{rank}. {hit.passage.citation} — {' › '.join(hit.passage.headings[1:])}")
        print(f"   {scores_line(hit)}")
        text = " ".join(hit.passage.text.split())
        print(f"   {text[:240]}{'…' if len(text) > 240 else ''}")
    if not hits:
        print("Nothing in the library shares a word or a meaning with this.")


@app.command()
def chat(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    strategy: StrategyOption = None,
    num_beams: BeamsOption = None,
    temperature: TemperatureOption = None,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    min_p: MinPOption = None,
    repetition_penalty: PenaltyOption = None,
    max_new_tokens: TokensOption = None,
    seed: SeedOption = None,
    extractive: ExtractiveOption = None,
) -> None:
    """Talk with the lectures in the terminal; follow-ups lean on what was asked before."""
    from rag.errors import BadQuestion
    from rag.types import Turn

    chosen = _settings(settings)
    sampling = _sampling(chosen, locals())
    if extractive is not None:
        chosen = chosen.with_changes(answer={"writer": not extractive})
    asker = _asker(library, chosen)
    history: list[Turn] = []
    _note("Ask a question; /new starts afresh, /quit (or Ctrl-D) ends; Ctrl-C stops an answer.")
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
            _note("A new conversation.")
        elif question.startswith("/"):
            _note(f"{question} is no command; there are /new and /quit.")
        elif question:
            try:
                answer = _answer(asker, question, history, sampling, quiet=False)
            except BadQuestion as error:
                _note(str(error))
                continue
            if answer.query != question:
                _note(f"searched for: {answer.query}")
            print(answer.render())
            history.append(Turn(question, answer.text))


@app.command()
def ui(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to serve at; others than this machine's need a password.")
    ] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
    bundled: Annotated[
        Path | None, typer.Option(help="Read these lectures first where the library is empty.")
    ] = None,
) -> None:
    """Open the app in the browser, served on this machine alone unless --host says otherwise."""
    from ingest.pipeline import find_files
    from ingest.pipeline import ingest as ingest_files
    from ingest.store import Library

    _need_streamlit()
    chosen, folder = _settings(settings), _folder(library)
    if host not in ("127.0.0.1", "localhost", "::1") and not chosen.app.password:
        _fail(
            f"At {host} others can open the app, so it wants a password: put what "
            "`katheder password` prints into the settings file and name it with --settings."
        )
    if bundled is not None and Library(folder, create=True).count() == 0:
        _note(f"Reading the lectures in {bundled} for the first time:")
        files = find_files([bundled])
        reports = ingest_files(
            files, Library(folder), _encoder(chosen), **chosen.chunking.model_dump()
        )
        _show_reports(reports, len(files), as_json=False)
    environment = dict(os.environ, KATHEDER_LIBRARY=str(folder.resolve()))
    if settings is not None:
        environment["KATHEDER_SETTINGS"] = str(settings.resolve())
    here = resources.package_file("ui")
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(here / "app.py"),
        "--server.port",
        str(port),
        "--server.address",
        host,
        "--server.headless",
        "true",  # else Streamlit would advertise in the page; the browser is opened here
    ]
    if not headless:
        threading.Thread(target=_open_browser, args=(port,), daemon=True).start()
    raise typer.Exit(subprocess.run(command, env=environment, cwd=here, check=False).returncode)


@app.command()
def password() -> None:
    """Hash a password for the app, as the lines of a settings file that hold it."""
    from ui.password import hashed

    said = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    print(f'[app]\npassword = "{hashed(said)}"')


@library_app.command("list")
def list_documents(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the documents with their pages."""
    from dataclasses import asdict

    from ingest.store import Library

    store = Library(_folder(library))
    documents = store.documents()
    if as_json:
        _print_json({"library": str(store.folder), "documents": [asdict(d) for d in documents]})
        return
    for document in documents:
        print(f"{document.id[:12]}  {document.pages:4d} pages  {document.file}  ({document.title})")
    print(
        f"{len(documents)} documents, {sum(d.pages for d in documents)} pages, "
        f"{store.count()} passages in {store.folder}"
    )


@library_app.command()
def remove(
    names: Annotated[list[str], typer.Argument(help="File names, paths or the starts of ids.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take documents out of the library; the PDF files stay where they are."""
    from ingest.store import Library

    store = Library(_folder(library))
    chosen = {}
    for name in names:
        found = store.find(name)
        if len(found) != 1:
            which = ", ".join(f"{d.id[:12]} ({d.path})" for d in found) or "none"
            _fail(
                f"{name!r} names {len(found)} documents ({which}), wanted one. "
                f"See `katheder library list --library {store.folder}`; nothing was removed."
            )
        chosen[found[0].id] = found[0]
    for document in chosen.values():
        store.remove(document.id)
    if as_json:
        _print_json({"removed": [document.file for document in chosen.values()]})
    else:
        print("\n".join(f"removed {document.file}" for document in chosen.values()))


@library_app.command()
def verify(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Check every table, offset, vector and the index. Exits with 1 where something is wrong."""
    from ingest.store import Library

    store = Library(_folder(library))
    faults = store.verify()
    if as_json:
        _print_json({"faults": faults, "stamp": store.content_hash(), "digest": store.full_hash()})
    else:
        for fault in faults:
            print(fault)
        if faults:
            print(f"Mend it with `katheder library rebuild --library {store.folder}`.")
        else:
            print(f"{store.count()} passages, all sound; digest {store.full_hash()[:16]}")
    if faults:
        raise typer.Exit(1)


@library_app.command()
def rebuild(
    library: LibraryOption = None, settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Build the library anew from its files with the settings of now; the old one stays till the end."""
    from ingest import pipeline
    from ingest.store import Library

    chosen = _settings(settings)
    store = Library(_folder(library))
    reports = pipeline.rebuild(store, _encoder(chosen), **chosen.chunking.model_dump())
    _show_reports(reports, len(store.documents()), as_json)


@app.command()
def doctor(
    library: LibraryOption = None, settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Tell which models, device, numeric type and versions are in use, and what is missing."""
    from ui.doctor import examine

    report = examine(_folder(library), _settings(settings))
    if as_json:
        _print_json(report.as_dict())
    else:
        print(report.render())
    if report.missing:
        raise typer.Exit(1)


evaluate_cli.register(app)


# ---- shared by the commands ----------------------------------------------------------------


def _folder(library: Path | None) -> Path:
    from rag.settings import default_library

    return library or default_library()


def _settings(file: Path | None) -> Settings:
    from rag.settings import load_settings

    return load_settings(file)


def _sampling(settings: Settings, values: dict[str, Any]) -> Sampling:
    """Sampling from a command's own arguments over the settings'."""
    from rag.sampling import Sampling, sampling_from

    given = {name: values[name] for name in Sampling.model_fields if name in values}
    return sampling_from(given, settings.sampling)


def _encoder(settings: Settings):  # type: ignore[no-untyped-def]
    from ingest.embed import BiEncoder

    return BiEncoder(settings.models.encoder, settings.models.device, settings.models.dtype)


def _asker(library: Path | None, settings: Settings) -> Callable[..., Iterator[Event]]:
    """What answers questions: the library's worker, or a pipeline in this process."""
    from ui import worker

    folder = _folder(library)
    if worker.available(settings):

        def through_worker(question: str, **options: Any) -> Iterator[Event]:
            options["sampling"] = options["sampling"].model_dump(exclude_none=True)
            return worker.ask(folder, settings, question, **options)

        return through_worker
    from rag.pipeline import Pipeline

    return Pipeline.load(folder, settings).stream


def _search(library: Path | None, settings: Settings, question: str) -> list[Hit]:
    from rag.types import StageDone
    from ui import worker

    folder = _folder(library)
    if worker.available(settings):
        [found] = worker.ask(folder, settings, question, search_only=True)
        return list(found.hits) if isinstance(found, StageDone) else []
    from rag.pipeline import Pipeline

    return Pipeline.load(folder, settings).search(question)


def _answer(
    asker: Callable[..., Iterator[Event]],
    question: str,
    history: list[Turn],
    sampling: Sampling,
    *,
    quiet: bool,
) -> Answer:
    """Answer a question; the draft runs along on standard error where a person watches.

    Ctrl-C stops the writing, and what was written is grounded.
    """
    from rag.types import Answered, Token

    stop = threading.Event()
    watched = not quiet and sys.stderr.isatty()
    drafting = False
    with _interrupt_sets(stop):
        for event in asker(question, history=history, sampling=sampling, stop=stop):
            if isinstance(event, Token) and watched:
                if not drafting:
                    sys.stderr.write("draft: ")
                drafting = True
                sys.stderr.write(event.text)
                sys.stderr.flush()
            elif isinstance(event, Answered):
                if drafting:
                    sys.stderr.write("\n\n")
                return event.answer
    raise RuntimeError("the pipeline gave no answer")


@contextmanager
def _interrupt_sets(stop: Any) -> Iterator[None]:
    """Let the first Ctrl-C set an event instead of ending the program; the second ends it."""
    import signal

    def handle(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _show_reports(reports: Iterator[FileReport], total: int, as_json: bool) -> None:
    """Show ingest reports as they come, then the sum; exit with 1 if any file failed."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    done: list[FileReport] = []
    console = Console(stderr=True, highlight=False)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("reading lectures", total=total)
        for report in reports:
            done.append(report)
            progress.advance(task)
            if not as_json:
                line = report.message or (
                    f"{Path(report.path).name}: {report.pages} pages, {report.passages} passages, "
                    f"{report.seconds:.1f} s"
                )
                progress.print(f"{report.outcome:>9}  {line}", markup=False, soft_wrap=True)
    counts = {
        outcome: sum(r.outcome == outcome for r in done)
        for outcome in ("added", "replaced", "unchanged", "duplicate", "failed")
    }
    if as_json:
        _print_json({"counts": counts, "files": [asdict(report) for report in done]})
    else:
        print(
            ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
            or "nothing to do"
        )
    if counts["failed"]:
        raise typer.Exit(1)


def _open_browser(port: int) -> None:
    """Open the page once the server listens; half a minute at most."""
    import socket
    import time
    import webbrowser

    for _ in range(150):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(f"http://127.0.0.1:{port}")
            return


def _need_streamlit() -> None:
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        _fail(
            'The app needs Streamlit, which is not installed. Install it with `pip install "katheder[ui]"`.'
        )


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _fail(text: str) -> None:
    from ingest.errors import KathederError

    raise KathederError(text)


def main() -> None:
    """Run the command line; a fault that a user can mend is one sentence and exit code 1."""
    # Models load from this machine; their libraries' progress bars and advice are not for readers.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        app()
    except KeyboardInterrupt:
        _note("stopped")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from ingest.errors import KathederError

        if isinstance(error, KathederError):
            _note(f"error: {error}")
            sys.exit(1)
        if os.environ.get("KATHEDER_DEBUG"):
            raise
        _note(
            f"error: something unforeseen happened ({type(error).__name__}: {error}). "
            "Run it again with KATHEDER_DEBUG=1 to see where, and report it."
        )
        sys.exit(70)
