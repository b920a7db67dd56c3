"""A small server with OpenAI's interface that replies by a script: fixed words, or a fault.

It is a real HTTP server on loopback, so that the code under test talks to it as to any other; it
remembers every request.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server does with the next requests.

    `words` are the pieces of each answer; `status` other than 200 refuses with `message`; `cut` ends
    the connection behind so many pieces, `hang` sends nothing more behind so many; `finish` False
    leaves out the last chunk; `body` is sent in place of a stream, `pages` are other replies.
    """

    words: Sequence[str] = ("A cat ", "sleeps.")
    replies: list[Sequence[str]] = field(default_factory=list)  # in place of `words`, one an answer
    status: int = 200
    message: str = "refused"
    cut: int | None = None
    hang: int | None = None
    finish: bool = True
    body: bytes | None = None
    pages: dict[str, Any] = field(default_factory=dict)  # JSON by path, for GET and POST
    key: str = ""
    owner: str = "someone"
    models: Sequence[dict[str, Any]] = ({"id": "tiny"},)
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)  # a client went away
    url: str = ""


def _handler(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None: ...

        def reply(self, status: int, value: Any, kind: str = "application/json") -> None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def refused(self) -> bool:
            script.paths.append(self.path)
            if script.key and self.headers.get("Authorization") != f"Bearer {script.key}":
                given = self.headers.get("Authorization", "")
                self.reply(401, {"error": {"message": f"Incorrect key {given}"}})
                return True
            return False

        def do_GET(self) -> None:
            if self.refused():
                return
            if self.path in script.pages:
                self.reply(200, script.pages[self.path])
                return
            rows = [{"owned_by": script.owner} | row for row in script.models]
            if self.path.endswith("/models"):
                self.reply(200, {"object": "list", "data": rows})
            else:
                self.reply(404, {"error": {"message": f"no {self.path}"}})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.refused():
                return
            script.requests.append(body)
            if self.path in script.pages:
                self.reply(200, script.pages[self.path])
                return
            if script.status != 200:
                self.reply(script.status, {"error": {"message": script.message}})
                return
            if script.body is not None:
                self.reply(200, script.body, "text/event-stream")
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            words = script.replies.pop(0) if script.replies else script.words
            try:
                for number, word in enumerate(words):
                    if number == script.cut:
                        self.connection.close()
                        return
                    if number == script.hang:
                        self.wait_for_the_client()
                        return
                    self.chunk({"content": word}, None)
                if script.finish:
                    self.chunk({}, "stop")
                    self.wfile.write(b"data: [DONE]\n\n")
            except OSError:
                script.ended.set()

        def wait_for_the_client(self) -> None:
            self.connection.settimeout(120)
            with suppress(TimeoutError):
                if not self.connection.recv(1):  # the client's end of the connection is closed
                    script.ended.set()

        def chunk(self, delta: dict[str, Any], reason: str | None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            value = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": int(time.time()),
                "model": "tiny",
                "choices": [choice],
            }
            self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
            self.wfile.flush()

    return Handler


@contextmanager
def running(script: Script, port: int = 0) -> Iterator[Script]:
    """Run the server on a free port of loopback, or a given one; its address is `script.url`."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(script))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
