"""A section of the settings, with the names that its fields had in older versions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

logger = logging.getLogger(__name__)


class Section(BaseModel):
    """A section of the settings; it also takes the names that its fields had in older versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    renamed: ClassVar[Mapping[str, str]] = {}
    """Today's name of each field that had another one."""
    retired: ClassVar[frozenset[str]] = frozenset()
    """Fields that are gone; a value for one is ignored with a notice in the log."""

    @classmethod
    def with_current_names(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same values by today's names, without those of retired fields.

        Raises:
            ValueError: a field is given by its old and its new name.
        """
        current: dict[str, Any] = {}
        for name, value in values.items():
            if name in cls.retired:
                _notice_retired(name)
                continue
            new_name = cls.renamed.get(name, name)
            if new_name != name and new_name in values:
                raise ValueError(f"{name} is the old name of {new_name}; give only {new_name}")
            current[new_name] = value
        return current

    @model_validator(mode="before")
    @classmethod
    def _read_old_names(cls, values: Any) -> Any:
        return cls.with_current_names(values) if isinstance(values, Mapping) else values


@cache  # one notice for each name in a process
def _notice_retired(name: str) -> None:
    logger.warning("The setting %s is not used any more and was ignored; delete it.", name)
