"""Pieces of text from another thread: their order, their end, errors, and a reader who leaves."""

from __future__ import annotations

import queue

import pytest

from rag.piece_stream import PieceStream


def test_pieces_arrive_in_order_and_an_error_behind_them():
    def write(pieces: PieceStream) -> None:
        pieces.put("a")
        pieces.put("b")
        raise KeyError("broken")

    pieces = iter(PieceStream(write, "test"))
    assert (next(pieces), next(pieces)) == ("a", "b")
    with pytest.raises(KeyError, match="broken"):
        next(pieces)


def test_a_reader_who_leaves_ends_the_thread():
    ended = []

    def write(pieces: PieceStream) -> None:
        pieces.put("a")
        ended.append(pieces.cancelled.wait(10))

    pieces = iter(PieceStream(write, "test"))
    assert next(pieces) == "a"
    pieces.close()
    assert ended == [True]


def test_a_wait_for_a_piece_ends():
    stream = PieceStream(lambda pieces: pieces.cancelled.wait(10) and None, "test")
    with pytest.raises(queue.Empty):
        stream.get(timeout=0.01)
    stream.cancelled.set()
    assert stream.get(timeout=10) is None
