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
