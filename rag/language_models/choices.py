"""The language models that a conversation may switch to, by the names that settings give them."""

from __future__ import annotations

from rag.errors import BadSettings
from rag.settings import Settings

QUOTED = "quoted"
"""The choice of no model: answers are quoted."""


def writer_choices(settings: Settings) -> tuple[str, ...]:
    """The names in order: "" for what the settings say, quotes where those write, and `models.choices`."""
    quoted = (QUOTED,) if settings.answer.writer else ()
    return ("", *quoted, *settings.models.choices)


def with_choice(settings: Settings, name: str) -> Settings:
    """The settings by which a choice answers.

    Raises:
        BadSettings: the settings have no such choice.
    """
    if not name:
        return settings
    if name == QUOTED:
        followups = settings.retrieval.followups
        return settings.with_changes(
            answer={"writer": False},  # and nothing is sent to complete a follow-up
            retrieval={"followups": "expand" if followups == "rewrite" else followups},
        )
    choice = settings.models.choices.get(name)
    if choice is None:
        known = ", ".join(settings.models.choices) or "none"
        raise BadSettings(
            f"There is no language model {name!r} in models.choices; expected one of these: {known}"
        )
    return settings.with_changes(models=choice.model_dump(), answer={"writer": True})
