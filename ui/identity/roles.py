"""What each role may do in the app: the one table that every page, route and file asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from ingest.errors import KathederError


class Role(IntEnum):
    """A role; each may do what those below it may."""

    READER = 0
    LECTURER = 1
    OWNER = 2

    @property
    def label(self) -> str:
        """The name in settings and messages."""
        return self.name.lower()


#: The lowest role that may do an action. What is not listed, nobody may.
ACTIONS: Mapping[str, Role] = {
    # questions and what belongs to the reader who asks
    "question.ask": Role.READER,
    "note.keep": Role.READER,
    "review.keep": Role.READER,
    "settings.change": Role.READER,
    "library.read": Role.READER,
    "laboratory.use": Role.READER,
    "laboratory.keep": Role.LECTURER,
    # the library; a reader uploads only where `app.reader_upload_mb` grants it
    "lecture.upload": Role.LECTURER,
    "lecture.add": Role.LECTURER,  # files of the machine, and uploads into any course
    "lecture.reload": Role.LECTURER,
    "lecture.remove": Role.LECTURER,
    "course.change": Role.LECTURER,
    "page.correct": Role.LECTURER,
    "library.rebuild": Role.LECTURER,
    "guide.make": Role.LECTURER,
    # measuring
    "evaluation.read": Role.LECTURER,
    "evaluation.start": Role.LECTURER,
    "evaluation.stop": Role.LECTURER,
    "evaluation.delete": Role.LECTURER,
    "question-set.read": Role.LECTURER,
    "question-set.write": Role.LECTURER,
    # what readers asked, without names
    "feedback.read": Role.LECTURER,
    "question-log.read": Role.LECTURER,
    "question-log.clear": Role.OWNER,
    # the machine
    "folder.show": Role.OWNER,
    "models.change": Role.OWNER,
    "instructions.change": Role.OWNER,
    "chunking.change": Role.OWNER,
    "server.search": Role.OWNER,
    "server.allow": Role.OWNER,
}


#: Sections that a reader may change for himself, apart from the fields below.
_READERS_SETTINGS = frozenset({"answer", "sampling", "retrieval", "rerank"})
_OWN_SETTINGS = {
    "models": "models.change",
    "chunking": "chunking.change",
    "answer.form": "instructions.change",
    "answer.instructions": "instructions.change",
    "answer.instruction_presets": "instructions.change",
}


def setting_action(section: str, field: str) -> str:
    """The action that changes a field of the settings for oneself."""
    one = _OWN_SETTINGS.get(f"{section}.{field}", _OWN_SETTINGS.get(section))
    return one or ("settings.change" if section in _READERS_SETTINGS else "")


class NotAllowed(KathederError):
    """An action that the role of whoever asks for it does not have."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who uses the app.

    `reader` is the id under which conversations, notes and settings are kept, "" for whoever uses
    the machine itself; `name` is what a sign-on calls them and `subject` its `sub` of them, ""
    where nothing does; `grants` are
    actions that the settings give beyond the role.
    """

    reader: str
    role: Role
    name: str = ""
    subject: str = ""
    grants: frozenset[str] = frozenset()

    def may(self, action: str) -> bool:
        """Whether the role has an action; an action without a row in the table nobody has."""
        lowest = ACTIONS.get(action)
        return lowest is not None and (self.role >= lowest or action in self.grants)

    def require(self, action: str) -> None:
        """Go on only if the role has an action.

        Raises:
            NotAllowed: it has not.
        """
        if not self.may(action):
            lowest = ACTIONS.get(action)
            who = f"the role {lowest.label}" if lowest is not None else "nobody"
            raise NotAllowed(
                f"The role {self.role.label} may not do this ({action}); {who} may. Ask the person "
                "who runs this Katheder server."
            )


#: Whoever uses an app that this machine alone can reach.
THIS_MACHINE = Identity("", Role.OWNER)
