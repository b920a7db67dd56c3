"""ui.question_queue: questions are admitted one by one, in order."""

from __future__ import annotations

import threading
import time

import pytest

from ui.question_queue import QuestionQueue, QueueFull


def test_questions_are_admitted_one_by_one_in_order():
    queue, order, inside = QuestionQueue(), [], []
    tickets = [queue.enqueue() for _ in range(5)]
    assert [queue.ahead(ticket) for ticket in tickets] == [0, 1, 2, 3, 4]

    def visit(number: int) -> None:
        with queue.turn(tickets[number], threading.Event()):
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            time.sleep(0.01)
            inside.remove(number)

    threads = [threading.Thread(target=visit, args=(number,)) for number in (4, 2, 0, 3, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4]
    assert queue.ahead(tickets[4]) == 0


def test_a_stopped_question_leaves_the_queue():
    queue, stop = QuestionQueue(), threading.Event()
    first, second, third = queue.enqueue(), queue.enqueue(), queue.enqueue()
    stop.set()
    with queue.turn(second, stop):
        pass
    assert queue.ahead(third) == 1
    with queue.turn(first, threading.Event()):
        pass
    assert queue.ahead(third) == 0


def test_a_full_queue_refuses_and_names_its_limit():
    queue = QuestionQueue(limit=2)
    queue.enqueue(), queue.enqueue()
    with pytest.raises(QueueFull, match=r"2 questions are waiting, and the limit is 2"):
        queue.enqueue()


def test_a_client_with_many_questions_delays_another_by_one():
    queue, order = QuestionQueue(), []
    tickets = [(name, queue.enqueue(name)) for name in ("a", "a", "a", "b", "a", "c", "b")]
    assert [queue.ahead(ticket) for _, ticket in tickets] == [0, 3, 5, 1, 6, 2, 4]
    for name, ticket in sorted(tickets, key=lambda entry: queue.ahead(entry[1])):
        with queue.turn(ticket, threading.Event()):
            order.append(name)
    assert order == ["a", "b", "c", "a", "b", "a", "a"]
    late = queue.enqueue("a")  # earlier rounds do not count against it
    assert queue.ahead(late) == 0


def test_one_client_cannot_fill_the_queue():
    queue = QuestionQueue(limit=5, client_limit=2)
    queue.enqueue("a"), queue.enqueue("a")
    with pytest.raises(QueueFull, match=r"2 of your questions are waiting, and the limit is 2"):
        queue.enqueue("a")
    assert queue.ahead(queue.enqueue("b")) == 1


def test_an_idle_turn_begins_when_no_question_is_left():
    queue, order = QuestionQueue(), []
    ticket = queue.enqueue()

    def wait_for_idle() -> None:
        with queue.idle_turn(threading.Event()):
            order.append("idle")

    thread = threading.Thread(target=wait_for_idle)
    thread.start()
    time.sleep(0.02)
    with queue.turn(ticket, threading.Event()):
        order.append("question")
    thread.join(10)
    assert order == ["question", "idle"]
    assert queue.ahead(queue.enqueue()) == 0
