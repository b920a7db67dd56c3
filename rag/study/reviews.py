"""When a reader sees a card again: the state of each card after its reviews, by FSRS.

One SQLite file beside the library holds the cards that a reader has rated, each in a row of its own.
A row that cannot be read is a card that the reader has not seen; the others are not touched.
Source of the schedule: Ye, Su and Cao, A stochastic shortest path algorithm for optimizing spaced
repetition scheduling (2022), in the package fsrs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsrs

from ingest.errors import KathederError
from ingest.user_file import UserFile
from rag.study.cards import Card

logger = logging.getLogger(__name__)

FILE = "study.sqlite"
_UPGRADES = (
    (
        """CREATE TABLE IF NOT EXISTS reviews (
            reader TEXT NOT NULL, card TEXT NOT NULL, state TEXT NOT NULL,
            PRIMARY KEY (reader, card))""",
    ),
)
#: The ratings by their names, the worst first.
RATINGS: Mapping[str, fsrs.Rating] = {
    "again": fsrs.Rating.Again,
    "hard": fsrs.Rating.Hard,
    "good": fsrs.Rating.Good,
    "easy": fsrs.Rating.Easy,
}


class UnreadableReviews(KathederError):
    """The file of reviews is of a newer format or no database; the text says which."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cards are due now, new, and due later."""

    due: int
    new: int
    later: int


class Reviews:
    """The reviews of all readers of a library; safe to share between threads.

    Args:
        path: The SQLite file; made where there is none.

    Raises:
        UnreadableReviews: the file has a newer format, or is no SQLite database.
    """

    def __init__(self, path: Path) -> None:
        self._scheduler = fsrs.Scheduler(enable_fuzzing=False)  # the same ratings, the same days
        self._transaction = UserFile(path, _UPGRADES, "the reviews", UnreadableReviews).transaction

    def states(self, reader: str) -> dict[str, fsrs.Card]:
        """The state of each card that a reader has rated, by the card's id."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT card, state FROM reviews WHERE reader = ?", (reader,)
            ).fetchall()
        states: dict[str, fsrs.Card] = {}
        for card, text in rows:
            try:
                states[card] = fsrs.Card.from_dict(json.loads(text))
            except (ValueError, KeyError, TypeError):
                logger.warning("the review of card %s cannot be read; the card is new again", card)
        return states

    def due(
        self, reader: str, cards: Sequence[Card], now: datetime, new: int | None = None
    ) -> list[Card]:
        """The cards to show now: those that are due, the longest overdue first, then new ones.

        Args:
            reader: Whose reviews count.
            cards: All cards, in the order of the lectures.
            now: With a time zone.
            new: How many new cards at most; None for all.
        """
        states = self.states(reader)
        overdue = [card for card in cards if card.id in states and states[card.id].due <= now]
        overdue.sort(key=lambda card: states[card.id].due)
        unseen = [card for card in cards if card.id not in states]
        return overdue + (unseen if new is None else unseen[:new])

    def counts(self, reader: str, cards: Sequence[Card], now: datetime) -> Counts:
        """How many of some cards are due now, new, and due later."""
        states = self.states(reader)
        seen = [states[card.id] for card in cards if card.id in states]
        due = sum(state.due <= now for state in seen)
        return Counts(due, len(cards) - len(seen), len(seen) - due)

    def intervals(self, reader: str, card: Card, now: datetime) -> dict[str, timedelta]:
        """After how long each rating would show a card again."""
        state = self.states(reader).get(card.id)
        return {
            name: self._scheduler.review_card(state or _new(now), rating, now)[0].due - now
            for name, rating in RATINGS.items()
        }

    def rate(self, reader: str, card: Card, rating: str, now: datetime) -> datetime:
        """Save a reader's rating, one of `RATINGS`; when the card is due next.

        Raises:
            ValueError: there is no such rating.
        """
        if rating not in RATINGS:
            raise ValueError(f"rating {rating!r}; expected one of {', '.join(RATINGS)}")
        state = self.states(reader).get(card.id)
        reviewed, _ = self._scheduler.review_card(state or _new(now), RATINGS[rating], now)
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO reviews VALUES (?, ?, ?)",
                (reader, card.id, json.dumps(reviewed.to_dict())),
            )
        return reviewed.due

    def forget(self, reader: str, cards: Sequence[Card]) -> None:
        """Make some cards new again."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM reviews WHERE reader = ? AND card = ?",
                [(reader, card.id) for card in cards],
            )


def _new(now: datetime) -> fsrs.Card:
    return fsrs.Card(card_id=1, due=now)  # the row's key is the id


def utc_now() -> datetime:
    """The time now, in UTC, which the schedule counts in."""
    return datetime.now(UTC)
