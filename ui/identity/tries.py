"""Tries of a password: wrong ones slow down whoever made them, and nobody else is locked out.

Each browser gets a signed cookie with the form (a device cookie, as OWASP describes it). A browser
that had the right password before waits for its own wrong tries alone; an unknown one also for
those of its address, at most a few seconds. Of those that wait, browsers with fewer wrong tries
come first, then those that had the form for as long as it takes to type; the others make room. So do
those whose form is old, or was one of many that their address got: programs collect forms beforehand.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ingest.errors import KathederError

T = TypeVar("T")
TYPING = 3.0  # seconds between getting the form and sending it
FORM_SECONDS = 900.0  # for which a form counts
_FORMS = 30  # that an address gets within FORM_SECONDS before the next ones count as a program's
_AT_ONCE = 2  # checks; each takes a third of a second and 128 MiB
_WAITING = 8  # tries of one address by unknown browsers
_FORGET = 900.0  # seconds after which wrong tries no longer count
_REMEMBERED = 10_000  # browsers and addresses
_LONGEST_OWN, _LONGEST_ADDRESS = 30.0, 4.0  # seconds


@dataclass(frozen=True, slots=True)
class Device:
    """A browser as its cookie describes it; `id` is "" where it has none.

    `state` is "known" where it had the right password before, else "new", or "crowd" for one of many
    forms of an address. `age` is that of the form, in seconds.
    """

    id: str = ""
    state: str = "new"
    age: float = 0.0

    @property
    def known(self) -> bool:
        """Whether it had the right password before."""
        return self.state == "known"

    @property
    def hasty(self) -> bool:
        """Whether its form was got or used as programs do it."""
        return not self.known and (self.state == "crowd" or self.age < TYPING or self.is_old)

    @property
    def is_old(self) -> bool:
        """Whether its form counts no longer, so that it gets another one."""
        return not self.known and self.age > FORM_SECONDS


class Forms:
    """Tells the forms that a few people get from those of a program that collects them.

    Args:
        clock: Seconds since some point.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given: OrderedDict[str, deque[float]] = OrderedDict()

    def state_of_next(self, address: str) -> str:
        """Count a form for an address; gives the state of the browser that gets it."""
        now, address = self._clock(), _network(address)
        given = self._given.setdefault(address, deque(maxlen=_FORMS))
        self._given.move_to_end(address)
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
        is_crowd = len(given) == _FORMS and now - given[0] < FORM_SECONDS
        given.append(now)
        return "crowd" if is_crowd else "new"


class TooManyTries(KathederError):
    """A try that is not looked at, since others of the same browser or address wait already."""


@dataclass(eq=False, slots=True)
class _Try:
    device: str
    known: bool
    wrong: int
    hasty: bool
    address: str
    number: int
    is_ready: bool = False  # its delay is over
    dropped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def standing(self) -> tuple[int, bool]:
        """Larger makes room for smaller."""
        return (self.wrong, self.hasty)

    @property
    def rank(self) -> tuple[bool, int, bool, int]:
        """The smallest is checked first."""
        return (not self.known, *self.standing, self.number)


class _Wrong:
    """How many wrong tries each name has made lately; the names used last are remembered."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __getitem__(self, name: str) -> int:
        count, when = self._counts.get(name, (0, 0.0))
        return count if time.monotonic() - when < _FORGET else 0

    def add(self, name: str) -> None:
        self._counts[name] = (self[name] + 1, time.monotonic())
        self._counts.move_to_end(name)
        while len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)

    def clear(self, name: str) -> None:
        self._counts.pop(name, None)


class Tries:
    """The tries of one app.

    Args:
        sleep: Waits for seconds; tests have their own.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._by_device, self._by_address = _Wrong(), _Wrong()
        self._waiting: list[_Try] = []
        self._running = 0
        self._number = 0
        self._changed = asyncio.Condition()

    async def check(
        self,
        device: str,
        address: str,
        compare: Callable[[], Awaitable[T | None]],
        *,
        known: bool,
        hasty: bool = False,
    ) -> T | None:
        """Compare a password when it is its turn.

        Args:
            device: The browser, by its cookie.
            address: Where it is.
            compare: Gives what the password opens, None for a wrong one.
            known: Whether this browser had the right password before.
            hasty: Whether it got or used its form as programs do (`Device.hasty`).

        Raises:
            TooManyTries: this browser has a try waiting, or others of its address have fewer wrong
                ones.
        """
        address = _network(address)
        self._number += 1
        mine = _Try(device, known, self._by_device[device], hasty, address, self._number)
        self._make_room(mine)
        self._waiting.append(mine)
        try:
            await self._sleep(self.delay(device, address, known=known))
            mine.is_ready = True
            async with self._changed:
                await self._changed.wait_for(lambda: mine.dropped.is_set() or self._is_next(mine))
                if mine.dropped.is_set():
                    raise _busy()
                self._running += 1
                self._waiting.remove(mine)
            try:
                result = await compare()
            finally:
                self._running -= 1
            if result is None:
                self._by_device.add(device)
                self._by_address.add(address)
            else:
                self._by_device.clear(device)
            return result
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
            async with self._changed:
                self._changed.notify_all()

    def delay(self, device: str, address: str, *, known: bool) -> float:
        """Seconds before a browser's next try is looked at; doubled by each wrong one."""
        own = _doubled(self._by_device[device], _LONGEST_OWN)
        if known:
            return own
        return max(own, _doubled(self._by_address[_network(address)] // 5, _LONGEST_ADDRESS))

    def _is_next(self, mine: _Try) -> bool:
        ready = (one for one in self._waiting if one.is_ready)
        return self._running < _AT_ONCE and min(ready, key=lambda one: one.rank) is mine

    def _make_room(self, mine: _Try) -> None:
        if any(one.device == mine.device for one in self._waiting):
            raise _busy()
        rivals = [one for one in self._waiting if one.address == mine.address and not one.known]
        if mine.known or len(rivals) < _WAITING:
            return
        last = max(rivals, key=lambda one: (one.standing, -one.number))  # of equal ones the oldest
        if last.standing < mine.standing:
            raise _busy()
        last.dropped.set()
        self._waiting.remove(last)


def _busy() -> TooManyTries:
    return TooManyTries("Too many tries wait already. Try again in a moment.")


def _doubled(wrong: int, longest: float) -> float:
    return min(0.5 * 2.0 ** min(wrong - 1, 10), longest) if wrong > 0 else 0.0


def _network(address: str) -> str:
    """An address; of IPv6 its network, since one household or lab has that many addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
