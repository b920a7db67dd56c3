"""The conversations of one reader: no id of another's opens, changes or deletes anything."""

from __future__ import annotations

from typing import Any

from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Turn
from ui.conversations import Conversation, Conversations, Exchange
from ui.identity.roles import Identity, NotAllowed


class OwnConversations:
    """What a page gets of all saved conversations."""

    def __init__(self, conversations: Conversations, identity: Identity) -> None:
        self._all, self._identity = conversations, identity
        self._reader = identity.reader

    # ---- conversations ----

    def search(self, text: str = "") -> list[Conversation]:
        """The reader's conversations, the last changed first; with `text`, those that contain it."""
        return self._all.search(self._reader, text)

    def find(self, conversation: str) -> Conversation | None:
        """A conversation; None where it is another reader's or gone."""
        return self._all.find(self._reader, conversation)

    def rename(self, conversation: str, title: str) -> None:
        """Rename a conversation; a blank title changes nothing."""
        self._check(conversation)
        self._all.rename(conversation, title)

    def delete(self, conversation: str) -> None:
        """Delete a conversation with all its questions and answers."""
        self._check(conversation)
        self._all.delete(conversation)

    # ---- exchanges ----

    def add_question(
        self,
        conversation: str | None,
        question: str,
        scope: Scope = EVERYTHING,
        model: str = "",
    ) -> tuple[str, int]:
        """Save a question; as `Conversations.add_question`."""
        self._identity.require("question.ask")
        if conversation is not None:
            self._check(conversation)
        return self._all.add_question(self._reader, conversation, question, scope, model)

    def save_answer(self, exchange: int, answer: Answer) -> None:
        """Save the answer to a question; nothing happens if the question was deleted."""
        if self._has(exchange):
            self._all.save_answer(exchange, answer)

    def save_error(self, exchange: int, error: str) -> None:
        """Save the message that is shown in place of an answer."""
        if self._has(exchange):
            self._all.save_error(exchange, error)

    def truncate(self, conversation: str, exchange: int) -> None:
        """Delete a question and all later ones."""
        self._check(conversation)
        self._all.truncate(conversation, exchange)

    def exchanges(self, conversation: str) -> list[Exchange]:
        """All questions with their answers, oldest first."""
        self._check(conversation)
        return self._all.exchanges(conversation)

    def history(self, conversation: str, before: int) -> list[Turn]:
        """The answered turns before an exchange, oldest first."""
        self._check(conversation)
        return self._all.history(conversation, before)

    # ---- feedback ----

    def save_feedback(
        self,
        exchange: int,
        verdict: bool | None,
        comment: str = "",
        gold: tuple[str, int] | None = None,
    ) -> None:
        """Save the reader's thumb, comment and right page; as `Conversations.save_feedback`."""
        if self._has(exchange):
            self._all.save_feedback(exchange, verdict, comment, gold)

    def feedback(self) -> list[tuple[str, bool, str]]:
        """Every rated question of all readers, without their names; for lecturers."""
        self._identity.require("feedback.read")
        return self._all.feedback()

    def question_set(self) -> list[dict[str, Any]]:
        """The rated exchanges of all readers as questions; for lecturers."""
        self._identity.require("feedback.read")
        return self._all.question_set()

    # ---- preferences ----

    def preferences(self) -> dict[str, Any]:
        """The reader's saved preferences, {} for none."""
        return self._all.preferences(self._reader)

    def save_preferences(self, preferences: dict[str, Any]) -> None:
        """Save the reader's preferences in place of the earlier ones."""
        self._all.save_preferences(self._reader, preferences)

    def _check(self, conversation: str) -> None:
        """Refuse another reader's conversation; one that is gone holds nothing to refuse."""
        if self._all.reader_of(conversation) not in (None, self._reader):
            raise NotAllowed("This conversation is another reader's.")

    def _has(self, exchange: int) -> bool:
        return self._all.reader_of_exchange(exchange) == self._reader
