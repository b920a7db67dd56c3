"""What a new server of the app imports until its first page is drawn: nothing that the page does not need."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

# The models wait until the page is drawn; the others take longer to import than the page to draw.
UNNEEDED = {
    *("torch", "onnxruntime", "tokenizers", "transformers", "sentence_transformers"),
    *("pandas", "pyarrow", "altair", "scipy", "sklearn", "ir_measures"),
    *("pypdfium2", "rag.pipeline", "rag.evaluation.run", "ingest.readers.pdf"),
}

# Prints its modules when it is told a page was drawn: before the models are loaded.
PROGRAM = """
import importlib.metadata, json, sys
import ui.session

all_packages, lists = importlib.metadata.distributions, []

def noted(**path):
    lists.append(path)
    return all_packages(**path)

def tell(session):
    print(json.dumps([sorted(sys.modules), lists]), flush=True)

importlib.metadata.distributions = noted
ui.session.start_loading = tell
from ui.cli import main
main()
"""


@pytest.mark.slow
def test_the_first_page_waits_for_no_model_and_no_table(library, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["ui", "--headless", "--library", str(library.folder), "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM, *command],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(Path(__file__).parents[1]), "KATHEDER_CONFIG": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        draw_first_page(port)
        modules, package_lists = json.loads(server.stdout.readline())
    finally:
        server.kill()
        server.wait()
    assert "ui.views.ask" in modules
    assert UNNEEDED.isdisjoint(modules)
    assert len(modules) < 1700
    assert package_lists == []


def draw_first_page(port: int) -> None:
    """As a browser does: ask for a run of the app, and wait until it has ended without an error."""
    with open_stream(port) as stream:
        stream.send(BackMsg(rerun_script={}).SerializeToString())
        texts = ""
        while True:
            message = ForwardMsg.FromString(stream.recv(timeout=120))
            texts += str(message.delta)
            if message.HasField("script_finished"):
                break
    assert "Ask the lectures" in texts


def open_stream(port: int) -> ClientConnection:
    """The web socket of a server that is starting."""
    for _ in range(1200):
        try:
            return connect(
                f"ws://127.0.0.1:{port}/_stcore/stream",
                subprotocols=["streamlit"],
                origin=f"http://127.0.0.1:{port}",
                max_size=None,
            )
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise TimeoutError
