"""Stations with several servers and one queue: a simulation, and the closed form for M/M/c."""

from __future__ import annotations

import heapq
import math

import numpy as np


def departures(arrivals: np.ndarray, services: np.ndarray, servers: int) -> np.ndarray:
    """When each customer leaves a station, first come first served.

    Args:
        arrivals: Seconds, ascending, shape (N,).
        services: Seconds that each customer is served, shape (N,).
        servers: How many customers are served at once.

    Returns:
        Seconds, in the order of arrivals, shape (N,).

    Raises:
        ValueError: there are no servers, or arrivals and services differ in number.
    """
    if servers < 1:
        raise ValueError(f"expected at least 1 server, got {servers}")
    if arrivals.shape != services.shape:
        raise ValueError(f"{len(arrivals)} arrivals but {len(services)} services")
    free = [0.0] * servers  # when each server is
    ends = []
    for arrival, service in zip(arrivals.tolist(), services.tolist(), strict=True):
        end = max(arrival, free[0]) + service
        heapq.heapreplace(free, end)
        ends.append(end)
    return np.array(ends)


def poisson_arrivals(rate: float, count: int, random: np.random.Generator) -> np.ndarray:
    """Seconds of the arrivals of many independent customers, shape (count,)."""
    return np.cumsum(random.exponential(1 / rate, count))


def delay_probability(load: float, servers: int) -> float:
    """The probability that a customer of an M/M/c queue waits.

    Source: Erlang's C formula, calculated from his B formula by its recursion.

    Args:
        load: Arrival rate over the service rate of one server, below `servers`.
        servers: c.
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def waiting_quantile(share: float, rate: float, service_rate: float, servers: int) -> float:
    """The time, in seconds, that a share of the customers of an M/M/c queue does not wait longer than.

    Source: P(W > t) = C exp(-(c mu - lambda) t), with Erlang's C.

    Raises:
        ValueError: more arrive than the servers can serve.
    """
    if rate >= servers * service_rate:
        raise ValueError(f"{rate} arrivals a second exceed {servers} servers of {service_rate}")
    delayed = delay_probability(rate / service_rate, servers)
    if delayed <= 1 - share:
        return 0.0
    return math.log(delayed / (1 - share)) / (servers * service_rate - rate)
