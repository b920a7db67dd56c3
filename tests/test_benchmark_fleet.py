"""The simulation of a fleet against closed forms, and against queues worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fleet import Load, cores_needed, plan, rate_of, simulate
from benchmarks.queueing import delay_probability, departures, poisson_arrivals, waiting_quantile


def test_customers_wait_for_the_server_that_is_free_first():
    arrivals, services = np.array([0.0, 1.0, 2.0, 3.0]), np.array([5.0, 2.0, 2.0, 1.0])
    assert departures(arrivals, services, 1).tolist() == [5, 7, 9, 10]
    assert departures(arrivals, services, 2).tolist() == [5, 3, 5, 6]
    assert departures(arrivals, services, 4).tolist() == [5, 3, 4, 4]
    with pytest.raises(ValueError, match="at least 1 server"):
        departures(arrivals, services, 0)
    with pytest.raises(ValueError, match="4 arrivals but 1 services"):
        departures(arrivals, services[:1], 1)


def test_erlang_c_is_the_known_one():
    assert delay_probability(0.7, 1) == pytest.approx(0.7)  # M/M/1: the load
    assert delay_probability(1.0, 2) == pytest.approx(1 / 3)
    assert waiting_quantile(0.5, 0.2, 1.0, 1) == 0  # four fifths do not wait at all
    with pytest.raises(ValueError, match="exceed 2 servers"):
        waiting_quantile(0.95, 3.0, 1.0, 2)


@pytest.mark.parametrize(("rate", "servers"), [(0.7, 1), (13.0, 16)])
def test_waits_are_those_of_the_closed_form(rate, servers):
    random = np.random.default_rng(7)
    arrivals = poisson_arrivals(rate, 60_000, random)
    services = random.exponential(1.0, len(arrivals))
    waits = (departures(arrivals, services, servers) - arrivals - services)[5_000:]
    delayed = delay_probability(rate, servers)
    assert np.mean(waits > 1e-9) == pytest.approx(delayed, rel=0.08)
    assert waits.mean() == pytest.approx(delayed / (servers - rate), rel=0.12)
    expected = waiting_quantile(0.95, rate, 1.0, servers)
    assert np.quantile(waits, 0.95) == pytest.approx(expected, rel=0.12)


def test_a_question_passes_both_stations_and_the_fewest_cores_are_named():
    assert rate_of(6_000, busy=0.1, period=60) == 10
    load = Load(2.0, np.array([0.25]), np.array([0.05]))
    assert simulate(load, 50, 50, questions=4_000) == pytest.approx(0.3)  # nobody waits
    cores, p95 = cores_needed(load, 50, limit=0.2, questions=4_000)
    assert p95 <= 0.5 < np.quantile(simulate(load, cores - 1, 50, questions=4_000), 0.95)


def test_a_plan_multiplies_what_was_measured():
    figures = {"pages": 100, "passages": 200, "ingest_s_a_page": 0.36, "bytes_a_page": {"file": 5}}
    values = plan(figures, 1_000_000)
    assert values["million passages"] == 2
    assert values["core hours of ingest"] == pytest.approx(100)
    assert values["GB: file"] == pytest.approx(0.005)
    assert values["GB: flat float32 index"] == pytest.approx(2e6 * 768 * 4 / 1e9)
