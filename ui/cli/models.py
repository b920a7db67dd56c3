"""The commands about language models: find, try, allow, key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.ask import show_text
from ui.cli.consent import YesOption, with_consent
from ui.cli.options import JsonOption, LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import fail, print_json, show

if TYPE_CHECKING:
    from rag.language_models.trial import Trial
    from rag.settings import Settings

app = typer.Typer(help="Language models: find, try, allow, key.", no_args_is_help=True)


@app.command()
def find(
    port: Annotated[
        list[int] | None, typer.Option(help="In place of the usual ports; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask this machine's usual servers (Ollama, LM Studio, llama.cpp, vLLM) for their models."""
    from dataclasses import asdict

    from rag.language_models.discovery import PORTS, find_models

    models = find_models(port or PORTS)
    if as_json:
        print_json([asdict(model) for model in models])
        return
    for model in models:
        size = f"{model.size / 1e9:.1f} GB" if model.size else "size unknown"
        context = f"context {model.context} tokens" if model.context else "context unknown"
        show(f"{model.generator}  {size}, {context}, {model.server} at {model.base_url}")
    if not models:
        ports = ", ".join(map(str, port or PORTS))
        show(
            f"No server answers at 127.0.0.1, ports {ports}. Start one, such as `ollama serve`, or "
            "name another address: `katheder models try openai:NAME --url http://HOST:PORT/v1`."
        )
    else:
        first = models[0]
        url = "" if first.generator.startswith("ollama:") else f" --url {first.base_url}"
        show(f"Try one: katheder models try {first.generator}{url}")


@app.command("try")
def try_model(
    name: Annotated[str, typer.Argument(help="As ollama:llama3.2, openai:NAME or gguf:FILE.")],
    question: Annotated[str, typer.Option(help="Asked of your lectures.")] = "What is this about?",
    url: Annotated[str, typer.Option(help="The server's address, with /v1.")] = "",
    key_variable: Annotated[
        str, typer.Option(help="Environment variable that has the server's key.")
    ] = "",
    library: LibraryOption = None,
    settings: SettingsOption = None,
    yes: YesOption = False,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the model in your settings file if it writes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask one question: the answer, its sources, tokens per second, and what was sent."""
    from rag.language_models.trial import try_model as try_on
    from rag.pipeline import Pipeline

    changes: dict[str, Any] = {"generator": name}
    changes |= {"base_url": url} if url else {}
    changes |= {"api_key_variable": key_variable} if key_variable else {}
    config = read_settings(settings).with_changes(
        models=changes, answer={"writer": True, "course_questions": False}
    )
    config = with_consent(config, yes=yes, quiet=as_json)
    trial = try_on(Pipeline.load(library_folder(library), config), question)
    answer = trial.answer
    if as_json:
        values = {"sent": trial.sent, "tokens_per_second": trial.tokens_per_second}
        print_json({"answer": answer.as_dict(), **values})
    else:
        show_text(answer)
        if answer.abstained:
            show("Nothing was sent, because the lectures do not answer it; try another --question.")
        else:
            seconds = answer.seconds.get("first words")
            show("")
            if seconds is not None:
                speed = f"about {trial.tokens_per_second:.0f} tokens per second"
                show(f"First words after {seconds:.1f} s; {speed}.")
            show(f"Sent to {answer.models['generator']}:")
            for message in trial.sent:
                show(f"[{message['role']}] {message['content']}")
    if save:
        _save(config, trial, changes)


@app.command()
def allow(
    place: Annotated[str, typer.Argument(metavar="URL", help="As https://api.openai.com.")],
) -> None:
    """Allow that question, conversation and selected passages are sent to a server."""
    from urllib.parse import urlsplit

    from rag.language_models.addresses import origin
    from rag.user_settings import allow_server

    if urlsplit(place).scheme not in ("http", "https") or not urlsplit(place).hostname:
        fail(f"{place!r} is no address; expected one such as https://api.openai.com")
    show(f"{origin(place)} is kept as allowed in {allow_server(origin(place))}")


@app.command()
def key(
    name: Annotated[
        str, typer.Argument(help="By which settings name it, as models.api_key_keyring.")
    ],
    remove: Annotated[bool, typer.Option("--remove", help="Remove it instead.")] = False,
) -> None:
    """Save the key of a server in the system's keyring."""
    from rag.language_models.keys import save_key

    if remove:
        save_key(name, None)
        show(f"The key {name} is removed from the system's keyring.")
        return
    secret = typer.prompt("Key", hide_input=True, err=True).strip()
    if not secret:
        fail("No key was given.")
    save_key(name, secret)
    show(
        f"The key {name} is in the system's keyring. Use it: katheder settings set "
        f"models.api_key_keyring {name}"
    )


def _save(config: Settings, trial: Trial, changes: dict[str, Any]) -> None:
    """Keep the model, unless it wrote nothing."""
    from rag.user_settings import save_user_settings

    if not trial.succeeded:
        fail(f"{config.models.generator} is not kept, because it wrote no whole answer.")
    models = changes | {"prompt_speed": trial.prompt_speed}
    file = save_user_settings(models=models, answer={"writer": True})
    show(f"{config.models.generator} is kept in {file}; answers are written from now on.")
