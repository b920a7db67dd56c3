"""How much readers may send as uploads: Streamlit keeps what is sent in memory until a page has it.

The quota of `app.reader_upload_mb` is for what stays (`ui.uploads`); this is for what only comes in,
from readers who may sign in as often as they like.
"""

from __future__ import annotations

import time
from collections import deque

from starlette.datastructures import Headers

from ui.service.errors import Refused

_MEGABYTE = 1024 * 1024
_QUOTAS = 20  # that all readers may send together within _SECONDS
_SECONDS = 3600.0


class ReaderUploads:
    """Counts what all readers sent within the last hour."""

    def __init__(self, quota_mb: int) -> None:
        self._largest = (2 * quota_mb + 1) * _MEGABYTE
        self._limit = _QUOTAS * self._largest
        self._sent: deque[tuple[float, int]] = deque()

    def check(self, method: str, headers: Headers) -> None:
        """Count an upload.

        Raises:
            Refused: its length is not declared, or too large, alone or with the others.
        """
        if method != "PUT":
            return
        length = headers.get("content-length", "")
        if not length.isdecimal():
            raise Refused(411, "Send the length of the file with it (Content-Length).")
        if int(length) > self._largest:
            raise Refused(
                413,
                f"The file has {int(length) // _MEGABYTE} MB; a reader may upload "
                "app.reader_upload_mb in all.",
            )
        now = time.monotonic()
        while self._sent and self._sent[0][0] < now - _SECONDS:
            self._sent.popleft()
        if int(length) + sum(size for _, size in self._sent) > self._limit:
            raise Refused(
                429,
                f"Readers have uploaded {self._limit // _MEGABYTE} MB within an hour, more is not "
                "taken (app.reader_upload_mb); try again later.",
                {"Retry-After": "600"},
            )
        self._sent.append((now, int(length)))
