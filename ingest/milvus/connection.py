"""Calls of Milvus: with a time limit, repeated where it was away for a moment, and explained."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from collections.abc import Iterator
from typing import Any

from ingest.errors import KathederError, LibraryUnusable
from ingest.milvus.address import MilvusAddress

SECONDS = 20.0  # of one call
_CONNECT_SECONDS = 5.0
_PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds before each repetition
_BATCH = 200  # rows of one answer; one is at most about 200 kB
_WITH_BM25 = (2, 5)  # the first version of Milvus that has full-text search
logger = logging.getLogger(__name__)


class Connection:
    """A connection that threads share; see `connect`."""

    def __init__(self, address: MilvusAddress) -> None:
        """Connect.

        Raises:
            LibraryUnusable: pymilvus is not installed, or nothing answers at the address.
        """
        self.address = address
        self._client = self._repeat(self._connected)
        self.has_bm25 = _has_bm25(self.call("get_server_version"))

    def _connected(self) -> Any:
        try:
            import pymilvus
        except ImportError as error:
            raise LibraryUnusable(
                f"The library {self.address} needs pymilvus, which is not installed. "
                'Install it with `pip install "katheder[milvus]"`.'
            ) from error
        for name in ("pymilvus", "grpc._server"):  # their errors are raised as well
            logging.getLogger(name).setLevel(logging.CRITICAL)
        return pymilvus.MilvusClient(self.address.uri, timeout=_CONNECT_SECONDS)

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of `pymilvus.MilvusClient`; all that are used here can be repeated.

        Raises:
            LibraryUnusable: Milvus does not answer, or refuses the call.
        """
        function = getattr(self._client, method)
        if method != "get_server_version":
            options.setdefault("timeout", SECONDS)

        def attempt() -> Any:
            try:
                return function(*arguments, **options)
            except Exception as error:
                if "not loaded" in str(error) and arguments:  # as after the server was killed
                    with contextlib.suppress(Exception):
                        self._client.load_collection(arguments[0], timeout=SECONDS)
                raise

        return self._repeat(attempt)

    def rows(self, collection: str, condition: str, fields: list[str]) -> Iterator[dict[str, Any]]:
        """The fields of all rows of a collection that meet a condition; "" is met by all."""
        pages = self.call(
            "query_iterator", collection, batch_size=_BATCH, filter=condition, output_fields=fields
        )
        try:
            while page := self._repeat(pages.next):
                yield from page
        finally:
            pages.close()

    def _repeat(self, function: Any) -> Any:
        for pause in (*_PAUSES, None):
            try:
                return function()
            except KathederError:
                raise
            except Exception as error:
                if not _is_passing(error):
                    raise self._refused(error) from error
                if pause is None:
                    raise LibraryUnusable(
                        f"Milvus does not answer at {self.address.uri}. Start it and run the command "
                        "again, or name another library with --library; what it holds is not lost."
                    ) from error
                logger.info("Milvus does not answer, again in %.1f s: %s", pause, error)
                time.sleep(pause)
        raise AssertionError("the last pause is None")

    def _refused(self, error: Exception) -> Exception:
        """What to raise for an error that a repetition would not change."""
        import pymilvus

        if "lock" in str(error).lower() and "://" not in self.address.uri:
            return LibraryUnusable(
                f"Another process has {self.address.uri} open; a file of milvus-lite takes one at a "
                "time. Stop the other one (`katheder worker stop`), or use a server."
            )
        if isinstance(error, pymilvus.MilvusException):
            return LibraryUnusable(
                f"Milvus at {self.address.uri} refused a call ({error.message}). Nothing was changed "
                "by it; see its log, or name another library with --library."
            )
        return error


@functools.cache
def connect(address: MilvusAddress) -> Connection:
    """The connection of this process to an address, made at the first call."""
    return Connection(address)


def _is_passing(error: Exception) -> bool:
    """Whether the server was away, or not ready yet."""
    import grpc
    import pymilvus

    if isinstance(error, grpc.RpcError | pymilvus.exceptions.MilvusUnavailableException):
        return True
    words = [
        *("Fail connecting", "unavailable", "not ready", "not loaded", "recovering", "deadline"),
        "timeout",  # as while a server that was killed loads its collections again
    ]
    return isinstance(error, pymilvus.MilvusException) and any(
        word.lower() in str(error).lower() for word in words
    )


def _has_bm25(version: str) -> bool:
    """Whether a version, as 2.3.5 or v2.6.1, has full-text search; milvus-lite has it."""
    if version.startswith("milvus_lite"):
        return True
    parts = version.lstrip("v").split("-")[0].split(".")
    return tuple(int(part) for part in parts[:2]) >= _WITH_BM25
