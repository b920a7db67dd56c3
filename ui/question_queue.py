"""The queue of questions: the models answer one at a time, and all who ask take turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.errors import KathederError


class QueueFull(KathederError):
    """Too many questions are queued already; the text says how many."""


@dataclass(eq=False, slots=True)
class _Ticket:
    client: str
    round: int  # its client's first waiting question is in this round or an earlier one


class QuestionQueue:
    """Admits one question at a time; of several clients each gets one in every round.

    A client that asks alone, or once, is served in the order of arrival. One that has many questions
    waiting delays another's by one of them, not by all (start-time fair queueing with equal
    weights; Goyal, Vin and Cheng, 1996).

    Args:
        limit: How many may be in the queue; one more is refused.
        client_limit: How many of them may be of one client.
    """

    def __init__(self, limit: int = 200, client_limit: int = 50) -> None:
        self._limit, self._client_limit = limit, client_limit
        self._tickets: list[_Ticket] = []  # the first one is being answered
        self._round = 0  # of the question that was admitted last
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._tickets)

    def enqueue(self, client: str = "") -> object:
        """Enter the queue; gives the ticket for `turn` and `ahead`.

        Args:
            client: Who asks; questions of one client are answered in their order.

        Raises:
            QueueFull: the queue, or the client's part of it, is at its limit.
        """
        with self._changed:
            if len(self._tickets) >= self._limit:
                raise QueueFull(
                    f"The queue is full: {len(self._tickets)} questions are waiting, and the limit "
                    f"is {self._limit}. Ask again in a minute."
                )
            own = [ticket for ticket in self._tickets if ticket.client == client]
            if len(own) >= self._client_limit:
                raise QueueFull(
                    f"{len(own)} of your questions are waiting, and the limit is "
                    f"{self._client_limit}. Ask again when one is answered."
                )
            ticket = _Ticket(client, max([self._round, *(each.round + 1 for each in own)]))
            position = len(self._tickets)
            while position > 1 and self._tickets[position - 1].round > ticket.round:
                position -= 1
            self._tickets.insert(position, ticket)
            return ticket

    def ahead(self, ticket: object) -> int:
        """How many questions are ahead of this one; 0 while or after it is answered."""
        with self._changed:
            return self._tickets.index(ticket) if ticket in self._tickets else 0  # type: ignore[arg-type]

    @contextmanager
    def turn(self, ticket: object, stop: threading.Event) -> Iterator[None]:
        """Wait until the ticket is first, or `stop` is set; leave the queue at the end."""
        assert isinstance(ticket, _Ticket)
        try:
            with self._changed:
                while self._tickets[0] is not ticket and not stop.is_set():
                    self._changed.wait(0.1)
                if self._tickets[0] is ticket:
                    self._round = ticket.round
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    @contextmanager
    def idle_turn(self, stop: threading.Event) -> Iterator[None]:
        """Wait until no question is queued, or `stop` is set; a later question waits for the end."""
        with self._changed:
            while self._tickets and not stop.is_set():
                self._changed.wait(0.1)
            ticket = _Ticket("", self._round)
            self._tickets.append(ticket)
        try:
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()
