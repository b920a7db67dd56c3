"""A reader's consent before anything is sent to another machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.output import note

if TYPE_CHECKING:
    from rag.settings import Settings

YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Agree that question, conversation and passages are sent to the language model's "
        "server; kept in your settings file.",
    ),
]


def with_consent(settings: Settings, *, yes: bool, quiet: bool = False) -> Settings:
    """The settings with the server of the language model allowed, where the reader agrees.

    Args:
        settings: What they name is only checked where a language model may write.
        yes: The reader has agreed by an option.
        quiet: Nobody is there to be asked, as with --json.

    Raises:
        ConsentMissing: the server is on another machine, and the reader did not agree.
    """
    from rag.language_models.addresses import needs_consent, require_consent
    from rag.user_settings import allow_server

    place = needs_consent(settings.models)
    writes = settings.answer.writer or settings.retrieval.followups == "rewrite"
    if not place or not writes:
        return settings
    if not yes:
        if quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
            require_consent(settings.models)
        note(
            f"{settings.models.generator} runs at {place}, not on this machine. What is sent there: "
            "your question, the conversation, and the selected passages of your lectures."
        )
        if not typer.confirm("Send them?", err=True):
            require_consent(settings.models)
    file = allow_server(place)
    note(f"{place} is kept as allowed in {file}.")
    servers = (*settings.models.allowed_servers, place)
    return settings.with_changes(models={"allowed_servers": servers})
