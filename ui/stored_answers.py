"""How an answer is written to the database: JSON with a format version, and readers of older ones.

A stored answer outlives the program that wrote it. Whoever renames or removes a field of
`rag.types.Answer`, or of what it holds, raises `FORMAT` and adds an upgrade to `UPGRADES`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ingest.errors import KathederError
from rag.types import Answer

FORMAT = 3
_ANSWER = TypeAdapter(Answer)


class UnreadableAnswer(KathederError):
    """A stored answer of a newer format, or one that is damaged; the text says which."""


def dump_answer(answer: Answer) -> str:
    """The answer as JSON of its dataclass, with `format` beside its fields."""
    return json.dumps(
        {"format": FORMAT, **_ANSWER.dump_python(answer, mode="json")}, ensure_ascii=False
    )


def load_answer(text: str) -> Answer:
    """Read what `dump_answer` of this or an older version wrote.

    Raises:
        UnreadableAnswer: its format is newer than `FORMAT`, or it is no stored answer.
    """
    try:
        fields = json.loads(text)
        version = fields.pop("format", 1)  # the first format did not name itself
        if version > FORMAT:
            raise UnreadableAnswer(
                f"This answer was saved in format {version}, and this version of Katheder reads "
                f"formats up to {FORMAT}. Update it: `pip install --upgrade katheder`."
            )
        for older in range(version, FORMAT):
            UPGRADES[older](fields)
        return _ANSWER.validate_python(fields)
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError) as error:
        raise UnreadableAnswer(
            "This saved answer is damaged and cannot be shown. Ask the question again."
        ) from error


def _upgrade_1(answer: dict[str, Any]) -> None:
    """Format 1 called a source's `selection_score` `standing`."""
    for source in (*answer["sources"], *answer.get("evidence", ())):
        if "standing" in source:
            source["selection_score"] = source.pop("standing")


def _upgrade_2(answer: dict[str, Any]) -> None:
    """Format 2 knew two grades, by whether the program `abstained`."""
    answer["grade"] = "not_answered" if answer.pop("abstained") else "answered"


#: By the format that each one reads; it changes the fields in place to those of the next format.
UPGRADES: Mapping[int, Callable[[dict[str, Any]], None]] = {1: _upgrade_1, 2: _upgrade_2}
