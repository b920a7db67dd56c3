"""What each language says of a course: the words of questions about it, and of their answers.

"Summarise lecture 2" asks about the course itself, not about its subject. A module here holds the
rules by which one language asks such questions, and the texts that open their answers. A language
without a module has no such questions; its questions go to the search.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from ingest.text.languages.course.base import CourseWords, Cue, Rule

__all__ = ["COURSE_WORDS", "CourseWords", "Cue", "Rule"]


class _ByLanguage(Mapping[str, CourseWords]):
    """The words of each language, whose hundreds of rules are compiled when they are first needed."""

    _codes = ("en", "de")

    def __getitem__(self, code: str) -> CourseWords:
        if code not in self._codes:
            raise KeyError(code)
        words: CourseWords = import_module(f"{__name__}.{code}").WORDS
        return words

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


#: By the ISO 639-1 code of the language.
COURSE_WORDS: Mapping[str, CourseWords] = _ByLanguage()
